// pool2d: the maximum or the average of windows.
#include "engine/ops/operands.h"
#include "engine/ops/window.h"

#include <string.h>

#define MAX_OUT 65536 // rows or columns of adaptive pooling

struct pool {
	bool average, global, adaptive;
	bool exclusive; // padding does not count in an average
	bool ceil_mode;
	struct cay_window window;
	int64_t out[2]; // adaptive
};
struct pool_plan {
	size_t batch, image; // elements of an input image
	struct cay_pool_args args;
};

// One dimension: where windows begin and end, and how many elements an average divides by.
struct spans {
	int32_t *bounds; // [out][2]
	int32_t *length; // [out]
};

static int read_kernel(const struct cay_layer *layer, struct pool *pool, struct cay_err *err)
{
	size_t count;
	const int64_t *ksize = cay_layer_ints(layer, "ksize", &count);

	if (!ksize || count != 2)
		return cay_layer_fail(layer, err, "ksize has %zu values, want 2",
				      ksize ? count : 0);
	for (size_t i = 0; i < 2; i++) {
		if (ksize[i] < 1 || ksize[i] > MAX_OUT)
			return cay_layer_fail(layer, err, "ksize is %lld, want 1 to %d",
					      (long long)ksize[i], MAX_OUT);
		pool->out[i] = pool->window.kernel[i] = ksize[i];
	}
	return pool->adaptive ? 0 : cay_window_read(layer, &pool->window, err);
}

