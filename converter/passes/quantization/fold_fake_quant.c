// Simulated quantization, quantize -> conv or mul -> dequantize, becomes int8 weights and scales.
#include "converter/passes/passes.h"
#include "converter/quant.h"

#include <math.h>
#include <string.h>

enum observer { OBSERVER_NONE, OBSERVER_STATIC, OBSERVER_DYNAMIC };

static enum observer observer_of(const struct cay_node *n)
{
	if (n && (cay_node_is(n, "fake_quantize_moving_average_abs_max") ||
		  cay_node_is(n, "fake_quantize_range_abs_max")))
		return OBSERVER_STATIC;
	return n && cay_node_is(n, "fake_quantize_abs_max") ? OBSERVER_DYNAMIC : OBSERVER_NONE;
}

static bool is_channel_wise(const struct cay_node *dequantize)
{
	return cay_node_is(dequantize, "fake_channel_wise_dequantize_max_abs");
}

static bool is_dequantize(const struct cay_node *n)
{
	return cay_node_is(n, "fake_dequantize_max_abs") || is_channel_wise(n);
}

// A node between a quantize node and a dequantize node, and the values between the three.
struct chain {
	const struct cay_quant_op *op;
	struct cay_node *quantize, *node, *dequantize;
	struct cay_use *in, *weight;
	struct cay_value *own, *result; // of node, of dequantize
};

static int find_chain(struct cay_node *dequantize, struct chain *c, struct cay_err *err)
{
	c->dequantize = dequantize;
	c->own = cay_node_in(dequantize, "X");
	c->result = cay_node_out(dequantize, "Out");
	c->node = c->own ? c->own->def : NULL;
	c->op = c->node ? cay_quant_op_find(c->node) : NULL;
	if (!c->op || !c->result || strcmp(c->own->slot, c->op->out) != 0 ||
	    !cay_value_only_use(c->own))
		return cay_fail(
			err, CAY_EMODEL,
			"%s '%s' does not follow a convolution or multiplication of its own",
			dequantize->op, cay_node_label(dequantize));
	c->in = cay_node_use(c->node, c->op->in);
	c->weight = cay_node_use(c->node, c->op->weight);
	c->quantize = c->in ? c->in->value->def : NULL;
	if (!observer_of(c->quantize) || !cay_node_in(c->quantize, "X"))
		return cay_fail(err, CAY_EMODEL, "%s '%s': its input is not quantized", c->node->op,
				cay_node_label(c->node));
	if (!c->weight || !cay_value_is_constant(c->weight->value))
		return cay_fail(err, CAY_EMODEL, "%s '%s': its weight is no parameter", c->node->op,
				cay_node_label(c->node));
	return 0;
}

static int check_bits(const struct chain *c, struct cay_err *err)
{
	size_t count;
	const int64_t *bits = cay_attr_ints(c->dequantize->attrs, c->dequantize->attr_count,
					    "quant_bits", &count);
	int64_t length = cay_node_int(c->quantize, "bit_length", 8);

	for (size_t i = 0; i < count; i++)
		if (bits[i] != 8)
			length = bits[i];
	if (length != 8)
		return cay_fail(err, CAY_EMODEL, "%s '%s': quantized to %lld bits, not to 8",
				c->node->op, cay_node_label(c->node), (long long)length);
	return 0;
}

// Checks that the dequantize node divides by what the quantize node multiplied with.
static int check_same_threshold(const struct chain *c, float threshold, struct cay_err *err)
{
	const struct cay_use *use = cay_node_use(c->dequantize, "Scale");
	float other;

	if (is_channel_wise(c->dequantize)) {
		use = cay_node_use(c->dequantize, "Scales");
		use = use ? use->next : NULL; // the first are the weight's
	}
	if (use && use->value->def == c->quantize)
		return 0;
	if (cay_quant_read_thresholds(c->dequantize, use ? use->value : NULL, 1, &other, err) < 0)
		return -1;
	if (observer_of(c->quantize) == OBSERVER_DYNAMIC || other != threshold)
		return cay_fail(err, CAY_EMODEL,
				"%s '%s': quantized by another threshold than dequantized",
				c->node->op, cay_node_label(c->node));
	return 0;
}

static int find_channels(const struct chain *c, size_t *ret, struct cay_err *err)
{
	const struct cay_shape *shape = &c->weight->value->shape;

	if (shape->rank != c->op->rank || c->weight->value->size == 0)
		return cay_fail(err, CAY_EMODEL, "%s '%s': weight '%s' has rank %u", c->node->op,
				cay_node_label(c->node), c->weight->value->name, shape->rank);
	*ret = (size_t)shape->dim[c->op->axis];
	return 0;
}

