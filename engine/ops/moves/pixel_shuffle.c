// pixel_shuffle: of factor * factor channels each pixel becomes a square of so many pixels.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

struct pixel_shuffle {
	int64_t factor;
};

static int pixel_shuffle_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
				 struct cay_err *err)
{
	struct pixel_shuffle *shuffle = cay_prepare_alloc(p, sizeof(*shuffle), err);

	*state = shuffle;
	if (!shuffle || cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	shuffle->factor = cay_layer_int(layer, "upscale_factor", 1);
	if (shuffle->factor < 1 || shuffle->factor > 65535)
		return cay_layer_fail(layer, err, "upscale_factor is %lld",
				      (long long)shuffle->factor);
	return 0;
}

static int pixel_shuffle_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			      const void *state, struct cay_err *err)
{
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	const int64_t factor = ((const struct pixel_shuffle *)state)->factor;
	struct cay_strided *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = *x;
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (x->rank != 4 || x->dim[1] % (factor * factor) != 0 || x->dim[2] > INT32_MAX / factor ||
	    x->dim[3] > INT32_MAX / factor)
		return cay_layer_fail(layer, err, "its input is %s, upscale_factor %lld",
				      cay_shape_text(x, text), (long long)factor);
	y.dim[1] = x->dim[1] / (factor * factor);
	y.dim[2] = x->dim[2] * factor;
	y.dim[3] = x->dim[3] * factor;
	plan->element = sizeof(float);
	cay_layout_strides(cay_plan_layout(p), x, plan->element, stride);
	cay_layout_order(cay_plan_layout(p), x->rank, order);
	for (uint32_t i = 0; i < x->rank; i++) {
		const uint32_t d = order[i];
		const ptrdiff_t channel = (ptrdiff_t)stride[1]; // which make a square row by row

		if (d == 1) {
			cay_strided_add(plan, (size_t)y.dim[1], channel * factor * factor);
			continue;
		}
		cay_strided_add(plan, (size_t)x->dim[d], (ptrdiff_t)stride[d]);
		if (d == 2)
			cay_strided_add(plan, (size_t)factor, channel * factor);
		if (d == 3)
			cay_strided_add(plan, (size_t)factor, channel);
	}
	return cay_plan_output(p, 0, &y, err);
}

static int pixel_shuffle_run(const struct cay_io *io, struct cay_err *err)
{
	(void)err;
	cay_strided_copy(io->plan, io->in[0].data, io->out[0].data);
	return 0;
}

const struct cay_op cay_op_pixel_shuffle = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.prepare = pixel_shuffle_prepare,
	.plan = pixel_shuffle_plan,
	.run = pixel_shuffle_run,
};
