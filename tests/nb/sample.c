// A small program with something of everything that a .nb stores.
#include "tests/nb/sample.h"
#include "common/size.h"

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
