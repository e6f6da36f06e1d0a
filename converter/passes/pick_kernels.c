// Names the kernel of each node, as a .nb file must.
#include "converter/passes/passes.h"
#include "converter/quant.h"
#include "common/size.h"
#include "converter/convertible.h"
#include "nb/nb.h"

#include <string.h>

// Kernels of int8 ops that are no convolutions.
static const struct {
	const char *type;
	const char *to_fp32, *to_int8; // by the output's dtype; NULL: there is none
} int8_kernels[] = {
	{"fc", "fp32out/4/2/1", "int8out/4/2/1"},
	{"matmul", "def/4/2/1", NULL},
	{"matmul_v2", "def/4/2/1", NULL},
};

static const char *int8_kernel(const struct cay_node *n)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(int8_kernels); i++)
		if (cay_node_is(n, int8_kernels[i].type))
			return n->out_scale ? int8_kernels[i].to_int8 : int8_kernels[i].to_fp32;
	return n->out_scale ? "int8_out/4/2/1" : "fp32_out/4/2/1";
}

// Kernels of ops whose first input holds integers.
static const struct {
	const char *type;
	enum cay_dtype dtype;
	const char *kernel;
} integer_kernels[] = {
	{"calib", CAY_DTYPE_S8, "int8_to_fp32/4/2/1"},
	{"elementwise_add", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_add", CAY_DTYPE_I64, "int64/4/1/1"},
	{"elementwise_div", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_div", CAY_DTYPE_I64, "int64/4/1/1"},
	{"elementwise_max", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_max", CAY_DTYPE_I64, "int64/4/1/1"},
	{"elementwise_min", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_min", CAY_DTYPE_I64, "int64/4/1/1"},
	{"elementwise_mul", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_mul", CAY_DTYPE_I64, "int64/4/1/1"},
	{"elementwise_sub", CAY_DTYPE_I32, "int32/4/1/1"},
	{"elementwise_sub", CAY_DTYPE_I64, "int64/4/1/1"},
	{"scale", CAY_DTYPE_I32, "int32/4/1/1"},
	{"scale", CAY_DTYPE_I64, "int64/4/1/1"},
	{"slice", CAY_DTYPE_I32, "int32_slice/4/1/1"},
	{"slice", CAY_DTYPE_I64, "def_int64/4/1/1"},
	{"split", CAY_DTYPE_I32, "int32/1/1/1"},
	{"split", CAY_DTYPE_I64, "int64/1/1/1"},
};

static bool is_wide(const struct cay_node *n, const char *slot)
{
	const struct cay_value *value = cay_node_in(n, slot);

	return value && value->dtype == CAY_DTYPE_I64;
}

// By the dtypes of the numbers and of the axis. Without one, opt takes the numbers' for both.
static const char *gather_kernel(const struct cay_node *n)
{
	const bool wide = is_wide(n, "Index");

	if (cay_node_in(n, "Axis") ? is_wide(n, "Axis") : wide)
		return wide ? "int64int64/1/1/1" : "int32int64/1/1/1";
	return wide ? "int64int32/1/1/1" : "int32int32/1/1/1";
}

static const char *kernel_for(const struct cay_graph *g, const struct cay_node *n)
{
	const struct cay_convertible *row = cay_convertible_find(n->op);

	if (cay_node_is_int8(n))
		return int8_kernel(n);
	if (cay_node_is(n, "gather"))
		return gather_kernel(n);
	// Of ARM in 2.9; later ones find that of the host where ARM has none.
	if (cay_node_is(n, "cast") && g->compat == CAY_COMPAT_2_9)
		return "def/4/4/1";
	if ((cay_node_is(n, "lookup_table") || cay_node_is(n, "lookup_table_v2")) &&
	    cay_node_in(n, "Ids") && cay_node_in(n, "Ids")->dtype == CAY_DTYPE_I32)
		return "float_int32/4/4/1";
	for (size_t i = 0; n->in && i < CAY_ARRAY_SIZE(integer_kernels); i++)
		if (cay_node_is(n, integer_kernels[i].type) &&
		    n->in->value->dtype == integer_kernels[i].dtype)
			return integer_kernels[i].kernel;
	return row ? row->kernel : NULL;
}

// True for slots whose inputs are sizes, and so integers whatever the op computes on.
static bool is_size(const char *slot)
{
	static const char *const slots[] = {"EndsTensor",      "EndsTensorList", "OutSize",
					    "Paddings",	       "SizeTensor",	 "StartsTensor",
					    "StartsTensorList"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(slots); i++)
		if (strcmp(slot, slots[i]) == 0)
			return true;
	return false;
}

// Checks that a kernel of precision 1, which computes on fp32, is given nothing else.
static int check_inputs(const struct cay_node *n, const char *kernel, struct cay_err *err)
{
	if (strcmp(kernel, "def/4/1/1") != 0)
		return 0;
	for (const struct cay_use *use = n->in; use; use = use->next)
		if (use->value->dtype != CAY_DTYPE_F32 && !is_size(use->slot) &&
		    !use->value->scales)
			return cay_fail(err, CAY_EMODEL, "%s '%s': its input '%s' is %s, want FP32",
					n->op, cay_node_label(n), use->value->name,
					cay_dtype_name(use->value->dtype));
	return 0;
}

static int pick(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const char *kernel = kernel_for(g, n);
	const char *key;

	if (!kernel)
		return cay_fail(err, CAY_EMODEL, "%s '%s' is not supported here", n->op,
				cay_node_label(n));
	if (check_inputs(n, kernel, err) < 0)
		return -1;
	key = cay_arena_printf(&g->arena, err, "%s/%s", n->op, kernel);
	return key ? cay_node_set_string(g, n, CAY_KERNEL_ATTR, key, err) : -1;
}

// Tells a fetch the dtype of what it hands out, by Paddle-Lite's numbers for precisions.
static int set_data_type(struct cay_graph *g, struct cay_node *fetch, struct cay_err *err)
{
	static const int numbers[CAY_DTYPES] = {
		[CAY_DTYPE_F32] = 1, [CAY_DTYPE_S8] = 2,   [CAY_DTYPE_I32] = 3,
		[CAY_DTYPE_F16] = 5, [CAY_DTYPE_BOOL] = 6, [CAY_DTYPE_I64] = 7,
		[CAY_DTYPE_S16] = 8, [CAY_DTYPE_U8] = 9,   [CAY_DTYPE_F64] = 10,
	};

	return cay_node_set_int(g, fetch, "data_type", numbers[fetch->in->value->dtype], err);
}

int cay_pass_pick_kernels(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		if (pick(g, n, err) < 0 ||
		    (cay_node_is(n, "fetch") && set_data_type(g, n, err) < 0))
			return -1;
	return 0;
}
