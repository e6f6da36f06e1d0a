// stack: tensors of one shape side by side along a new axis.
#include "engine/ops/operands.h"

#include <string.h>

struct stack {
	int64_t axis;
};
struct stack_plan {
	size_t outer, run; // run: bytes of one operand, `outer` times
};

static int stack_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	struct stack *stack = cay_prepare_alloc(p, sizeof(*stack), err);

	*state = stack;
	if (!stack)
		return -1;
	stack->axis = cay_layer_int(layer, "axis", 0);
	return cay_operands_want_alike(p, layer, err);
}

static int stack_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct stack *stack = state;
	const struct cay_tensor *in = cay_plan_in(p, 0);
	const struct cay_shape x = in->shape;
	struct stack_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = {.rank = x.rank + 1};
	char text[2][CAY_SHAPE_TEXT];
	uint32_t axis;

	if (!plan)
		return -1;
	if (x.rank == CAY_MAX_RANK)
		return cay_layer_fail(layer, err, "more than %d dimensions", CAY_MAX_RANK);
	if (cay_axis_resolve(layer, stack->axis, y.rank, &axis, err) < 0)
		return -1;
	for (size_t i = 1; i < layer->in_count; i++)
		if (!cay_shape_equal(&cay_plan_in(p, i)->shape, &x))
			return cay_layer_fail(layer, err, "%s is not %s",
					      cay_shape_text(&cay_plan_in(p, i)->shape, text[0]),
					      cay_shape_text(&x, text[1]));
	for (uint32_t i = 0; i < y.rank; i++)
		y.dim[i] = i < axis    ? x.dim[i]
			   : i == axis ? (int64_t)layer->in_count
				       : x.dim[i - 1];
	plan->outer = cay_shape_product(&x, 0, axis);
	plan->run = cay_shape_product(&x, axis, x.rank) * cay_dtype_size(in->dtype);
	return cay_plan_output(p, 0, &y, err);
}

static int stack_run(const struct cay_io *io, struct cay_err *err)
{
	const struct stack_plan *plan = io->plan;
	char *y = io->out[0].data;

	(void)err;
	for (size_t o = 0; o < plan->outer; o++)
		for (size_t i = 0; i < io->in_count; i++, y += plan->run)
			memcpy(y, (const char *)io->in[i].data + o * plan->run, plan->run);
	return 0;
}

const struct cay_op cay_op_stack = {
	.in = {"X"},
	.out = {"Y"},
	.required = 1,
	.variadic = true,
	.layout = CAY_OP_NCHW,
	.prepare = stack_prepare,
	.plan = stack_plan,
	.run = stack_run,
};
