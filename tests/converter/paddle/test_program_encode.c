// Tests of converter/paddle/program_encode.c and params_encode.c: what they write reads back.
#include "converter/paddle/params.h"
#include "converter/paddle/program.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

START_TEST(a_program_survives_encoding_and_decoding)
{
	struct cay_program sample = sample_program(), back;
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	sample.param_count = 0; // those have a file of their own
	sample.opt_version[0] = '\0';
	ck_ok(cay_program_encode(&sample, &bytes, &err), err);
	ck_ok(cay_program_decode(bytes.data, bytes.len, &back, &err), err);
	assert_equal_programs(&sample, &back);
	cay_program_finish(&back);
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(parameters_survive_encoding_and_decoding)
{
	struct cay_program sample = sample_program(), back = sample;
	struct cay_param params[8] = {{0}};
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	ck_assert_uint_lt(sample.param_count, 8);
	cay_params_sort(sample.params, sample.param_count);
	for (size_t i = 0; i < sample.param_count; i++)
		params[i].name = sample.params[i].name;
	back.params = params;
	ck_ok(cay_params_encode(&sample, &bytes, &err), err);
	ck_ok(cay_params_decode_all(bytes.data, bytes.len, &back, &err), err);
	assert_equal_programs(&sample, &back);
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(what_is_encoded_is_appended)
{
	const struct cay_program sample = sample_program();
	struct cay_err err = {0};
	struct cay_buf alone = {0}, behind = {0};

	cay_buf_text(&behind, "abc");
	ck_ok(cay_program_encode(&sample, &alone, &err), err);
	ck_ok(cay_program_encode(&sample, &behind, &err), err);
	ck_assert_uint_eq(behind.len, alone.len + 3);
	ck_assert_mem_eq(behind.data, "abc", 3);
	ck_assert_mem_eq(behind.data + 3, alone.data, alone.len);
	cay_buf_finish(&alone);
	cay_buf_finish(&behind);
}
END_TEST

START_TEST(an_attribute_of_an_unknown_type_is_refused)
{
	struct cay_attr attr = {.name = "a", .type = (enum cay_attr_type)13};
	struct cay_op_desc op = {.type = "scale", .attrs = &attr, .attr_count = 1};
	struct cay_block block = {.parent = -1, .ops = &op, .op_count = 1};
	const struct cay_program program = {.blocks = &block, .block_count = 1};
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	ck_assert_int_eq(cay_program_encode(&program, &bytes, &err), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, "scale: attribute 'a' has the type 13");
	ck_assert_uint_eq(bytes.len, 0);
	cay_buf_finish(&bytes);
}
END_TEST

TEST_MAIN("program_encode", a_program_survives_encoding_and_decoding,
	  parameters_survive_encoding_and_decoding, what_is_encoded_is_appended,
	  an_attribute_of_an_unknown_type_is_refused)
