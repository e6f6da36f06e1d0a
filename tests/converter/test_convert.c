// Conversion of whole model directories, compared with what Paddle-Lite's opt made of them.
#include "common/file.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static void read_opt(const char *name, struct cay_buf *bytes, struct cay_program *ret)
{
	struct cay_err err = {0};
	char path[256];

	snprintf(path, sizeof(path), TEST_DATA "%s/opt_v2.13.nb", name);
	ck_ok(cay_file_read(path, SIZE_MAX, bytes, &err), err);
	ck_ok(cay_nb_read(bytes->data, bytes->len, ret, &err), err);
}

// opt leaves copies of the scales under the names that they had before mul became fc.
static bool is_leftover(const struct cay_op_desc *op, const char *name)
{
	return strcmp(op->type, "fc") == 0 &&
	       (strcmp(name, "X0_scale") == 0 || strcmp(name, "Y0_scale") == 0);
}

static bool same_attr(const struct cay_attr *a, const struct cay_attr *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case CAY_ATTR_STRING:
		return strcmp(a->s, b->s) == 0;
	case CAY_ATTR_FLOAT:
	case CAY_ATTR_FLOAT64:
		return memcmp(&a->f, &b->f, sizeof(a->f)) == 0;
	case CAY_ATTR_FLOATS:
		return a->count == b->count &&
		       memcmp(a->floats, b->floats, a->count * sizeof(*a->floats)) == 0;
	case CAY_ATTR_INTS:
	case CAY_ATTR_LONGS:
		return a->count == b->count &&
		       memcmp(a->ints, b->ints, a->count * sizeof(*a->ints)) == 0;
	default:
		return a->i == b->i;
	}
}

static void compare_attrs(const struct cay_op_desc *ours, const struct cay_op_desc *theirs)
{
	for (size_t i = 0; i < theirs->attr_count; i++) {
		const struct cay_attr *want = &theirs->attrs[i];
		const struct cay_attr *got = cay_op_desc_attr(ours, want->name);

		if (is_leftover(theirs, want->name))
			continue;
		ck_assert_msg(got && same_attr(got, want), "%s: %s", ours->type, want->name);
	}
}

static void compare_weights(const struct cay_program *our_program, const struct cay_op_desc *ours,
			    const struct cay_program *their_program,
			    const struct cay_op_desc *theirs)
{
	static const char *const slots[] = {"Filter", "W", "Y", "Bias"};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		const char *name = arg_of(theirs, slots[i]);
		const struct cay_param *want = name ? cay_program_param(their_program, name) : NULL;
		const struct cay_param *got;

		if (!want)
			continue;
		ck_assert_ptr_nonnull(arg_of(ours, slots[i]));
		got = cay_program_param(our_program, arg_of(ours, slots[i]));
		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got->name, want->name);
		ck_assert_int_eq(got->dtype, want->dtype);
		ck_assert(cay_shape_equal(&got->shape, &want->shape));
		ck_assert_mem_eq(got->data, want->data, want->size);
	}
}

START_TEST(ops_kernels_scales_and_weights_are_those_of_opt)
{
	static const char *const names[] = {"mobilenet_v1_1x", "quant_chain", "quant_channel_wise",
					    "quant_int8", "quant_moving_average"};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		struct cay_program opt;
		struct cay_buf bytes = {0};
		struct conversion c;

		conversion_run(&c, names[k]);
		read_opt(names[k], &bytes, &opt);
		ck_assert_uint_eq(c.program.blocks[0].op_count, opt.blocks[0].op_count);
		for (size_t i = 0; i < opt.blocks[0].op_count; i++) {
			const struct cay_op_desc *ours = &c.program.blocks[0].ops[i];
			const struct cay_op_desc *theirs = &opt.blocks[0].ops[i];

			ck_assert_str_eq(ours->type, theirs->type);
			compare_attrs(ours, theirs);
			compare_weights(&c.program, ours, &opt, theirs);
		}
		cay_program_finish(&opt);
		cay_buf_finish(&bytes);
		conversion_finish(&c);
	}
}
END_TEST

START_TEST(the_same_directory_gives_the_same_bytes)
{
	struct conversion a, b;

	conversion_run(&a, "quant_chain");
	conversion_run(&b, "quant_chain");
	ck_assert_uint_eq(a.nb.len, b.nb.len);
	ck_assert_mem_eq(a.nb.data, b.nb.data, a.nb.len);
	conversion_finish(&a);
	conversion_finish(&b);
}
END_TEST

TEST_MAIN("convert", ops_kernels_scales_and_weights_are_those_of_opt,
	  the_same_directory_gives_the_same_bytes)
