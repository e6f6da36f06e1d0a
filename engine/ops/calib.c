// calib: between float and int8, by one scale; and between the layouts, in the same pass.
#include "common/size.h"
#include "engine/ops/operands.h"
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

	*state = calib;
	if (!calib)
		return -1;
	calib->scale = cay_layer_float(layer, "scale", 0);
	calib->quantize = strcmp(layer->alias, "fp32_to_int8") == 0;
	if (!calib->quantize && strcmp(layer->alias, "int8_to_fp32") != 0)
		return cay_layer_fail(layer, err, "conversion '%.40s' is not supported",
				      layer->alias);
	if (!isfinite(calib->scale) || calib->scale <= 0 || !isfinite(1 / calib->scale))
		return cay_layer_fail(layer, err, "scale is %g, want a positive number",
				      (double)calib->scale);
	if (cay_operand_want(layer, 0, calib->quantize ? CAY_DTYPE_F32 : CAY_DTYPE_S8, err) < 0)
		return -1;
	layer->out[0]->dtype = calib->quantize ? CAY_DTYPE_S8 : CAY_DTYPE_F32;
	layer->out[0]->scale = calib->quantize ? calib->scale : 0;
	return 0;
}

// Where the output has the other layout: images of channels and pixels. Else all are 0.
struct calib_plan {
	size_t batch, channels, pixels;
	bool from_planes; // the input is NCHW
};

enum { ELEMENTS = 64 }; // a thread's share is a multiple of a cache line

static int calib_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct calib_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);

	(void)layer, (void)state;
	if (!plan)
		return -1;
	if (x->rank == 4 && cay_plan_layout(p) != cay_plan_in_layout(p, 0))
		*plan = (struct calib_plan){(size_t)x->dim[0], (size_t)x->dim[1],
					    cay_shape_product(x, 2, 4),
					    cay_plan_in_layout(p, 0) == CAY_LAYOUT_NCHW};
	else
		cay_plan_elements(p, x, ELEMENTS);
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

// What is moved between the layouts at a time, through int8 on the stack.
enum { BLOCK_CHANNELS = 16, BLOCK_PIXELS = 256 };
struct block {
	const struct cay_io *io;
	size_t image; // its first element
	size_t channel, channels, pixel, pixels;
};

// What is on the stack lies as the floats do, in rows of pixels or, with NHWC, of channels.
static void convert_block(const struct block *b)
{
	const struct calib *calib = b->io->state;
	const struct calib_plan *plan = b->io->plan;
	const struct cay_kernels *k = b->io->kernels;
	const bool planes = calib->quantize == plan->from_planes; // of floats
	const size_t rows = planes ? b->channels : b->pixels;
	const size_t width = planes ? b->pixels : b->channels;
	const size_t pitch = planes ? BLOCK_PIXELS : BLOCK_CHANNELS;
	const size_t float_pitch = planes ? plan->pixels : plan->channels;
	const size_t int8_pitch = planes ? plan->channels : plan->pixels;
	const size_t in_planes = b->image + b->channel * plan->pixels + b->pixel;
	const size_t in_pixels = b->image + b->pixel * plan->channels + b->channel;
	const struct cay_operand *in = b->io->in, *out = b->io->out;
	float *f = (float *)(calib->quantize ? in : out)->data + (planes ? in_planes : in_pixels);
	int8_t *s = (int8_t *)(calib->quantize ? out : in)->data + (planes ? in_pixels : in_planes);
	int8_t block[BLOCK_CHANNELS * BLOCK_PIXELS];

	if (calib->quantize) {
		for (size_t i = 0; i < rows; i++)
			k->quantize_s8(f + i * float_pitch, block + i * pitch, width,
				       1 / calib->scale);
		k->transpose(block, pitch, s, int8_pitch, rows, width, sizeof(*s));
		return;
	}
	k->transpose(s, int8_pitch, block, pitch, width, rows, sizeof(*s));
	for (size_t i = 0; i < rows; i++)
		k->dequantize_s8(block + i * pitch, f + i * float_pitch, width, calib->scale);
}

// context: a struct block with io and image set.
static void run_pixels(const void *context, size_t first, size_t count)
{
	struct block b = *(const struct block *)context;
	const struct calib_plan *plan = b.io->plan;

	for (b.pixel = first; b.pixel < first + count; b.pixel += b.pixels) {
		b.pixels = cay_size_min(first + count - b.pixel, BLOCK_PIXELS);
		for (b.channel = 0; b.channel < plan->channels; b.channel += b.channels) {
			b.channels = cay_size_min(plan->channels - b.channel, BLOCK_CHANNELS);
			convert_block(&b);
		}
	}
}

static int calib_run(const struct cay_io *io, struct cay_err *err)
{
	const struct calib_plan *plan = io->plan;

	(void)err;
	if (!plan->batch)
		cay_rows_run(io, cay_shape_product(io->in[0].shape, 0, io->in[0].shape->rank),
			     ELEMENTS, sizeof(float), run_range, io);
	for (size_t i = 0; i < plan->batch; i++)
		cay_rows_run(io, plan->pixels, BLOCK_PIXELS, plan->channels * sizeof(float),
			     run_pixels,
			     &(struct block){io, i * plan->channels * plan->pixels, 0, 0, 0, 0});
	return 0;
}

const struct cay_op cay_op_calib = {
	.in = {"Input"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.relayouts = true,
	.prepare = calib_prepare,
	.plan = calib_plan,
	.run = calib_run,
	.rows = run_range,
};
