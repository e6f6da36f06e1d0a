// Ops that give the same bytes another shape: reshape, flatten, squeeze, unsqueeze, assign.
#include "common/size.h"
#include "engine/ops/operands.h"

#include <string.h>

typedef int shape_fn(const struct cay_layer *layer, const struct cay_numbers *numbers,
		     const struct cay_shape *x, struct cay_shape *y, struct cay_err *err);

struct reshape {
	shape_fn *shape;
	struct cay_numbers numbers; // new dimensions, axes, or the one axis or two of flatten
	bool by_operands;	    // which win over the attribute
};

// 0 copies the dimension of the input, -1 is whatever is left.
static int reshaped(const struct cay_layer *layer, const struct cay_numbers *numbers,
		    const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	const size_t total = cay_shape_product(x, 0, x->rank);
	size_t known = 1, free_dims = 0;
	char text[2][CAY_SHAPE_TEXT];

	y->rank = (uint32_t)numbers->count;
	for (uint32_t i = 0; i < y->rank; i++) {
		y->dim[i] = numbers->value[i] == 0 && i < x->rank ? x->dim[i] : numbers->value[i];
		if (y->dim[i] == -1)
			free_dims++;
		else if (y->dim[i] < 1 || !cay_size_mul(known, (size_t)y->dim[i], &known))
			known = 0; // never fits
	}
	if (free_dims > 1 || !known || total % known || (!free_dims && known != total))
		return cay_layer_fail(layer, err, "%s cannot become %s", cay_shape_text(x, text[0]),
				      cay_shape_text(y, text[1]));
	for (uint32_t i = 0; i < y->rank; i++)
		if (y->dim[i] == -1)
			y->dim[i] = (int64_t)(total / known);
	return 0;
}

// Two dimensions: those before the axis, and the others.
static int flattened(const struct cay_layer *layer, const struct cay_numbers *numbers,
		     const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	uint32_t axis;

	if (cay_axis_resolve(layer, numbers->value[0], x->rank + 1, &axis, err) < 0)
		return -1;
	*y = (struct cay_shape){2,
				{(int64_t)cay_shape_product(x, 0, axis),
				 (int64_t)cay_shape_product(x, axis, x->rank)}};
	return 0;
}

static int range_flattened(const struct cay_layer *layer, const struct cay_numbers *numbers,
			   const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	uint32_t start, stop;

	if (cay_axis_resolve(layer, numbers->value[0], x->rank, &start, err) < 0 ||
	    cay_axis_resolve(layer, numbers->value[1], x->rank, &stop, err) < 0)
		return -1;
	if (start > stop)
		return cay_layer_fail(layer, err, "start_axis %u is behind stop_axis %u", start,
				      stop);
	*y = *x;
	y->dim[start] = (int64_t)cay_shape_product(x, start, stop + 1);
	y->rank = x->rank - (stop - start);
	for (uint32_t i = start + 1; i < y->rank; i++)
		y->dim[i] = x->dim[i + stop - start];
	return 0;
}

// Drops the named dimensions that are 1, or all that are if none is named.
static int squeezed(const struct cay_layer *layer, const struct cay_numbers *numbers,
		    const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	bool named[CAY_MAX_RANK] = {false};

	for (size_t i = 0; i < numbers->count; i++) {
		uint32_t axis;

		if (cay_axis_resolve(layer, numbers->value[i], x->rank, &axis, err) < 0)
			return -1;
		named[axis] = true;
	}
	y->rank = 0;
	for (uint32_t i = 0; i < x->rank; i++)
		if (x->dim[i] != 1 || (numbers->count && !named[i]))
			y->dim[y->rank++] = x->dim[i];
	return 0;
}

// Puts in dimensions of 1, one after another: each axis counts those that were put in before.
static int unsqueezed(const struct cay_layer *layer, const struct cay_numbers *numbers,
		      const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	*y = *x;
	for (size_t i = 0; i < numbers->count; i++) {
		uint32_t axis;

		if (y->rank == CAY_MAX_RANK)
			return cay_layer_fail(layer, err, "more than %d dimensions", CAY_MAX_RANK);
		if (cay_axis_resolve(layer, numbers->value[i], y->rank + 1, &axis, err) < 0)
			return -1;
		memmove(&y->dim[axis + 1], &y->dim[axis], (y->rank - axis) * sizeof(y->dim[0]));
		y->dim[axis] = 1;
		y->rank++;
	}
	return 0;
}

static int unchanged(const struct cay_layer *layer, const struct cay_numbers *numbers,
		     const struct cay_shape *x, struct cay_shape *y, struct cay_err *err)
{
	(void)layer, (void)numbers, (void)err;
	*y = *x;
	return 0;
}

