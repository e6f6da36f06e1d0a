// arg_max: where along an axis the largest element is, the first of equals.
#include "engine/ops/operands.h"

struct arg {
	bool keep, flat, wide; // wide: INT64
	int64_t axis;
};
struct arg_plan {
	size_t outer, extent, inner;
};

static int arg_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		       struct cay_err *err)
{
	struct arg *arg = cay_prepare_alloc(p, sizeof(*arg), err);
	const int64_t dtype = cay_layer_int(layer, "dtype", -1);

	*state = arg;
	if (!arg || cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	arg->keep = cay_layer_bool(layer, "keepdims", false);
	arg->flat = cay_layer_bool(layer, "flatten", false);
	arg->axis = cay_layer_int(layer, "axis", -1);
	layer->out[0]->dtype = dtype == -1 ? CAY_DTYPE_I64 : cay_dtype_from_var_type(dtype);
	if (layer->out[0]->dtype != CAY_DTYPE_I64 && layer->out[0]->dtype != CAY_DTYPE_I32)
		return cay_layer_fail(layer, err, "dtype %lld is not supported", (long long)dtype);
	arg->wide = layer->out[0]->dtype == CAY_DTYPE_I64;
	return 0;
}

static int arg_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		    struct cay_err *err)
{
	const struct arg *arg = state;
	struct cay_shape x = cay_plan_in(p, 0)->shape, y = {0};
	struct arg_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	uint32_t axis;

	if (arg->flat)
		x = (struct cay_shape){1, {(int64_t)cay_shape_product(&x, 0, x.rank)}};
	if (!plan || cay_axis_resolve(layer, arg->flat ? 0 : arg->axis, x.rank, &axis, err) < 0)
		return -1;
	for (uint32_t i = 0; i < x.rank; i++)
		if (i != axis || arg->keep)
			y.dim[y.rank++] = i == axis ? 1 : x.dim[i];
	if (y.rank == 0)
		y.dim[y.rank++] = 1;
	*plan = (struct arg_plan){cay_shape_product(&x, 0, axis), (size_t)x.dim[axis],
				  cay_shape_product(&x, axis + 1, x.rank)};
	return cay_plan_output(p, 0, &y, err);
}

static size_t find(const struct arg_plan *plan, const float *x)
{
	size_t best = 0;

	for (size_t i = 1; i < plan->extent; i++)
		if (x[i * plan->inner] > x[best * plan->inner])
			best = i;
	return best;
}

static int arg_run(const struct cay_io *io, struct cay_err *err)
{
	const struct arg *arg = io->state;
	const struct arg_plan *plan = io->plan;
	const float *x = io->in[0].data;

	(void)err;
	for (size_t o = 0, n = 0; o < plan->outer; o++)
		for (size_t i = 0; i < plan->inner; i++, n++) {
			const size_t at = find(plan, x + o * plan->extent * plan->inner + i);

			if (arg->wide)
				((int64_t *)io->out[0].data)[n] = (int64_t)at;
			else
				((int32_t *)io->out[0].data)[n] = (int32_t)at;
		}
	return 0;
}

const struct cay_op cay_op_arg_max = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_NCHW,
	.prepare = arg_prepare,
	.plan = arg_plan,
	.run = arg_run,
};
