// Tests of nb/flatbuf.c.
#include "nb/flatbuf.h"
#include "common/size.h"
#include "tests/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// A root table whose only field is the string "ab".
static const uint8_t text_file[28] = {
	12,  0,	  0, 0,		    // reference to the table
	6,   0,	  8, 0, 4, 0, 0, 0, // vtable: its bytes, the table's bytes, the field's offset
	8,   0,	  0, 0,		    // 12: table: how far back the vtable is
	4,   0,	  0, 0,		    // 16: reference to the string
	2,   0,	  0, 0,		    // 20: its length
	'a', 'b', 0, 0,
};

// Reads a copy of just so many bytes, so that a sanitizer sees reads beyond. False: refused.
static bool read_text(const uint8_t *data, size_t len, struct cay_err *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cay_fb fb;
	const char *text;
	bool same;

	memcpy(copy, data, len);
	cay_fb_init(&fb, copy, len, err);
	text = cay_fb_string(&fb, cay_fb_root(&fb), 0);
	same = strcmp(text, "ab") == 0;
	ck_assert_msg(fb.failed || same, "'%s'", text);
	ck_assert_msg(!fb.failed || *text == '\0', "'%s'", text);
	free(copy);
	return same;
}

START_TEST(a_good_string_is_read)
{
	struct cay_err err = {0};

	ck_assert_msg(read_text(text_file, sizeof(text_file), &err), "%s", err.msg);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct cay_err err = {0};

	for (size_t len = 0; len < 27; len++) { // the last byte is padding
		ck_assert_msg(!read_text(text_file, len, &err), "%zu", len);
		ck_assert_int_eq(err.code, CAY_EMODEL);
	}
}
END_TEST

