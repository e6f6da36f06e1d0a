// Tests of nb/nb_read.c and nb/topology_read.c on good files: those that the real opt 2.13 wrote.
#include "nb/nb.h"
#include "common/file.h"
#include "common/size.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

struct file {
	struct cay_buf bytes;
	struct cay_program program;
};

static struct file read_file(const char *path)
{
	struct cay_err err = {0};
	struct file file = {0};

	ck_ok(cay_file_read(path, 1 << 20, &file.bytes, &err), err);
	ck_ok(cay_nb_read(file.bytes.data, file.bytes.len, &file.program, &err), err);
	return file;
}

static void finish(struct file *file)
{
	cay_program_finish(&file->program);
	cay_buf_finish(&file->bytes);
}

START_TEST(ops_of_a_real_file_are_read)
{
	static const char *const types[] = {"feed", "calib", "fc", "fc", "fc", "softmax", "fetch"};
	struct file file = read_file(TEST_DATA "quant_fc_chain/opt_v2.13.nb");
	const struct cay_block *block = file.program.blocks;
	const struct cay_op_desc *fc = &block->ops[2];
	size_t count;

	ck_assert_int_eq(file.program.meta, 2);
	ck_assert_str_eq(file.program.opt_version, "v2.13-rc");
	ck_assert_int_eq(file.program.version, 1008005);
	ck_assert_uint_eq(file.program.block_count, 1);
	ck_assert_int_eq(block->parent, -1);
	ck_assert_uint_eq(block->op_count, CAY_ARRAY_SIZE(types));
	for (size_t i = 0; i < CAY_ARRAY_SIZE(types); i++)
		ck_assert_str_eq(block->ops[i].type, types[i]);
	ck_assert_str_eq(cay_slot_find(fc->in, fc->in_count, "W")->args[0], "fc_0.w_0");
	ck_assert_str_eq(cay_slot_find(fc->out, fc->out_count, "Out")->args[0], "fc_0.tmp_2");
	ck_assert_str_eq(cay_op_desc_attr(fc, CAY_KERNEL_ATTR)->s, "fc/int8out/4/2/1");
	ck_assert(cay_attr_bool(fc->attrs, fc->attr_count, "enable_int8", false));
	ck_assert_float_eq(*cay_attr_floats(fc->attrs, fc->attr_count, "Input0_scale", &count),
			   0.030468622222542763f);
	ck_assert_uint_eq(count, 1);
	cay_attr_floats(fc->attrs, fc->attr_count, "W0_scale", &count);
	ck_assert_uint_eq(count, 16);
	finish(&file);
}
END_TEST

START_TEST(variables_of_a_real_file_are_read)
{
	struct file file = read_file(TEST_DATA "quant_fc_chain/opt_v2.13.nb");
	const struct cay_var_desc *vars = file.program.blocks[0].vars;
	static const struct cay_shape x = {2, {-1, 12}};

	ck_assert_uint_eq(file.program.blocks[0].var_count, 12);
	ck_assert_int_eq(vars[0].type, CAY_VAR_FEED);
	ck_assert(vars[0].persistable);
	ck_assert_str_eq(vars[1].name, "x");
	ck_assert_int_eq(vars[1].type, CAY_VAR_TENSOR);
	ck_assert_int_eq(vars[1].dtype, CAY_DTYPE_F32);
	ck_assert(cay_shape_equal(&vars[1].shape, &x));
	ck_assert(!vars[1].persistable);
	ck_assert_int_eq(vars[2].dtype, CAY_DTYPE_S8);
	finish(&file);
}
END_TEST

START_TEST(parameters_of_a_real_file_are_read)
{
	struct file file = read_file(TEST_DATA "quant_fc_chain/opt_v2.13.nb");
	const struct cay_param *w = cay_program_param(&file.program, "fc_2.w_0");
	static const struct cay_shape shape = {2, {16, 6}};

	ck_assert_uint_eq(file.program.param_count, 6);
	ck_assert_int_eq(w->dtype, CAY_DTYPE_S8);
	ck_assert(cay_shape_equal(&w->shape, &shape));
	ck_assert_uint_eq(w->size, 96);
	ck_assert_ptr_eq(w->data, file.bytes.data + 12178); // borrowed from the file
	finish(&file);
}
END_TEST

START_TEST(real_files_survive_writing_and_reading)
{
	static const char *const paths[] = {
		TEST_DATA "mobilenet_v1_1x/opt_v2.13.nb",
		TEST_DATA "quant_chain/opt_v2.13.nb",
		TEST_DATA "quant_fc_chain/opt_v2.13.nb",
		TEST_DATA "quant_int8/opt_v2.13.nb",
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(paths); i++) {
		struct file file = read_file(paths[i]);
		struct cay_err err = {0};
		struct cay_buf bytes = {0};
		struct cay_program again;

		ck_ok(cay_nb_write(&file.program, &bytes, &err), err);
		ck_assert_uint_lt(bytes.len, file.bytes.len); // opt writes every empty list
		ck_ok(cay_nb_read(bytes.data, bytes.len, &again, &err), err);
		assert_equal_programs(&file.program, &again);
		cay_program_finish(&again);
		cay_buf_finish(&bytes);
		finish(&file);
	}
}
END_TEST

START_TEST(a_file_may_stand_at_any_address)
{
	struct file file = read_file(TEST_DATA "quant_fc_chain/opt_v2.13.nb");
	struct cay_err err = {0};
	struct cay_program program;

	for (size_t shift = 1; shift < 8; shift++) {
		uint8_t *copy = malloc(file.bytes.len + shift);

		memcpy(copy + shift, file.bytes.data, file.bytes.len);
		ck_ok(cay_nb_read(copy + shift, file.bytes.len, &program, &err), err);
		assert_equal_programs(&file.program, &program);
		cay_program_finish(&program);
		free(copy);
	}
	finish(&file);
}
END_TEST

