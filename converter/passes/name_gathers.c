// One form of what takes parts of a tensor: gather, whose axis counts from the front.
#include "converter/passes/passes.h"

// A runtime counts along an axis that is an operand or, from 2.11 on, an attribute, and takes -1
// for none.
static int settle_axis(struct cay_graph *g, struct cay_node *n, int64_t axis, struct cay_err *err)
{
	const struct cay_value *x = cay_node_in(n, "X");

	if (axis < 0) {
		if (!x || axis < -(int64_t)x->shape.rank)
			return cay_fail(err, CAY_EMODEL,
					"%s '%s': axis %lld of %u dimensions is not supported",
					n->op, cay_node_label(n), (long long)axis,
					x ? x->shape.rank : 0);
		axis += x->shape.rank;
	}
	return cay_node_set_int(g, n, "axis", axis, err);
}

static int add_axis(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const int32_t axis = (int32_t)cay_node_int(n, "axis", 0);
	const struct cay_shape one = {1, {1}};
	const void *data = cay_arena_copy(&g->arena, &axis, sizeof(axis), err);
	struct cay_value *value =
		data ? cay_graph_constant(g, "axis", CAY_DTYPE_I32, &one, data, err) : NULL;

	return value && cay_node_add_in(g, n, "Axis", value, err) ? 0 : -1;
}

// index_select is a gather whose axis is called dim. Old runtimes have none, newer ones read its
// numbers as INT64 whatever they are.
static bool stays(const struct cay_graph *g, const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X"), *index = cay_node_in(n, "Index");

	return g->compat != CAY_COMPAT_2_9 && x && x->dtype == CAY_DTYPE_F32 && index &&
	       index->dtype == CAY_DTYPE_I64;
}

static int name_gather(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const bool select = cay_node_is(n, "index_select");
	const struct cay_value *x = cay_node_in(n, "X"), *out = cay_node_out(n, "Out");

	if (x && out && x->shape.rank && out->shape.rank && x->shape.rank != out->shape.rank)
		return cay_fail(err, CAY_EMODEL,
				"%s '%s': a number of no dimensions is not supported", n->op,
				cay_node_label(n));
	if (select ? stays(g, n) : cay_node_in(n, "Axis") != NULL)
		return 0;
	n->op = "gather";
	if (settle_axis(g, n, cay_node_int(n, select ? "dim" : "axis", 0), err) < 0)
		return -1;
	return g->compat == CAY_COMPAT_2_9 && cay_node_int(n, "axis", 0) != 0 ? add_axis(g, n, err)
									      : 0;
}

int cay_pass_name_gathers(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		if ((cay_node_is(n, "gather") || cay_node_is(n, "index_select")) &&
		    name_gather(g, n, err) < 0)
			return -1;
	return 0;
}
