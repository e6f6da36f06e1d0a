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

static int fold_reshape(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const struct cay_value *x = cay_node_in(n, "X"), *xshape = cay_node_out(n, "XShape");
	struct cay_value *out = cay_node_out(n, "Out"), *folded;
	size_t rank;
	const int64_t *dims = cay_attr_ints(n->attrs, n->attr_count, "shape", &rank);
	struct cay_shape shape;

	if (!x || !out || !cay_value_is_constant(x) || x->size == 0 || (xshape && xshape->uses) ||
	    cay_node_use(n, "Shape") || cay_node_use(n, "ShapeTensor") ||
	    !resolve_shape(&x->shape, dims, rank, &shape))
		return 0;
	folded = cay_graph_constant(g, x->name, x->dtype, &shape, x->data, err);
	if (!folded)
		return -1;
	cay_graph_replace_uses(out, folded);
	cay_graph_remove(g, n);
	return 0;
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