// Attributes: a list, or one or two numbers with their values where the file is silent.
static const struct form {
	const char *type;
	shape_fn *shape;
	const char *list;
	struct {
		const char *attr;
		int64_t absent;
	} number[2];
} forms[] = {
	{"assign", unchanged, NULL, {{NULL}}},
	{"flatten", flattened, NULL, {{"axis", 1}}},
	{"flatten2", flattened, NULL, {{"axis", 1}}},
	{"flatten_contiguous_range", range_flattened, NULL, {{"start_axis", 1}, {"stop_axis", -1}}},
	{"reshape", reshaped, "shape", {{NULL}}},
	{"reshape2", reshaped, "shape", {{NULL}}},
	{"squeeze", squeezed, "axes", {{NULL}}},
	{"squeeze2", squeezed, "axes", {{NULL}}},
	{"unsqueeze", unsqueezed, "axes", {{NULL}}},
	{"unsqueeze2", unsqueezed, "axes", {{NULL}}},
};

static int read_numbers(const struct cay_layer *layer, const struct form *form,
			struct cay_numbers *ret, struct cay_err *err)
{
	if (form->list)
		return cay_numbers_of_attr(layer, form->list, ret, err);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(form->number) && form->number[i].attr; i++)
		ret->value[ret->count++] =
			cay_layer_int(layer, form->number[i].attr, form->number[i].absent);
	return 0;
}

// What is made of a parameter is one, too, for who packs it: opt leaves the filters of layers of
// one dimension as they are and lets the program unsqueeze them.
static int pass_parameter(const struct cay_layer *layer, const struct reshape *reshape,
			  struct cay_err *err)
{
	const struct cay_value *x = layer->in[0];
	struct cay_value *y = layer->out[0];

	if (!x->data || reshape->by_operands)
		return 0;
	y->data = x->data;
	y->size = x->size;
	return reshape->shape(layer, &reshape->numbers, &x->shape, &y->shape, err);
}

static int reshape_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			   struct cay_err *err)
{
	struct reshape *reshape = cay_prepare_alloc(p, sizeof(*reshape), err);
	const struct form *form = forms;

	*state = reshape;
	if (!reshape || cay_operands_want_ints(p, layer, 1, err) < 0)
		return -1;
	layer->out[0]->dtype = layer->in[0]->dtype;
	while (strcmp(form->type, layer->type) != 0)
		form++;
	reshape->shape = form->shape;
	for (size_t i = 1; i < layer->in_count; i++)
		reshape->by_operands |= layer->in[i] != NULL;
	return read_numbers(layer, form, &reshape->numbers, err) < 0
		       ? -1
		       : pass_parameter(layer, reshape, err);
}

static int reshape_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			const void *state, struct cay_err *err)
{
	const struct reshape *reshape = state;
	struct cay_numbers numbers = reshape->numbers;
	struct cay_shape y;

	if (cay_numbers_of_list(p, layer, 1, &numbers, err) < 0 ||
	    reshape->shape(layer, &numbers, &cay_plan_in(p, 0)->shape, &y, err) < 0)
		return -1;
	return cay_plan_alias(p, 0, 0, &y, err);
}

#define RESHAPE(is_variadic, ...)                                                                  \
	{                                                                                          \
		.in = {__VA_ARGS__}, .out = {"Out"}, .required = 1, .variadic = is_variadic,       \
		.layout = CAY_OP_NCHW, .prepare = reshape_prepare, .plan = reshape_plan            \
	}
const struct cay_op cay_op_assign = RESHAPE(false, "X");
const struct cay_op cay_op_flatten = RESHAPE(false, "X");
const struct cay_op cay_op_flatten2 = RESHAPE(false, "X");
const struct cay_op cay_op_flatten_contiguous_range = RESHAPE(false, "X");
const struct cay_op cay_op_reshape = RESHAPE(true, "X", "Shape", "ShapeTensor");
const struct cay_op cay_op_reshape2 = RESHAPE(true, "X", "Shape", "ShapeTensor");
const struct cay_op cay_op_squeeze = RESHAPE(true, "X", "AxesTensor", "AxesTensorList");
const struct cay_op cay_op_squeeze2 = RESHAPE(true, "X", "AxesTensor", "AxesTensorList");
const struct cay_op cay_op_unsqueeze = RESHAPE(true, "X", "AxesTensor", "AxesTensorList");
const struct cay_op cay_op_unsqueeze2 = RESHAPE(true, "X", "AxesTensor", "AxesTensorList");
