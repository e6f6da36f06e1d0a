// Tests of daemon/conversion/file_table.c.
#include "daemon/conversion/file_table.h"
#include "tests/test.h"

#include <string.h>

static struct cay_err err;

START_TEST(names_are_brought_into_one_form)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a", "a"},	     {"./b", "b"},	{"c//d/./e", "c/d/e"},
		{"win\\x", "win/x"}, {"...", "..."},	{"..a/b", "..a/b"},
		{"f/", "f"},	     {"C:\\x", "C:/x"}, {"\xff\n", "\xff\n"},
	};
	struct cay_file_table table;

	ck_ok(cay_file_table_init(&table, 100, &err), err);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_ok(cay_file_table_add(&table, cases[i].in, &err), err);
		ck_assert_uint_eq(table.count, i + 1);
		ck_assert_str_eq(table.names[i], cases[i].out);
	}
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(names_that_are_no_keys_are_refused)
{
	static const char *const names[] = {
		"../x", "a/../b", "..", "a/..", "/etc/passwd", "\\x", "..\\x", "", ".", "./.",
	};
	struct cay_file_table table;

	ck_ok(cay_file_table_init(&table, 100, &err), err);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert_int_eq(cay_file_table_add(&table, names[i], &err), -1);
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
	ck_assert_uint_eq(table.count, 0);
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(a_name_may_have_1024_bytes)
{
	char name[CAY_FILE_NAME_MAX + 2];
	struct cay_file_table table;

	memset(name, 'n', sizeof(name));
	name[CAY_FILE_NAME_MAX + 1] = '\0';
	ck_ok(cay_file_table_init(&table, 100, &err), err);
	ck_assert_int_eq(cay_file_table_add(&table, name, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	ck_ok(cay_file_table_add(&table, name + 1, &err), err);
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(a_name_comes_once_however_it_is_spelled)
{
	struct cay_file_table table;

	ck_ok(cay_file_table_init(&table, 100, &err), err);
	ck_ok(cay_file_table_add(&table, "a/b", &err), err);
	ck_assert_int_eq(cay_file_table_add(&table, "./a//b", &err), -1);
	ck_assert_str_eq(err.msg, "'a/b': is there twice");
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(files_over_the_limit_are_too_many)
{
	struct cay_file_table table;

	ck_ok(cay_file_table_init(&table, 2, &err), err);
	ck_ok(cay_file_table_add(&table, "a", &err), err);
	ck_ok(cay_file_table_add(&table, "b", &err), err);
	ck_assert_int_eq(cay_file_table_add(&table, "c", &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_uint_eq(table.count, 2);
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(common_directories_are_stripped)
{
	static const struct {
		const char *in[3], *out[3];
	} cases[] = {
		{{"m/x", "m/y", "m/z"}, {"x", "y", "z"}},
		{{"a/b/x", "a/b/y", "a/b/c/z"}, {"x", "y", "c/z"}},
		{{"m/x", "m/y", "n"}, {"m/x", "m/y", "n"}},
		{{"ma/x", "mb/y", "mc/z"}, {"ma/x", "mb/y", "mc/z"}},
		{{"m/x", "m/x2", "m"}, {"m/x", "m/x2", "m"}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_file_table table;

		ck_ok(cay_file_table_init(&table, 3, &err), err);
		for (size_t j = 0; j < 3; j++)
			ck_ok(cay_file_table_add(&table, cases[i].in[j], &err), err);
		cay_file_table_strip(&table);
		for (size_t j = 0; j < 3; j++) {
			ck_assert_str_eq(table.names[j], cases[i].out[j]);
			ck_assert_uint_eq(cay_file_table_find(&table, cases[i].out[j]), j);
		}
		cay_file_table_finish(&table);
	}
}
END_TEST

START_TEST(names_taken_out_keep_their_number_and_do_not_count)
{
	struct cay_file_table table;

	ck_ok(cay_file_table_init(&table, 3, &err), err);
	ck_ok(cay_file_table_add(&table, "labels.txt", &err), err);
	ck_ok(cay_file_table_add(&table, "m/x", &err), err);
	ck_ok(cay_file_table_add(&table, "m/y", &err), err);
	table.names[0] = NULL;
	cay_file_table_strip(&table);
	ck_assert_uint_eq(cay_file_table_find(&table, "labels.txt"), SIZE_MAX);
	ck_assert_uint_eq(cay_file_table_find(&table, "y"), 2);
	cay_file_table_finish(&table);
}
END_TEST

START_TEST(a_table_survives_being_written)
{
	struct cay_file_table table, again;
	struct cay_buf bytes = {0};

	ck_ok(cay_file_table_init(&table, 3, &err), err);
	ck_ok(cay_file_table_add(&table, "conv/w\n", &err), err);
	ck_ok(cay_file_table_add(&table, "b", &err), err);
	cay_file_table_write(&table, &bytes);
	ck_assert_uint_eq(bytes.len, 10);
	ck_ok(cay_file_table_init(&again, 3, &err), err);
	ck_ok(cay_file_table_read(&again, &bytes, &err), err);
	ck_assert_uint_eq(again.count, 2);
	ck_assert_str_eq(again.names[0], "conv/w\n");
	ck_assert_str_eq(again.names[1], "b");
	cay_file_table_finish(&again);

	bytes.len--; // cut off
	ck_ok(cay_file_table_init(&again, 3, &err), err);
	ck_assert_int_eq(cay_file_table_read(&again, &bytes, &err), -1);
	cay_file_table_finish(&again);
	cay_file_table_finish(&table);
	cay_buf_finish(&bytes);
}
END_TEST

TEST_MAIN("file_table", names_are_brought_into_one_form, names_that_are_no_keys_are_refused,
	  a_name_may_have_1024_bytes, a_name_comes_once_however_it_is_spelled,
	  files_over_the_limit_are_too_many, common_directories_are_stripped,
	  names_taken_out_keep_their_number_and_do_not_count, a_table_survives_being_written)
