// What quantized nodes have in common.
#include "converter/quant.h"
#include "common/size.h"

#include <string.h>

static const struct cay_quant_op quant_ops[] = {
	{"conv2d", "Input", "Filter", "Output", 0},
	{"depthwise_conv2d", "Input", "Filter", "Output", 0},
	{"fc", "Input", "W", "Out", 1},
	{"matmul", "X", "Y", "Out", 1},
	{"matmul_v2", "X", "Y", "Out", 1},
	{"mul", "X", "Y", "Out", 1},
};

const struct cay_quant_op *cay_quant_op_find(const struct cay_node *node)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(quant_ops); i++)
		if (cay_node_is(node, quant_ops[i].op))
			return &quant_ops[i];
	return NULL;
}

bool cay_node_is_int8(const struct cay_node *node)
{
	const struct cay_quant_op *op = cay_quant_op_find(node);
	const struct cay_use *in = op ? cay_node_use(node, op->in) : NULL;
	const struct cay_value *weight = op ? cay_node_in(node, op->weight) : NULL;

	return in && weight && in->scale > 0 && weight->dtype == CAY_DTYPE_S8 && weight->scales;
}

// Bytes may be unaligned: they stand in a file's buffer.
static float float_at(const void *data, size_t i)
{
	float value;

	memcpy(&value, (const char *)data + i * sizeof(value), sizeof(value));
	return value;
}

int cay_quant_weight_to_int8(struct cay_graph *graph, struct cay_use *weight, struct cay_err *err)
{
	const struct cay_node *node = weight->node;
	struct cay_value *value = weight->value;
	size_t count = value->size / cay_dtype_size(value->dtype);
	int8_t *data;

	if (value->dtype == CAY_DTYPE_S8)
		return 0;
	if (value->dtype != CAY_DTYPE_F32)
		return cay_fail(err, CAY_EMODEL, "%s '%s': weight '%s' is %s", node->op,
				cay_node_label(node), value->name, cay_dtype_name(value->dtype));
	data = cay_arena_array(&graph->arena, count, sizeof(*data), err);
	if (!data)
		return -1;
	for (size_t i = 0; i < count; i++) {
		float w = float_at(value->data, i);
		float low = w >= -128 ? w : -128; // NaN too

		data[i] = (int8_t)(low <= 127 ? low : 127);
		if ((float)data[i] != w)
			return cay_fail(err, CAY_EMODEL,
					"%s '%s': weight '%s' holds %g, which is no 8-bit integer: "
					"was the quantized program frozen?",
					node->op, cay_node_label(node), value->name, (double)w);
	}
	value = cay_use_own(graph, weight, err);
	if (!value)
		return -1;
	value->dtype = CAY_DTYPE_S8;
	value->data = data;
	value->size = count;
	return 0;
}

int cay_quant_weight_to_float(struct cay_graph *graph, struct cay_use *weight, uint32_t axis,
			      struct cay_err *err)
{
	struct cay_value *value = cay_use_own(graph, weight, err);
	size_t inner;
	float *data;

	if (!value)
		return -1;
	data = cay_arena_array(&graph->arena, value->size, sizeof(*data), err);
	if (!data)
		return -1;
	inner = cay_shape_product(&value->shape, axis + 1, value->shape.rank);
	for (size_t i = 0; i < value->size; i++)
		data[i] = (float)((const int8_t *)value->data)[i] *
			  value->scales[i / inner % value->scale_count];
	value->dtype = CAY_DTYPE_F32;
	value->data = data;
	value->size *= sizeof(*data);
	value->scales = NULL;
	value->scale_count = 0;
	return 0;
}
