// Decoding of parameter files.
#include "converter/paddle/params.h"
#include "tests/converter/pb.h"
#include "tests/test.h"

#include <string.h>

enum { FP32 = 5, INT8 = 21 };

// A program of two tensors, b and a, and of two variables that have no record.
static void make_program(struct cay_program *program)
{
	static struct cay_var_desc vars[] = {
		{.name = "feed", .type = CAY_VAR_FEED, .persistable = true},
		{.name = "b", .type = CAY_VAR_TENSOR, .persistable = true},
		{.name = "x", .type = CAY_VAR_TENSOR},
		{.name = "a", .type = CAY_VAR_TENSOR, .persistable = true},
	};
	static struct cay_block block = {.vars = vars, .var_count = 4};
	struct cay_err err = {0};

	*program = (struct cay_program){.blocks = &block, .block_count = 1};
	ck_ok(cay_params_list(program, &err), err);
}

// The records of a, of two floats, and b, of three bytes.
static void make_file(struct cay_buf *file)
{
	const float a[] = {1, 2};
	const int8_t b[] = {3, 4, 5};

	pb_record(file, 1, FP32, (const int64_t[]){2}, 1, a, sizeof(a));
	pb_record(file, 0, INT8, (const int64_t[]){1, 3}, 2, b, sizeof(b));
}

START_TEST(parameters_are_listed_by_name)
{
	struct cay_program program;

	make_program(&program);
	ck_assert_uint_eq(program.param_count, 2);
	ck_assert_str_eq(program.params[0].name, "a");
	ck_assert_str_eq(program.params[1].name, "b");
	cay_program_finish(&program);
}
END_TEST

START_TEST(a_name_that_is_declared_twice_is_refused)
{
	struct cay_var_desc var = {.name = "w", .type = CAY_VAR_TENSOR, .persistable = true};
	struct cay_block block = {.vars = (struct cay_var_desc[]){var, var}, .var_count = 2};
	struct cay_program program = {.blocks = &block, .block_count = 1};
	struct cay_err err = {0};

	ck_assert_int_lt(cay_params_list(&program, &err), 0);
	ck_assert_str_eq(err.msg, "parameter 'w' is declared twice");
	cay_program_finish(&program);
}
END_TEST

START_TEST(records_follow_the_order_of_names)
{
	struct cay_buf file = {0};
	struct cay_program program;
	struct cay_err err = {0};
	float second;

	make_program(&program);
	make_file(&file);
	ck_ok(cay_params_decode_all(file.data, file.len, &program, &err), err);
	ck_assert_int_eq(program.params[0].dtype, CAY_DTYPE_F32);
	ck_assert_uint_eq(program.params[0].size, 8);
	memcpy(&second, (const char *)program.params[0].data + 4, sizeof(second));
	ck_assert_float_eq(second, 2);
	ck_assert_uint_eq(program.params[1].shape.rank, 2);
	ck_assert_int_eq(((const int8_t *)program.params[1].data)[2], 5);
	cay_program_finish(&program);
	cay_buf_finish(&file);
}
END_TEST

START_TEST(every_truncation_is_an_error_that_names_a_parameter)
{
	struct cay_buf file = {0};
	struct cay_program program;
	struct cay_err err = {0};

	make_program(&program);
	make_file(&file);
	for (size_t len = 0; len < file.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, file.data, len);
		ck_assert_int_lt(cay_params_decode_all(copy, len, &program, &err), 0);
		ck_assert_int_eq(err.code, CAY_EMODEL);
		ck_assert_ptr_nonnull(strstr(err.msg, "parameter '"));
		free(copy);
	}
	cay_program_finish(&program);
	cay_buf_finish(&file);
}
END_TEST

