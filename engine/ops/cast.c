// cast: the same numbers in another type.
#include "engine/ops/operands.h"

#include <math.h>
#include <string.h>

struct cast {
	enum cay_dtype from, to;
};

static bool is_supported(enum cay_dtype dtype)
{
	return dtype == CAY_DTYPE_F32 || dtype == CAY_DTYPE_I32 || dtype == CAY_DTYPE_I64 ||
	       dtype == CAY_DTYPE_U8 || dtype == CAY_DTYPE_BOOL;
}

static int cast_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			struct cay_err *err)
{
	struct cast *cast = cay_prepare_alloc(p, sizeof(*cast), err);
	const int64_t number = cay_layer_int(layer, "out_dtype", -1);

	*state = cast;
	if (!cast)
		return -1;
	cast->from = layer->in[0]->dtype;
	cast->to = cay_dtype_from_var_type(number);
	if (cast->to == CAY_DTYPES || !is_supported(cast->to) || !is_supported(cast->from))
		return cay_layer_fail(layer, err, "from %s to type %lld is not supported",
				      cay_dtype_name(cast->from), (long long)number);
	layer->out[0]->dtype = cast->to;
	return 0;
}

static int cast_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		     struct cay_err *err)
{
	const struct cast *cast = state;
	const struct cay_shape x = cay_plan_in(p, 0)->shape;

	(void)layer;
	return cast->from == cast->to ? cay_plan_alias(p, 0, 0, &x, err)
				      : cay_plan_output(p, 0, &x, err);
}

// Every integer that there is fits; floats are cut off, and those outside are moved to the edge.
static int64_t load(const void *x, enum cay_dtype dtype, size_t i)
{
	float f;

	if (dtype == CAY_DTYPE_I32)
		return ((const int32_t *)x)[i];
	if (dtype == CAY_DTYPE_I64)
		return ((const int64_t *)x)[i];
	if (dtype != CAY_DTYPE_F32)
		return ((const uint8_t *)x)[i];
	f = ((const float *)x)[i];
	return isnan(f) ? 0 : f >= 0x1p63f ? INT64_MAX : f <= -0x1p63f ? INT64_MIN : (int64_t)f;
}

static void store(void *y, enum cay_dtype dtype, size_t i, int64_t value)
{
	if (dtype == CAY_DTYPE_F32)
		((float *)y)[i] = (float)value;
	else if (dtype == CAY_DTYPE_I32)
		((int32_t *)y)[i] = value > INT32_MAX	? INT32_MAX
				    : value < INT32_MIN ? INT32_MIN
							: (int32_t)value;
	else if (dtype == CAY_DTYPE_I64)
		((int64_t *)y)[i] = value;
	else
		((uint8_t *)y)[i] = (uint8_t)value;
}

static int cast_run(const struct cay_io *io, struct cay_err *err)
{
	const struct cast *cast = io->state;
	const size_t n = cay_shape_product(io->in[0].shape, 0, io->in[0].shape->rank);
	const void *x = io->in[0].data;

	(void)err;
	for (size_t i = 0; i < n; i++)
		if (cast->to == CAY_DTYPE_BOOL)
			((uint8_t *)io->out[0].data)[i] = cast->from == CAY_DTYPE_F32
								  ? ((const float *)x)[i] != 0
								  : load(x, cast->from, i) != 0;
		else
			store(io->out[0].data, cast->to, i, load(x, cast->from, i));
	return 0;
}

const struct cay_op cay_op_cast = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.prepare = cast_prepare,
	.plan = cast_plan,
	.run = cast_run,
};
