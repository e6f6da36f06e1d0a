// A multiplication by a constant matrix and the addition of a bias become fc.
#include "converter/passes/passes.h"
#include "common/size.h"
#include "converter/quant.h"

#include <string.h>

struct linear {
	struct cay_node *node;
	struct cay_value *weight, *out;
	int64_t in_dims; // the dimensions of X that count rows
	bool is_fc;	 // has the form that fc computes
};

static bool is_plain(const struct cay_node *n)
{
	return !cay_node_bool(n, "transpose_X", false) && !cay_node_bool(n, "transpose_Y", false) &&
	       !cay_node_bool(n, "trans_x", false) && !cay_node_bool(n, "trans_y", false) &&
	       cay_node_float(n, "alpha", 1) == 1;
}

static bool find_linear(struct cay_node *n, struct linear *l)
{
	const struct cay_value *x = cay_node_in(n, "X");
	bool is_mul = cay_node_is(n, "mul");

	if (!is_mul && !cay_node_is(n, "matmul") && !cay_node_is(n, "matmul_v2"))
		return false;
	l->node = n;
	l->weight = cay_node_in(n, "Y");
	l->out = cay_node_out(n, "Out");
	if (!x || !l->weight || !l->out || !cay_value_is_constant(l->weight))
		return false;
	l->in_dims = is_mul ? cay_node_int(n, "x_num_col_dims", 1) : (int64_t)x->shape.rank - 1;
	l->is_fc = l->weight->shape.rank == 2 && l->in_dims > 0 && is_plain(n) &&
		   (!is_mul || cay_node_int(n, "y_num_col_dims", 1) == 1);
	return true;
}

// The node that adds one value per column to the product and nothing else, or NULL.
static struct cay_node *find_bias(const struct linear *l)
{
	const struct cay_use *use = cay_value_only_use(l->out);
	struct cay_node *add = use && strcmp(use->slot, "X") == 0 ? use->node : NULL;
	const struct cay_value *y = add ? cay_node_in(add, "Y") : NULL;
	const struct cay_shape *shape = y ? &y->shape : NULL;
	int64_t axis = add ? cay_node_int(add, "axis", -1) : 0;

	if (!y || !cay_node_is(add, "elementwise_add") || !cay_value_is_constant(y) ||
	    y->dtype != CAY_DTYPE_F32 || !cay_node_out(add, "Out"))
		return NULL;
	if (shape->rank < 1 || shape->rank > 2 || (shape->rank == 2 && shape->dim[0] != 1) ||
	    shape->dim[shape->rank - 1] != l->weight->shape.dim[1])
		return NULL;
	return axis == -1 || axis + shape->rank == l->in_dims + 1 ? add : NULL;
}

static int set_bias(struct cay_graph *g, const struct linear *l, struct cay_node *add,
		    struct cay_err *err)
{
	struct cay_value *bias = cay_use_own(g, cay_node_use(add, "Y"), err);

	if (!bias || !cay_node_add_in(g, l->node, "Bias", bias, err))
		return -1;
	bias->shape = (struct cay_shape){.rank = 1, .dim = {l->weight->shape.dim[1]}};
	cay_graph_absorb(g, l->node, l->out, cay_node_out(add, "Out"));
	return 0;
}

// The node that makes rows of images, [n, c, h, w] to [n, c * h * w], for the product alone; or
// NULL.
static struct cay_node *find_flatten(const struct linear *l)
{
	const struct cay_value *rows = cay_node_in(l->node, "X"), *x, *xshape;
	struct cay_node *n = rows->def;
	int64_t stop = n ? cay_node_int(n, "stop_axis", -1) : 0;

	if (!n || !cay_node_is(n, "flatten_contiguous_range") || !cay_value_only_use(rows))
		return NULL;
	x = cay_node_in(n, "X");
	xshape = cay_node_out(n, "XShape");
	return l->in_dims == 1 && x && x->shape.rank == 4 && (!xshape || !xshape->uses) &&
			       cay_node_int(n, "start_axis", 1) == 1 && (stop == -1 || stop == 3)
		       ? n
		       : NULL;
}

static bool squeezes_image(const struct cay_node *n)
{
	size_t count;
	const int64_t *axes = cay_attr_ints(n->attrs, n->attr_count, "axes", &count);

	return (cay_node_is(n, "squeeze") || cay_node_is(n, "squeeze2")) && count == 2 &&
	       axes[0] == 2 && axes[1] == 3;
}

