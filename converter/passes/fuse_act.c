// Joins an activation with the node that computes its input, where the runtimes do so correctly.
#include "converter/passes/passes.h"
#include "common/size.h"
#include "converter/quant.h"

#include <string.h>

// What a parameter of an activation is called as an op, in a convolution, and in other ops.
static const struct {
	const char *act, *name, *in_conv, *elsewhere;
} params[] = {
	{"relu6", "threshold", "fuse_brelu_threshold", "alpha"},
	{"leaky_relu", "alpha", "leaky_relu_alpha", "alpha"},
	{"hard_swish", "threshold", "hard_swish_threshold", NULL},
	{"hard_swish", "scale", "hard_swish_scale", NULL},
	{"hard_swish", "offset", "hard_swish_offset", NULL},
};

// Which ops can have which activation, and the first runtimes that compute the two as one op
// correctly, on fp32 and on int8.
// hard_swish: ignored before 2.10; no depthwise kernel has it, and a transposed convolution fails.
// leaky_relu: 2.9 computes it wrongly in a transposed convolution, and on floats where it unrolls
// the image for a matrix product (groups, dilations, kernels that are not square).
// fc: before 2.11 it ignores its activation on int8.
static const struct {
	const char *op, *act;
	enum cay_compat fp32, int8;
} fusions[] = {
	{"conv2d", "relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"conv2d", "relu6", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"conv2d", "leaky_relu", CAY_COMPAT_2_13, CAY_COMPAT_2_9},
	{"conv2d", "hard_swish", CAY_COMPAT_2_13, CAY_COMPAT_2_13},
	{"conv2d_transpose", "relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"conv2d_transpose", "relu6", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"conv2d_transpose", "leaky_relu", CAY_COMPAT_2_13, CAY_COMPAT_2_13},
	{"depthwise_conv2d", "relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"depthwise_conv2d", "relu6", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"depthwise_conv2d", "leaky_relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"fc", "relu", CAY_COMPAT_2_9, CAY_COMPAT_2_13},
	{"fc", "relu6", CAY_COMPAT_2_13, CAY_COMPAT_2_13},
	{"scale", "relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"scale", "relu6", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
	{"scale", "leaky_relu", CAY_COMPAT_2_9, CAY_COMPAT_2_9},
};

static const struct {
	const char *op, *with_relu;
} elementwise_fusions[] = {
	{"elementwise_add", "fusion_elementwise_add_activation"},
	{"elementwise_mul", "fusion_elementwise_mul_activation"},
	{"elementwise_sub", "fusion_elementwise_sub_activation"},
};

static bool is_conv(const struct cay_node *n)
{
	return cay_node_out(n, "Output") != NULL;
}

static bool has_activation(const struct cay_node *n)
{
	return cay_node_bool(n, "with_act", false) || cay_node_has(n, "activation_type");
}

static bool can_join(const struct cay_graph *g, const struct cay_node *n,
		     const struct cay_node *act)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(fusions); i++)
		if (cay_node_is(n, fusions[i].op) && cay_node_is(act, fusions[i].act))
			return (cay_node_is_int8(n) ? fusions[i].int8 : fusions[i].fp32) <=
				       g->compat &&
			       !has_activation(n);
	return false;
}

static int copy_params(struct cay_graph *g, struct cay_node *n, const struct cay_node *act,
		       struct cay_err *err)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(params); i++) {
		const char *name = is_conv(n) ? params[i].in_conv : params[i].elsewhere;

		if (cay_node_is(act, params[i].act) && name &&
		    cay_node_set_float(g, n, name, cay_node_float(act, params[i].name, 0), err) < 0)
			return -1;
	}
	return 0;
}

static int join(struct cay_graph *g, struct cay_node *n, const struct cay_node *act,
		struct cay_err *err)
{
	if (is_conv(n) && cay_node_set_bool(g, n, "with_act", true, err) < 0)
		return -1;
	if (cay_node_set_string(g, n, is_conv(n) ? "act_type" : "activation_type", act->op, err) <
	    0)
		return -1;
	if (cay_node_is(act, "relu") && !cay_node_is(n, "fc") &&
	    cay_node_set_bool(g, n, "fuse_relu", true, err) < 0)
		return -1;
	return copy_params(g, n, act, err);
}

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

static int fuse(struct cay_graph *g, struct cay_node *n, const struct cay_node *act, bool *ret_done,
		struct cay_err *err)
{
	if (!is_conv(n) && n->out->dtype != CAY_DTYPE_F32)
		return 0;
	if (!can_join(g, n, act))
		return fuse_elementwise(g, n, act, ret_done, err);
	*ret_done = true;
	return join(g, n, act, err);
}

// The output that an activation would read; NULL if the node has no such output.
static struct cay_value *main_output(const struct cay_node *n)
{
	const struct cay_quant_op *op = cay_quant_op_find(n);

	return cay_node_out(n, op ? op->out : "Out");
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
	return 0;
}
