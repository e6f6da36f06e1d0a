// nearest_interp and bilinear_interp, and their second versions: pictures of another size.
#include "engine/ops/operands.h"
#include "engine/rows.h"

#include <math.h>
#include <string.h>

enum { X, SCALE, OUT_SIZE, SIZE_TENSOR };

struct interp {
	bool bilinear, align_corners;
	bool second; // version: a scale says how far apart pixels are, even if it was rounded
	int64_t align_mode;
	int64_t size[2]; // height, width of the output; below 1: by scale
	float scale[2];	 // output by input, height and width; 0: by size
};

struct interp_plan {
	size_t in_h, in_w, out_h, out_w, channels, batch;
	struct cay_resize_source *rows, *columns;
};

static int set_scales(const struct cay_layer *layer, const float *values, size_t count,
		      struct interp *interp, struct cay_err *err)
{
	if (count > 2)
		return cay_layer_fail(layer, err, "%zu scales, want height and width", count);
	for (size_t i = 0; i < 2 && count; i++) {
		interp->scale[i] = values[count == 2 ? i : 0];
		if (!(interp->scale[i] >= 0 && interp->scale[i] < 65536))
			return cay_layer_fail(layer, err, "scale %g", (double)interp->scale[i]);
	}
	return 0;
}

// The attribute, which is a list or a number; a parameter wins over it.
static int read_scales(const struct cay_layer *layer, struct interp *interp, struct cay_err *err)
{
	const struct cay_value *value = layer->in[SCALE];
	const float one = cay_layer_float(layer, "scale", 0);
	float of_value[2];
	size_t count;
	const float *list = cay_layer_floats(layer, "scale", &count);

	if (!value)
		return list ? set_scales(layer, list, count, interp, err)
			    : set_scales(layer, &one, 1, interp, err);
	if (!value->data || value->dtype != CAY_DTYPE_F32 || value->size > sizeof(of_value))
		return cay_layer_fail(layer, err, "'%.80s' must be a parameter of one or two FP32",
				      value->name);
	memcpy(of_value, value->data, value->size);
	return set_scales(layer, of_value, value->size / sizeof(float), interp, err);
}