START_TEST(what_runtimes_ignore_is_ignored)
{
	struct cay_program sample = sample_program(), program;
	struct cay_err err = {0};
	struct cay_buf bytes = {0};
	uint32_t topology_size;

	ck_ok(cay_nb_write(&sample, &bytes, &err), err);
	memset(bytes.data + 2, 0xff, 16); // an opt_version without an end
	memcpy(&topology_size, bytes.data + 18, sizeof(topology_size));
	memset(bytes.data + 26 + topology_size + 8, 0xff, 4); // the size of the largest parameter
	cay_buf_text(&bytes, "trailing");
	ck_ok(cay_nb_read(bytes.data, bytes.len, &program, &err), err);
	ck_assert_str_eq(program.opt_version, "????????????????");
	ck_assert_uint_eq(program.param_count, sample.param_count);
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
}
END_TEST

// The sample's file with the first `from` in it made `to`.
static struct cay_buf sample_with(const char *from, const char *to, size_t len)
{
	struct cay_program sample = sample_program();
	struct cay_err err = {0};
	struct cay_buf bytes = {0};
	size_t i = 0;

	ck_ok(cay_nb_write(&sample, &bytes, &err), err);
	while (memcmp(bytes.data + i, from, len) != 0)
		ck_assert_uint_le(++i + len, bytes.len);
	memcpy(bytes.data + i, to, len);
	return bytes;
}

START_TEST(unsorted_keys_are_read)
{
	struct cay_buf bytes = sample_with("\5\0\0\0alpha", "\5\0\0\0zlpha", 9);
	struct cay_err err = {0};
	struct cay_program program;
	const struct cay_op_desc *op;

	ck_ok(cay_nb_read(bytes.data, bytes.len, &program, &err), err);
	op = &program.blocks[0].ops[0];
	ck_assert_float_eq(cay_attr_float(op->attrs, op->attr_count, "zlpha", 0), 0.25f);
	ck_assert_int_eq(cay_attr_int(op->attrs, op->attr_count, "groups", 0), -7);
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(a_name_with_a_nul_is_refused)
{
	struct cay_buf bytes = sample_with("\5\0\0\0alpha", "\5\0\0\0al\0ha", 9);
	struct cay_err err = {0};
	struct cay_program program;

	ck_assert_int_lt(cay_nb_read(bytes.data, bytes.len, &program, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "op 0 'conv2d'"));
	ck_assert_ptr_nonnull(strstr(err.msg, "NUL"));
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(sizes_of_variables_that_are_no_sizes_count_as_free)
{
	struct cay_program sample = sample_program(), program;
	struct cay_var_desc *x = &sample.blocks[0].vars[1];
	const struct cay_shape old = x->shape, want = {4, {-1, 0, -1, INT32_MAX}};
	struct cay_err err = {0};
	struct cay_buf bytes = {0};

	x->shape = (struct cay_shape){4, {INT64_MIN, 0, INT64_C(1) << 31, INT32_MAX}};
	ck_ok(cay_nb_write(&sample, &bytes, &err), err);
	x->shape = old;
	ck_ok(cay_nb_read(bytes.data, bytes.len, &program, &err), err);
	ck_assert(cay_shape_equal(&program.blocks[0].vars[1].shape, &want));
	cay_program_finish(&program);
	cay_buf_finish(&bytes);
}
END_TEST

START_TEST(other_metas_are_named)
{
	struct cay_program program = {.meta = 77};
	struct cay_err err = {0};
	uint8_t header[26] = {3, 0, '7', '7', '3', '5', '9', '7', '6', 0, [18] = 1};

	ck_assert_int_lt(cay_nb_read(header, sizeof(header), &program, &err), 0);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, "not a .nb file: it begins with 3, not 0, 1 or 2");
	ck_assert_int_eq(program.meta, 77); // untouched
}
END_TEST

START_TEST(a_probe_looks_at_the_header_only)
{
	uint8_t header[26] = {2, 0, 'v', '2', '.', '9', 0, [18] = 1};
	static const struct {
		uint8_t at, value;
	} bad[] = {{0, 3}, {1, 1}, {3, 1}, {4, 0x80}, {18, 0}, {22, 1}, {25, 0x80}};

	ck_assert(cay_nb_probe(header, sizeof(header)));
	ck_assert(!cay_nb_probe(header, sizeof(header) - 1));
	ck_assert(!cay_nb_probe(NULL, 0));
	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		uint8_t old = header[bad[i].at];

		header[bad[i].at] = bad[i].value;
		ck_assert_msg(!cay_nb_probe(header, sizeof(header)), "%zu", i);
		header[bad[i].at] = old;
	}
	header[0] = 0;
	ck_assert(cay_nb_probe(header, sizeof(header)));
}
END_TEST

TEST_MAIN("nb_read", ops_of_a_real_file_are_read, variables_of_a_real_file_are_read,
	  parameters_of_a_real_file_are_read, real_files_survive_writing_and_reading,
	  a_file_may_stand_at_any_address, what_runtimes_ignore_is_ignored, unsorted_keys_are_read,
	  a_name_with_a_nul_is_refused, sizes_of_variables_that_are_no_sizes_count_as_free,
	  other_metas_are_named, a_probe_looks_at_the_header_only)
