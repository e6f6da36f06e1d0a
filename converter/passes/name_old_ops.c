// Ops by the names that runtimes before 2.13 know.
#include "converter/passes/passes.h"

// What adaptive max pooling is exported as, whether or not the indices are wanted.
static int name_pool(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_value *mask = cay_node_out(n, "Mask");

	if (mask && mask->uses)
		return 0; // name-ops refuses it
	n->op = "pool2d";
	if (mask)
		cay_node_remove_out(n, mask);
	return cay_node_set_string(g, n, "pooling_type", "max", err);
}

static int name_silu(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	n->op = "swish";
	return cay_node_set_float(g, n, "beta", 1, err);
}

int cay_pass_name_old_ops(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		if (cay_node_is(n, "max_pool2d_with_index") && name_pool(g, n, err) < 0)
			return -1;
		if (cay_node_is(n, "silu") && name_silu(g, n, err) < 0)
			return -1;
	}
	return 0;
}
