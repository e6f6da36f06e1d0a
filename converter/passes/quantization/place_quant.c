// Decides where int8 begins and ends: an int8 node hands on int8 only if all its readers take it.
#include "converter/passes/passes.h"
#include "converter/quant.h"

#include <string.h>

static bool makes_int8(const struct cay_node *n)
{
	return cay_node_is(n, "calib") && n->out->dtype == CAY_DTYPE_S8;
}

// The scale with which the use reads int8; 0 if it reads no int8.
static float int8_scale(const struct cay_use *use)
{
	if (makes_int8(use->node))
		return use->node->out_scale;
	return cay_node_is_int8(use->node) ? use->scale : 0;
}

// The scale with which all readers take the value as int8; 0 if they differ, or one takes floats.
static float common_scale(const struct cay_value *value)
{
	float scale = value->uses ? int8_scale(value->uses) : 0;

	for (const struct cay_use *use = value->uses; use; use = use->next_use)
		if (int8_scale(use) != scale)
			return 0;
	return scale;
}

static bool is_3x3_stride_1(const struct cay_node *n)
{
	const struct cay_value *filter = cay_node_in(n, "Filter");
	size_t count;
	const int64_t *strides = cay_attr_ints(n->attrs, n->attr_count, "strides", &count);

	return filter->shape.dim[2] == 3 && filter->shape.dim[3] == 3 && count == 2 &&
	       strides[0] == 1 && strides[1] == 1;
}

// The first runtimes that compute the node's int8 output correctly; CAY_COMPATS: none do.
static enum cay_compat int8_output_since(const struct cay_node *n)
{
	// 2.9 adds a bias that it has not read; 2.13 takes relu6's limit for a number of steps.
	if (cay_node_is(n, "fc"))
		return strcmp(cay_node_string(n, "activation_type", ""), "relu6") == 0
			       ? CAY_COMPATS
			       : CAY_COMPAT_2_13;
	if (!cay_node_out(n, "Output"))
		return CAY_COMPATS; // no convolution: there is no such kernel
	// 2.9 computes this one by Winograd's transform, and wrongly.
	if (strcmp(cay_node_string(n, "act_type", ""), "leaky_relu") == 0 &&
	    cay_node_is(n, "conv2d") && is_3x3_stride_1(n))
		return CAY_COMPAT_2_13;
	return CAY_COMPAT_2_9;
}

static int note_unequal(struct cay_graph *g, const struct cay_value *value, struct cay_err *err)
{
	for (const struct cay_use *use = value->uses; use; use = use->next_use)
		if (int8_scale(use) == 0)
			return 0;
	return cay_graph_note(g, err, "'%s' goes on in fp32: its readers have different scales",
			      value->name);
}

static int set_out_dtype(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_value *out = cay_node_out(n, cay_quant_op_find(n)->out);
	float scale = common_scale(out);

	if (int8_output_since(n) > g->compat)
		return 0;
	if (scale == 0)
		return out->uses ? note_unequal(g, out, err) : 0;
	out->dtype = CAY_DTYPE_S8;
	n->out_scale = scale;
	return 0;
}

// A calib before n that quantizes the value with this scale already; or NULL.
static struct cay_node *find_calib(const struct cay_value *value, float scale,
				   const struct cay_node *n)
{
	for (const struct cay_use *use = value->uses; use; use = use->next_use)
		if (makes_int8(use->node) && use->node->out_scale == scale &&
		    use->node->order < n->order)
			return use->node;
	return NULL;
}

// The int8 value that the use's floats were made of, if it has the scale that the use wants; or
// NULL.
static struct cay_value *find_int8(const struct cay_use *use)
{
	const struct cay_node *def = use->value->def;
	struct cay_value *in = def && cay_node_is(def, "calib") ? def->in->value : NULL;

	return in && in->dtype == CAY_DTYPE_S8 && cay_node_float(def, "scale", 0) == use->scale
		       ? in
		       : NULL;
}

// The first reader of a value makes the calib, and later ones of the same scale share it. A calib
// made here has the order 0 until the graph is verified: find_calib takes it for an earlier node.
static int quantize_input(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_use *use = cay_node_use(n, cay_quant_op_find(n)->in);
	struct cay_value *int8 = find_int8(use);
	struct cay_node *calib;

	if (use->value->dtype == CAY_DTYPE_S8)
		return 0;
	if (int8) {
		cay_use_set(use, int8);
		return 0;
	}
	// opt makes a calib for each reader.
	calib = cay_compat_is_of_opt(g->compat) ? NULL : find_calib(use->value, use->scale, n);
	if (!calib)
		calib = cay_quant_to_int8(g, n, use->value, use->scale, err);
	if (!calib)
		return -1;
	cay_use_set(use, calib->out);
	return 0;
}

// Drops a calib whose input has become the same int8, or whose output nobody reads any more.
static void drop_calib(struct cay_graph *g, struct cay_node *calib)
{
	if (makes_int8(calib) && calib->in->value->dtype == CAY_DTYPE_S8)
		cay_graph_replace_uses(calib->out, calib->in->value);
	if (!calib->out->uses)
		cay_graph_remove(g, calib);
}

static int set_floats(struct cay_graph *g, struct cay_node *n, const char *slot,
		      const float *scales, size_t count, struct cay_err *err)
{
	const char *name = cay_arena_printf(&g->arena, err, "%s0_scale", slot);

	return name ? cay_node_set_floats(g, n, name, scales, count, err) : -1;
}

static int write_attrs(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);
	const struct cay_use *in = cay_node_use(n, op->in);
	const struct cay_value *weight = cay_node_in(n, op->weight);

	if (cay_node_set_bool(g, n, "enable_int8", true, err) < 0 ||
	    cay_node_set_int(g, n, "bit_length", 8, err) < 0 ||
	    set_floats(g, n, op->in, &in->scale, 1, err) < 0)
		return -1;
	if (n->out_scale && set_floats(g, n, op->out, &n->out_scale, 1, err) < 0)
		return -1;
	return set_floats(g, n, op->weight, weight->scales, weight->scale_count, err);
}

int cay_pass_place_quant(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		if (cay_node_is_int8(n) && set_out_dtype(g, n, err) < 0)
			return -1;
	for (struct cay_node *n = g->first; n; n = n->next)
		if (cay_node_is_int8(n) &&
		    (quantize_input(g, n, err) < 0 || write_attrs(g, n, err) < 0))
			return -1;
	for (struct cay_node *n = g->last, *prev; n; n = prev) {
		prev = n->prev;
		if (cay_node_is(n, "calib"))
			drop_calib(g, n);
	}
	return 0;
}
