// concat: tensors one behind the other along an axis.
#include "engine/ops/operands.h"

#include <string.h>

struct concat {
	int64_t axis;
};
struct concat_plan {
	size_t outer;
	size_t *run; // [in_count] bytes of each operand, one behind the other, `outer` times
};

static int concat_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			  struct cay_err *err)
{
	struct concat *concat = cay_prepare_alloc(p, sizeof(*concat), err);

	*state = concat;
	if (!concat || cay_operands_want_alike(p, layer, err) < 0)
		return -1;
	if (layer->in[0]->dtype == CAY_DTYPE_S8) // their scales may differ
		return cay_layer_fail(layer, err, "INT8 is not supported");
	concat->axis = cay_layer_int(layer, "axis", 0);
	return 0;
}

// Adds the extents along the axis; all others must be equal.
static int join_shapes(struct cay_plan_context *p, const struct cay_layer *layer, uint32_t axis,
		       struct cay_shape *y, struct cay_err *err)
{
	char text[2][CAY_SHAPE_TEXT];

	for (size_t i = 1; i < layer->in_count; i++) {
		const struct cay_shape *x = &cay_plan_in(p, i)->shape;
		struct cay_shape other = *x;

		if (axis < x->rank)
			other.dim[axis] = y->dim[axis];
		if (!cay_shape_equal(&other, y))
			return cay_layer_fail(layer, err, "%s does not fit %s along axis %u",
					      cay_shape_text(x, text[0]),
					      cay_shape_text(y, text[1]), axis);
		y->dim[axis] += x->dim[axis]; // at most 2^31 each, and fewer than 2^32 of them
	}
	return 0;
}

// Bytes of one operand's run, and how many there are, in the order of memory.
static void find_runs(const struct cay_tensor *x, enum cay_layout layout, uint32_t axis,
		      size_t *outer, size_t *run)
{
	uint32_t order[CAY_MAX_RANK], i = 0;

	cay_layout_order(layout, x->shape.rank, order);
	*outer = 1;
	*run = cay_dtype_size(x->dtype);
	for (; order[i] != axis; i++)
		*outer *= (size_t)x->shape.dim[order[i]];
	for (; i < x->shape.rank; i++)
		*run *= (size_t)x->shape.dim[order[i]];
}

static int concat_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct concat *concat = state;
	struct concat_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = cay_plan_in(p, 0)->shape;
	uint32_t axis;

	if (!plan || cay_axis_resolve(layer, concat->axis, y.rank, &axis, err) < 0 ||
	    join_shapes(p, layer, axis, &y, err) < 0 || cay_plan_output(p, 0, &y, err) < 0)
		return -1;
	plan->run = cay_plan_table(p, layer->in_count * sizeof(*plan->run), err);
	if (!plan->run)
		return -1;
	for (size_t i = 0; i < layer->in_count; i++)
		find_runs(cay_plan_in(p, i), cay_plan_layout(p), axis, &plan->outer, &plan->run[i]);
	return 0;
}

static int concat_run(const struct cay_io *io, struct cay_err *err)
{
	const struct concat_plan *plan = io->plan;
	char *y = io->out[0].data;

	(void)err;
	for (size_t o = 0; o < plan->outer; o++)
		for (size_t i = 0; i < io->in_count; i++) {
			memcpy(y, (const char *)io->in[i].data + o * plan->run[i], plan->run[i]);
			y += plan->run[i];
		}
	return 0;
}

const struct cay_op cay_op_concat = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.variadic = true,
	.layout = CAY_OP_ANY,
	.prepare = concat_prepare,
	.plan = concat_plan,
	.run = concat_run,
};
