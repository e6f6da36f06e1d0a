// A small program with something of everything that a .nb stores.
#include "tests/nb/sample.h"
#include "common/size.h"
#include "tests/test.h"

#include <string.h>

static const int64_t ints[] = {1, -2, INT32_MIN, INT32_MAX};
static const int64_t longs[] = {INT64_MIN, 0, INT64_MAX};
static const int64_t bools[] = {1, 0, 1};
static const float floats[] = {0.5f, -1e30f, 3.0f};
static const double doubles[] = {0.1, 1e300};
static const char *const strings[] = {"", "relu", "gr\xc3\xbc\xc3\x9f"};

// Not in the order of names, as a program under construction is not.
static struct cay_attr attrs[] = {
	{.name = "strides", .type = CAY_ATTR_INTS, .ints = ints, .count = CAY_ARRAY_SIZE(ints)},
	{.name = CAY_KERNEL_ATTR, .type = CAY_ATTR_STRING, .s = "conv2d/int8_out/4/2/1"},
	{.name = "groups", .type = CAY_ATTR_INT, .i = -7},
	{.name = "alpha", .type = CAY_ATTR_FLOAT, .f = 0.25},
	{.name = "Input0_scale", .type = CAY_ATTR_FLOATS, .floats = floats, .count = 3},
	{.name = "names", .type = CAY_ATTR_STRINGS, .strings = strings, .count = 3},
	{.name = "enable_int8", .type = CAY_ATTR_BOOLEAN, .i = 1},
	{.name = "flags", .type = CAY_ATTR_BOOLEANS, .ints = bools, .count = 3},
	{.name = "axis", .type = CAY_ATTR_LONG, .i = INT64_MIN},
	{.name = "blocks", .type = CAY_ATTR_BLOCKS, .ints = bools, .count = 2},
	{.name = "shape", .type = CAY_ATTR_LONGS, .ints = longs, .count = 3},
	{.name = "empty", .type = CAY_ATTR_INTS, .ints = ints, .count = 0},
	{.name = "mean", .type = CAY_ATTR_FLOAT64S, .doubles = doubles, .count = 2},
	{.name = "epsilon", .type = CAY_ATTR_FLOAT64, .f = 1e-200},
};

static const char *const x[] = {"x"}, *const w[] = {"w"}, *const y[] = {"y"};
static const char *const several[] = {"y", "x", "y"};
static struct cay_slot conv_in[] = {{"Input", x, 1}, {"Filter", w, 1}, {"Bias", NULL, 0}};
static struct cay_slot conv_out[] = {{"Output", y, 1}};
static struct cay_slot concat_in[] = {{"X", several, 3}};
static struct cay_op_desc ops[] = {
	{"conv2d", conv_in, conv_out, 3, 1, attrs, CAY_ARRAY_SIZE(attrs)},
	{"concat", concat_in, conv_out, 1, 1, NULL, 0},
};

static struct cay_var_desc vars[] = {
	{"feed", CAY_VAR_FEED, true, CAY_DTYPES, {0}},
	{"x", CAY_VAR_TENSOR, false, CAY_DTYPE_F32, {4, {-1, 3, 224, 224}}},
	{"list", CAY_VAR_TENSOR_ARRAY, false, CAY_DTYPE_I64, {1, {-1}}},
	{"other", 18, false, CAY_DTYPES, {0}}, // a tuple: kept as a number
	{"scalar", CAY_VAR_TENSOR, true, CAY_DTYPE_BOOL, {0}},
};

static struct cay_block blocks[] = {
	{0, -1, vars, CAY_ARRAY_SIZE(vars), ops, CAY_ARRAY_SIZE(ops)},
	{1, 0, vars, 1, ops, 1},
};

static const int8_t weights[] = {-128, -1, 0, 1, 2, 127};
static const int64_t numbers[] = {-1, 42};
static struct cay_param params[] = {
	{"w", CAY_DTYPE_S8, {4, {2, 3, 1, 1}}, weights, sizeof(weights)},
	{"numbers", CAY_DTYPE_I64, {1, {2}}, numbers, sizeof(numbers)},
	{"bias", CAY_DTYPE_F32, {1, {3}}, floats, sizeof(floats)},
	{"none", CAY_DTYPE_F64, {2, {0, 5}}, NULL, 0},
};

