// Quantized nodes: which ops can be, scales and thresholds, and constants to int8 and back.
#include "converter/quant.h"
#include "common/size.h"

#include <math.h>
#include <string.h>

static const struct cay_quant_op quant_ops[] = {
	{"conv2d", "Input", "Filter", "Output", 0, 4, true},
	{"conv2d_transpose", "Input", "Filter", "Output", 1, 4, true},
	{"depthwise_conv2d", "Input", "Filter", "Output", 0, 4, true},
	{"depthwise_conv2d_transpose", "Input", "Filter", "Output", 1, 4, false},
	{"fc", "Input", "W", "Out", 1, 2, true},
	{"matmul", "X", "Y", "Out", 1, 2, true},
	{"matmul_v2", "X", "Y", "Out", 1, 2, true},
	{"mul", "X", "Y", "Out", 1, 2, true},
};

const struct cay_quant_op *cay_quant_op_find(const struct cay_node *node)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(quant_ops); i++)
		if (cay_node_is(node, quant_ops[i].op))
			return &quant_ops[i];
	return NULL;
}

bool cay_node_can_int8(const struct cay_node *node)
{
	const struct cay_quant_op *op = cay_quant_op_find(node);

	// Grouped ones want a scale for each group's channels, of which the weight has one set.
	return op && op->has_int8 &&
	       !(cay_node_is(node, "conv2d_transpose") && cay_node_int(node, "groups", 1) != 1);
}

bool cay_use_is_int8_weight(const struct cay_use *use)
{
	const struct cay_quant_op *op = cay_quant_op_find(use->node);

	return op && strcmp(use->slot, op->weight) == 0 && use->value->dtype == CAY_DTYPE_S8 &&
	       use->value->scales;
}

bool cay_node_is_int8(const struct cay_node *node)
{
	const struct cay_quant_op *op = cay_quant_op_find(node);
	const struct cay_use *in = op ? cay_node_use(node, op->in) : NULL;
	const struct cay_use *weight = op ? cay_node_use(node, op->weight) : NULL;

	return in && weight && in->scale > 0 && cay_node_can_int8(node) &&
	       cay_use_is_int8_weight(weight);
}

struct cay_use *cay_node_stored_weight(const struct cay_node *node)
{
	const struct cay_quant_op *op = cay_quant_op_find(node);
	struct cay_use *weight = op ? cay_node_use(node, op->weight) : NULL;

	return weight && weight->value->scales && !cay_node_is_int8(node) ? weight : NULL;
}

int cay_quant_read_thresholds(const struct cay_node *node, const struct cay_value *value,
			      size_t count, float *ret, struct cay_err *err)
{
	if (!value || !cay_value_is_constant(value) || value->dtype != CAY_DTYPE_F32 ||
	    value->size != count * sizeof(float))
		return cay_fail(err, CAY_EMODEL, "%s '%s': its thresholds are no parameter of %zu",
				node->op, cay_node_label(node), count);
	memcpy(ret, value->data, value->size);
	for (size_t i = 0; i < count; i++)
		if (!isfinite(ret[i]) || ret[i] < 0)
			return cay_fail(err, CAY_EMODEL, "%s '%s': its threshold '%s' is %g",
					node->op, cay_node_label(node), value->name,
					(double)ret[i]);
	return 0;
}

float cay_quant_scale(float threshold)
{
	return (threshold > CAY_QUANT_MIN_THRESHOLD ? threshold : CAY_QUANT_MIN_THRESHOLD) /
	       CAY_QUANT_RANGE;
}

// A long name is cut: in a chain of these each would contain all before it.
static struct cay_node *add_calib(struct cay_graph *graph, struct cay_node *before,
				  struct cay_value *x, float scale, enum cay_dtype to,
				  struct cay_err *err)
{
	struct cay_node *calib = cay_graph_insert(graph, before, "calib", err);
	const char *name = cay_arena_printf(&graph->arena, err, "%.256s/%s", x->name,
					    to == CAY_DTYPE_S8 ? "int8" : "rounded");
	struct cay_value *out;

