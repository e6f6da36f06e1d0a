// pad2d and pad3d: a tensor with a border of a number, or of its own elements.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

#include <string.h>

enum border { CONSTANT, REFLECT, EDGE, CIRCULAR };

struct pad {
	enum border border;
	float value;
	struct cay_numbers paddings;
};

// Where each place of the output comes from: by dimension, in the order of the bytes.
struct pad_plan {
	float value;
	uint32_t rank;
	size_t extent[CAY_MAX_RANK];	   // of the output
	const int32_t *from[CAY_MAX_RANK]; // [extent] place in the input; -1: the number
	size_t stride[CAY_MAX_RANK];	   // of the input, in elements
	bool whole;			   // the innermost dimension has no border
};

// How paddings tell of a tensor of so many dimensions: the two ends of one after another.
static const struct form {
	const char *type, *value;
	uint32_t rank;	    // that it takes
	uint32_t dimension; // the first that has a border
	bool backwards;	    // the last dimension comes first
} forms[] = {
	{"pad2d", "pad_value", 4, 2, false},
	{"pad3d", "value", 5, 2, true},
};

static const struct form *find_form(const struct cay_layer *layer)
{
	const struct form *form = forms;

	while (strcmp(form->type, layer->type) != 0)
		form++;
	return form;
}

static int pad_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		       struct cay_err *err)
{
	static const char *const borders[] = {"constant", "reflect", "edge", "circular"};
	struct pad *pad = cay_prepare_alloc(p, sizeof(*pad), err);
	const char *mode = cay_layer_string(layer, "mode", "constant");
	const char *format = cay_layer_string(layer, "data_format", "NCHW");
	size_t i = 0;

	*state = pad;
	if (!pad || cay_operands_want_ints(p, layer, 1, err) < 0 ||
	    cay_numbers_of_attr(layer, "paddings", &pad->paddings, err) < 0 ||
	    cay_operand_want(layer, 0, CAY_DTYPE_F32, err) < 0)
		return -1;
	mode = strcmp(mode, "replicate") == 0 ? "edge" : mode;
	while (i < 4 && strcmp(borders[i], mode) != 0)
		i++;
	if (i == 4 || strcmp(format, "NHWC") == 0 || strcmp(format, "NDHWC") == 0)
		return cay_layer_fail(layer, err, "%.40s of %.40s is not supported", mode, format);
	pad->border = (enum border)i;
	pad->value = cay_layer_float(layer, find_form(layer)->value, 0);
	return 0;
}

static int64_t source(enum border border, int64_t i, int64_t extent)
{
	if (i >= 0 && i < extent)
		return i;
	switch (border) {
	case REFLECT:
		return i < 0 ? -i : 2 * (extent - 1) - i;
	case EDGE:
		return i < 0 ? 0 : extent - 1;
	case CIRCULAR:
		return i < 0 ? i + extent : i - extent;
	case CONSTANT:
		break;
	}
	return -1;
}

// Dimension d of the output and its table; only a number may surround more than there is.
static int plan_dimension(struct cay_plan_context *p, const struct cay_layer *layer,
			  const struct pad *pad, const int64_t around[2], int64_t extent,
			  int64_t *ret, const int32_t **ret_from, struct cay_err *err)
{
	const int64_t most = pad->border == CONSTANT  ? CAY_MAX_DIM / 4
			     : pad->border == REFLECT ? extent - 1
			     : pad->border == EDGE    ? CAY_MAX_DIM / 4
						      : extent;
	int32_t *from;

	if (around[0] < 0 || around[1] < 0 || around[0] > most || around[1] > most ||
	    extent > CAY_MAX_DIM / 4)
		return cay_layer_fail(layer, err, "%lld and %lld around %lld elements",
				      (long long)around[0], (long long)around[1],
				      (long long)extent);
	*ret = around[0] + extent + around[1];
	*ret_from = from = cay_plan_table(p, (size_t)*ret * sizeof(*from), err);
	if (!from)
		return cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
	for (int64_t i = 0; i < *ret; i++)
		from[i] = (int32_t)source(pad->border, i - around[0], extent);
	return 0;
}

static int find_numbers(const struct cay_plan_context *p, const struct cay_layer *layer,
			const struct form *form, uint32_t rank, struct cay_numbers *ret,
			struct cay_err *err)
{
	if (layer->in[1] && cay_numbers_of_operands(p, layer, 1, 2, ret, err) < 0)
		return -1;
	if (rank != form->rank || ret->count != 2 * (rank - form->dimension))
		return cay_layer_fail(layer, err, "%zu paddings for %u dimensions", ret->count,
				      rank);
	return 0;
}

static int pad_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		    struct cay_err *err)
{
	const struct pad *pad = state;
	const struct form *form = find_form(layer);
	const struct cay_shape x = cay_plan_in(p, 0)->shape;
	struct pad_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_numbers numbers = pad->paddings;
	struct cay_shape y = x;
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];

	if (!plan || find_numbers(p, layer, form, x.rank, &numbers, err) < 0)
		return -1;
	plan->value = pad->value;
	plan->rank = x.rank;
	cay_layout_strides(cay_plan_layout(p), &x, 1, stride);
	cay_layout_order(cay_plan_layout(p), x.rank, order);
	for (uint32_t i = 0; i < x.rank; i++) {
		const uint32_t d = order[i];
		const uint32_t place = form->backwards ? x.rank - 1 - d : d - form->dimension;
		const bool has = d >= form->dimension;
		const int64_t around[2] = {has ? numbers.value[2 * place] : 0,
					   has ? numbers.value[2 * place + 1] : 0};

		if (plan_dimension(p, layer, pad, around, x.dim[d], &y.dim[d], &plan->from[i],
				   err) < 0)
			return -1;
		plan->extent[i] = (size_t)y.dim[d];
		plan->stride[i] = stride[d];
		plan->whole = y.dim[d] == x.dim[d];
	}
	return cay_plan_output(p, 0, &y, err);
}

// The innermost dimension; x is NULL where an outer one is in the border.
static void pad_row(const struct pad_plan *plan, const float *x, float *y)
{
	const uint32_t last = plan->rank - 1;

	if (x && plan->whole) {
		memcpy(y, x, plan->extent[last] * sizeof(*y));
		return;
	}
	for (size_t i = 0; i < plan->extent[last]; i++) {
		const int32_t from = plan->from[last][i];

		y[i] = x && from >= 0 ? x[from] : plan->value;
	}
}

static int pad_run(const struct cay_io *io, struct cay_err *err)
{
	const struct pad_plan *plan = io->plan;
	const uint32_t last = plan->rank - 1;
	size_t at[CAY_MAX_RANK] = {0};
	float *y = io->out[0].data;
	uint32_t d;

	(void)err;
	do {
		const float *x = io->in[0].data;

		for (d = 0; d < last; d++) {
			const int32_t from = plan->from[d][at[d]];

			x = x && from >= 0 ? x + (size_t)from * plan->stride[d] : NULL;
		}
		pad_row(plan, x, y);
		y += plan->extent[last];
		for (d = last; d > 0 && ++at[d - 1] == plan->extent[d - 1]; d--)
			at[d - 1] = 0;
	} while (d > 0);
	return 0;
}

#define PAD(...)                                                                                   \
	{                                                                                          \
		.in = {"X", __VA_ARGS__}, .out = {"Out"}, .required = 1, .layout = CAY_OP_ANY,     \
		.prepare = pad_prepare, .plan = pad_plan, .run = pad_run                           \
	}
const struct cay_op cay_op_pad2d = PAD("Paddings");
const struct cay_op cay_op_pad3d = PAD("Paddings");
