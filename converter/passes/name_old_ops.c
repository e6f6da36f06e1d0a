// Ops as runtimes before 2.13 know them.
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

// They look up by INT64 numbers alone.
static int widen_ids(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_use *ids = cay_node_use(n, "Ids");
	struct cay_node *cast;
	struct cay_value *wide;

	if (!ids || ids->value->dtype != CAY_DTYPE_I32)
		return 0;
	cast = cay_graph_insert(g, n, "cast", err);
	wide = cast ? cay_node_add_out(g, cast, "Out", ids->value->name, err) : NULL;
	if (!wide || !cay_node_add_in(g, cast, "X", ids->value, err) ||
	    cay_node_set_int(g, cast, "in_dtype", cay_dtype_to_var_type(CAY_DTYPE_I32), err) < 0 ||
	    cay_node_set_int(g, cast, "out_dtype", cay_dtype_to_var_type(CAY_DTYPE_I64), err) < 0)
		return -1;
	wide->dtype = CAY_DTYPE_I64;
	wide->shape = ids->value->shape;
	cay_use_set(ids, wide);
	return 0;
}

int cay_pass_name_old_ops(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		if (cay_node_is(n, "max_pool2d_with_index") && name_pool(g, n, err) < 0)
			return -1;
		if (cay_node_is(n, "silu") && name_silu(g, n, err) < 0)
			return -1;
		if ((cay_node_is(n, "lookup_table") || cay_node_is(n, "lookup_table_v2")) &&
		    widen_ids(g, n, err) < 0)
			return -1;
	}
	return 0;
}
