// Makes a prelu of elements one of channels: Paddle-Lite, 2.9 and 2.13, reads beyond its alpha from
// the second image on.
#include "converter/passes/passes.h"

#include <string.h>

// Adds a node that gives its input, which the caller sets, another shape.
static struct cay_node *add_reshape(struct cay_graph *g, struct cay_node *before, const char *name,
				    const struct cay_shape *shape, struct cay_err *err)
{
	struct cay_node *n = cay_graph_insert(g, before, "reshape2", err);
	struct cay_value *out = n ? cay_node_add_out(g, n, "Out", name, err) : NULL;
	const int64_t *dims = cay_arena_copy(&g->arena, shape->dim, sizeof(shape->dim), err);
	const struct cay_attr attr = {"shape", CAY_ATTR_INTS, {.ints = dims}, shape->rank};

	if (!out || !dims || cay_node_set(g, n, &attr, err) < 0)
		return NULL;
	out->shape = *shape;
	return n;
}

// Puts a reshape before the node and one behind it: the node alone sees an image as a row of its
// elements.
static int flatten(struct cay_graph *g, struct cay_node *n, const struct cay_shape *alpha,
		   const struct cay_shape *row, struct cay_err *err)
{
	struct cay_shape image = *alpha;
	struct cay_use *x = cay_node_use(n, "X");
	struct cay_value *out = cay_node_out(n, "Out");
	struct cay_node *there = add_reshape(g, n, x->value->name, row, err), *back;

	image.dim[0] = -1;
	back = there ? add_reshape(g, n->next, out->name, &image, err) : NULL;
	if (!back || !cay_node_add_in(g, there, "X", x->value, err))
		return -1;
	cay_use_set(x, there->out);
	cay_graph_replace_uses(out, back->out);
	out->shape = *row;
	return cay_node_add_in(g, back, "X", out, err) ? 0 : -1;
}

static int change(struct cay_graph *g, struct cay_node *n, struct cay_use *alpha,
		  struct cay_err *err)
{
	const struct cay_shape shape = alpha->value->shape;
	const int64_t channels = shape.dim[1];
	const int64_t count = (int64_t)cay_shape_product(&shape, 0, shape.rank);
	struct cay_value *own = cay_use_own(g, alpha, err);

	if (!own || cay_node_set_string(g, n, "mode", "channel", err) < 0)
		return -1;
	own->shape = (struct cay_shape){1, {count}};
	return count == channels ? 0
				 : flatten(g, n, &shape, &(struct cay_shape){2, {-1, count}}, err);
}

// True for a prelu whose alpha is [1, ...], with the shape of an image of x, where x may have
// several images: with one image alone the runtimes compute it right. Alphas of other shapes are
// left for the engine to refuse.
static bool is_of_elements(const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X"), *alpha = cay_node_in(n, "Alpha");

	return cay_node_is(n, "prelu") && x && alpha && cay_node_out(n, "Out") &&
	       strcmp(cay_node_string(n, "mode", "all"), "element") == 0 &&
	       cay_value_is_constant(alpha) && alpha->shape.rank >= 2 && alpha->shape.dim[0] == 1 &&
	       x->shape.rank == alpha->shape.rank && x->shape.dim[0] != 1;
}

int cay_pass_flatten_prelu(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		if (is_of_elements(n) && change(g, n, cay_node_use(n, "Alpha"), err) < 0)
			return -1;
	return 0;
}
