// conv2d, depthwise_conv2d and conv2d_transpose: y = act(x * w + bias), int8 or float.
#include "common/size.h"
#include "engine/ops/operands.h"
#include "engine/ops/quant.h"
#include "engine/ops/window.h"
#include "engine/rows.h"

#include <string.h>

struct conv {
	struct cay_window window;
	int64_t groups, in_channels, out_channels;
	size_t taps;
	bool depthwise; // one filter per channel
	bool transposed;
	struct cay_window_extra extra; // transposed
	const struct cay_gemm *gemm;
	const struct cay_depthwise *dw;
	const void **packed;	  // [groups] (depthwise: 1)
	const void *zero;	  // a padding pixel
	size_t in_size, out_size; // bytes of an element
	bool to_f32;
	struct cay_act act;
};

// What is known once there are input shapes.
struct conv_plan {
	size_t batch, in_pixels, m; // m: output pixels of one image
	int32_t *offsets;	    // [taps][m]; NULL: input and output pixels are the same
};

// [out][in][tap], or transposed [in][out][tap], to [out][tap][in]: the depth of a tap becomes
// contiguous, as in NHWC activations.
static void reorder(const struct conv *conv, char *to, const char *from, size_t out, size_t in)
{
	const size_t taps = conv->taps, element = conv->in_size;

	for (size_t o = 0; o < out; o++)
		for (size_t t = 0; t < taps; t++)
			for (size_t i = 0; i < in; i++, to += element) {
				size_t filter = conv->transposed ? i * out + o : o * in + i;

				memcpy(to, from + (filter * taps + t) * element, element);
			}
}

static int pack_groups(struct cay_prepare *p, struct conv *conv, const struct cay_value *filter,
		       const float *scale, const float *bias, struct cay_err *err)
{
	size_t n = (size_t)(conv->out_channels / conv->groups);
	size_t k = (size_t)(conv->in_channels / conv->groups);
	size_t bytes = n * k * conv->taps * conv->in_size;
	const struct cay_gemm *gemm = conv->gemm;
	struct cay_arena work;
	char *weights;
	int result = -1;

	cay_arena_init(&work, 0);
	weights = cay_arena_alloc(&work, bytes, err);
	for (int64_t g = 0; weights && g < conv->groups; g++) {
		size_t first = (size_t)g * n;
		void *packed = cay_prepare_alloc(p, gemm->packed_size(gemm, n, k, conv->taps), err);

		if (!packed)
			goto done;
		reorder(conv, weights, (const char *)filter->data + (size_t)g * bytes, n, k);
		gemm->pack(gemm, packed, weights, scale ? scale + first : NULL,
			   bias ? bias + first : NULL, n, k, conv->taps);
		conv->packed[g] = packed;
	}
	result = weights ? 0 : -1;
done:
	cay_arena_finish(&work);
	return result;
}

static int pack_depthwise(struct cay_prepare *p, struct conv *conv, const struct cay_value *filter,
			  const float *scale, const float *bias, struct cay_err *err)
{
	size_t channels = (size_t)conv->out_channels;
	void *packed = cay_prepare_alloc(p, conv->dw->packed_size(channels, conv->taps), err);
	struct cay_arena work; // aligned, which the file's bytes are not
	void *weights;

	if (!packed)
		return -1;
	cay_arena_init(&work, 0);
	weights = cay_arena_copy(&work, filter->data, filter->size, err);
	if (weights)
		conv->dw->pack(packed, weights, scale, bias, channels, conv->taps);
	conv->packed[0] = packed;
	cay_arena_finish(&work);
	return weights ? 0 : -1;
}

