// Joins an activation with the node that computes its input, where every runtime does so correctly.
#include "converter/passes/passes.h"
#include "common/size.h"
#include "converter/passes/quant.h"

#include <string.h>

struct fusion {
	const char *op, *act;
	const char *from, *to; // the activation's parameter, and what it is called in the result
};

// hard_swish is left out: runtimes before 2.10 pass over it in a convolution, without a word; and
// leaky_relu of a transposed one, which 2.9 computes wrongly.
static const struct fusion conv_fusions[] = {
	{"conv2d", "relu", NULL, NULL},
	{"conv2d", "relu6", "threshold", "fuse_brelu_threshold"},
	{"conv2d", "leaky_relu", "alpha", "leaky_relu_alpha"},
	{"conv2d_transpose", "relu", NULL, NULL},
	{"conv2d_transpose", "relu6", "threshold", "fuse_brelu_threshold"},
	{"depthwise_conv2d", "relu", NULL, NULL},
	{"depthwise_conv2d", "relu6", "threshold", "fuse_brelu_threshold"},
	{"depthwise_conv2d", "leaky_relu", "alpha", "leaky_relu_alpha"},
};

// Paddle-Lite 2.9 computes this wrongly where it unrolls the image for a matrix product: groups,
// dilations, kernels that are not square.
static bool is_fp32_leaky_relu(const struct cay_node *n, const struct cay_node *act)
{
	return cay_node_is(act, "leaky_relu") && cay_node_is(n, "conv2d") && !cay_node_is_int8(n);
}

static int fuse_conv(struct cay_graph *g, struct cay_node *n, const struct cay_node *act,
		     bool *ret_done, struct cay_err *err)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(conv_fusions); i++) {
		const struct fusion *f = &conv_fusions[i];

		if (!cay_node_is(n, f->op) || !cay_node_is(act, f->act) ||
		    is_fp32_leaky_relu(n, act))
			continue;
		if (cay_node_set_bool(g, n, "with_act", true, err) < 0 ||
		    cay_node_set_string(g, n, "act_type", f->act, err) < 0 ||
		    (f->to ? cay_node_set_float(g, n, f->to, cay_node_float(act, f->from, 0), err)
			   : cay_node_set_bool(g, n, "fuse_relu", true, err)) < 0)
			return -1;
		*ret_done = true;
		return 0;
	}
	return 0;
}

static const struct {
	const char *op, *with_relu;
} elementwise_fusions[] = {
	{"elementwise_add", "fusion_elementwise_add_activation"},
	{"elementwise_mul", "fusion_elementwise_mul_activation"},
	{"elementwise_sub", "fusion_elementwise_sub_activation"},
};

static int fuse_elementwise(struct cay_graph *g, struct cay_node *n, const struct cay_node *act,
			    bool *ret_done, struct cay_err *err)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(elementwise_fusions); i++) {
		if (!cay_node_is(n, elementwise_fusions[i].op) || !cay_node_is(act, "relu"))
			continue;
		n->op = elementwise_fusions[i].with_relu;
		*ret_done = true;
		return cay_node_set_string(g, n, "act_type", "relu", err);
	}
	return 0;
}

// scale has one name for the parameter of every activation.
static const struct fusion scale_fusions[] = {
	{"scale", "relu", NULL, NULL},
	{"scale", "relu6", "threshold", "alpha"},
	{"scale", "leaky_relu", "alpha", "alpha"},
};

static int fuse_scale(struct cay_graph *g, struct cay_node *n, const struct cay_node *act,
		      bool *ret_done, struct cay_err *err)
{
	if (cay_node_has(n, "activation_type"))
		return 0;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(scale_fusions); i++) {
		const struct fusion *f = &scale_fusions[i];

		if (!cay_node_is(n, f->op) || !cay_node_is(act, f->act))
			continue;
		*ret_done = true;
		if (cay_node_set_string(g, n, "activation_type", f->act, err) < 0)
			return -1;
		return f->to ? cay_node_set_float(g, n, f->to, cay_node_float(act, f->from, 0), err)
			     : cay_node_set_bool(g, n, "fuse_relu", true, err);
	}
	return 0;
}

static int fuse(struct cay_graph *g, struct cay_node *n, const struct cay_node *act, bool *ret_done,
		struct cay_err *err)
{
	bool is_relu = cay_node_is(act, "relu");

	if (n->out->dtype == CAY_DTYPE_F32 &&
	    (fuse_elementwise(g, n, act, ret_done, err) < 0 ||
	     (!*ret_done && fuse_scale(g, n, act, ret_done, err) < 0)))
		return -1;
	if (*ret_done)
		return 0;
	// The int8 fc of runtimes before 2.11 forgets its activation.
	if (cay_node_is(n, "fc") && is_relu && !cay_node_is_int8(n) &&
	    !cay_node_has(n, "activation_type")) {
		*ret_done = true;
		return cay_node_set_string(g, n, "activation_type", "relu", err);
	}
	return cay_node_bool(n, "with_act", false) ? 0 : fuse_conv(g, n, act, ret_done, err);
}

// The value that an activation could join at: the one output of the nodes above.
static struct cay_value *main_output(const struct cay_node *n)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);

	return cay_node_out(n, op ? op->out : "Out");
}

// Paddle-Lite 2.9 takes every relu6 that stands alone for one that ends at 6.
static int clip_relu6(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const float end = cay_node_float(n, "threshold", 6);

	if (!cay_node_is(n, "relu6") || end == 6)
		return 0;
	n->op = "clip";
	return cay_node_set_float(g, n, "min", 0, err) < 0
		       ? -1
		       : cay_node_set_float(g, n, "max", end, err);
}

int cay_pass_fuse_act(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		struct cay_value *out = main_output(n);
		const struct cay_use *use = out ? cay_value_only_use(out) : NULL;
		struct cay_value *result = use ? cay_node_out(use->node, "Out") : NULL;
		bool done = false;

		if (!result || strcmp(use->slot, "X") != 0)
			continue;
		if (fuse(g, n, use->node, &done, err) < 0)
			return -1;
		if (done)
			cay_graph_absorb(g, n, out, result);
	}
	for (struct cay_node *n = g->first; n; n = n->next)
		if (clip_relu6(g, n, err) < 0)
			return -1;
	return 0;
}
