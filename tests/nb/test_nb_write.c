// Tests of nb/nb_write.c and nb/topology_write.c, and that what they write reads back.
#include "nb/nb.h"
#include "common/size.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

struct file {
	struct cay_buf bytes;
	struct cay_program program;
};

static struct file write_and_read(const struct cay_program *program)
{
	struct cay_err err = {0};
	struct file file = {0};

	ck_ok(cay_nb_write(program, &file.bytes, &err), err);
	ck_assert(cay_nb_probe(file.bytes.data, file.bytes.len));
	ck_ok(cay_nb_read(file.bytes.data, file.bytes.len, &file.program, &err), err);
	return file;
}

static void finish(struct file *file)
{
	cay_program_finish(&file->program);
	cay_buf_finish(&file->bytes);
}

START_TEST(a_program_survives_writing_and_reading)
{
	struct cay_program sample = sample_program();
	struct file file = write_and_read(&sample);

	ck_assert_int_eq(file.program.meta, 2);
	assert_equal_programs(&sample, &file.program);
	finish(&file);
}
END_TEST

START_TEST(the_same_program_gives_the_same_bytes)
{
	struct cay_program sample = sample_program();
	struct file a = write_and_read(&sample), b = write_and_read(&a.program);

	ck_assert_uint_eq(a.bytes.len, b.bytes.len);
	ck_assert_mem_eq(a.bytes.data, b.bytes.data, a.bytes.len);
	finish(&a);
	finish(&b);
}
END_TEST

START_TEST(slots_attributes_and_parameters_are_sorted_by_name)
{
	struct cay_program sample = sample_program();
	struct file file = write_and_read(&sample);
	const struct cay_op_desc *op = &file.program.blocks[0].ops[0]; // in the order of the file

	for (size_t i = 1; i < op->attr_count; i++)
		ck_assert_str_lt(op->attrs[i - 1].name, op->attrs[i].name);
	for (size_t i = 1; i < op->in_count; i++)
		ck_assert_str_lt(op->in[i - 1].name, op->in[i].name);
	for (size_t i = 1; i < file.program.param_count; i++) // in the file itself, data and all
		ck_assert_uint_lt((uintptr_t)file.program.params[i - 1].data,
				  (uintptr_t)file.program.params[i].data);
	finish(&file);
}
END_TEST

START_TEST(the_version_is_padded_with_zeros)
{
	struct cay_program sample = sample_program();
	struct file file = write_and_read(&sample);

	ck_assert_mem_eq(file.bytes.data, "\2\0v2.13-rc\0\0\0\0\0\0\0\0", 18);
	finish(&file);
	memcpy(sample.opt_version, "0123456789abcdef", 17); // all 16 bytes used
	file = write_and_read(&sample);
	ck_assert_str_eq(file.program.opt_version, "0123456789abcdef");
	finish(&file);
}
END_TEST

START_TEST(the_file_is_appended)
{
	struct cay_program sample = sample_program();
	struct file file = write_and_read(&sample);
	struct cay_err err = {0};
	struct cay_buf buf = {0};

	cay_buf_text(&buf, "abc");
	ck_ok(cay_nb_write(&sample, &buf, &err), err);
	ck_assert_mem_eq(buf.data, "abc", 3);
	ck_assert_uint_eq(buf.len - 3, file.bytes.len);
	ck_assert_mem_eq(buf.data + 3, file.bytes.data, file.bytes.len);
	cay_buf_finish(&buf);
	finish(&file);
}
END_TEST

START_TEST(a_block_attribute_becomes_an_int)
{
	struct cay_attr attr = {.name = "sub_block", .type = CAY_ATTR_BLOCK, .i = 1};
	struct cay_op_desc op = {.type = "while", .attrs = &attr, .attr_count = 1};
	struct cay_block block = {.parent = -1, .ops = &op, .op_count = 1};
	struct cay_program program = {.blocks = &block, .block_count = 1};
	struct file file = write_and_read(&program);
	const struct cay_attr *back = &file.program.blocks[0].ops[0].attrs[0];

	ck_assert_int_eq(back->type, CAY_ATTR_INT);
	ck_assert_int_eq(back->i, 1);
	finish(&file);
}
END_TEST