static int interp_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			  struct cay_err *err)
{
	struct interp *interp = cay_prepare_alloc(p, sizeof(*interp), err);

	*state = interp;
	if (!interp || cay_operand_want(layer, X, CAY_DTYPE_F32, err) < 0 ||
	    cay_operands_want_ints(p, layer, OUT_SIZE, err) < 0)
		return -1;
	if (strcmp(cay_layer_string(layer, "data_layout", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "data_layout NHWC is not supported");
	interp->bilinear = strncmp(layer->type, "bilinear", 8) == 0;
	interp->second = strstr(layer->type, "_v2") != NULL;
	interp->align_corners = cay_layer_bool(layer, "align_corners", true);
	interp->align_mode = cay_layer_int(layer, "align_mode", 1);
	interp->size[0] = cay_layer_int(layer, "out_h", -1);
	interp->size[1] = cay_layer_int(layer, "out_w", -1);
	return read_scales(layer, interp, err);
}

// Sizes that are given as tensors win over scales, and those over the attributes.
static int find_size(const struct cay_plan_context *p, const struct cay_layer *layer,
		     const struct interp *interp, const int64_t in[2], int64_t out[2],
		     struct cay_err *err)
{
	struct cay_numbers numbers;

	if (layer->in[SIZE_TENSOR] || layer->in[OUT_SIZE]) {
		if (cay_numbers_of_list(p, layer, OUT_SIZE, &numbers, err) < 0)
			return -1;
		if (numbers.count != 2)
			return cay_layer_fail(layer, err, "%zu sizes, want height and width",
					      numbers.count);
		memcpy(out, numbers.value, 2 * sizeof(*out));
	} else {
		for (size_t i = 0; i < 2; i++)
			out[i] = interp->scale[i] > 0 ? (int64_t)((float)in[i] * interp->scale[i])
						      : interp->size[i];
	}
	for (size_t i = 0; i < 2; i++)
		if (out[i] < 1 || out[i] > 65536)
			return cay_layer_fail(layer, err, "an output of %lldx%lld",
					      (long long)out[0], (long long)out[1]);
	return 0;
}

// Pixels of the input from one of the output to the next. A scale of 0 is none.
static float find_ratio(const struct interp *interp, int64_t in, int64_t out, float scale)
{
	if (interp->align_corners)
		return out > 1 ? (float)(in - 1) / (float)(out - 1) : 0;
	return interp->second && scale > 0 ? 1 / scale : (float)in / (float)out;
}

static struct cay_resize_source find_source(const struct interp *interp, int64_t in, float ratio,
					    int64_t i)
{
	const bool corners = interp->align_corners;
	float at = ratio * (float)i;
	struct cay_resize_source s;

	if (!interp->bilinear)
		at = corners ? at + 0.5f : at;
	else if (!corners && interp->align_mode == 0)
		at = fmaxf(ratio * ((float)i + 0.5f) - 0.5f, 0);
	s.first = (int32_t)at < in ? (int32_t)at : (int32_t)in - 1;
	s.second = s.first + 1 < in ? s.first + 1 : s.first;
	s.weight = at - (float)s.first;
	return s;
}

static struct cay_resize_source *find_sources(struct cay_plan_context *p,
					      const struct interp *interp, int64_t in, int64_t out,
					      float scale, struct cay_err *err)
{
	struct cay_resize_source *sources = cay_plan_table(p, (size_t)out * sizeof(*sources), err);
	const float ratio = find_ratio(interp, in, out, scale);

	for (int64_t i = 0; sources && i < out; i++)
		sources[i] = find_source(interp, in, ratio, i);
	return sources;
}

static int interp_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct interp *interp = state;
	const struct cay_shape x = cay_plan_in(p, X)->shape;
	const bool sized = layer->in[SIZE_TENSOR] || layer->in[OUT_SIZE];
	struct interp_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	char text[CAY_SHAPE_TEXT];
	int64_t out[2];

	if (!plan)
		return -1;
	if (x.rank != 4)
		return cay_layer_fail(layer, err, "its input is %s, want 4 dimensions",
				      cay_shape_text(&x, text));
	if (find_size(p, layer, interp, &x.dim[2], out, err) < 0 ||
	    cay_plan_output(p, 0, &(struct cay_shape){4, {x.dim[0], x.dim[1], out[0], out[1]}},
			    err) < 0)
		return -1;
	*plan = (struct interp_plan){
		.in_h = (size_t)x.dim[2],
		.in_w = (size_t)x.dim[3],
		.out_h = (size_t)out[0],
		.out_w = (size_t)out[1],
		.channels = (size_t)x.dim[1],
		.batch = (size_t)x.dim[0],
		.rows = find_sources(p, interp, x.dim[2], out[0], sized ? 0 : interp->scale[0],
				     err),
		.columns = find_sources(p, interp, x.dim[3], out[1], sized ? 0 : interp->scale[1],
					err),
	};
	return plan->rows && plan->columns ? 0
					   : cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
}

// One channel, as of a mask, is not worth a call for each pixel.
static void take_nearest(const struct interp_plan *plan, const float *x, float *y)
{
	const size_t n = plan->channels;

	for (size_t i = 0; i < plan->out_w && n == 1; i++)
		y[i] = x[plan->columns[i].first];
	for (size_t i = 0; i < plan->out_w && n > 1; i++)
		memcpy(y + i * n, x + (size_t)plan->columns[i].first * n, n * sizeof(*y));
}

// Rows of the output, those of all images one behind the other.
static void run_rows(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct interp *interp = io->state;
	const struct interp_plan *plan = io->plan;
	const size_t n = plan->channels, pitch = plan->in_w * n;
	float *y = (float *)io->out[0].data + first * plan->out_w * n;

	for (size_t row = first; row < first + count; row++) {
		const struct cay_resize_source *r = &plan->rows[row % plan->out_h];
		const float *image =
			(const float *)io->in[X].data + row / plan->out_h * plan->in_h * pitch;
		const float *top = image + (size_t)r->first * pitch;

		if (interp->bilinear)
			io->kernels->resize_f32(&(struct cay_resize_args){
				.top = top,
				.bottom = image + (size_t)r->second * pitch,
				.weight = r->weight,
				.columns = plan->columns,
				.out_w = plan->out_w,
				.channels = n,
				.y = y,
			});
		else
			take_nearest(plan, top, y);
		y += plan->out_w * n;
	}
}

static int interp_run(const struct cay_io *io, struct cay_err *err)
{
	const struct interp_plan *plan = io->plan;

	(void)err;
	cay_rows_run(io, plan->batch * plan->out_h, 1, plan->out_w * plan->channels * sizeof(float),
		     run_rows, io);
	return 0;
}

#define INTERP                                                                                     \
	{                                                                                          \
		.in = {"X", "Scale", "OutSize", "SizeTensor"}, .out = {"Out"}, .required = 1,      \
		.variadic = true, .layout = CAY_OP_NHWC, .prepare = interp_prepare,                \
		.plan = interp_plan, .run = interp_run                                             \
	}
const struct cay_op cay_op_bilinear_interp = INTERP;
const struct cay_op cay_op_bilinear_interp_v2 = INTERP;
const struct cay_op cay_op_nearest_interp = INTERP;
const struct cay_op cay_op_nearest_interp_v2 = INTERP;
