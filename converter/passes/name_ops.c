// One form for one meaning: depthwise convolutions are called so, one-pixel pooling is global.
#include "converter/passes/passes.h"

#include <string.h>

// A filter of [out, 1, height, width] for several groups: each has one channel in. With one channel
// out, too, it is depthwise whatever it is called; with more it keeps its name.
static void name_conv(struct cay_node *n)
{
	const struct cay_value *filter = cay_node_in(n, "Filter");
	const int64_t groups = cay_node_int(n, "groups", 1);

	if (!filter || filter->shape.rank != 4)
		return;
	if (groups < 2 || filter->shape.dim[1] != 1)
		n->op = "conv2d";
	else if (filter->shape.dim[0] == groups)
		n->op = "depthwise_conv2d";
}

static int name_pool(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	size_t count;
	const int64_t *ksize = cay_attr_ints(n->attrs, n->attr_count, "ksize", &count);

	if (!cay_node_bool(n, "adaptive", false) || count != 2 || ksize[0] != 1 || ksize[1] != 1)
		return 0;
	if (cay_node_set_bool(g, n, "adaptive", false, err) < 0)
		return -1;
	return cay_node_set_bool(g, n, "global_pooling", true, err);
}

// What adaptive max pooling is exported as, whether or not the indices are wanted.
static int check_indices(const struct cay_node *n, struct cay_err *err)
{
	const struct cay_value *mask = cay_node_out(n, "Mask");

	return mask && mask->uses
		       ? cay_fail(err, CAY_EMODEL, "%s '%s': its indices are not supported", n->op,
				  cay_node_label(n))
		       : 0;
}

// One alpha for all is what leaky_relu has, which joins with convolutions. opt leaves it.
static int name_prelu(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const struct cay_value *alpha = cay_node_in(n, "Alpha");
	float one;

	if (cay_compat_is_of_opt(g->compat) ||
	    strcmp(cay_node_string(n, "mode", "all"), "all") != 0 || !alpha ||
	    !cay_value_is_constant(alpha) || alpha->dtype != CAY_DTYPE_F32 ||
	    alpha->size != sizeof(one))
		return 0;
	memcpy(&one, alpha->data, sizeof(one));
	cay_use_remove(cay_node_use(n, "Alpha"));
	n->op = "leaky_relu";
	n->attr_count = 0;
	return cay_node_set_float(g, n, "alpha", one, err);
}

int cay_pass_name_ops(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		if (cay_node_is(n, "conv2d") || cay_node_is(n, "depthwise_conv2d"))
			name_conv(n);
		if (cay_node_is(n, "depthwise_conv2d_transpose"))
			n->op = "conv2d_transpose";
		if (cay_node_is(n, "pool2d") && name_pool(g, n, err) < 0)
			return -1;
		if (cay_node_is(n, "prelu") && name_prelu(g, n, err) < 0)
			return -1;
		if (cay_node_is(n, "max_pool2d_with_index") && check_indices(n, err) < 0)
			return -1;
	}
	return 0;
}