START_TEST(surplus_bytes_are_named)
{
	struct cay_buf file = {0};
	struct cay_program program;
	struct cay_err err = {0};

	make_program(&program);
	make_file(&file);
	cay_buf_fill(&file, 0, 3);
	ck_assert_int_lt(cay_params_decode_all(file.data, file.len, &program, &err), 0);
	ck_assert_str_eq(err.msg, "3 surplus bytes after the last parameter 'b'");
	ck_assert_int_lt(cay_params_decode_one(file.data, file.len, &program.params[0], &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "parameter 'a': 3"));
	cay_program_finish(&program);
	cay_buf_finish(&file);
}
END_TEST

START_TEST(bytes_without_a_parameter_are_surplus)
{
	struct cay_block block = {0};
	struct cay_program program = {.blocks = &block, .block_count = 1};
	struct cay_err err = {0};

	ck_ok(cay_params_list(&program, &err), err);
	ck_ok(cay_params_decode_all(NULL, 0, &program, &err), err);
	ck_assert_int_lt(cay_params_decode_all((const uint8_t *)"x", 1, &program, &err), 0);
	ck_assert_str_eq(err.msg, "1 surplus bytes, the program has no parameters");
	cay_program_finish(&program);
}
END_TEST

static void check_record_fails(struct cay_buf *file, const char *message)
{
	struct cay_param param = {.name = "w"};
	struct cay_err err = {0};

	ck_assert_int_lt(cay_params_decode_one(file->data, file->len, &param, &err), 0);
	ck_assert_str_eq(err.msg, message);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	cay_buf_finish(file);
}

START_TEST(sizes_that_lie_are_refused)
{
	const uint64_t huge = UINT64_MAX;
	struct cay_buf file = {0};

	pb_record(&file, 0, FP32, (const int64_t[]){1 << 20, 1 << 10}, 2, "data", 4);
	check_record_fails(&file, "parameter 'w': 4294967296 bytes of data announced, 4 are left");
	pb_record(&file, 0, FP32, (const int64_t[]){-1}, 1, "data", 4);
	check_record_fails(&file, "parameter 'w': shape ?: dimension 0 is -1");
	pb_record(&file, 0, FP32, (const int64_t[]){INT64_MAX}, 1, "data", 4);
	check_record_fails(&file, "parameter 'w': the tensor: dimension 0 is 9223372036854775807");
	pb_record(&file, 0, FP32, (const int64_t[]){INT32_MAX, INT32_MAX, INT32_MAX}, 3, "", 0);
	check_record_fails(&file, "parameter 'w': shape 2147483647x2147483647x2147483647: overflow "
				  "in the element count");
	pb_record(&file, 0, FP32, NULL, 0, "data", 4);
	memcpy(file.data + 4, &huge, sizeof(huge)); // levels
	check_record_fails(&file, "parameter 'w': it ends in its sequence offsets");
	pb_record(&file, 1, FP32, NULL, 0, "data", 4);
	memcpy(file.data + 12, &huge, sizeof(huge)); // bytes of a level
	check_record_fails(&file, "parameter 'w': it ends in its sequence offsets");
	pb_record(&file, 0, FP32, NULL, 0, "data", 4);
	memset(file.data + 16, 0xff, 4); // bytes of the description
	check_record_fails(&file, "parameter 'w': it ends in its description");
	pb_record(&file, 0, FP32, NULL, 0, "data", 4);
	file.data[0] = 1; // version
	check_record_fails(&file, "parameter 'w': no tensor begins here");
}
END_TEST

START_TEST(a_scalar_is_one_element)
{
	struct cay_buf file = {0};
	struct cay_param param = {.name = "w"};
	struct cay_err err = {0};

	pb_record(&file, 0, FP32, NULL, 0, "data", 4);
	ck_ok(cay_params_decode_one(file.data, file.len, &param, &err), err);
	ck_assert_uint_eq(param.size, 4);
	cay_buf_finish(&file);
}
END_TEST

TEST_MAIN("params", parameters_are_listed_by_name, a_name_that_is_declared_twice_is_refused,
	  records_follow_the_order_of_names, every_truncation_is_an_error_that_names_a_parameter,
	  surplus_bytes_are_named, bytes_without_a_parameter_are_surplus,
	  sizes_that_lie_are_refused, a_scalar_is_one_element)
