// calib: between float and int8, by one scale.
#include "engine/rows.h"

#include <math.h>
#include <string.h>

struct calib {
	float scale;
	bool quantize;
};

static int calib_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	struct calib *calib = cay_prepare_alloc(p, sizeof(*calib), err);
	enum cay_dtype want;

	if (!calib)
		return -1;
	*state = calib;
	calib->scale = cay_layer_float(layer, "scale", 0);
	calib->quantize = strcmp(layer->alias, "fp32_to_int8") == 0;
	if (!calib->quantize && strcmp(layer->alias, "int8_to_fp32") != 0)
		return cay_layer_fail(layer, err, "conversion '%.40s' is not supported",
				      layer->alias);
	if (!isfinite(calib->scale) || calib->scale <= 0 || !isfinite(1 / calib->scale))
		return cay_layer_fail(layer, err, "scale is %g, want a positive number",
				      (double)calib->scale);
	want = calib->quantize ? CAY_DTYPE_F32 : CAY_DTYPE_S8;
	if (layer->in[0]->dtype != want)
		return cay_layer_fail(layer, err, "'%.80s' is %s, want %s", layer->in[0]->name,
				      cay_dtype_name(layer->in[0]->dtype), cay_dtype_name(want));
	layer->out[0]->dtype = calib->quantize ? CAY_DTYPE_S8 : CAY_DTYPE_F32;
	layer->out[0]->scale = calib->quantize ? calib->scale : 0;
	return 0;
}

enum { ELEMENTS = 64 }; // a thread's share is a multiple of a cache line

static int calib_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;

	(void)layer, (void)state;
	cay_plan_rows(p, &(struct cay_rows){.count = cay_shape_product(x, 0, x->rank),
					    .width = 1,
					    .tile = ELEMENTS,
					    .work = sizeof(float),
					    .elementwise = true});
	return cay_plan_output(p, 0, x, err);
}

static void run_range(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct calib *calib = io->state;
	const void *x = io->in[0].data;
	void *y = io->out[0].data;

	if (calib->quantize)
		io->kernels->quantize_s8((const float *)x + first, (int8_t *)y + first, count,
					 1 / calib->scale);
	else
		io->kernels->dequantize_s8((const int8_t *)x + first, (float *)y + first, count,
					   calib->scale);
}

static int calib_run(const struct cay_io *io, struct cay_err *err)
{
	size_t n = cay_shape_product(io->in[0].shape, 0, io->in[0].shape->rank);

	(void)err;
	cay_rows_run(io, n, ELEMENTS, sizeof(float), run_range, io);
	return 0;
}

const struct cay_op cay_op_calib = {
	.in = {"Input"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.prepare = calib_prepare,
	.plan = calib_plan,
	.run = calib_run,
	.rows = run_range,
};
