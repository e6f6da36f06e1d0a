// softmax along one axis.
#include "engine/ops/operands.h"

struct softmax {
	int64_t axis;
};
struct softmax_plan {
	size_t outer, count, inner;
};

static int softmax_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			   struct cay_err *err)
{
	struct softmax *softmax = cay_prepare_alloc(p, sizeof(*softmax), err);

	*state = softmax;
	if (!softmax)
		return -1;
	softmax->axis = cay_layer_int(layer, "axis", -1);
	return cay_operands_want_f32(p, layer, err);
}

static int softmax_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			const void *state, struct cay_err *err)
{
	const struct softmax *softmax = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct softmax_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	uint32_t axis;

	if (!plan || cay_axis_resolve(layer, softmax->axis, x->rank, &axis, err) < 0)
		return -1;
	plan->outer = cay_shape_product(x, 0, axis);
	plan->count = (size_t)x->dim[axis];
	plan->inner = cay_shape_product(x, axis + 1, x->rank);
	return cay_plan_output(p, 0, x, err);
}

static int softmax_run(const struct cay_io *io, struct cay_err *err)
{
	const struct softmax_plan *plan = io->plan;

	(void)err;
	io->kernels->softmax_f32(io->in[0].data, io->out[0].data, plan->outer, plan->count,
				 plan->inner);
	return 0;
}

const struct cay_op cay_op_softmax = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_NCHW,
	.prepare = softmax_prepare,
	.plan = softmax_plan,
	.run = softmax_run,
};