// Expects the error, and nothing in a buffer that had one byte.
static void refuse(const struct cay_program *program, const char *message)
{
	struct cay_err err = {0};
	struct cay_buf buf = {0};

	cay_buf_text(&buf, "a");
	ck_assert_int_lt(cay_nb_write(program, &buf, &err), 0);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, message);
	ck_assert_uint_eq(buf.len, 1);
	cay_buf_finish(&buf);
}

START_TEST(attributes_that_no_file_can_hold_are_refused)
{
	static const int64_t list[] = {0, INT64_C(1) << 31};
	static const struct {
		struct cay_attr attr;
		const char *message;
	} cases[] = {
		{{.name = "a", .type = CAY_ATTR_INT, .i = INT64_C(-3000000000)},
		 "op 0 'scale': attribute 'a': -3000000000 does not fit"},
		{{.name = "a", .type = CAY_ATTR_INTS, .ints = list, .count = 2},
		 "op 0 'scale': attribute 'a': 2147483648 does not fit"},
		{{.name = "a", .type = CAY_ATTR_BOOLEAN, .i = 2},
		 "op 0 'scale': attribute 'a': 2 does not fit"},
		{{.name = "a", .type = (enum cay_attr_type)13},
		 "op 0 'scale': attribute 'a': type 13 cannot be stored"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		struct cay_attr attr = cases[i].attr;
		struct cay_op_desc op = {.type = "scale", .attrs = &attr, .attr_count = 1};
		struct cay_block block = {.parent = -1, .ops = &op, .op_count = 1};
		struct cay_program program = {.blocks = &block, .block_count = 1};

		refuse(&program, cases[i].message);
	}
}
END_TEST

START_TEST(tensors_that_no_file_can_hold_are_refused)
{
	static const float data[2] = {0};
	struct cay_var_desc var = {.name = "v", .type = CAY_VAR_TENSOR, .dtype = CAY_DTYPES};
	struct cay_block block = {.parent = -1};
	struct cay_param params[] = {{"p", CAY_DTYPE_F32, {1, {2}}, data, 8},
				     {"p", CAY_DTYPE_F32, {1, {2}}, data, 8}};
	struct cay_program program = {.blocks = &block, .block_count = 1, .params = params};

	program.param_count = 2;
	refuse(&program, "parameter 'p' is there twice");
	program.param_count = 1;
	params[0].size = 4;
	refuse(&program, "parameter 'p': 4 bytes, but 2 of FP32 takes 8");
	params[0].dtype = CAY_DTYPES;
	refuse(&program, "parameter 'p': unknown data type");
	program.param_count = 0;
	block.vars = &var;
	block.var_count = 1;
	refuse(&program, "variable 'v': unknown data type");
}
END_TEST

START_TEST(a_failed_buffer_is_reported)
{
	struct cay_program sample = sample_program();
	struct cay_buf buf = {.failed = true};
	struct cay_err err = {0};

	ck_assert_int_lt(cay_nb_write(&sample, &buf, &err), 0);
	ck_assert_int_eq(err.code, CAY_ENOMEM);
	cay_buf_finish(&buf);
}
END_TEST

TEST_MAIN("nb_write", a_program_survives_writing_and_reading, the_same_program_gives_the_same_bytes,
	  slots_attributes_and_parameters_are_sorted_by_name, the_version_is_padded_with_zeros,
	  the_file_is_appended, a_block_attribute_becomes_an_int,
	  attributes_that_no_file_can_hold_are_refused, tensors_that_no_file_can_hold_are_refused,
	  a_failed_buffer_is_reported)
