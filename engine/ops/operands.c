// What the simple ops ask of their operands.
#include "engine/ops/operands.h"

#include <string.h>

int cay_operand_want(const struct cay_layer *layer, size_t i, enum cay_dtype dtype,
		     struct cay_err *err)
{
	const struct cay_value *value = layer->in[i];

	if (value->dtype != dtype)
		return cay_layer_fail(layer, err, "'%.80s' is %s, want %s", value->name,
				      cay_dtype_name(value->dtype), cay_dtype_name(dtype));
	return 0;
}

static int want(struct cay_prepare *p, struct cay_layer *layer, enum cay_dtype dtype,
		struct cay_err *err)
{
	for (size_t i = 0; i < layer->in_count; i++) {
		struct cay_value *value = layer->in[i];

		if (!value)
			continue;
		if (cay_operand_want(layer, i, dtype, err) < 0 ||
		    (value->data && !cay_prepare_keep(p, value, err)))
			return -1;
	}
	return 0;
}

int cay_operands_want_f32(struct cay_prepare *p, struct cay_layer *layer, struct cay_err *err)
{
	return want(p, layer, CAY_DTYPE_F32, err);
}

int cay_operands_want_alike(struct cay_prepare *p, struct cay_layer *layer, struct cay_err *err)
{
	layer->out[0]->dtype = layer->in[0]->dtype;
	return want(p, layer, layer->in[0]->dtype, err);
}

int cay_operands_want_ints(struct cay_prepare *p, struct cay_layer *layer, size_t first,
			   struct cay_err *err)
{
	for (size_t i = first; i < layer->in_count; i++) {
		struct cay_value *value = layer->in[i];

		if (!value)
			continue;
		if (value->dtype != CAY_DTYPE_I32 && value->dtype != CAY_DTYPE_I64)
			return cay_layer_fail(layer, err, "'%.80s' is %s, want INT32 or INT64",
					      value->name, cay_dtype_name(value->dtype));
		if (value->data && !cay_prepare_keep(p, value, err))
			return -1;
	}
	return 0;
}

int cay_numbers_of_attr(const struct cay_layer *layer, const char *name, struct cay_numbers *ret,
			struct cay_err *err)
{
	size_t count;
	const int64_t *list = cay_layer_ints(layer, name, &count);

	if (count > CAY_MAX_RANK)
		return cay_layer_fail(layer, err, "%s has %zu values, at most %d are supported",
				      name, count, CAY_MAX_RANK);
	ret->count = count;
	if (count)
		memcpy(ret->value, list, count * sizeof(*list));
	return 0;
}

static int append(const struct cay_layer *layer, const struct cay_tensor *t,
		  struct cay_numbers *ret, struct cay_err *err)
{
	const size_t count = cay_shape_product(&t->shape, 0, t->shape.rank);

	if (!t->data)
		return cay_layer_fail(layer, err, "'%.80s' depends on more than shapes", t->name);
	if (count > CAY_MAX_RANK - ret->count)
		return cay_layer_fail(layer, err, "'%.80s': more than %d values", t->name,
				      CAY_MAX_RANK);
	for (size_t i = 0; i < count; i++)
		ret->value[ret->count++] = t->dtype == CAY_DTYPE_I64
						   ? ((const int64_t *)t->data)[i]
						   : ((const int32_t *)t->data)[i];
	return 0;
}

int cay_numbers_of_operands(const struct cay_plan_context *p, const struct cay_layer *layer,
			    size_t begin, size_t end, struct cay_numbers *ret, struct cay_err *err)
{
	struct cay_numbers numbers = {0};

	for (size_t i = begin; i < end; i++) {
		const struct cay_tensor *t = cay_plan_in(p, i);

		if (t && append(layer, t, &numbers, err) < 0)
			return -1;
	}
	*ret = numbers;
	return 0;
}

int cay_numbers_of_list(const struct cay_plan_context *p, const struct cay_layer *layer,
			size_t tensor, struct cay_numbers *ret, struct cay_err *err)
{
	const size_t list = tensor + 1;

	if (list < layer->in_count && layer->in[list])
		return cay_numbers_of_operands(p, layer, list, layer->in_count, ret, err);
	if (tensor < layer->in_count && layer->in[tensor])
		return cay_numbers_of_operands(p, layer, tensor, list, ret, err);
	return 0;
}

void cay_plan_elements(struct cay_plan_context *p, const struct cay_shape *shape, size_t tile)
{
	cay_plan_rows(p, &(struct cay_rows){.count = cay_shape_product(shape, 0, shape->rank),
					    .width = 1,
					    .tile = tile,
					    .work = sizeof(float),
					    .elementwise = true});
}

int cay_axis_resolve(const struct cay_layer *layer, int64_t axis, uint32_t end, uint32_t *ret,
		     struct cay_err *err)
{
	const int64_t resolved = axis < 0 && axis >= -(int64_t)end ? axis + end : axis;

	if (resolved < 0 || resolved >= end)
		return cay_layer_fail(layer, err, "axis %lld does not fit %u dimensions",
				      (long long)axis, end);
	*ret = (uint32_t)resolved;
	return 0;
}

void cay_layout_order(enum cay_layout layout, uint32_t rank, uint32_t order[CAY_MAX_RANK])
{
	static const uint32_t nhwc[] = {0, 2, 3, 1};

	for (uint32_t i = 0; i < rank; i++)
		order[i] = rank == 4 && layout == CAY_LAYOUT_NHWC ? nhwc[i] : i;
}
