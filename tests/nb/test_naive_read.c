// Tests of nb/naive_read.c: files of meta 0, good, cut off and damaged. And of meta 1 likewise.
#include "common/file.h"
#include "common/size.h"
#include "tests/nb/naive_write.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

static struct cay_buf read_bytes(const char *path)
{
	struct cay_buf bytes = {0};
	struct cay_err err = {0};

	ck_ok(cay_file_read(path, 1 << 20, &bytes, &err), err);
	return bytes;
}

static struct cay_program read_program(const struct cay_buf *bytes)
{
	struct cay_program program;
	struct cay_err err = {0};

	ck_ok(cay_nb_read(bytes->data, bytes->len, &program, &err), err);
	return program;
}

static struct cay_buf real_meta_1(void)
{
	return read_bytes(TEST_DATA "quant_fc_chain/opt_v2.13_meta1.nb");
}

// The real opt's program in the layout of meta 0.
static struct cay_buf naive_file(void)
{
	struct cay_buf bytes = read_bytes(TEST_DATA "quant_fc_chain/opt_v2.13.nb"), naive = {0};
	struct cay_program program = read_program(&bytes);

	naive_write(&program, &naive);
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
	return naive;
}

START_TEST(all_metas_hold_the_same_program)
{
	struct cay_buf files[] = {naive_file(), real_meta_1(),
				  read_bytes(TEST_DATA "quant_fc_chain/opt_v2.13.nb")};
	struct cay_program programs[3];

	for (int i = 0; i < 3; i++) {
		programs[i] = read_program(&files[i]);
		ck_assert_int_eq(programs[i].meta, i);
		ck_assert(cay_nb_probe(files[i].data, files[i].len));
	}
	assert_equal_programs(&programs[2], &programs[1]);
	assert_equal_programs(&programs[2], &programs[0]);
	for (int i = 0; i < 3; i++) {
		cay_program_finish(&programs[i]);
		cay_buf_finish(&files[i]);
	}
}
END_TEST

START_TEST(everything_that_meta_0_can_say_is_read)
{
	struct cay_program sample = sample_program(), read;
	struct cay_op_desc *op = &sample.blocks[0].ops[0];
	struct cay_var_desc *vars = sample.blocks[0].vars;
	struct cay_buf bytes = {0};
	size_t old = 0;

	naive_write(&sample, &bytes);
	read = read_program(&bytes);
	for (size_t i = 0; i < op->attr_count; i++) // FLOAT64 and FLOAT64S came later
		if (op->attrs[i].type <= CAY_ATTR_LONGS)
			op->attrs[old++] = op->attrs[i];
	op->attr_count = old;
	for (size_t i = 0; i < sample.blocks[0].var_count; i++)
		if (vars[i].shape.rank == 0)
			vars[i].dtype = CAY_DTYPES; // not described
	sample.meta = 0;
	assert_equal_programs(&sample, &read);
	cay_program_finish(&read);
	cay_buf_finish(&bytes);
}
END_TEST

// A copy of just so many bytes, so that a sanitizer sees reads beyond it.
static int try_read(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct cay_program program = {.meta = 77};
	struct cay_err err = {0};
	int result;

	memcpy(copy, data, len);
	result = cay_nb_read(copy, len, &program, &err);
	if (result == 0) {
		cay_program_finish(&program);
	} else {
		ck_assert_int_eq(err.code, CAY_EMODEL);
		ck_assert_str_ne(err.msg, "");
		ck_assert_int_eq(program.meta, 77); // untouched
	}
	free(copy);
	return result;
}

START_TEST(every_truncation_is_refused)
{
	static const size_t padding[] = {0, 3}; // FlatBuffers end aligned
	struct cay_buf files[] = {naive_file(), real_meta_1()};

	for (size_t f = 0; f < CAY_ARRAY_SIZE(files); f++) {
		ck_assert_int_eq(try_read(files[f].data, files[f].len), 0);
		for (size_t len = 0; len < files[f].len - padding[f]; len++)
			ck_assert_msg(try_read(files[f].data, len) < 0, "meta %zu, %zu bytes", f,
				      len);
		cay_buf_finish(&files[f]);
	}
}
END_TEST

