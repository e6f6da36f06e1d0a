// Tensors of one value: fill_constant, fill_constant_batch_size_like, fill_any_like.
#include "engine/ops/operands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fill {
	union {
		float f32;
		int32_t i32;
		int64_t i64;
		uint8_t u8;
	} value;
	size_t element;
	struct cay_numbers shape;
	int64_t from, to; // dimension `to` of the output is dimension `from` of the input
};

// A number as the text that new exporters write beside the rounded float; NAN: neither.
static double read_value(const struct cay_layer *layer)
{
	const char *text = cay_layer_string(layer, "str_value", "");
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' ? value : (double)cay_layer_float(layer, "value", 0);
}

static int set_value(const struct cay_layer *layer, struct fill *fill, enum cay_dtype dtype,
		     struct cay_err *err)
{
	const double x = read_value(layer);

	fill->element = cay_dtype_size(dtype);
	if (dtype == CAY_DTYPE_F32)
		fill->value.f32 = (float)x;
	else if (dtype == CAY_DTYPE_BOOL)
		fill->value.u8 = x != 0;
	else if (!(x >= -0x1p63 && x < 0x1p63) ||
		 (dtype == CAY_DTYPE_I32 && !(x > -0x1p31 - 1 && x < 0x1p31)))
		return cay_layer_fail(layer, err, "%g is no %s", x, cay_dtype_name(dtype));
	else if (dtype == CAY_DTYPE_I32)
		fill->value.i32 = (int32_t)x;
	else if (dtype == CAY_DTYPE_I64)
		fill->value.i64 = (int64_t)x;
	else
		return cay_layer_fail(layer, err, "%s is not supported", cay_dtype_name(dtype));
	return 0;
}

static int fill_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			struct cay_err *err)
{
	struct fill *fill = cay_prepare_alloc(p, sizeof(*fill), err);
	const bool like = strcmp(layer->type, "fill_constant") != 0;
	const int64_t number = cay_layer_int(layer, "dtype", -1);
	enum cay_dtype dtype;

	*state = fill;
	if (!fill || cay_numbers_of_attr(layer, "shape", &fill->shape, err) < 0 ||
	    (!like && cay_operands_want_ints(p, layer, 0, err) < 0))
		return -1;
	dtype = number == -1 && like ? layer->in[0]->dtype : cay_dtype_from_var_type(number);
	if (dtype == CAY_DTYPES)
		return cay_layer_fail(layer, err, "dtype %lld is not supported", (long long)number);
	layer->out[0]->dtype = dtype;
	fill->from = cay_layer_int(layer, "input_dim_idx", 0);
	fill->to = cay_layer_int(layer, "output_dim_idx", 0);
	return set_value(layer, fill, dtype, err);
}

static int make_shape(const struct cay_layer *layer, const struct cay_numbers *numbers,
		      struct cay_shape *y, struct cay_err *err)
{
	y->rank = (uint32_t)numbers->count;
	memcpy(y->dim, numbers->value, sizeof(y->dim));
	for (uint32_t i = 0; i < y->rank; i++)
		if (y->dim[i] < 1)
			return cay_layer_fail(layer, err, "dimension %u of its shape is %lld", i,
					      (long long)y->dim[i]);
	return 0;
}

static int constant_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			 const void *state, struct cay_err *err)
{
	struct cay_numbers numbers = ((const struct fill *)state)->shape;
	struct cay_shape y;

	if (cay_numbers_of_list(p, layer, 0, &numbers, err) < 0 ||
	    make_shape(layer, &numbers, &y, err) < 0)
		return -1;
	return cay_plan_output(p, 0, &y, err);
}

static int batch_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct fill *fill = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	struct cay_numbers numbers = fill->shape;
	struct cay_shape y;
	uint32_t from, to;

	if (cay_axis_resolve(layer, fill->from, x->rank, &from, err) < 0 ||
	    cay_axis_resolve(layer, fill->to, (uint32_t)numbers.count, &to, err) < 0)
		return -1;
	numbers.value[to] = x->dim[from];
	return make_shape(layer, &numbers, &y, err) < 0 ? -1 : cay_plan_output(p, 0, &y, err);
}

static int like_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		     struct cay_err *err)
{
	(void)layer, (void)state;
	return cay_plan_output(p, 0, &cay_plan_in(p, 0)->shape, err);
}

static int fill_run(const struct cay_io *io, struct cay_err *err)
{
	const struct fill *fill = io->state;
	const size_t count = cay_shape_product(io->out[0].shape, 0, io->out[0].shape->rank);
	char *y = io->out[0].data;

	(void)err;
	for (size_t i = 0; i < count; i++)
		memcpy(y + i * fill->element, &fill->value, fill->element);
	return 0;
}

#define FILL(needed, plan_function, ...)                                                           \
	{                                                                                          \
		.in = {__VA_ARGS__}, .out = {"Out"}, .required = needed, .variadic = !needed,      \
		.shape_only = true, .layout = CAY_OP_ANY, .prepare = fill_prepare,                 \
		.plan = plan_function, .run = fill_run                                             \
	}
const struct cay_op cay_op_fill_any_like = FILL(1, like_plan, "X");
const struct cay_op cay_op_fill_constant = FILL(0, constant_plan, "ShapeTensor", "ShapeTensorList");
const struct cay_op cay_op_fill_constant_batch_size_like = FILL(1, batch_plan, "Input");