static int read_channel_scales(const struct chain *c, float *scales, size_t count,
			       struct cay_err *err)
{
	if (cay_quant_read_thresholds(c->dequantize, cay_node_in(c->dequantize, "Scales"), count,
				      scales, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		scales[i] /= CAY_QUANT_RANGE;
	return 0;
}

// max_range is 127 * 127 / threshold.
static int read_tensor_scale(const struct chain *c, float *scales, size_t count,
			     struct cay_err *err)
{
	float max_range = cay_node_float(c->dequantize, "max_range", 0);

	if (!isfinite(max_range) || max_range <= 0)
		return cay_fail(err, CAY_EMODEL, "%s '%s': max_range is %g", c->dequantize->op,
				cay_node_label(c->dequantize), (double)max_range);
	for (size_t i = 0; i < count; i++)
		scales[i] =
			(float)(CAY_QUANT_RANGE * CAY_QUANT_RANGE) / max_range / CAY_QUANT_RANGE;
	return 0;
}

static int set_weight_scales(struct cay_graph *g, const struct chain *c, struct cay_err *err)
{
	struct cay_value *weight;
	float *scales;
	size_t count = 0;

	if (find_channels(c, &count, err) < 0)
		return -1;
	scales = cay_arena_array(&g->arena, count, sizeof(*scales), err);
	if (!scales)
		return -1;
	if ((is_channel_wise(c->dequantize) ? read_channel_scales(c, scales, count, err)
					    : read_tensor_scale(c, scales, count, err)) < 0 ||
	    cay_quant_weight_to_int8(g, c->weight, err) < 0)
		return -1;
	weight = cay_use_own(g, c->weight, err);
	if (!weight)
		return -1;
	weight->scales = scales;
	weight->scale_count = count;
	return 0;
}

static int set_input_scale(const struct chain *c, struct cay_err *err)
{
	const struct cay_value *value = cay_node_in(c->quantize, "InScale");
	float threshold;

	if (cay_quant_read_thresholds(c->quantize, value, 1, &threshold, err) < 0 ||
	    check_same_threshold(c, threshold, err) < 0)
		return -1;
	c->in->scale = cay_quant_scale(threshold);
	return 0;
}

static int to_float(struct cay_graph *g, const struct chain *c, struct cay_err *err)
{
	if (cay_graph_note(g, err, "%s '%s' runs in fp32, on rounded values", c->node->op,
			   c->result->name) < 0)
		return -1;
	return cay_quant_node_to_float(g, c->node, err);
}

static int fold(struct cay_graph *g, struct cay_node *dequantize, struct cay_err *err)
{
	struct chain c;
	bool dynamic;

	if (find_chain(dequantize, &c, err) < 0 || check_bits(&c, err) < 0)
		return -1;
	dynamic = observer_of(c.quantize) == OBSERVER_DYNAMIC;
	if ((dynamic ? check_same_threshold(&c, 0, err) : set_input_scale(&c, err)) < 0 ||
	    set_weight_scales(g, &c, err) < 0)
		return -1;
	cay_use_set(c.in, cay_node_in(c.quantize, "X"));
	cay_graph_absorb(g, c.node, c.own, c.result);
	if (!dynamic)
		return cay_node_can_int8(c.node) ? 0 : to_float(g, &c, err);
	// A .nb file cannot say that the scale is to be taken from the data of each run.
	return cay_graph_note(g, err, "%s '%s' runs in fp32: its input is quantized dynamically",
			      c.node->op, c.result->name);
}

// Fails if a quantize node is left that something uses: what it feeds has no dequantize node.
static int drop_quantize(struct cay_graph *g, struct cay_node *quantize, struct cay_err *err)
{
	for (const struct cay_value *out = quantize->out; out; out = out->next)
		if (out->uses)
			return cay_fail(err, CAY_EMODEL,
					"%s '%s' reads the quantized '%s' and is not dequantized",
					out->uses->node->op, cay_node_label(out->uses->node),
					out->name);
	cay_graph_remove(g, quantize);
	return 0;
}

int cay_pass_fold_fake_quant(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (is_dequantize(n) && fold(g, n, err) < 0)
			return -1;
	}
	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (observer_of(n) && drop_quantize(g, n, err) < 0)
			return -1;
	}
	return 0;
}
