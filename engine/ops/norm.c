// layer_norm, group_norm and instance_norm: rows of a tensor get mean 0 and variance 1.
#include "engine/ops/operands.h"
#include "engine/rows.h"

#include <string.h>

enum { X, SCALE, BIAS };
enum kind { LAYER, GROUP, INSTANCE };

struct norm {
	enum kind kind;
	float epsilon;
	int64_t number; // the axis where rows begin, or the groups
	const float *scale, *bias;
	size_t count; // values of scale and of bias
};

// `each` elements that lie side by side share a scale; `row` elements are normed together.
struct norm_plan {
	size_t rows, row, each;
};

static const struct form {
	const char *type, *attr;
	enum kind kind;
} forms[] = {
	{"group_norm", "groups", GROUP},
	{"instance_norm", "", INSTANCE},
	{"layer_norm", "begin_norm_axis", LAYER},
};

static int norm_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			struct cay_err *err)
{
	struct norm *norm = cay_prepare_alloc(p, sizeof(*norm), err);
	const struct form *form = forms;
	const float **const to[] = {NULL, &norm->scale, &norm->bias};

	*state = norm;
	if (!norm || cay_operand_want(layer, X, CAY_DTYPE_F32, err) < 0)
		return -1;
	while (strcmp(form->type, layer->type) != 0)
		form++;
	norm->kind = form->kind;
	norm->number = cay_layer_int(layer, form->attr, 1);
	norm->epsilon = cay_layer_float(layer, "epsilon", 1e-5f);
	for (size_t i = SCALE; i <= BIAS; i++) {
		if (!layer->in[i])
			continue;
		norm->count = norm->count ? norm->count : layer->in[i]->size / sizeof(float);
		*to[i] = cay_prepare_floats(p, layer, layer->in[i], norm->count, err);
		if (!*to[i])
			return -1;
	}
	return 0;
}

static int norm_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		     struct cay_err *err)
{
	const struct norm *norm = state;
	const struct cay_shape x = cay_plan_in(p, X)->shape;
	struct norm_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	const size_t total = cay_shape_product(&x, 0, x.rank);
	char text[CAY_SHAPE_TEXT];
	uint32_t axis = 2;
	size_t want;

	if (!plan)
		return -1;
	if (norm->kind == LAYER && cay_axis_resolve(layer, norm->number, x.rank, &axis, err) < 0)
		return -1;
	if (norm->kind != LAYER && x.rank < 2)
		return cay_layer_fail(layer, err, "its input is %s", cay_shape_text(&x, text));
	plan->rows = cay_shape_product(&x, 0, axis);
	if (norm->kind == GROUP) {
		if (norm->number < 1 || x.dim[1] % norm->number != 0)
			return cay_layer_fail(layer, err, "%lld groups do not divide %s",
					      (long long)norm->number, cay_shape_text(&x, text));
		plan->rows = (size_t)(x.dim[0] * norm->number);
	}
	plan->row = total / plan->rows;
	want = norm->kind == LAYER ? plan->row : (size_t)x.dim[1];
	plan->each = norm->kind == LAYER ? 1 : cay_shape_product(&x, 2, x.rank);
	if (norm->count && norm->count != want)
		return cay_layer_fail(layer, err, "its input is %s, its scale has %zu values",
				      cay_shape_text(&x, text), norm->count);
	return cay_plan_output(p, 0, &x, err);
}

// Each channel of a row has one scale and one bias: those of groups and of instances.
static void scale_channels(const struct cay_io *io, size_t row, float *y)
{
	const struct norm *norm = io->state;
	const struct norm_plan *plan = io->plan;
	const size_t channels = plan->row / plan->each;

	for (size_t i = 0; i < channels; i++, y += plan->each) {
		const size_t c = (row * channels + i) % norm->count;

		io->kernels->unary_f32[CAY_UNARY_SCALE](y, y, plan->each,
							norm->scale ? norm->scale[c] : 1,
							norm->bias ? norm->bias[c] : 0, 0);
	}
}

static void run_rows(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct norm *norm = io->state;
	const struct norm_plan *plan = io->plan;
	const bool layer = norm->kind == LAYER;

	for (size_t r = first; r < first + count; r++) {
		const float *x = (const float *)io->in[X].data + r * plan->row;
		float *y = (float *)io->out[0].data + r * plan->row;

		io->kernels->norm_f32(x, y, plan->row, norm->epsilon, layer ? norm->scale : NULL,
				      layer ? norm->bias : NULL);
		if (!layer && norm->count)
			scale_channels(io, r, y);
	}
}

static int norm_run(const struct cay_io *io, struct cay_err *err)
{
	const struct norm_plan *plan = io->plan;

	(void)err;
	cay_rows_run(io, plan->rows, 1, plan->row * sizeof(float), run_rows, io);
	return 0;
}

#define NORM                                                                                       \
	{                                                                                          \
		.in = {"X", "Scale", "Bias"}, .out = {"Y"}, .required = 1, .layout = CAY_OP_NCHW,  \
		.prepare = norm_prepare, .plan = norm_plan, .run = norm_run                        \
	}
const struct cay_op cay_op_group_norm = NORM;
const struct cay_op cay_op_instance_norm = NORM;
const struct cay_op cay_op_layer_norm = NORM;
