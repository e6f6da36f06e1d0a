// Tests of nb/nb_read.c and nb/topology_read.c on damaged and on hostile files.
#include "nb/nb.h"
#include "common/file.h"
#include "common/size.h"
#include "nb/flatbuf.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <glob.h>
#include <string.h>

// Reads a copy of just so many bytes, so that a sanitizer sees reads beyond it. An error must say
// something; a program that was read must be one that can be written, or has a variable of an
// unknown type. Returns what cay_nb_read did.
static int try_read(const uint8_t *data, size_t len, struct cay_err *err)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cay_program program = {.meta = 77};
	struct cay_buf again = {0};
	int result;

	memcpy(copy, data, len);
	result = cay_nb_read(copy, len, &program, err);
	if (result < 0) {
		ck_assert_int_eq(err->code, CAY_EMODEL);
		ck_assert_str_ne(err->msg, "");
		ck_assert_int_eq(program.meta, 77); // untouched
	} else {
		if (cay_nb_write(&program, &again, err) < 0)
			ck_assert_ptr_nonnull(strstr(err->msg, "unknown data type"));
		cay_buf_finish(&again);
		cay_program_finish(&program);
	}
	free(copy);
	return result;
}

static struct cay_buf sample_file(void)
{
	struct cay_program sample = sample_program();
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	ck_ok(cay_nb_write(&sample, &bytes, &err), err);
	return bytes;
}

static struct cay_buf real_file(void)
{
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	ck_ok(cay_file_read(TEST_DATA "quant_fc_chain/opt_v2.13.nb", 1 << 20, &bytes, &err), err);
	return bytes;
}

static void refuse_truncations(const struct cay_buf *bytes)
{
	struct cay_err err = {0};

	ck_assert_int_eq(try_read(bytes->data, bytes->len, &err), 0);
	for (size_t len = 0; len < bytes->len; len++)
		ck_assert_msg(try_read(bytes->data, len, &err) < 0, "%zu", len);
}

START_TEST(every_truncation_is_refused)
{
	struct cay_buf ours = sample_file(), real = real_file();

	refuse_truncations(&ours);
	refuse_truncations(&real);
	cay_buf_finish(&ours);
	cay_buf_finish(&real);
}
END_TEST

// Knuth's MMIX generator: the same numbers on every machine.
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

START_TEST(no_flipped_bit_crashes)
{
	struct cay_buf files[] = {sample_file(), real_file()};
	struct cay_err err = {0};
	uint64_t state = 1;
	size_t refused = 0;

	for (size_t f = 0; f < CAY_ARRAY_SIZE(files); f++) {
		for (int i = 0; i < 2500; i++) {
			uint8_t *byte = files[f].data + next_random(&state) % files[f].len;
			uint8_t bit = (uint8_t)(1 << next_random(&state) % 8);

			*byte ^= bit;
			refused += try_read(files[f].data, files[f].len, &err) < 0;
			*byte ^= bit;
		}
		cay_buf_finish(&files[f]);
	}
	ck_assert_uint_gt(refused, 500); // the flips do reach what is checked
}
END_TEST

START_TEST(no_overwritten_bytes_crash)
{
	static const uint8_t fills[] = {0x00, 0x01, 0x04, 0x7f, 0x80, 0xff};
	struct cay_buf files[] = {sample_file(), real_file()};
	struct cay_err err = {0};
	uint64_t state = 2;

	for (size_t f = 0; f < CAY_ARRAY_SIZE(files); f++) {
		for (int i = 0; i < 1500; i++) {
			size_t len = 1 + next_random(&state) % 8;
			size_t at = next_random(&state) % (files[f].len - len);
			uint8_t old[8];

			memcpy(old, files[f].data + at, len);
			memset(files[f].data + at,
			       fills[next_random(&state) % CAY_ARRAY_SIZE(fills)], len);
			try_read(files[f].data, files[f].len, &err);
			memcpy(files[f].data + at, old, len);
		}
		cay_buf_finish(&files[f]);
	}
}
END_TEST

