// Weights that are stored as integers while their ops compute in fp32: two passes take them over
// from the program (take-weights) and make them (store-weights).
#include "converter/passes/passes.h"
#include "converter/quant.h"

#include <math.h>
#include <string.h>

// Ops whose weights every runtime restores when it loads a file.
static bool is_restored(const struct cay_node *n)
{
	return cay_node_is(n, "conv2d") || cay_node_is(n, "depthwise_conv2d") ||
	       cay_node_is(n, "fc") || cay_node_is(n, "mul");
}

// Takes over the scales of a weight that the program stores as integers: one for all channels, or
// one per output channel.
static int take(struct cay_graph *g, struct cay_node *n, struct cay_use *use, struct cay_err *err)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);
	const bool is_weight = op && strcmp(use->slot, op->weight) == 0;
	const struct cay_shape *shape = &use->value->shape;
	const uint32_t axis = is_weight ? op->axis : shape->rank == 2;
	size_t given = 0, channels;
	const float *from =
		cay_attr_weight_scales(n->attrs, n->attr_count, use->value->name, &given);
	struct cay_value *value;
	float *scales;

	if (!from || given == 0)
		return 0;
	if (axis >= shape->rank || use->value->size == 0 ||
	    (given != 1 && given != (size_t)shape->dim[axis]))
		return cay_fail(err, CAY_EMODEL, "%s '%s': weight '%s' has %zu scales", n->op,
				cay_node_label(n), use->value->name, given);
	channels = (size_t)shape->dim[axis];
	scales = cay_arena_array(&g->arena, channels, sizeof(*scales), err);
	value = scales ? cay_use_own(g, use, err) : NULL;
	if (!value)
		return -1;
	for (size_t i = 0; i < channels; i++)
		scales[i] = from[given == 1 ? 0 : i];
	value->scales = scales;
	value->scale_count = channels;
	return is_weight ? 0 : cay_quant_weight_to_float(g, use, axis, err);
}

int cay_pass_take_weights(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		for (struct cay_use *use = n->in; use; use = use->next)
			if (cay_value_is_constant(use->value) &&
			    (use->value->dtype == CAY_DTYPE_S8 ||
			     use->value->dtype == CAY_DTYPE_S16) &&
			    take(g, n, use, err) < 0)
				return -1;
	return 0;
}

// Makes integers of a weight, channel by channel. A channel of zeros gets the scale 0.
static int quantize(struct cay_graph *g, struct cay_use *weight, uint32_t axis, struct cay_err *err)
{
	const struct cay_value from = *weight->value; // a copy, which storing cannot change
	const size_t channels = (size_t)from.shape.dim[axis], count = from.size / sizeof(float);
	const size_t inner = cay_shape_product(&from.shape, axis + 1, from.shape.rank);
	const enum cay_dtype dtype = g->weight_bits == 8 ? CAY_DTYPE_S8 : CAY_DTYPE_S16;
	const float range = g->weight_bits == 8 ? INT8_MAX : INT16_MAX;
	float *scales = cay_arena_array(&g->arena, channels, sizeof(*scales), err);
	void *data = cay_arena_array(&g->arena, count, cay_dtype_size(dtype), err);
	struct cay_value *value;

	if (!scales || !data)
		return -1;
	for (size_t i = 0; i < count; i++) {
		float *most = &scales[i / inner % channels];

		if (!isfinite(cay_quant_element(&from, i)))
			return 0; // stays as it is
		*most = fmaxf(*most, fabsf(cay_quant_element(&from, i)));
	}
	for (size_t i = 0; i < channels; i++)
		scales[i] /= range;
	for (size_t i = 0; i < count; i++) {
		float scale = scales[i / inner % channels];
		float step = scale > 0 ? roundf(cay_quant_element(&from, i) / scale) : 0;

		step = fminf(fmaxf(step, -range), range);
		if (dtype == CAY_DTYPE_S8)
			((int8_t *)data)[i] = (int8_t)step;
		else
			((int16_t *)data)[i] = (int16_t)step;
	}
	value = cay_use_own(g, weight, err);
	if (!value)
		return -1;
	value->dtype = dtype;
	value->data = data;
	value->size = count * cay_dtype_size(dtype);
	value->scales = scales;
	value->scale_count = channels;
	return cay_graph_tell(g, count * sizeof(float), err);
}

// False for depthwise filters as well: they are small, and each sum has so few products that
// rounding errors would not cancel out.
static bool may_quantize(const struct cay_graph *g, const struct cay_node *n)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);
	const struct cay_value *weight = op ? cay_node_in(n, op->weight) : NULL;

	return g->weight_bits && is_restored(n) && !cay_node_is(n, "depthwise_conv2d") && weight &&
	       cay_value_is_constant(weight) && weight->dtype == CAY_DTYPE_F32 &&
	       weight->size > 0 && weight->shape.rank == op->rank;
}

// Writes the scales as attributes. A runtime restores the weight of each op in place, so that ops
// must not share one.
static int write_attrs(struct cay_graph *g, struct cay_node *n, struct cay_use *weight,
		       struct cay_err *err)
{
	const struct cay_value *value = cay_use_own(g, weight, err);
	const char *name =
		value ? cay_arena_printf(&g->arena, err, "%s_quant_scale", value->name) : NULL;

	if (!name || cay_node_set_floats(g, n, name, value->scales, value->scale_count, err) < 0 ||
	    cay_node_set_int(g, n, "quantize_weight_bits", value->dtype == CAY_DTYPE_S8 ? 8 : 16,
			     err) < 0)
		return -1;
	return cay_node_set_string(g, n, "quantization_type", "post_weight_channel_wise_abs_max",
				   err);
}

static int store(struct cay_graph *g, struct cay_node *n, bool *ret_stored, struct cay_err *err)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);
	struct cay_use *weight;

	if (may_quantize(g, n) && quantize(g, cay_node_use(n, op->weight), op->axis, err) < 0)
		return -1;
	weight = cay_node_stored_weight(n);
	if (!weight)
		return 0;
	if (!is_restored(n))
		return cay_quant_weight_to_float(g, weight, op->axis, err);
	*ret_stored = true;
	return write_attrs(g, n, weight, err);
}

int cay_pass_store_weights(struct cay_graph *g, struct cay_err *err)
{
	size_t count = 0;

	for (struct cay_node *n = g->first; n; n = n->next) {
		bool stored = false;

		if (store(g, n, &stored, err) < 0)
			return -1;
		count += stored;
	}
	return count ? cay_graph_note(g, err,
				      "%zu ops compute in fp32 with weights stored as integers",
				      count)
		     : 0;
}
