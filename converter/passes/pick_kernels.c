// Names the kernel of each node, as a .nb file must.
#include "converter/passes/passes.h"
#include "converter/passes/quant.h"
#include "common/size.h"
#include "converter/kernels.h"
#include "nb/nb.h"

#include <stdlib.h>
#include <string.h>

// Alias, target, precision and layout of the kernels that Paddle-Lite has under the same key from
// 2.9 on. NULL: no op of a .nb file, a pass removes it.
static const struct cay_convertible table[] = {
	{"abs", "def/4/1/1"},
	{"arg_max", "fp32/4/4/1"},
	{"assign", "def/1/4/2"},
	{"batch_norm", "def/4/1/1"},
	{"bilinear_interp", "def/4/1/1"},
	{"bilinear_interp_v2", "def/4/1/1"},
	{"calib", "fp32_to_int8/4/2/1"},
	{"cast", "def/1/4/1"},
	{"clip", "def/4/1/1"},
	{"concat", "def/4/4/1"},
	{"conv2d", "def/4/1/1"},
	{"conv2d_transpose", "def/4/1/1"},
	{"depthwise_conv2d", "def/4/1/1"},
	{"depthwise_conv2d_transpose", NULL},
	{"dequantize_linear", NULL},
	{"dropout", "def/4/1/1"},
	{"elementwise_add", "def/4/1/1"},
	{"elementwise_div", "def/4/1/1"},
	{"elementwise_max", "def/4/1/1"},
	{"elementwise_min", "def/4/1/1"},
	{"elementwise_mul", "def/4/1/1"},
	{"elementwise_sub", "def/4/1/1"},
	{"exp", "def/4/1/1"},
	{"expand", "def/1/4/2"},
	{"expand_v2", "def/1/1/2"},
	{"fake_channel_wise_dequantize_max_abs", NULL},
	{"fake_channel_wise_quantize_dequantize_abs_max", NULL},
	{"fake_dequantize_max_abs", NULL},
	{"fake_quantize_abs_max", NULL},
	{"fake_quantize_dequantize_abs_max", NULL},
	{"fake_quantize_dequantize_moving_average_abs_max", NULL},
	{"fake_quantize_moving_average_abs_max", NULL},
	{"fake_quantize_range_abs_max", NULL},
	{"fc", "def/4/1/1"},
	{"feed", "def/1/4/2"},
	{"fetch", "def/1/4/2"},
	{"fill_any_like", "def/1/4/1"},
	{"fill_constant", "def/1/4/1"},
	{"fill_constant_batch_size_like", "def/1/4/1"},
	{"flatten", "def/1/4/2"},
	{"flatten2", "def/1/4/2"},
	{"flatten_contiguous_range", "def/1/4/2"},
	{"fusion_elementwise_add_activation", "def/4/1/1"},
	{"fusion_elementwise_mul_activation", "def/4/1/1"},
	{"fusion_elementwise_sub_activation", "def/4/1/1"},
	{"group_norm", "def/4/1/1"},
	{"hard_sigmoid", "def/4/1/1"},
	{"hard_swish", "def/4/1/1"},
	{"instance_norm", "def/4/1/1"},
	{"layer_norm", "def/4/1/1"},
	{"leaky_relu", "def/4/1/1"},
	{"lrn", "def/4/1/1"},
	{"matmul", "def/4/1/1"},
	{"matmul_v2", "def/4/1/1"},
	{"max_pool2d_with_index", "fp32/1/1/1"},
	{"moving_average_abs_max_scale", NULL},
	{"mul", "def/4/1/1"},
	{"nearest_interp", "def/4/1/1"},
	{"nearest_interp_v2", "def/4/1/1"},
	{"pad2d", "def/4/1/1"},
	{"pad3d", "def/1/1/1"},
	{"pool2d", "def/4/1/1"},
	{"prelu", "def/4/1/1"},
	{"quantize_linear", NULL},
	{"reduce_max", "def/4/1/1"},
	{"reduce_mean", "def/4/1/1"},
	{"reduce_min", "def/4/1/1"},
	{"reduce_prod", "def/4/1/1"},
	{"reduce_sum", "def/4/1/1"},
	{"relu", "def/4/1/1"},
	{"relu6", "def/4/1/1"},
	{"reshape", "def/1/4/2"},
	{"reshape2", "def/1/4/2"},
	{"scale", "def/4/1/1"},
	{"shape", "def/1/4/2"},
	{"shuffle_channel", "def/1/1/1"},
	{"sigmoid", "def/4/1/1"},
	{"silu", "def/4/1/1"},
	{"slice", "def/4/1/1"},
	{"softmax", "def/4/1/1"},
	{"split", "def/1/1/1"},
	{"sqrt", "def/4/1/1"},
	{"square", "def/4/1/1"},
	{"squeeze", "def/1/4/2"},
	{"squeeze2", "def/1/4/2"},
	{"stack", "def/1/1/2"},
	{"strided_slice", "def/1/1/1"},
	{"swish", "def/4/1/1"},
	{"tanh", "def/4/1/1"},
	{"tile", "def_float/1/1/1"},
	{"transpose", "def/4/4/1"},
	{"transpose2", "def/4/4/1"},
	{"unbind", "def/1/1/1"},
	{"unsqueeze", "def/1/4/2"},
	{"unsqueeze2", "def/1/4/2"},
	{"unstack", "def/1/1/2"},
};

size_t cay_convertibles(const struct cay_convertible **ret)
{
	*ret = table;
	return CAY_ARRAY_SIZE(table);
}

static int compare(const void *type, const void *row)
{
	return strcmp(type, ((const struct cay_convertible *)row)->type);
}

const struct cay_convertible *cay_convertible_find(const char *type)
{
	return bsearch(type, table, CAY_ARRAY_SIZE(table), sizeof(table[0]), compare);
}

// Those that are not here are convolutions.
static const struct {
	const char *type;
	const char *to_fp32, *to_int8; // NULL: there is none
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

// Where the first input is of integers.
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

static const char *kernel_for(const struct cay_node *n)
{
	const struct cay_convertible *row = cay_convertible_find(n->op);

	if (cay_node_is_int8(n))
		return int8_kernel(n);
	for (size_t i = 0; n->in && i < CAY_ARRAY_SIZE(integer_kernels); i++)
		if (cay_node_is(n, integer_kernels[i].type) &&
		    n->in->value->dtype == integer_kernels[i].dtype)
			return integer_kernels[i].kernel;
	return row ? row->kernel : NULL;
}

// Slots for sizes, which are integers always.
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

// Kernels of precision 1 compute on fp32 and nothing else.
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
	const char *kernel = kernel_for(n);
	const char *key;

	if (!kernel)
		return cay_fail(err, CAY_EMODEL, "%s '%s' is not supported here", n->op,
				cay_node_label(n));
	if (check_inputs(n, kernel, err) < 0)
		return -1;
	key = cay_arena_printf(&g->arena, err, "%s/%s", n->op, kernel);
	return key ? cay_node_set_string(g, n, CAY_KERNEL_ATTR, key, err) : -1;
}

// What a fetch hands out, by Paddle-Lite's numbers of precisions.
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
