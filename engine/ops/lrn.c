// lrn: y = x / (k + alpha * sum of the squares of n neighbouring channels) ^ beta.
#include "engine/ops/operands.h"
#include "engine/rows.h"

#include <math.h>
#include <string.h>

struct lrn {
	size_t n;
	float k, alpha, beta;
};
struct lrn_plan {
	size_t pixels, channels;
};

static int lrn_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		       struct cay_err *err)
{
	struct lrn *lrn = cay_prepare_alloc(p, sizeof(*lrn), err);
	const int64_t n = cay_layer_int(layer, "n", 5);
	const char *region = cay_layer_string(layer, "norm_region", "AcrossChannels");

	*state = lrn;
	if (!lrn || cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	if (n < 1 || n > 65535 || n % 2 == 0)
		return cay_layer_fail(layer, err, "n is %lld, want an odd number", (long long)n);
	if (strcmp(region, "AcrossChannels") != 0 ||
	    strcmp(cay_layer_string(layer, "data_format", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "%.40s or NHWC is not supported", region);
	*lrn = (struct lrn){(size_t)n, cay_layer_float(layer, "k", 1),
			    cay_layer_float(layer, "alpha", 1e-4f),
			    cay_layer_float(layer, "beta", 0.75f)};
	return 0;
}

static int lrn_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		    struct cay_err *err)
{
	const struct cay_shape x = cay_plan_in(p, 0)->shape;
	struct lrn_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	char text[CAY_SHAPE_TEXT];

	(void)state;
	if (!plan)
		return -1;
	if (x.rank != 4)
		return cay_layer_fail(layer, err, "its input is %s, want 4 dimensions",
				      cay_shape_text(&x, text));
	plan->channels = (size_t)x.dim[1];
	plan->pixels = (size_t)x.dim[0] * cay_shape_product(&x, 2, 4);
	return cay_plan_output(p, 0, &x, err);
}

static void run_pixels(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct lrn *lrn = io->state;
	const size_t channels = ((const struct lrn_plan *)io->plan)->channels, half = lrn->n / 2;
	const float *x = (const float *)io->in[0].data + first * channels;
	float *y = (float *)io->out[0].data + first * channels;

	for (size_t i = 0; i < count; i++, x += channels, y += channels)
		for (size_t c = 0; c < channels; c++) {
			const size_t begin = c > half ? c - half : 0;
			const size_t end = channels - c > half ? c + half + 1 : channels;
			float sum = 0;

			for (size_t k = begin; k < end; k++)
				sum += x[k] * x[k];
			y[c] = x[c] / powf(lrn->k + lrn->alpha * sum, lrn->beta);
		}
}

static int lrn_run(const struct cay_io *io, struct cay_err *err)
{
	const struct lrn_plan *plan = io->plan;

	(void)err;
	cay_rows_run(io, plan->pixels, 1, plan->channels * 64, run_pixels, io);
	return 0;
}

const struct cay_op cay_op_lrn = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_NHWC,
	.prepare = lrn_prepare,
	.plan = lrn_plan,
	.run = lrn_run,
};