	if (!calib || !name || !cay_node_add_in(graph, calib, "Input", x, err) ||
	    cay_node_set_float(graph, calib, "scale", scale, err) < 0)
		return NULL;
	out = cay_node_add_out(graph, calib, "Out", name, err);
	if (!out)
		return NULL;
	out->dtype = to;
	out->shape = x->shape;
	return calib;
}

struct cay_node *cay_quant_to_int8(struct cay_graph *graph, struct cay_node *before,
				   struct cay_value *x, float scale, struct cay_err *err)
{
	struct cay_node *calib = add_calib(graph, before, x, scale, CAY_DTYPE_S8, err);

	if (calib)
		calib->out_scale = scale;
	return calib;
}

struct cay_value *cay_quant_round(struct cay_graph *graph, struct cay_node *before,
				  struct cay_value *x, float scale, struct cay_err *err)
{
	struct cay_node *there = cay_quant_to_int8(graph, before, x, scale, err), *back;

	if (!there)
		return NULL;
	back = add_calib(graph, before, there->out, scale, CAY_DTYPE_F32, err);
	return back ? back->out : NULL;
}

int cay_quant_weight_to_int8(struct cay_graph *graph, struct cay_use *weight, struct cay_err *err)
{
	const struct cay_node *node = weight->node;
	const struct cay_value from = *weight->value; // a copy, which storing bytes cannot change
	size_t count = from.size / cay_dtype_size(from.dtype);
	struct cay_value *value;
	int8_t *data;

	if (from.dtype == CAY_DTYPE_S8)
		return 0;
	if (from.dtype != CAY_DTYPE_F32)
		return cay_fail(err, CAY_EMODEL, "%s '%s': weight '%s' is %s", node->op,
				cay_node_label(node), from.name, cay_dtype_name(from.dtype));
	data = cay_arena_array(&graph->arena, count, sizeof(*data), err);
	if (!data)
		return -1;
	for (size_t i = 0; i < count; i++) {
		float w = cay_quant_element(&from, i);
		float low = w >= -128 ? w : -128; // NaN too

		data[i] = (int8_t)(low <= 127 ? low : 127);
		if ((float)data[i] != w)
			return cay_fail(err, CAY_EMODEL,
					"%s '%s': weight '%s' holds %g, which is no 8-bit integer: "
					"was the quantized program frozen?",
					node->op, cay_node_label(node), from.name, (double)w);
	}
	value = cay_use_own(graph, weight, err);
	if (!value)
		return -1;
	value->dtype = CAY_DTYPE_S8;
	value->data = data;
	value->size = count;
	return cay_graph_tell(graph, count * sizeof(float), err);
}

int cay_quant_weight_to_float(struct cay_graph *graph, struct cay_use *weight, uint32_t axis,
			      struct cay_err *err)
{
	struct cay_value *value = cay_use_own(graph, weight, err);
	size_t inner, count;
	float *data;

	if (!value)
		return -1;
	count = value->size / cay_dtype_size(value->dtype);
	data = cay_arena_array(&graph->arena, count, sizeof(*data), err);
	if (!data)
		return -1;
	inner = cay_shape_product(&value->shape, axis + 1, value->shape.rank);
	for (size_t i = 0; i < count; i++)
		data[i] =
			cay_quant_element(value, i) * value->scales[i / inner % value->scale_count];
	value->dtype = CAY_DTYPE_F32;
	value->data = data;
	value->size = count * sizeof(*data);
	value->scales = NULL;
	value->scale_count = 0;
	return cay_graph_tell(graph, value->size, err);
}

int cay_quant_node_to_float(struct cay_graph *graph, struct cay_node *node, struct cay_err *err)
{
	const struct cay_quant_op *op = cay_quant_op_find(node);
	struct cay_use *in = cay_node_use(node, op->in);
	struct cay_value *rounded = cay_quant_round(graph, node, in->value, in->scale, err);

	if (!rounded)
		return -1;
	cay_use_set(in, rounded);
	in->scale = 0;
	return cay_quant_weight_to_float(graph, cay_node_use(node, op->weight), op->axis, err);
}
