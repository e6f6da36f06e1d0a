// shape: the dimensions of a tensor, as a tensor.
#include "engine/op.h"

static int shape_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	(void)p, (void)state, (void)err;
	layer->out[0]->dtype = CAY_DTYPE_I32;
	return 0;
}

static int shape_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct cay_shape y = {1, {cay_plan_in(p, 0)->shape.rank}};

	(void)layer, (void)state;
	return cay_plan_output(p, 0, &y, err);
}

static int shape_run(const struct cay_io *io, struct cay_err *err)
{
	int32_t *y = io->out[0].data;

	(void)err;
	for (uint32_t i = 0; i < io->in[0].shape->rank; i++)
		y[i] = (int32_t)io->in[0].shape->dim[i]; // at most CAY_MAX_DIM
	return 0;
}

const struct cay_op cay_op_shape = {
	.in = {"Input"},
	.out = {"Out"},
	.required = 1,
	.shape_only = true,
	.layout = CAY_OP_ANY,
	.prepare = shape_prepare,
	.plan = shape_plan,
	.run = shape_run,
};