// Expects the error of the sample's file with bytes changed; `at` counts from the parameters' start
// if in_params.
static void refuse_change(bool in_params, size_t at, const void *bytes, size_t len,
			  const char *message)
{
	struct cay_buf file = sample_file();
	struct cay_err err = {0};
	uint64_t topology;

	memcpy(&topology, file.data + 18, sizeof(topology));
	memcpy(file.data + at + (in_params ? 26 + topology : 0), bytes, len);
	ck_assert_int_lt(try_read(file.data, file.len, &err), 0);
	ck_assert_str_eq(err.msg, message);
	cay_buf_finish(&file);
}

START_TEST(sizes_of_the_topology_are_checked)
{
	static const uint64_t sizes[] = {1 << 20, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 25};
	static const uint64_t none = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(sizes); i++)
		refuse_change(false, 18, &sizes[i], 8, "the file is cut off");
	refuse_change(false, 18, &none, 8, "damaged data: value outside at byte 0");
}
END_TEST

// u16 version, u16 metadata, u16 header, u16 count, u32 largest, then u32 size and u32 offset.
START_TEST(heads_of_the_parameters_are_checked)
{
	static const char *const offsets[] = {
		"parameter 0 '': a record of 108 bytes begins at its byte 0",
		"parameter 0 '': a record of 108 bytes begins at its byte 1",
		"parameter 0 '': a record of 108 bytes begins at its byte 2",
		"parameter 0 '': a record of 108 bytes begins at its byte 3",
	};
	const uint16_t one = 1, five = 5, many = 65535;
	const uint32_t small = 3, huge = UINT32_MAX, beyond = 109;

	refuse_change(true, 0, &one, 2, "parameters of version 1, not 0");
	refuse_change(true, 2, &many, 2, "the file is cut off");
	refuse_change(true, 4, &five, 2, "a parameter header of 5 bytes");
	refuse_change(true, 4, &many, 2, "the file is cut off");
	refuse_change(true, 6, &many, 2, "the file is cut off");
	refuse_change(true, 6, &five, 2, "parameter 4 '': the file is cut off");
	refuse_change(true, 12, &small, 4,
		      "parameter 0 '': a record of 3 bytes begins at its byte 4");
	refuse_change(true, 12, &huge, 4, "parameter 0 '': the file is cut off");
	refuse_change(true, 16, &beyond, 4,
		      "parameter 0 '': a record of 108 bytes begins at its byte 109");
	for (uint32_t offset = 0; offset < 4; offset++)
		refuse_change(true, 16, &offset, 4, offsets[offset]);
}
END_TEST

// A file of an empty block whose parameters are built by hand.
struct raw_param {
	uint8_t tag;
	int64_t dims[9];
	uint32_t rank;
	int32_t type;
	size_t size;
};

static void put_raw_param(struct cay_buf *file, const struct raw_param *raw)
{
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(1), CAY_FB_REFERENCE(3),
				   CAY_FB_SCALAR(2, 1, raw->tag)};
	struct cay_fb_field tensor[] = {CAY_FB_REFERENCE(2), CAY_FB_REFERENCE(4),
					CAY_FB_SCALAR(3, 4, (uint32_t)raw->type)};
	uint32_t head[2] = {0, 4};
	size_t start = file->len;
	struct cay_fb_writer w;

	cay_buf_put(file, head, sizeof(head));
	cay_fb_writer_init(&w, file);
	cay_fb_put_table(&w, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w, f[0].at, "w");
	cay_fb_put_table(&w, f[1].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&w, tensor[0].at, raw->dims, raw->rank, 8);
	cay_fb_put_vector(&w, tensor[1].at, NULL, raw->size, 1);
	head[0] = (uint32_t)(file->len - start - 4);
	memcpy(file->data + start, head, sizeof(head));
}

