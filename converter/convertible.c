// The ops that can be converted, and the kernel that each is given in a .nb file.
#include "converter/convertible.h"
#include "common/size.h"

#include <stdlib.h>
#include <string.h>

// The kernels that Paddle-Lite has under the same key from 2.9 on. Without one: ops that a pass
// removes, so that no .nb file has them. Sorted by type.
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
	{"gather", "int32int32/1/1/1"},
	{"gather_nd", "def/1/4/2"},
	{"gelu", "def/4/1/1"},
	{"group_norm", "def/4/1/1"},
	{"hard_sigmoid", "def/4/1/1"},
	{"hard_swish", "def/4/1/1"},
	{"index_select", "fp32/1/4/1"},
	{"instance_norm", "def/4/1/1"},
	{"layer_norm", "def/4/1/1"},
	{"leaky_relu", "def/4/1/1"},
	{"log_softmax", "def/1/1/1"},
	{"lookup_table", "def/4/4/1"},
	{"lookup_table_v2", "def/4/4/1"},
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
	{"pixel_shuffle", "def/4/1/1"},
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