static int read_filter(const struct cay_layer *layer, struct conv *conv, struct cay_err *err)
{
	const struct cay_value *filter = layer->in[1];
	const struct cay_shape *s = &filter->shape;
	enum cay_dtype want = layer->int8 ? CAY_DTYPE_S8 : CAY_DTYPE_F32;
	char text[CAY_SHAPE_TEXT];

	if (!filter->data)
		return cay_layer_fail(layer, err, "its filter is computed, want a 4-D parameter");
	if (s->rank != 4 || filter->dtype != want)
		return cay_layer_fail(layer, err, "its filter is %s %s, want a 4-D parameter of %s",
				      cay_dtype_name(filter->dtype), cay_shape_text(s, text),
				      cay_dtype_name(want));
	if (cay_operand_want(layer, 0, want, err) < 0)
		return -1;
	conv->groups = cay_layer_int(layer, "groups", 1);
	if (conv->groups < 1 || conv->groups > s->dim[0] || s->dim[0] % conv->groups != 0)
		return cay_layer_fail(layer, err, "%lld groups do not divide %lld %s channels",
				      (long long)conv->groups, (long long)s->dim[0],
				      conv->transposed ? "input" : "output");
	conv->out_channels = conv->transposed ? s->dim[1] * conv->groups : s->dim[0];
	conv->in_channels = conv->transposed ? s->dim[0] : s->dim[1] * conv->groups;
	conv->window.kernel[0] = s->dim[2];
	conv->window.kernel[1] = s->dim[3];
	conv->taps = (size_t)(s->dim[2] * s->dim[3]);
	conv->depthwise = s->dim[1] == 1 && conv->groups == s->dim[0] && conv->groups > 1;
	if (conv->in_channels / conv->groups * s->dim[2] * s->dim[3] > CAY_MAX_DEPTH)
		return cay_layer_fail(layer, err, "a filter of %s is over the limit of %d products",
				      cay_shape_text(s, text), CAY_MAX_DEPTH);
	if (strcmp(cay_layer_string(layer, "data_format", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "data_format NHWC is not supported");
	return 0;
}

static int conv_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			struct cay_err *err)
{
	struct conv *conv = cay_prepare_alloc(p, sizeof(*conv), err);
	struct cay_quant q = {.out_scale = 1, .to_f32 = true};
	bool with_act = cay_layer_bool(layer, "with_act", false);
	size_t n;

	*state = conv;
	if (!conv)
		return -1;
	conv->transposed = strcmp(layer->type, "conv2d_transpose") == 0;
	if (read_filter(layer, conv, err) < 0 || cay_window_read(layer, &conv->window, err) < 0 ||
	    (conv->transposed && cay_window_read_extra(layer, &conv->extra, err) < 0))
		return -1;
	n = (size_t)conv->out_channels;
	if (layer->int8) {
		if (cay_quant_read(p, layer, "Input", "Filter", "Output", layer->in[2], n, 1, &q,
				   err) < 0)
			return -1;
	} else if (layer->in[2]) {
		q.bias = cay_prepare_floats(p, layer, layer->in[2], n, err);
		if (!q.bias)
			return -1;
	}
	if (cay_act_read(layer, with_act ? cay_layer_string(layer, "act_type", "") : "",
			 "fuse_brelu_threshold", q.out_scale, &conv->act, err) < 0)
		return -1;
	conv->to_f32 = q.to_f32;
	conv->in_size = layer->int8 ? 1 : sizeof(float);
	conv->out_size = q.to_f32 ? sizeof(float) : 1;
	conv->gemm = layer->int8 ? p->kernels->gemm_s8 : p->kernels->gemm_f32;
	conv->dw = layer->int8 ? p->kernels->depthwise_s8 : p->kernels->depthwise_f32;
	layer->kernel = conv->depthwise ? conv->dw->name : conv->gemm->name;
	layer->out[0]->dtype = q.to_f32 ? CAY_DTYPE_F32 : CAY_DTYPE_S8;
	conv->zero = cay_prepare_alloc(p, (size_t)conv->in_channels * conv->in_size, err);
	conv->packed = cay_prepare_alloc(
		p, (conv->depthwise ? 1 : (size_t)conv->groups) * sizeof(*conv->packed), err);
	if (!conv->zero || !conv->packed)
		return -1;
	return conv->depthwise ? pack_depthwise(p, conv, layer->in[1], q.scale, q.bias, err)
			       : pack_groups(p, conv, layer->in[1], q.scale, q.bias, err);
}

// The row or column of the input that a tap of the output's row or column meets; outside of the
// input: none.
static int64_t find_source(const struct conv *conv, const struct cay_window_fit *fit, size_t d,
			   int64_t out, int64_t tap)
{
	const int64_t stride = conv->window.stride[d], at = tap * fit->dilation[d];

	if (!conv->transposed)
		return out * stride + at - fit->pad[2 * d];
	return (out + fit->pad[2 * d] - at) % stride ? -1 : (out + fit->pad[2 * d] - at) / stride;
}

static void fill_offsets(const struct conv *conv, const struct cay_window_fit *fit,
			 const struct cay_shape *x, int32_t *offset)
{
	int64_t height = x->dim[2], width = x->dim[3];

	for (int64_t ky = 0; ky < conv->window.kernel[0]; ky++)
		for (int64_t kx = 0; kx < conv->window.kernel[1]; kx++)
			for (int64_t oy = 0; oy < fit->out[0]; oy++) {
				int64_t y = find_source(conv, fit, 0, oy, ky);

				for (int64_t ox = 0; ox < fit->out[1]; ox++) {
					int64_t ix = find_source(conv, fit, 1, ox, kx);
					bool inside = y >= 0 && y < height && ix >= 0 && ix < width;

					*offset++ = inside ? (int32_t)((y * width + ix) *
								       conv->in_channels)
							   : -1;
				}
			}
}

static bool is_pointwise(const struct conv *conv, const struct cay_window_fit *fit)
{
	return !conv->depthwise && !conv->transposed && conv->taps == 1 &&
	       conv->window.stride[0] == 1 && conv->window.stride[1] == 1 &&
	       !(fit->pad[0] | fit->pad[1] | fit->pad[2] | fit->pad[3]);
}

static int fit_window(const struct cay_layer *layer, const struct conv *conv,
		      const struct cay_shape *x, struct cay_window_fit *fit, struct cay_err *err)
{
	return conv->transposed ? cay_window_fit_transposed(layer, &conv->window, &conv->extra,
							    x->dim[2], x->dim[3], fit, err)
				: cay_window_fit(layer, &conv->window, x->dim[2], x->dim[3], false,
						 fit, err);
}

static size_t products(const struct conv *conv) // of an output pixel
{
	const size_t n = conv->taps * (size_t)conv->out_channels;

	return conv->depthwise ? n : n * (size_t)(conv->in_channels / conv->groups);
}

static size_t rows_together(const struct conv *conv)
{
	return conv->depthwise ? 1 : conv->gemm->mr;
}

static int conv_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		     struct cay_err *err)
{
	const struct conv *conv = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct conv_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_window_fit fit;
	struct cay_shape y;
	char text[CAY_SHAPE_TEXT];
	size_t bytes;

	if (!plan)
		return -1;
	if (x->rank != 4 || x->dim[1] != conv->in_channels)
		return cay_layer_fail(layer, err, "its input is %s, its filter wants %lld channels",
				      cay_shape_text(x, text), (long long)conv->in_channels);
	if (fit_window(layer, conv, x, &fit, err) < 0)
		return -1;
	y = (struct cay_shape){4, {x->dim[0], conv->out_channels, fit.out[0], fit.out[1]}};
	if (cay_plan_output(p, 0, &y, err) < 0)
		return -1;
	plan->batch = (size_t)x->dim[0];
	plan->in_pixels = (size_t)(x->dim[2] * x->dim[3]);
	plan->m = (size_t)(fit.out[0] * fit.out[1]);
	if (is_pointwise(conv, &fit)) {
		plan->m *= plan->batch;
		plan->batch = 1;
	}
	if (plan->batch == 1)
		cay_plan_rows(p, &(struct cay_rows){.count = plan->m,
						    .width = (size_t)conv->out_channels,
						    .tile = rows_together(conv),
						    .work = products(conv)});
	if (is_pointwise(conv, &fit))
		return 0;
	if (plan->in_pixels > (size_t)INT32_MAX / (size_t)conv->in_channels ||
	    !cay_size_mul(plan->m, conv->taps * sizeof(int32_t), &bytes))
		return cay_layer_fail(layer, err, "an input image of %s is too large",
				      cay_shape_text(x, text));
	plan->offsets = cay_plan_table(p, bytes, err);
	if (!plan->offsets)
		return cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
	fill_offsets(conv, &fit, x, plan->offsets);
	return 0;
}

