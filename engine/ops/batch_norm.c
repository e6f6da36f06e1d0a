// batch_norm: y = (x - mean) * scale / sqrt(variance + epsilon) + bias.
#include "engine/ops/operands.h"

#include <math.h>
#include <string.h>

struct batch_norm {
	size_t channels;
	float *factor, *offset; // [channels]: y = x * factor + offset
};
struct batch_norm_plan {
	size_t plane; // elements of a channel's plane; 0: channels lie side by side
	size_t outer; // images if there are planes, else pixels
};

enum { X, SCALE, BIAS, MEAN, VARIANCE, OPERANDS };

static int batch_norm_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			      struct cay_err *err)
{
	struct batch_norm *norm = cay_prepare_alloc(p, sizeof(*norm), err);
	const float epsilon = cay_layer_float(layer, "epsilon", 1e-5f);
	const float *of[OPERANDS];

	*state = norm;
	if (!norm || cay_operand_want(layer, X, CAY_DTYPE_F32, err) < 0)
		return -1;
	if (strcmp(cay_layer_string(layer, "data_layout", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "data_layout NHWC is not supported");
	norm->channels = layer->in[SCALE]->size / sizeof(float);
	for (size_t i = SCALE; i < OPERANDS; i++) {
		of[i] = cay_prepare_floats(p, layer, layer->in[i], norm->channels, err);
		if (!of[i])
			return -1;
	}
	norm->factor = cay_prepare_alloc(p, norm->channels * sizeof(float), err);
	norm->offset = cay_prepare_alloc(p, norm->channels * sizeof(float), err);
	if (!norm->factor || !norm->offset)
		return -1;
	for (size_t c = 0; c < norm->channels; c++) {
		norm->factor[c] = of[SCALE][c] / sqrtf(of[VARIANCE][c] + epsilon);
		norm->offset[c] = of[BIAS][c] - of[MEAN][c] * norm->factor[c];
	}
	return 0;
}

static int batch_norm_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			   const void *state, struct cay_err *err)
{
	const struct batch_norm *norm = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct batch_norm_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (x->rank < 2 || (size_t)x->dim[1] != norm->channels)
		return cay_layer_fail(layer, err, "its input is %s, its scale has %zu channels",
				      cay_shape_text(x, text), norm->channels);
	plan->outer = (size_t)x->dim[0];
	plan->plane = cay_shape_product(x, 2, x->rank);
	if (plan->plane == 1 || (x->rank == 4 && cay_plan_layout(p) == CAY_LAYOUT_NHWC)) {
		plan->outer *= plan->plane;
		plan->plane = 0;
	}
	return cay_plan_output(p, 0, x, err);
}

static void run_planes(const struct cay_io *io, const struct batch_norm *norm,
		       const struct batch_norm_plan *plan, const float *x, float *y)
{
	for (size_t i = 0; i < plan->outer; i++)
		for (size_t c = 0; c < norm->channels; c++) {
			io->kernels->unary_f32[CAY_UNARY_SCALE](x, y, plan->plane, norm->factor[c],
								norm->offset[c], 0);
			x += plan->plane;
			y += plan->plane;
		}
}

static void run_pixels(const struct cay_io *io, const struct batch_norm *norm,
		       const struct batch_norm_plan *plan, const float *x, float *y)
{
	const size_t n = norm->channels;

	for (size_t i = 0; i < plan->outer; i++, x += n, y += n) {
		io->kernels->binary_f32[CAY_BINARY_MUL](x, 1, norm->factor, 1, y, n, false);
		io->kernels->binary_f32[CAY_BINARY_ADD](y, 1, norm->offset, 1, y, n, false);
	}
}

static int batch_norm_run(const struct cay_io *io, struct cay_err *err)
{
	const struct batch_norm_plan *plan = io->plan;

	(void)err;
	(plan->plane ? run_planes : run_pixels)(io, io->state, plan, io->in[X].data,
						io->out[0].data);
	return 0;
}

const struct cay_op cay_op_batch_norm = {
	.in = {"X", "Scale", "Bias", "Mean", "Variance"},
	.out = {"Y"},
	.required = OPERANDS,
	.layout = CAY_OP_ANY,
	.prepare = batch_norm_prepare,
	.plan = batch_norm_plan,
	.run = batch_norm_run,
};