static bool reshapes_to_rows(const struct cay_node *n, const struct cay_shape *x)
{
	size_t count;
	const int64_t *shape = cay_attr_ints(n->attrs, n->attr_count, "shape", &count);

	return (cay_node_is(n, "reshape") || cay_node_is(n, "reshape2")) && count == 2 &&
	       !cay_node_use(n, "Shape") && !cay_node_use(n, "ShapeTensor") && shape[0] <= 0 &&
	       shape[1] == x->dim[1];
}

// The node that makes rows of images of one pixel, [n, c, 1, 1] to [n, c], for a matmul alone; or
// NULL.
static struct cay_node *find_pixel(const struct linear *l)
{
	const struct cay_value *rows = cay_node_in(l->node, "X"), *x, *xshape;
	struct cay_node *n = rows->def;

	if (!n || !cay_node_is(l->node, "matmul") || !cay_value_only_use(rows))
		return NULL;
	x = cay_node_in(n, "X");
	xshape = cay_node_out(n, "XShape");
	if (!x || x->shape.rank != 4 || x->shape.dim[2] != 1 || x->shape.dim[3] != 1 ||
	    x->shape.dim[1] != l->weight->shape.dim[0] || (xshape && xshape->uses))
		return NULL;
	return squeezes_image(n) || reshapes_to_rows(n, &x->shape) ? n : NULL;
}

static void skip(struct cay_graph *g, const struct linear *l, struct cay_node *reshape)
{
	cay_use_set(cay_node_use(l->node, "X"), cay_node_in(reshape, "X"));
	cay_graph_remove(g, reshape);
}

// mul makes rows itself, matmul does not.
static int make_mul(struct cay_graph *g, struct linear *l, struct cay_node *pixel,
		    struct cay_err *err)
{
	skip(g, l, pixel);
	l->node->op = "mul";
	l->in_dims = 1;
	return cay_node_set_int(g, l->node, "x_num_col_dims", 1, err) < 0
		       ? -1
		       : cay_node_set_int(g, l->node, "y_num_col_dims", 1, err);
}

static int make_fc(struct cay_graph *g, const struct linear *l, struct cay_node *add,
		   struct cay_err *err)
{
	struct cay_node *flatten = find_flatten(l);
	// Of matmul, runtimes split x before its last dimension, whatever in_num_col_dims says.
	const char *origin = flatten ? "mul" : l->node->op;

	if (flatten)
		skip(g, l, flatten);
	if (cay_node_set_string(g, l->node, "op_type", origin, err) < 0 ||
	    cay_node_set_int(g, l->node, "in_num_col_dims", l->in_dims, err) < 0)
		return -1;
	l->node->op = "fc";
	cay_node_use(l->node, "X")->slot = "Input";
	cay_node_use(l->node, "Y")->slot = "W";
	return add ? set_bias(g, l, add, err) : 0;
}

// Products whose int8 form without a bias is right, and the runtimes from which on.
static const struct {
	const char *op;
	enum cay_compat since;
} int8_products[] = {
	{"matmul", CAY_COMPAT_2_13},	// wrong in 2.9
	{"matmul_v2", CAY_COMPAT_2_13}, // missing there
};

static bool has_int8_form(const struct cay_graph *g, const struct cay_node *n)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(int8_products); i++)
		if (cay_node_is(n, int8_products[i].op))
			return g->compat >= int8_products[i].since;
	return false;
}

static int make_float(struct cay_graph *g, const struct linear *l, struct cay_err *err)
{
	return cay_graph_note(g, err, "%s '%s' runs in fp32: fc has no such form", l->node->op,
			      l->out->name) < 0
		       ? -1
		       : cay_quant_node_to_float(g, l->node, err);
}

static int fuse_int8(struct cay_graph *g, struct cay_err *err)
{
	struct linear l;

	for (struct cay_node *n = g->first; n; n = n->next)
		if (find_linear(n, &l) && cay_node_is_int8(n) && !has_int8_form(g, n) &&
		    (l.is_fc ? make_fc(g, &l, NULL, err) : make_float(g, &l, err)) < 0)
			return -1;
	return 0;
}

int cay_pass_fuse_fc(struct cay_graph *g, struct cay_err *err)
{
	struct linear l;

	for (struct cay_node *n = g->first; n; n = n->next) {
		struct cay_node *add, *pixel;

		if (!find_linear(n, &l))
			continue;
		pixel = l.is_fc ? find_pixel(&l) : NULL;
		if (pixel && make_mul(g, &l, pixel, err) < 0)
			return -1;
		add = find_bias(&l);
		// Runtimes restore stored weights of fc, but not of matmul.
		if (l.is_fc && (add || g->weight_bits || cay_node_stored_weight(n)) &&
		    make_fc(g, &l, add, err) < 0)
			return -1;
	}
	return fuse_int8(g, err);
}
