// softmax and log_softmax along one axis.
#include "engine/ops/operands.h"

#include <math.h>

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

// Of elements `inner` apart, whose softmax is in y. The largest has one that is not near 0, and by
// its logarithm the others are found from x: a softmax of 0 has a logarithm, too. Paddle takes none
// to be further below the largest than 64.
static void take_logarithms(const float *x, float *y, size_t count, size_t inner)
{
	size_t top = 0;
	float logarithm;

	for (size_t i = inner; i < count * inner; i += inner)
		top = x[i] > x[top] ? i : top;
	logarithm = logf(y[top]);
	for (size_t i = 0; i < count * inner; i += inner)
		y[i] = fmaxf(x[i] - x[top], -64) + logarithm;
}

static int log_softmax_run(const struct cay_io *io, struct cay_err *err)
{
	const struct softmax_plan *plan = io->plan;
	const float *x = io->in[0].data;
	float *y = io->out[0].data;

	softmax_run(io, err);
	for (size_t o = 0; o < plan->outer; o++)
		for (size_t i = 0; i < plan->inner; i++)
			take_logarithms(x + o * plan->count * plan->inner + i,
					y + o * plan->count * plan->inner + i, plan->count,
					plan->inner);
	return 0;
}

#define SOFTMAX(run_function)                                                                      \
	{                                                                                          \
		.in = {"X"}, .out = {"Out"}, .required = 1, .layout = CAY_OP_NCHW,                 \
		.prepare = softmax_prepare, .plan = softmax_plan, .run = run_function              \
	}
const struct cay_op cay_op_log_softmax = SOFTMAX(log_softmax_run);
const struct cay_op cay_op_softmax = SOFTMAX(softmax_run);
