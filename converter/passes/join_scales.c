// Makes one scale of two in a row.
#include "converter/passes/passes.h"

#include <math.h>
#include <string.h>

static bool is_plain(const struct cay_node *n)
{
	return cay_node_is(n, "scale") && !cay_node_use(n, "ScaleTensor") &&
	       cay_node_out(n, "Out") && cay_node_bool(n, "bias_after_scale", true) &&
	       !cay_node_has(n, "activation_type");
}

// Scales of integers are integers: what is behind the point of one is lost before the other.
static bool is_whole(const struct cay_node *n)
{
	const float scale = cay_node_float(n, "scale", 1), bias = cay_node_float(n, "bias", 0);

	return scale == truncf(scale) && bias == truncf(bias);
}

// The node that scales what n, a scale, computes, and is all that reads it; or NULL.
static struct cay_node *find_second(const struct cay_node *n)
{
	const struct cay_value *out = cay_node_out(n, "Out");
	const struct cay_use *use = cay_value_only_use(out);

	if (!use || strcmp(use->slot, "X") != 0 || !is_plain(use->node))
		return NULL;
	return out->dtype == CAY_DTYPE_F32 || (is_whole(n) && is_whole(use->node)) ? use->node
										   : NULL;
}

static int join(struct cay_graph *g, struct cay_node *n, const struct cay_node *second,
		struct cay_err *err)
{
	const float factor = cay_node_float(second, "scale", 1);
	const float scale = cay_node_float(n, "scale", 1) * factor;
	const float bias =
		cay_node_float(n, "bias", 0) * factor + cay_node_float(second, "bias", 0);

	if (cay_node_set_float(g, n, "scale", scale, err) < 0 ||
	    cay_node_set_float(g, n, "bias", bias, err) < 0)
		return -1;
	cay_graph_absorb(g, n, cay_node_out(n, "Out"), cay_node_out(second, "Out"));
	return 0;
}

int cay_pass_join_scales(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		const struct cay_node *second = is_plain(n) ? find_second(n) : NULL;

		if (second && join(g, n, second, err) < 0)
			return -1;
	}
	return 0;
}