START_TEST(every_damage_is_refused)
{
	static const struct {
		uint8_t at, value;
		const char *message;
	} cases[] = {
		{0, 0, "reference to outside at byte 0"},
		{0, 28, "reference to outside at byte 0"},
		{3, 255, "reference to outside at byte 0"},
		{0, 13, "misaligned value at byte 13"},
		{12, 14, "table without a vtable at byte 12"},	// in front of the data
		{12, 7, "table without a vtable at byte 12"},	// at an odd position
		{15, 255, "table without a vtable at byte 12"}, // behind the data
		{4, 2, "table of a wrong size at byte 12"},
		{4, 7, "table of a wrong size at byte 12"},
		{4, 26, "table of a wrong size at byte 12"},
		{6, 3, "table of a wrong size at byte 12"},
		{6, 17, "table of a wrong size at byte 12"},
		{8, 0, "table without a required string at byte 12"},
		{8, 3, "field outside of its table at byte 12"},
		{8, 5, "field outside of its table at byte 12"},
		{16, 0, "reference to outside at byte 16"},
		{16, 12, "reference to outside at byte 16"},
		{19, 128, "reference to outside at byte 16"},
		{16, 5, "misaligned value at byte 21"},
		{20, 3, "string with a NUL within or without one at its end at byte 20"},
		{20, 4, "string with a NUL within or without one at its end at byte 20"},
		{20, 5, "list longer than the data at byte 20"},
		{23, 255, "list longer than the data at byte 20"},
		{24, 0, "string with a NUL within or without one at its end at byte 20"},
		{26, 'c', "string with a NUL within or without one at its end at byte 20"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		uint8_t data[sizeof(text_file)];
		struct cay_err err = {0};

		memcpy(data, text_file, sizeof(data));
		data[cases[i].at] = cases[i].value;
		ck_assert_msg(!read_text(data, sizeof(data), &err), "%s", cases[i].message);
		ck_assert_str_eq(strchr(err.msg, ':') + 2, cases[i].message);
	}
}
END_TEST

START_TEST(a_misaligned_field_is_refused)
{
	uint8_t data[sizeof(text_file)];
	struct cay_err err = {0};

	memcpy(data, text_file, sizeof(data));
	data[6] = 12; // a longer table
	data[8] = 6;
	ck_assert(!read_text(data, sizeof(data), &err));
	ck_assert_str_eq(err.msg, "damaged data: misaligned value at byte 18");
}
END_TEST

START_TEST(more_than_2_gib_is_refused)
{
	struct cay_err err = {0};
	struct cay_fb fb;

	cay_fb_init(&fb, text_file, (size_t)INT32_MAX + 1, &err);
	ck_assert(fb.failed);
	ck_assert_uint_eq(cay_fb_root(&fb).at, 0);
}
END_TEST

START_TEST(the_first_failure_sticks)
{
	struct cay_err err = {0};
	struct cay_fb_table table;
	struct cay_fb fb;

	cay_fb_init(&fb, text_file, sizeof(text_file), &err);
	table = cay_fb_root(&fb);
	cay_fb_fail(&fb, "first", 1);
	cay_fb_fail(&fb, "second", 2);
	ck_assert_str_eq(err.msg, "damaged data: first at byte 1");
	ck_assert_str_eq(cay_fb_string(&fb, table, 0), "");
	ck_assert_uint_eq(cay_fb_vector(&fb, table, 0, 1).count, 0);
	ck_assert_uint_eq(cay_fb_root(&fb).at, 0);
	ck_assert_int_eq(cay_fb_int(&fb, table, 0, 4, -5), -5);
}
END_TEST

// Behind 3 bytes of something else, so that positions and addresses differ in alignment.
static void write_sample(struct cay_buf *buf)
{
	static const int64_t longs[] = {-1, INT64_MAX};
	struct cay_fb_field f[] = {
		CAY_FB_SCALAR(0, 1, 1), CAY_FB_SCALAR(1, 8, -2), CAY_FB_SCALAR(2, 4, -3),
		CAY_FB_REFERENCE(15),	CAY_FB_REFERENCE(4),
	};
	struct cay_fb_field child[] = {CAY_FB_REFERENCE(1)};
	struct cay_fb_writer w;
	struct cay_err err = {0};
	size_t at;

	cay_buf_text(buf, "abc");
	cay_fb_writer_init(&w, buf);
	cay_fb_put_table(&w, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_vector(&w, f[4].at, longs, 2, 8);
	at = cay_fb_put_vector(&w, f[3].at, NULL, 2, 4);
	cay_fb_put_table(&w, at, child, 1);
	cay_fb_put_string(&w, child[0].at, "");
	cay_fb_put_table(&w, at + 4, child, 1);
	cay_fb_put_string(&w, child[0].at, "two");
	ck_ok(cay_fb_writer_check(&w, &err), err);
}

START_TEST(what_is_written_reads_back)
{
	struct cay_buf buf = {0};
	struct cay_err err = {0};
	struct cay_fb_vector longs, tables;
	struct cay_fb_table root, one, two;
	struct cay_fb fb;

	write_sample(&buf);
	cay_fb_init(&fb, buf.data + 3, buf.len - 3, &err);
	root = cay_fb_root(&fb);
	ck_assert_int_eq(cay_fb_int(&fb, root, 0, 1, 9), 1);
	ck_assert_int_eq(cay_fb_int(&fb, root, 1, 8, 9), -2);
	ck_assert_int_eq(cay_fb_int(&fb, root, 2, 4, 9), -3);
	ck_assert_int_eq(cay_fb_int(&fb, root, 3, 4, 9), 9); // absent
	ck_assert_int_eq(cay_fb_int(&fb, root, 99, 4, 9), 9);
	longs = cay_fb_vector(&fb, root, 4, 8);
	ck_assert_uint_eq(longs.count, 2);
	ck_assert_uint_eq(longs.at % 8, 0);
	ck_assert_int_eq(cay_fb_vector_int(longs, 0, 8), -1);
	ck_assert_int_eq(cay_fb_vector_int(longs, 1, 8), INT64_MAX);
	tables = cay_fb_vector(&fb, root, 15, 4);
	one = cay_fb_vector_table(&fb, tables, 0);
	two = cay_fb_vector_table(&fb, tables, 1);
	ck_assert_str_eq(cay_fb_string(&fb, one, 1), "");
	ck_assert_str_eq(cay_fb_string(&fb, two, 1), "two");
	ck_assert_uint_eq(one.vtable, two.vtable); // equal ones are shared
	ck_assert_msg(!fb.failed, "%s", err.msg);
	cay_buf_finish(&buf);
}
END_TEST

TEST_MAIN("flatbuf", a_good_string_is_read, every_truncation_is_refused, every_damage_is_refused,
	  a_misaligned_field_is_refused, more_than_2_gib_is_refused, the_first_failure_sticks,
	  what_is_written_reads_back)
