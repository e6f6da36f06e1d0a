// Reshapes constants once and for all: Paddle 2 and 3 export a bias as a reshaped parameter.
#include "converter/passes/passes.h"

#include <string.h>

// The shape that a reshape's attribute asks for: 0 keeps a dimension, -1 is what is left over.
// False if it does not fit the elements that are there.
static bool resolve_shape(const struct cay_shape *from, const int64_t *dims, size_t rank,
			  struct cay_shape *ret)
{
	size_t have, known = 1, free_dim = rank;
	struct cay_err ignored;

	*ret = (struct cay_shape){.rank = (uint32_t)rank};
	if (rank > CAY_MAX_RANK || cay_shape_count(from, &have, &ignored) < 0)
		return false;
	for (size_t i = 0; i < rank; i++) {
		ret->dim[i] = dims[i] ? dims[i] : i < from->rank ? from->dim[i] : -2;
		if (ret->dim[i] == -1 && free_dim == rank)
			free_dim = i;
		else if (ret->dim[i] <= 0 || (size_t)ret->dim[i] > have / known)
			return false;
		else
			known *= (size_t)ret->dim[i];
	}
	if (free_dim < rank)
		ret->dim[free_dim] = (int64_t)(have / known);
	return free_dim < rank ? have % known == 0 : have == known;
}

// Puts the constant that n reshapes, in this shape, in the place of its output.
static int fold(struct cay_graph *g, struct cay_node *n, const struct cay_shape *shape,
		struct cay_err *err)
{
	const struct cay_value *x = cay_node_in(n, "X");
	struct cay_value *folded = cay_graph_constant(g, x->name, x->dtype, shape, x->data, err);

	if (!folded)
		return -1;
	cay_graph_replace_uses(cay_node_out(n, "Out"), folded);
	cay_graph_remove(g, n);
	return 0;
}

static bool reshapes_constant(const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X"), *xshape = cay_node_out(n, "XShape");

	return x && cay_node_out(n, "Out") && cay_value_is_constant(x) && x->size > 0 &&
	       !(xshape && xshape->uses);
}

static int fold_reshape(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	size_t rank;
	const int64_t *dims = cay_attr_ints(n->attrs, n->attr_count, "shape", &rank);
	struct cay_shape shape;

	if (!reshapes_constant(n) || cay_node_use(n, "Shape") || cay_node_use(n, "ShapeTensor") ||
	    !resolve_shape(&cay_node_in(n, "X")->shape, dims, rank, &shape))
		return 0;
	return fold(g, n, &shape, err);
}

int cay_pass_fold_constants(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if ((cay_node_is(n, "reshape") || cay_node_is(n, "reshape2")) &&
		    fold_reshape(g, n, err) < 0)
			return -1;
	}
	return 0;
}

// False if an axis is none of the shape that it makes.
static bool insert_axes(const int64_t *axes, size_t count, struct cay_shape *shape)
{
	for (size_t i = 0; i < count; i++) {
		const int64_t axis = axes[i] < 0 ? axes[i] + shape->rank + 1 : axes[i];

		if (axis < 0 || axis > shape->rank || shape->rank == CAY_MAX_RANK)
			return false;
		for (int64_t k = shape->rank++; k > axis; k--)
			shape->dim[k] = shape->dim[k - 1];
		shape->dim[axis] = 1;
	}
	return true;
}

int cay_pass_fold_unsqueeze(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		size_t count;
		const int64_t *axes = cay_attr_ints(n->attrs, n->attr_count, "axes", &count);
		struct cay_shape shape;

		next = n->next;
		if ((!cay_node_is(n, "unsqueeze") && !cay_node_is(n, "unsqueeze2")) ||
		    !reshapes_constant(n) || cay_node_use(n, "AxesTensor") ||
		    cay_node_use(n, "AxesTensorList"))
			continue;
		shape = cay_node_in(n, "X")->shape;
		if (insert_axes(axes, count, &shape) && fold(g, n, &shape, err) < 0)
			return -1;
	}
	return 0;
}
