// Joins nodes without weights that together are one op.
#include "converter/passes/passes.h"

#include <string.h>

static bool is_reshape(const struct cay_node *n)
{
	return cay_node_is(n, "reshape") || cay_node_is(n, "reshape2");
}

static bool is_transpose(const struct cay_node *n)
{
	return cay_node_is(n, "transpose") || cay_node_is(n, "transpose2");
}

// opt looks for all outputs that Paddle once gave such ops, which 2.6 leaves out.
static bool is_seen(const struct cay_graph *g, const struct cay_node *n)
{
	return !cay_compat_is_of_opt(g->compat) || cay_node_out(n, "XShape") ||
	       (!cay_node_is(n, "reshape2") && !cay_node_is(n, "transpose2"));
}

// The only reader of what the node computes, if it is all that is read of it; or NULL.
static struct cay_node *only_reader(const struct cay_node *n)
{
	const struct cay_value *out = cay_node_out(n, "Out"), *xshape = cay_node_out(n, "XShape");
	const struct cay_use *use = out ? cay_value_only_use(out) : NULL;

	return use && strcmp(use->slot, "X") == 0 && (!xshape || !xshape->uses) ? use->node : NULL;
}

// The shape that a reshape's attribute gives, if that is all of it; or NULL.
static const int64_t *fixed_shape(const struct cay_node *n, size_t rank)
{
	size_t count;
	const int64_t *shape = cay_attr_ints(n->attrs, n->attr_count, "shape", &count);

	return count == rank && !cay_node_use(n, "Shape") && !cay_node_use(n, "ShapeTensor") ? shape
											     : NULL;
}

// The batch is taken over, whatever it is.
static bool keeps_batch(int64_t dim, const struct cay_shape *x)
{
	return dim == 0 || dim == -1 || dim == x->dim[0];
}

// [n, g * c, h, w] to [n, g, c, h, w], g and c change places, and back: the channels are shuffled.
struct shuffle {
	struct cay_node *split, *swap, *join;
	struct cay_value *x;
	int64_t groups;
};

static bool swaps_groups(const struct cay_node *n)
{
	static const int64_t order[] = {0, 2, 1, 3, 4};
	size_t count;
	const int64_t *axis = cay_attr_ints(n->attrs, n->attr_count, "axis", &count);

	return count == 5 && memcmp(axis, order, sizeof(order)) == 0;
}

static bool find_shuffle(const struct cay_graph *g, struct cay_node *n, struct shuffle *s)
{
	const struct cay_shape *x;
	const int64_t *from, *to;
	const struct cay_value *xshape;

	*s = (struct shuffle){.split = n, .x = cay_node_in(n, "X")};
	s->swap = is_reshape(n) && s->x ? only_reader(n) : NULL;
	s->join = s->swap && is_transpose(s->swap) ? only_reader(s->swap) : NULL;
	if (!s->join || !is_reshape(s->join) || !cay_node_out(s->join, "Out") ||
	    !swaps_groups(s->swap) || !is_seen(g, s->split) || !is_seen(g, s->swap) ||
	    !is_seen(g, s->join))
		return false;
	x = &s->x->shape;
	from = fixed_shape(s->split, 5);
	to = fixed_shape(s->join, 4);
	xshape = cay_node_out(s->join, "XShape");
	if (!from || !to || x->rank != 4 || (xshape && xshape->uses))
		return false;
	s->groups = from[1];
	return keeps_batch(from[0], x) && keeps_batch(to[0], x) && from[1] > 0 && from[2] > 0 &&
	       x->dim[1] % from[1] == 0 && x->dim[1] / from[1] == from[2] && to[1] == x->dim[1] &&
	       from[3] == x->dim[2] && from[4] == x->dim[3] && to[2] == x->dim[2] &&
	       to[3] == x->dim[3];
}

// A new node of one input that computes `result`; the node that did so until now is removed.
static struct cay_node *replace(struct cay_graph *g, const char *op, struct cay_value *x,
				struct cay_value *result, struct cay_err *err)
{
	struct cay_node *n = cay_graph_insert(g, result->def, op, err);
	struct cay_value *own;

	if (!n || !cay_node_add_in(g, n, "X", x, err))
		return NULL;
	own = cay_node_add_out(g, n, "Out", result->name, err);
	if (!own)
		return NULL;
	cay_graph_absorb(g, n, own, result);
	return n;
}