static int pool_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			struct cay_err *err)
{
	struct pool *pool = cay_prepare_alloc(p, sizeof(*pool), err);
	const bool with_index = strcmp(layer->type, "max_pool2d_with_index") == 0;
	const char *type = cay_layer_string(layer, "pooling_type", with_index ? "max" : "");

	*state = pool;
	if (!pool || cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	pool->average = strcmp(type, "avg") == 0;
	pool->global = cay_layer_bool(layer, "global_pooling", false);
	pool->adaptive = cay_layer_bool(layer, "adaptive", false);
	pool->exclusive = cay_layer_bool(layer, "exclusive", true);
	pool->ceil_mode = cay_layer_bool(layer, "ceil_mode", false);
	if (!pool->average && strcmp(type, "max") != 0)
		return cay_layer_fail(layer, err, "pooling_type '%.40s' is not supported", type);
	if (strcmp(cay_layer_string(layer, "data_format", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "data_format NHWC is not supported");
	return pool->global ? 0 : read_kernel(layer, pool, err);
}

// Window i covers [i*in/out, (i+1)*in/out), the ends rounded outwards. One window: all.
static void fill_adaptive(const struct spans *spans, int64_t in, int64_t out)
{
	for (int64_t i = 0; i < out; i++) {
		spans->bounds[2 * i] = (int32_t)(i * in / out);
		spans->bounds[2 * i + 1] = (int32_t)(((i + 1) * in + out - 1) / out);
		spans->length[i] = spans->bounds[2 * i + 1] - spans->bounds[2 * i];
	}
}

// Dimension d of a window. An average that is not exclusive counts the padding, but not what
// ceil_mode puts beyond it: so do Paddle from 2.0 on and Paddle-Lite. (Paddle 1.x divides by the
// whole kernel.)
static int fill_windows(const struct cay_layer *layer, const struct pool *pool,
			const struct cay_window_fit *fit, size_t d, int64_t in,
			const struct spans *spans, struct cay_err *err)
{
	const int64_t padded = in + fit->pad[2 * d + 1];

	for (int64_t i = 0; i < fit->out[d]; i++) {
		int64_t begin = i * pool->window.stride[d] - fit->pad[2 * d];
		int64_t end = begin + pool->window.kernel[d];
		int64_t length = (end < padded ? end : padded) - begin;

		begin = begin < 0 ? 0 : begin;
		end = end > in ? in : end;
		if (begin >= end)
			return cay_layer_fail(layer, err, "window %lld holds nothing but padding",
					      (long long)i);
		spans->bounds[2 * i] = (int32_t)begin;
		spans->bounds[2 * i + 1] = (int32_t)end;
		spans->length[i] = (int32_t)(pool->exclusive ? end - begin : length);
	}
	return 0;
}

static int fit_windows(const struct cay_layer *layer, const struct pool *pool, int64_t height,
		       int64_t width, struct cay_window_fit *fit, struct cay_err *err)
{
	if (!pool->global && !pool->adaptive)
		return cay_window_fit(layer, &pool->window, height, width, pool->ceil_mode, fit,
				      err);
	for (size_t d = 0; d < 2; d++)
		fit->out[d] = pool->global ? 1 : pool->out[d];
	return 0;
}

static int make_spans(struct cay_plan_context *p, const struct cay_layer *layer,
		      const struct pool *pool, const struct cay_window_fit *fit, size_t d,
		      int64_t in, struct spans *spans, struct cay_err *err)
{
	const size_t out = (size_t)fit->out[d];

	spans->bounds = cay_plan_table(p, 2 * out * sizeof(*spans->bounds), err);
	spans->length = cay_plan_table(p, out * sizeof(*spans->length), err);
	if (!spans->bounds || !spans->length)
		return cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
	if (!pool->global && !pool->adaptive)
		return fill_windows(layer, pool, fit, d, in, spans, err);
	fill_adaptive(spans, in, fit->out[d]);
	return 0;
}

static const float *inverse_areas(struct cay_plan_context *p, const struct spans spans[2],
				  size_t out_h, size_t out_w, struct cay_err *err)
{
	float *areas = cay_plan_table(p, out_h * out_w * sizeof(*areas), err);

	for (size_t i = 0; areas && i < out_h; i++)
		for (size_t j = 0; j < out_w; j++)
			areas[i * out_w + j] =
				1 / ((float)spans[0].length[i] * (float)spans[1].length[j]);
	return areas;
}

static int pool_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		     struct cay_err *err)
{
	const struct pool *pool = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct pool_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_window_fit fit = {0};
	struct spans spans[2];
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (x->rank != 4)
		return cay_layer_fail(layer, err, "its input is %s, want 4 dimensions",
				      cay_shape_text(x, text));
	if (fit_windows(layer, pool, x->dim[2], x->dim[3], &fit, err) < 0 ||
	    cay_plan_output(p, 0,
			    &(struct cay_shape){4, {x->dim[0], x->dim[1], fit.out[0], fit.out[1]}},
			    err) < 0)
		return -1;
	for (size_t d = 0; d < 2; d++)
		if (make_spans(p, layer, pool, &fit, d, x->dim[2 + d], &spans[d], err) < 0)
			return -1;
	plan->batch = (size_t)x->dim[0];
	plan->image = cay_shape_product(x, 1, 4);
	plan->args = (struct cay_pool_args){.in_w = (size_t)x->dim[3],
					    .out_h = (size_t)fit.out[0],
					    .out_w = (size_t)fit.out[1],
					    .channels = (size_t)x->dim[1],
					    .row = spans[0].bounds,
					    .column = spans[1].bounds};
	if (!pool->average)
		return 0;
	plan->args.inverse_area = inverse_areas(p, spans, plan->args.out_h, plan->args.out_w, err);
	return plan->args.inverse_area ? 0 : cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
}

static int pool_run(const struct cay_io *io, struct cay_err *err)
{
	const struct pool_plan *plan = io->plan;
	struct cay_pool_args args = plan->args;

	(void)err;
	args.x = io->in[0].data;
	args.y = io->out[0].data;
	for (size_t i = 0; i < plan->batch; i++) {
		io->kernels->pool_f32(&args);
		args.x += plan->image;
		args.y += args.out_h * args.out_w * args.channels;
	}
	return 0;
}

#define POOL                                                                                       \
	{                                                                                          \
		.in = {"X"}, .out = {"Out"}, .required = 1, .layout = CAY_OP_NHWC,                 \
		.prepare = pool_prepare, .plan = pool_plan, .run = pool_run                        \
	}
const struct cay_op cay_op_max_pool2d_with_index = POOL; // whose indices nobody can use
const struct cay_op cay_op_pool2d = POOL;
