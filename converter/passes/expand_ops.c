// Writes ops that runtimes do not have, or compute otherwise than Paddle, by others that say the
// same.
#include "converter/passes/passes.h"
#include "common/size.h"

#include <math.h>
#include <string.h>

// Puts a new node before n, which reads `from` and has the output of n's name; NULL: no memory.
static struct cay_node *add(struct cay_graph *g, struct cay_node *n, const char *op,
			    struct cay_value *from, struct cay_err *err)
{
	struct cay_node *added = cay_graph_insert(g, n, op, err);
	struct cay_value *out =
		added ? cay_node_add_out(g, added, "Out", cay_node_label(n), err) : NULL;

	if (!out || !cay_node_add_in(g, added, "X", from, err))
		return NULL;
	out->dtype = from->dtype;
	out->shape = from->shape;
	return added;
}

// A norm of order 1, 2 or infinity along one axis. Runtimes add epsilon to the sum.
static int expand_norm(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const float order = cay_node_float(n, "porder", 2);
	const bool two = order == 2, largest = isinf(order) && order > 0;
	int64_t *axis = cay_arena_array(&g->arena, 1, sizeof(*axis), err);
	const struct cay_attr dim = {"dim", CAY_ATTR_INTS, {.ints = axis}, 1};
	struct cay_use *x = cay_node_use(n, "X");
	struct cay_node *each, *all;

	if (!axis || !x)
		return axis ? 0 : -1;
	if (!two && !largest && order != 1)
		return cay_fail(err, CAY_EMODEL, "p_norm '%s': porder %g is not supported",
				cay_node_label(n), (double)order);
	*axis = cay_node_int(n, "axis", -1);
	each = add(g, n, two ? "square" : "abs", x->value, err);
	all = each ? two ? add(g, n, "reduce_sum", each->out, err) : n : NULL;
	if (!all)
		return -1;
	n->op = two ? "sqrt" : largest ? "reduce_max" : "reduce_sum";
	cay_use_set(x, two ? all->out : each->out);
	all->out->shape = n->out->shape;
	if (cay_node_set(g, all, &dim, err) < 0 ||
	    cay_node_set_bool(g, all, "reduce_all", cay_node_bool(n, "asvector", false), err) < 0)
		return -1;
	return cay_node_set_bool(g, all, "keep_dim", cay_node_bool(n, "keepdim", false), err);
}

// Of n tensors, added one after another.
static int expand_sum(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	struct cay_use *x = cay_node_use(n, "X");
	struct cay_value *sum = x ? x->value : NULL;

	if (x && !x->next)
		n->op = "scale"; // by one
	if (!x || !x->next)
		return 0;
	for (struct cay_use *next = x->next, *after; next; next = after) {
		struct cay_value *value = next->value;
		struct cay_node *pair;

		after = next->next;
		cay_use_remove(next);
		if (!after) {
			cay_use_set(x, sum);
			n->op = "elementwise_add";
			return cay_node_add_in(g, n, "Y", value, err) ? 0 : -1;
		}
		pair = add(g, n, "elementwise_add", sum, err);
		if (!pair || !cay_node_add_in(g, pair, "Y", value, err))
			return -1;
		sum = pair->out;
	}
	return 0;
}

// An activation between two limits.
static int name_clip(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	n->op = "clip";
	if (cay_node_set_float(g, n, "min", cay_node_float(n, "t_min", 0), err) < 0)
		return -1;
	return cay_node_set_float(g, n, "max", cay_node_float(n, "t_max", 24), err);
}

static int name_product(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	(void)g, (void)err;
	n->op = "matmul_v2";
	return 0;
}

int cay_pass_expand_ops(struct cay_graph *g, struct cay_err *err)
{
	static const struct {
		const char *op;
		int (*expand)(struct cay_graph *g, struct cay_node *n, struct cay_err *err);
	} ops[] = {
		{"bmm", name_product},
		{"brelu", name_clip},
		{"p_norm", expand_norm},
		{"sum", expand_sum},
	};

	for (struct cay_node *n = g->first; n; n = n->next)
		for (size_t i = 0; i < CAY_ARRAY_SIZE(ops); i++)
			if (cay_node_is(n, ops[i].op)) {
				if (ops[i].expand(g, n, err) < 0)
					return -1;
				break;
			}
	return 0;
}