static int fuse_shuffle(struct cay_graph *g, const struct shuffle *s, struct cay_err *err)
{
	struct cay_node *n = replace(g, "shuffle_channel", s->x, cay_node_out(s->join, "Out"), err);

	if (!n || cay_node_set_int(g, n, "group", s->groups, err) < 0)
		return -1;
	cay_graph_remove(g, s->swap);
	cay_graph_remove(g, s->split);
	return 0;
}

// The node that multiplies x with its sigmoid, which n computes; or NULL.
static struct cay_node *find_swish(const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X"), *out = cay_node_out(n, "Out");
	const struct cay_use *use = out ? cay_value_only_use(out) : NULL;
	struct cay_node *mul = use ? use->node : NULL;

	if (!cay_node_is(n, "sigmoid") || !mul || !cay_node_is(mul, "elementwise_mul") ||
	    !cay_node_out(mul, "Out"))
		return NULL;
	return (cay_node_in(mul, "X") == out && cay_node_in(mul, "Y") == x) ||
			       (cay_node_in(mul, "X") == x && cay_node_in(mul, "Y") == out)
		       ? mul
		       : NULL;
}

static int fuse_swish(struct cay_graph *g, struct cay_node *sigmoid, struct cay_node *mul,
		      struct cay_err *err)
{
	struct cay_node *n =
		replace(g, "swish", cay_node_in(sigmoid, "X"), cay_node_out(mul, "Out"), err);

	if (!n || cay_node_set_float(g, n, "beta", 1, err) < 0)
		return -1;
	cay_graph_remove(g, sigmoid);
	return 0;
}

// A softmax between two transposes that undo each other goes along the dimension that was meant.
struct turn {
	struct cay_node *there, *softmax, *back;
	int64_t axis;
};

static bool find_turn(const struct cay_graph *g, struct cay_node *n, struct turn *t)
{
	size_t rank, count;
	const struct cay_value *xshape;
	const int64_t *there, *back;

	*t = (struct turn){.there = n};
	t->softmax = is_transpose(n) && cay_node_in(n, "X") ? only_reader(n) : NULL;
	t->back = t->softmax && cay_node_is(t->softmax, "softmax") ? only_reader(t->softmax) : NULL;
	if (!t->back || !is_transpose(t->back) || !cay_node_out(t->back, "Out") || !is_seen(g, n) ||
	    !is_seen(g, t->back))
		return false;
	there = cay_attr_ints(n->attrs, n->attr_count, "axis", &rank);
	back = cay_attr_ints(t->back->attrs, t->back->attr_count, "axis", &count);
	xshape = cay_node_out(t->back, "XShape");
	t->axis = cay_node_int(t->softmax, "axis", -1);
	t->axis += t->axis < 0 ? (int64_t)rank : 0;
	if (rank != count || t->axis < 0 || t->axis >= (int64_t)rank || (xshape && xshape->uses))
		return false;
	for (size_t i = 0; i < rank; i++)
		if (back[i] < 0 || back[i] >= (int64_t)rank || there[back[i]] != (int64_t)i)
			return false;
	t->axis = there[t->axis];
	return true;
}

static int fuse_turn(struct cay_graph *g, const struct turn *t, struct cay_err *err)
{
	struct cay_node *n = replace(g, "softmax", cay_node_in(t->there, "X"),
				     cay_node_out(t->back, "Out"), err);

	if (!n || cay_node_set_int(g, n, "axis", t->axis, err) < 0)
		return -1;
	cay_graph_remove(g, t->softmax);
	cay_graph_remove(g, t->there);
	return 0;
}

static int fuse_from(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_node *mul = find_swish(n);
	struct shuffle shuffle;
	struct turn turn;

	if (mul)
		return fuse_swish(g, n, mul, err);
	if (find_shuffle(g, n, &shuffle))
		return fuse_shuffle(g, &shuffle, err);
	return find_turn(g, n, &turn) ? fuse_turn(g, &turn, err) : 0;
}

int cay_pass_fuse_ops(struct cay_graph *g, struct cay_err *err)
{
	// Backwards: what is fused begins at n, so that all before it stays.
	for (struct cay_node *n = g->last, *prev; n; n = prev) {
		prev = n->prev;
		if (fuse_from(g, n, err) < 0)
			return -1;
	}
	return 0;
}
