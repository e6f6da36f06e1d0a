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

	if (!axis || !x || !n->out)
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

// Writes value i of those that the op holds, in a list for its type or, by Paddle 3, in one of
// doubles. Returns false if it is none of that type.
static bool take_value(const struct cay_attr *list, size_t i, enum cay_dtype dtype, char *ret)
{
	const bool whole = list->type == CAY_ATTR_INTS || list->type == CAY_ATTR_LONGS;
	const double x = whole				 ? (double)list->ints[i]
			 : list->type == CAY_ATTR_FLOATS ? (double)list->floats[i]
							 : list->doubles[i];
	const bool fits = x >= -0x1p63 && x < 0x1p63;
	const float f32 = (float)x;
	const int64_t i64 = whole ? list->ints[i] : fits ? (int64_t)x : 0;
	const int32_t i32 = (int32_t)i64;

	if (dtype == CAY_DTYPE_F32)
		memcpy(ret, &f32, sizeof(f32));
	else if (dtype == CAY_DTYPE_I32)
		memcpy(ret, &i32, sizeof(i32));
	else
		memcpy(ret, &i64, sizeof(i64));
	return dtype == CAY_DTYPE_F32 ||
	       (dtype == CAY_DTYPE_I32 && i64 == i32 && (whole || fits)) ||
	       (dtype == CAY_DTYPE_I64 && (whole || fits));
}

static const struct cay_attr *find_values(const struct cay_node *n, size_t count)
{
	static const char *const names[] = {"values", "fp32_values", "int32_values",
					    "int64_values"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++) {
		const struct cay_attr *list = cay_attr_find(n->attrs, n->attr_count, names[i]);

		if (list && list->count == count &&
		    (list->type == CAY_ATTR_FLOATS || list->type == CAY_ATTR_FLOAT64S ||
		     list->type == CAY_ATTR_INTS || list->type == CAY_ATTR_LONGS))
			return list;
	}
	return NULL;
}

static int read_shape(const struct cay_node *n, struct cay_shape *ret, struct cay_err *err)
{
	size_t rank;
	const int64_t *dims = cay_attr_ints(n->attrs, n->attr_count, "shape", &rank);

	if (rank > CAY_MAX_RANK)
		return cay_fail(err, CAY_EMODEL, "assign_value '%s': %zu dimensions",
				cay_node_label(n), rank);
	*ret = (struct cay_shape){.rank = rank ? (uint32_t)rank : 1, .dim = {1}};
	for (size_t i = 0; i < rank; i++)
		ret->dim[i] = dims[i];
	return 0;
}

// Values that stand in the program are a parameter as others are.
static int take_values(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const enum cay_dtype dtype = cay_dtype_from_var_type(cay_node_int(n, "dtype", -1));
	struct cay_value *out = cay_node_out(n, "Out"), *constant;
	const struct cay_attr *list;
	struct cay_shape shape;
	size_t count;
	char *data;

	if (!out)
		return 0;
	if (read_shape(n, &shape, err) < 0 || cay_shape_count(&shape, &count, err) < 0)
		return -1;
	list = count ? find_values(n, count) : NULL;
	if (!list || (dtype != CAY_DTYPE_F32 && dtype != CAY_DTYPE_I32 && dtype != CAY_DTYPE_I64))
		return cay_fail(err, CAY_EMODEL, "assign_value '%s': its values are not supported",
				cay_node_label(n));
	data = cay_arena_array(&g->arena, count, cay_dtype_size(dtype), err);
	for (size_t i = 0; data && i < count; i++)
		if (!take_value(list, i, dtype, data + i * cay_dtype_size(dtype)))
			return cay_fail(err, CAY_EMODEL, "assign_value '%s': value %zu is no %s",
					cay_node_label(n), i, cay_dtype_name(dtype));
	constant = data ? cay_graph_constant(g, out->name, dtype, &shape, data, err) : NULL;
	if (!constant)
		return -1;
	cay_graph_replace_uses(out, constant);
	cay_graph_remove(g, n);
	return 0;
}

int cay_pass_expand_ops(struct cay_graph *g, struct cay_err *err)
{
	static const struct {
		const char *op;
		int (*expand)(struct cay_graph *g, struct cay_node *n, struct cay_err *err);
	} ops[] = {
		{"assign_value", take_values}, {"bmm", name_product}, {"brelu", name_clip},
		{"p_norm", expand_norm},       {"sum", expand_sum},
	};

	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		for (size_t i = 0; i < CAY_ARRAY_SIZE(ops); i++)
			if (cay_node_is(n, ops[i].op)) {
				if (ops[i].expand(g, n, err) < 0)
					return -1;
				break;
			}
	}
	return 0;
}
