// Moves what takes a dimension away behind what does not mind it: a convolution of one dimension
// stands between unsqueeze2 and squeeze2, and its batch_norm and activation are joined with it only
// if they follow it at once. Of two such layers in a row, what is between them goes.
#include "converter/passes/passes.h"
#include "common/size.h"

#include <string.h>

static bool is_squeeze(const struct cay_node *n)
{
	return cay_node_is(n, "squeeze") || cay_node_is(n, "squeeze2");
}

static bool is_unsqueeze(const struct cay_node *n)
{
	return cay_node_is(n, "unsqueeze") || cay_node_is(n, "unsqueeze2");
}

// The one axis that is named, of four; 4 if there is none, or it is no attribute.
static uint32_t find_axis(const struct cay_node *n)
{
	size_t count;
	const int64_t *axes = cay_attr_ints(n->attrs, n->attr_count, "axes", &count);
	const bool known = count == 1 && axes[0] >= -4 && axes[0] < 4 &&
			   !cay_node_use(n, "AxesTensor") && !cay_node_use(n, "AxesTensorList");

	return !known ? 4 : (uint32_t)(axes[0] < 0 ? axes[0] + 4 : axes[0]);
}

// True if it makes three dimensions of four, and nobody asks for their shape.
static bool takes_one(const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X"), *shape = cay_node_out(n, "XShape");
	const uint32_t axis = find_axis(n);

	return is_squeeze(n) && x && cay_node_out(n, "Out") && !(shape && shape->uses) &&
	       x->shape.rank == 4 && axis >= 2 && axis < 4 && x->shape.dim[axis] == 1;
}

// Where the result is of an op that works on elements, or on channels, alike; NULL: it does not.
static struct cay_value *plain_result(const struct cay_node *n)
{
	static const struct {
		const char *op, *out;
	} ops[] = {{"batch_norm", "Y"}, {"hard_swish", "Out"}, {"leaky_relu", "Out"},
		   {"relu", "Out"},	{"relu6", "Out"},      {"scale", "Out"}};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(ops); i++)
		if (cay_node_is(n, ops[i].op))
			return cay_node_out(n, ops[i].out);
	return NULL;
}

static int sink(struct cay_graph *g, struct cay_node *squeeze, struct cay_use *use,
		struct cay_value *result, struct cay_err *err)
{
	struct cay_node *behind = cay_graph_insert(g, use->node->next, squeeze->op, err);
	struct cay_value *out =
		behind ? cay_node_add_out(g, behind, "Out", result->name, err) : NULL;

	if (!out)
		return -1;
	for (size_t i = 0; i < squeeze->attr_count; i++)
		if (cay_node_set(g, behind, &squeeze->attrs[i], err) < 0)
			return -1;
	cay_graph_replace_uses(result, out);
	out->dtype = result->dtype;
	out->shape = result->shape;
	result->shape = cay_node_in(squeeze, "X")->shape;
	cay_use_set(use, cay_node_in(squeeze, "X"));
	cay_graph_remove(g, squeeze);
	return cay_node_add_in(g, behind, "X", result, err) ? 0 : -1;
}

// Takes n away if it gives back the dimension that a squeeze has just taken.
static void drop_pair(struct cay_graph *g, struct cay_node *n)
{
	struct cay_use *x = cay_node_use(n, "X");
	struct cay_node *squeeze = x ? x->value->def : NULL;
	struct cay_value *out = cay_node_out(n, "Out"), *shape = cay_node_out(n, "XShape");

	if (!squeeze || !takes_one(squeeze) || find_axis(squeeze) != find_axis(n) || !out ||
	    (shape && shape->uses) || x->scale != 0 || cay_node_use(squeeze, "X")->scale != 0)
		return;
	cay_graph_replace_uses(out, cay_node_in(squeeze, "X"));
	cay_graph_remove(g, n);
	if (!cay_node_out(squeeze, "Out")->uses)
		cay_graph_remove(g, squeeze);
}

int cay_pass_sink_squeeze(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		struct cay_use *use =
			takes_one(n) ? cay_value_only_use(cay_node_out(n, "Out")) : NULL;
		struct cay_value *result = use ? plain_result(use->node) : NULL;
		const bool sinks = result && strcmp(use->slot, "X") == 0 && use->scale == 0;

		next = n->next;
		if (sinks && sink(g, n, use, result, err) < 0)
			return -1;
		if (is_unsqueeze(n))
			drop_pair(g, n);
	}
	return 0;
}