START_TEST(no_damage_crashes)
{
	static const uint8_t fills[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	struct cay_buf files[] = {naive_file(), real_meta_1()};
	uint64_t state = 3;

	for (size_t f = 0; f < CAY_ARRAY_SIZE(files); f++) {
		size_t refused = 0;

		for (int i = 0; i < 3000; i++) {
			size_t at, len;
			uint8_t old[8];

			state = state * 6364136223846793005u + 1442695040888963407u;
			len = i % 2 ? 1 : 1 + (state >> 60) % 8;
			at = (state >> 33) % (files[f].len - len);
			memcpy(old, files[f].data + at, len);
			if (i % 2)
				files[f].data[at] ^= (uint8_t)(1 << (state >> 61));
			else
				memset(files[f].data + at, fills[i / 2 % 5], len);
			refused += try_read(files[f].data, files[f].len) < 0;
			memcpy(files[f].data + at, old, len);
		}
		ck_assert_uint_gt(refused, 300); // the damage does reach what is checked
		cay_buf_finish(&files[f]);
	}
}
END_TEST

START_TEST(bytes_after_the_end_are_refused)
{
	struct cay_buf file = naive_file();

	cay_buf_put(&file, "", 1);
	ck_assert_int_lt(try_read(file.data, file.len), 0);
	cay_buf_finish(&file);
}
END_TEST

// A count in front of a list may claim anything: it is believed only as far as bytes are there.
START_TEST(huge_counts_ask_for_no_memory)
{
	static const uint64_t counts[] = {1 << 20, UINT64_C(1) << 61, UINT64_MAX};
	struct cay_buf file = naive_file();
	uint64_t topology;

	memcpy(&topology, file.data + 18, sizeof(topology));
	for (size_t i = 0; i < CAY_ARRAY_SIZE(counts); i++) {
		const size_t places[] = {26, 26 + 8 + 8, 26 + 8 + 16, 26 + (size_t)topology};

		for (size_t k = 0; k < CAY_ARRAY_SIZE(places); k++) {
			uint64_t old;

			memcpy(&old, file.data + places[k], sizeof(old));
			memcpy(file.data + places[k], &counts[i], sizeof(counts[i]));
			ck_assert_int_lt(try_read(file.data, file.len), 0);
			memcpy(file.data + places[k], &old, sizeof(old));
		}
	}
	ck_assert_int_eq(try_read(file.data, file.len), 0);
	cay_buf_finish(&file);
}
END_TEST

// opt 2.6 has a scale for the input and a list for the weights, called alike in all ops.
START_TEST(scales_have_the_names_of_later_versions)
{
	struct cay_buf bytes = read_bytes(TEST_DATA "quant_fc_chain/opt_v2.6.3.nb");
	struct cay_program program = read_program(&bytes);
	const struct cay_op_desc *fc = NULL;
	const float *scales;
	size_t count;

	ck_assert_int_eq(program.meta, 0);
	for (size_t i = 0; i < program.blocks[0].op_count && !fc; i++)
		if (strcmp(program.blocks[0].ops[i].type, "fc") == 0)
			fc = &program.blocks[0].ops[i];
	ck_assert_ptr_nonnull(fc);
	ck_assert_ptr_null(cay_op_desc_attr(fc, "input_scale"));
	scales = cay_attr_floats(fc->attrs, fc->attr_count, "Input0_scale", &count);
	ck_assert_uint_eq(count, 1);
	ck_assert_float_eq(scales[0], 0.030468622222542763f);
	scales = cay_attr_floats(fc->attrs, fc->attr_count, "W0_scale", &count);
	ck_assert_uint_eq(count, 16);
	ck_assert_float_eq(scales[15], 0.008905510418117046f);
	cay_attr_floats(fc->attrs, fc->attr_count, "Out0_scale", &count);
	ck_assert_uint_eq(count, 1);
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(a_parameter_that_is_there_again_is_one)
{
	struct cay_buf bytes = read_bytes(TEST_DATA "matmul/opt_v2.6.0.nb");
	struct cay_program program = read_program(&bytes);

	for (size_t i = 1; i < program.param_count; i++)
		ck_assert_int_lt(strcmp(program.params[i - 1].name, program.params[i].name), 0);
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
}
END_TEST

TEST_MAIN("naive_read", all_metas_hold_the_same_program, everything_that_meta_0_can_say_is_read,
	  every_truncation_is_refused, no_damage_crashes, bytes_after_the_end_are_refused,
	  huge_counts_ask_for_no_memory, scales_have_the_names_of_later_versions,
	  a_parameter_that_is_there_again_is_one)