// One image, or all of them for 1x1 convolutions.
struct conv_image {
	const struct conv *conv;
	const struct conv_plan *plan;
	const char *x;
	char *y;
};

// Output pixels [first, first + count), and columns of each group from one to another; end 0: all.
static void run_gemm_part(const struct conv_image *image, size_t first, size_t count,
			  size_t first_column, size_t end_column)
{
	const struct conv *conv = image->conv;
	const struct conv_plan *plan = image->plan;
	size_t n = (size_t)(conv->out_channels / conv->groups);
	size_t k = (size_t)(conv->in_channels / conv->groups);
	const char *x = image->x;

	if (!plan->offsets) // the input's pixels are the output's
		x += first * (size_t)conv->in_channels * conv->in_size;
	for (size_t g = 0; g < (size_t)conv->groups; g++) {
		const struct cay_gemm_args args = {
			.m = count,
			.n = n,
			.k = k,
			.first_column = first_column,
			.end_column = end_column,
			.taps = conv->taps,
			.a = x + g * k * conv->in_size,
			.lda = (size_t)conv->in_channels,
			.offsets = plan->offsets ? plan->offsets + first : NULL,
			.offset_stride = plan->m,
			.zero = conv->zero,
			.packed = conv->packed[g],
			.c = image->y +
			     (first * (size_t)conv->out_channels + g * n) * conv->out_size,
			.ldc = (size_t)conv->out_channels,
			.to_f32 = conv->to_f32,
			.act = conv->act,
		};

		conv->gemm->run(conv->gemm, &args);
	}
}