struct cay_program sample_program(void)
{
	return (struct cay_program){
		.meta = 2,
		.opt_version = "v2.13-rc",
		.version = 2004002,
		.blocks = blocks,
		.block_count = CAY_ARRAY_SIZE(blocks),
		.params = params,
		.param_count = CAY_ARRAY_SIZE(params),
	};
}

static void assert_equal_values(const struct cay_attr *a, const struct cay_attr *b)
{
	ck_assert_msg(a->type == b->type && a->count == b->count, "%s", a->name);
	if (a->type == CAY_ATTR_STRING)
		ck_assert_str_eq(a->s, b->s);
	else if (a->type == CAY_ATTR_STRINGS)
		for (size_t i = 0; i < a->count; i++)
			ck_assert_str_eq(a->strings[i], b->strings[i]);
	else if (a->type == CAY_ATTR_FLOATS)
		ck_assert_mem_eq(a->floats, b->floats, a->count * sizeof(float));
	else if (a->count) // longs and doubles are of one size
		ck_assert_mem_eq(a->ints, b->ints, a->count * sizeof(int64_t));
	else if (a->type == CAY_ATTR_FLOAT || a->type == CAY_ATTR_FLOAT64)
		ck_assert_double_eq(a->f, b->f);
	else if (a->type != CAY_ATTR_INTS)
		ck_assert_int_eq(a->i, b->i);
}

static void assert_equal_slots(const struct cay_slot *a, size_t a_count, const struct cay_slot *b,
			       size_t b_count)
{
	ck_assert_uint_eq(a_count, b_count);
	for (size_t i = 0; i < a_count; i++) {
		const struct cay_slot *other = cay_slot_find(b, b_count, a[i].name);

		ck_assert_msg(other && other->count == a[i].count, "%s", a[i].name);
		for (size_t j = 0; j < other->count; j++)
			ck_assert_str_eq(other->args[j], a[i].args[j]);
	}
}

static void assert_equal_ops(const struct cay_op_desc *a, const struct cay_op_desc *b)
{
	ck_assert_str_eq(a->type, b->type);
	assert_equal_slots(a->in, a->in_count, b->in, b->in_count);
	assert_equal_slots(a->out, a->out_count, b->out, b->out_count);
	ck_assert_uint_eq(a->attr_count, b->attr_count);
	for (size_t i = 0; i < a->attr_count; i++) {
		const struct cay_attr *other = cay_op_desc_attr(b, a->attrs[i].name);

		ck_assert_msg(other, "%s", a->attrs[i].name);
		assert_equal_values(&a->attrs[i], other);
	}
}

static void assert_equal_vars(const struct cay_var_desc *a, const struct cay_var_desc *b)
{
	ck_assert_str_eq(a->name, b->name);
	ck_assert_int_eq(a->type, b->type);
	ck_assert_int_eq(a->persistable, b->persistable);
	ck_assert_int_eq(a->dtype, b->dtype);
	ck_assert(cay_shape_equal(&a->shape, &b->shape));
}

static void assert_equal_blocks(const struct cay_block *a, const struct cay_block *b)
{
	ck_assert_int_eq(a->idx, b->idx);
	ck_assert_int_eq(a->parent, b->parent);
	ck_assert_uint_eq(a->var_count, b->var_count);
	ck_assert_uint_eq(a->op_count, b->op_count);
	for (size_t i = 0; i < a->var_count; i++)
		assert_equal_vars(&a->vars[i], &b->vars[i]);
	for (size_t i = 0; i < a->op_count; i++)
		assert_equal_ops(&a->ops[i], &b->ops[i]);
}

void assert_equal_programs(const struct cay_program *a, const struct cay_program *b)
{
	ck_assert_str_eq(a->opt_version, b->opt_version);
	ck_assert_int_eq(a->version, b->version);
	ck_assert_uint_eq(a->block_count, b->block_count);
	for (size_t i = 0; i < a->block_count; i++)
		assert_equal_blocks(&a->blocks[i], &b->blocks[i]);
	ck_assert_uint_eq(a->param_count, b->param_count);
	for (size_t i = 0; i < a->param_count; i++) {
		const struct cay_param *p = &a->params[i], *q = cay_program_param(b, p->name);

		ck_assert_msg(q && q->dtype == p->dtype && q->size == p->size, "%s", p->name);
		ck_assert(cay_shape_equal(&p->shape, &q->shape));
		if (p->size)
			ck_assert_mem_eq(p->data, q->data, p->size);
	}
}