static struct cay_buf file_of_params(const struct raw_param *params, uint16_t count)
{
	struct cay_block block = {.parent = -1};
	struct cay_program program = {.blocks = &block, .block_count = 1};
	struct cay_err err = {0};
	struct cay_buf file = {0};

	ck_ok(cay_nb_write(&program, &file, &err), err);
	memcpy(file.data + file.len - 6, &count, sizeof(count));
	for (size_t i = 0; i < count; i++)
		put_raw_param(&file, &params[i]);
	return file;
}

START_TEST(parameters_are_checked)
{
	static const struct {
		struct raw_param param;
		const char *message; // NULL: a good one
	} cases[] = {
		{{1, {2, 3}, 2, 5, 24}, NULL},
		{{1, {2, 0}, 2, 5, 0}, NULL},
		{{1, {0}, 0, 5, 4}, NULL}, // a scalar
		{{1, {1, 1, 1, 1, 1, 1, 1, 1}, 8, 21, 1}, NULL},
		{{0, {2, 3}, 2, 5, 24}, "parameter that is no tensor"},
		{{2, {2, 3}, 2, 5, 24}, "parameter that is no tensor"},
		{{1, {2, 3}, 2, 5, 23}, "23 bytes, but 2x3 of FP32 takes 24"},
		{{1, {2, 3}, 2, 5, 25}, "25 bytes, but 2x3 of FP32 takes 24"},
		{{1, {2, 3}, 2, 21, 24}, "24 bytes, but 2x3 of INT8 takes 6"},
		{{1, {2, 3}, 2, 5, 0}, "0 bytes, but 2x3 of FP32 takes 24"},
		{{1, {2, -3}, 2, 5, 24}, "dimension 1 is -3"},
		{{1, {-1, 3}, 2, 5, 24}, "dimension 0 is -1"},
		{{1, {INT64_C(1) << 31}, 1, 5, 24}, "dimension 0 is 2147483648"},
		{{1, {INT32_MAX, INT32_MAX, INT32_MAX}, 3, 5, 24}, "overflow"},
		{{1, {INT32_MAX, INT32_MAX, 2}, 3, 6, 24}, "overflow"},
		{{1, {1, 1, 1, 1, 1, 1, 1, 1, 1}, 9, 21, 1}, "more than 8 dimensions"},
		{{1, {2, 3}, 2, 22, 12}, "unknown data type"},
		{{1, {2, 3}, 2, -1, 24}, "unknown data type"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		struct cay_buf file = file_of_params(&cases[i].param, 1);
		struct cay_err err = {0};
		int result = try_read(file.data, file.len, &err);

		ck_assert_msg((result == 0) == !cases[i].message, "case %zu: %s", i, err.msg);
		if (result < 0) {
			ck_assert_ptr_eq(strstr(err.msg, "parameter 0 'w': "), err.msg);
			ck_assert_msg(strstr(err.msg, cases[i].message), "%s", err.msg);
		}
		cay_buf_finish(&file);
	}
}
END_TEST

START_TEST(a_parameter_that_is_there_twice_is_refused)
{
	static const struct raw_param twins[] = {{1, {1}, 1, 21, 1}, {1, {2}, 1, 21, 2}};
	struct cay_buf file = file_of_params(twins, 2);
	struct cay_err err = {0};

	ck_assert_int_lt(try_read(file.data, file.len, &err), 0);
	ck_assert_str_eq(err.msg, "parameter 'w' is there twice");
	cay_buf_finish(&file);
}
END_TEST

// Lets all references of a list point to what the first points to.
static void share(struct cay_fb_writer *w, size_t at, uint32_t count)
{
	uint8_t *list = w->buf->data + w->start + at;
	uint32_t first, offset;

	memcpy(&first, list, sizeof(first));
	for (uint32_t i = 1; i < count; i++) {
		offset = first - i * 4;
		memcpy(list + (size_t)i * 4, &offset, sizeof(offset));
	}
}

// A file of `blocks` times one block of `ops` times one op of `attrs` times one attribute that is a
// list of `texts` times one text.
static struct cay_buf bomb(uint32_t blocks, uint32_t ops, uint32_t attrs, uint32_t texts)
{
	struct cay_fb_field program[] = {CAY_FB_REFERENCE(0)};
	struct cay_fb_field block[] = {CAY_FB_SCALAR(1, 4, UINT32_MAX), CAY_FB_REFERENCE(3)};
	struct cay_fb_field op[] = {CAY_FB_REFERENCE(0), CAY_FB_REFERENCE(3)};
	struct cay_fb_field attr[] = {CAY_FB_REFERENCE(0), CAY_FB_SCALAR(1, 4, CAY_ATTR_STRINGS),
				      CAY_FB_REFERENCE(7)};
	const uint8_t head[26] = {2, 0}, params[12] = {0, 0, 0, 0, 6};
	struct cay_buf file = {0};
	struct cay_fb_writer w;
	size_t at[4];
	uint64_t size;

	cay_buf_put(&file, head, sizeof(head));
	cay_fb_writer_init(&w, &file);
	cay_fb_put_table(&w, CAY_FB_ROOT, program, 1);
	at[0] = cay_fb_put_vector(&w, program[0].at, NULL, blocks, 4);
	cay_fb_put_table(&w, at[0], block, 2);
	at[1] = cay_fb_put_vector(&w, block[1].at, NULL, ops, 4);
	cay_fb_put_table(&w, at[1], op, 2);
	cay_fb_put_string(&w, op[0].at, "op");
	at[2] = cay_fb_put_vector(&w, op[1].at, NULL, attrs, 4);
	cay_fb_put_table(&w, at[2], attr, 3);
	cay_fb_put_string(&w, attr[0].at, "attr");
	at[3] = cay_fb_put_vector(&w, attr[2].at, NULL, texts, 4);
	cay_fb_put_string(&w, at[3], "a text of some length, to be multiplied");
	share(&w, at[0], blocks);
	share(&w, at[1], ops);
	share(&w, at[2], attrs);
	share(&w, at[3], texts);
	size = file.len - sizeof(head);
	memcpy(file.data + 18, &size, sizeof(size));
	cay_buf_put(&file, params, sizeof(params));
	return file;
}

static void refuse_bomb(struct cay_buf file, const char *message)
{
	struct cay_err err = {0};

	ck_assert_int_lt(try_read(file.data, file.len, &err), 0);
	ck_assert_msg(strstr(err.msg, message), "%s", err.msg);
	cay_buf_finish(&file);
}

START_TEST(a_small_file_cannot_describe_a_huge_program)
{
	struct cay_buf small = bomb(3, 4, 5, 6);
	struct cay_err err = {0};

	ck_assert_msg(try_read(small.data, small.len, &err) == 0, "%s", err.msg);
	cay_buf_finish(&small);
	refuse_bomb(bomb(257, 1, 1, 1), "no block, or too many");
	refuse_bomb(bomb(1, CAY_PROGRAM_MAX_OPS + 1, 0, 0), "too many ops");
	refuse_bomb(bomb(256, 1000, 1000, 1000), "of memory");
	refuse_bomb(bomb(1, 1, 1000, 1000), "of memory");
	refuse_bomb(bomb(1, 1, 100000, 1), "of memory");
	refuse_bomb(bomb(1, 20000, 0, 0), "of memory"); // empty lists, of 16 bytes each
	refuse_bomb(bomb(0, 0, 0, 0), "no block, or too many");
}
END_TEST

// Two blocks of ops that have nothing.
static struct cay_buf file_of_ops(size_t ops)
{
	struct cay_op_desc *op = calloc(ops, sizeof(*op));
	struct cay_block blocks[] = {{.parent = -1, .ops = op, .op_count = ops / 2},
				     {.idx = 1, .ops = op, .op_count = ops - ops / 2}};
	struct cay_program program = {.blocks = blocks, .block_count = 2};
	struct cay_err err = {0};
	struct cay_buf file = {0};

	for (size_t i = 0; i < ops; i++)
		op[i].type = "";
	ck_ok(cay_nb_write(&program, &file, &err), err);
	free(op);
	return file;
}

START_TEST(ops_are_counted_in_all_blocks)
{
	struct cay_buf most = file_of_ops(CAY_PROGRAM_MAX_OPS);
	struct cay_err err = {0};

	ck_assert_msg(try_read(most.data, most.len, &err) == 0, "%s", err.msg);
	cay_buf_finish(&most);
	refuse_bomb(file_of_ops(CAY_PROGRAM_MAX_OPS + 1), "too many ops");
}
END_TEST

// What grows most: a byte of the file becomes an int64_t.
START_TEST(a_list_of_booleans_has_room)
{
	enum { COUNT = 1 << 20 };
	int64_t *values = calloc(COUNT, sizeof(*values));
	struct cay_attr attr = {"b", CAY_ATTR_BOOLEANS, {.ints = values}, COUNT};
	struct cay_op_desc op = {.type = "op", .attrs = &attr, .attr_count = 1};
	struct cay_block block = {.parent = -1, .ops = &op, .op_count = 1};
	struct cay_program program = {.blocks = &block, .block_count = 1};
	struct cay_err err = {0};
	struct cay_buf file = {0};

	ck_ok(cay_nb_write(&program, &file, &err), err);
	ck_assert_msg(try_read(file.data, file.len, &err) == 0, "%s", err.msg);
	cay_buf_finish(&file);
	free(values);
}
END_TEST

// Four times below the limit that hostile ones are held to.
START_TEST(real_files_take_twice_their_topology_at_most)
{
	glob_t files;

	ck_assert_int_eq(glob(TEST_DATA "*/*.nb", 0, NULL, &files), 0);
	ck_assert_uint_gt(files.gl_pathc, 20);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct cay_program program;
		struct cay_err err = {0};
		struct cay_buf file = {0};
		uint64_t topology;

		ck_ok(cay_file_read(files.gl_pathv[i], 64 << 20, &file, &err), err);
		memcpy(&topology, file.data + 18, sizeof(topology));
		ck_assert_msg(cay_nb_read(file.data, file.len, &program, &err) == 0, "%s: %s",
			      files.gl_pathv[i], err.msg);
		ck_assert_msg(program.arena.used <= 2 * topology, "%s: %zu bytes for %llu",
			      files.gl_pathv[i], program.arena.used, (unsigned long long)topology);
		cay_program_finish(&program);
		cay_buf_finish(&file);
	}
	globfree(&files);
}
END_TEST

START_TEST(a_block_in_a_later_one_is_refused)
{
	struct cay_block blocks[] = {{.parent = -1}, {.idx = 1, .parent = 1}};
	struct cay_program program = {.blocks = blocks, .block_count = 2};
	struct cay_err err = {0};
	struct cay_buf file = {0};

	ck_ok(cay_nb_write(&program, &file, &err), err);
	refuse_bomb(file, "block in a later one");
}
END_TEST

TEST_MAIN("nb_hostile", every_truncation_is_refused, no_flipped_bit_crashes,
	  no_overwritten_bytes_crash, sizes_of_the_topology_are_checked,
	  heads_of_the_parameters_are_checked, parameters_are_checked,
	  a_parameter_that_is_there_twice_is_refused, a_small_file_cannot_describe_a_huge_program,
	  ops_are_counted_in_all_blocks, a_list_of_booleans_has_room,
	  real_files_take_twice_their_topology_at_most, a_block_in_a_later_one_is_refused)