static void run_gemm(const void *context, size_t first, size_t count)
{
	run_gemm_part(context, first, count, 0, 0);
}

// All output pixels of `count` panels of columns.
static void run_panels(const void *context, size_t first, size_t count)
{
	const struct conv_image *image = context;
	const size_t nr = image->conv->gemm->nr, n = (size_t)image->conv->out_channels;
	const size_t end = (first + count) * nr;

	run_gemm_part(image, 0, image->plan->m, first * nr, end < n ? end : n);
}

static void run_depthwise(const void *context, size_t first, size_t count)
{
	const struct conv_image *image = context;
	const struct conv *conv = image->conv;

	conv->dw->run(&(struct cay_depthwise_args){
		.m = count,
		.channels = (size_t)conv->out_channels,
		.taps = conv->taps,
		.a = image->x,
		.offsets = image->plan->offsets + first,
		.offset_stride = image->plan->m,
		.zero = conv->zero,
		.packed = conv->packed[0],
		.c = image->y + first * (size_t)conv->out_channels * conv->out_size,
		.ldc = (size_t)conv->out_channels,
		.to_f32 = conv->to_f32,
		.act = conv->act,
	});
}

// Rows of the output where there is only one image.
static void run_rows(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct conv *conv = io->state;
	const struct conv_image image = {conv, io->plan, io->in[0].data, io->out[0].data};

	(conv->depthwise ? run_depthwise : run_gemm)(&image, first, count);
}

static void run_image(const struct cay_io *io, const struct conv_image *image)
{
	const struct conv *conv = image->conv;
	const size_t m = image->plan->m, n = (size_t)conv->out_channels;

	if (!conv->depthwise && conv->groups == 1 && cay_columns_split_better(conv->gemm, m, n))
		cay_rows_run(io, (n + conv->gemm->nr - 1) / conv->gemm->nr, 1,
			     m * conv->taps * (size_t)conv->in_channels * conv->gemm->nr,
			     run_panels, image);
	else
		cay_rows_run(io, m, rows_together(conv), products(conv),
			     conv->depthwise ? run_depthwise : run_gemm, image);
}

static int conv_run(const struct cay_io *io, struct cay_err *err)
{
	const struct conv *conv = io->state;
	const struct conv_plan *plan = io->plan;
	size_t in_image = plan->in_pixels * (size_t)conv->in_channels * conv->in_size;
	size_t out_image = plan->m * (size_t)conv->out_channels * conv->out_size;
	struct conv_image image = {conv, plan, io->in[0].data, io->out[0].data};

	(void)err;
	for (size_t i = 0; i < plan->batch; i++, image.x += in_image, image.y += out_image)
		run_image(io, &image);
	return 0;
}

#define CONV                                                                                       \
	{                                                                                          \
		.in = {"Input", "Filter", "Bias"}, .out = {"Output"}, .required = 2,               \
		.layout = CAY_OP_NHWC, .prepare = conv_prepare, .plan = conv_plan,                 \
		.run = conv_run, .rows = run_rows                                                  \
	}
const struct cay_op cay_op_conv2d = CONV;
const struct cay_op cay_op_conv2d_transpose = CONV;
const struct cay_op cay_op_depthwise_conv2d = CONV;
