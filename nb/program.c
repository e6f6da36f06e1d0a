// A Paddle program's types, parameters and attributes: looks them up, checks and sorts them.
#include "nb/program.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int var_types[CAY_DTYPES] = {
	[CAY_DTYPE_F32] = 5,  [CAY_DTYPE_S8] = 21, [CAY_DTYPE_S16] = 1,
	[CAY_DTYPE_I32] = 2,  [CAY_DTYPE_I64] = 3, [CAY_DTYPE_U8] = 20,
	[CAY_DTYPE_BOOL] = 0, [CAY_DTYPE_F16] = 4, [CAY_DTYPE_F64] = 6,
};

enum cay_dtype cay_dtype_from_var_type(int64_t number)
{
	int i = 0;

	while (i < CAY_DTYPES && var_types[i] != number)
		i++;
	return (enum cay_dtype)i;
}

int cay_dtype_to_var_type(enum cay_dtype dtype)
{
	return dtype < CAY_DTYPES ? var_types[dtype] : -1;
}

void cay_program_finish(struct cay_program *program)
{
	cay_arena_finish(&program->arena);
	*program = (struct cay_program){0};
}

int cay_param_check(const struct cay_param *param, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	size_t want;

	if (param->dtype >= CAY_DTYPES)
		return cay_fail(err, CAY_EMODEL, "unknown data type");
	if (cay_shape_bytes(&param->shape, param->dtype, &want, err) < 0) {
		err->code = CAY_EMODEL;
		return -1;
	}
	if (want != param->size)
		return cay_fail(err, CAY_EMODEL, "%zu bytes, but %s of %s takes %zu", param->size,
				cay_shape_text(&param->shape, text), cay_dtype_name(param->dtype),
				want);
	return 0;
}

size_t cay_program_param_bytes(const struct cay_program *program)
{
	size_t bytes = 0;

	for (size_t i = 0; i < program->param_count; i++)
		bytes += program->params[i].size;
	return bytes;
}

static int compare_params(const void *a, const void *b)
{
	return strcmp(((const struct cay_param *)a)->name, ((const struct cay_param *)b)->name);
}

void cay_params_sort(struct cay_param *params, size_t count)
{
	if (count) // without any, params may be NULL, which qsort does not take
		qsort(params, count, sizeof(*params), compare_params);
}

const struct cay_param *cay_program_param(const struct cay_program *program, const char *name)
{
	size_t low = 0, high = program->param_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, program->params[middle].name);

		if (order == 0)
			return &program->params[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct cay_slot *cay_slot_find(const struct cay_slot *slots, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(slots[i].name, name) == 0)
			return &slots[i];
	return NULL;
}

const struct cay_attr *cay_attr_find(const struct cay_attr *attrs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(attrs[i].name, name) == 0)
			return &attrs[i];
	return NULL;
}

const struct cay_attr *cay_op_desc_attr(const struct cay_op_desc *op, const char *name)
{
	return cay_attr_find(op->attrs, op->attr_count, name);
}

static bool is_integer(const struct cay_attr *attr)
{
	return attr->type == CAY_ATTR_INT || attr->type == CAY_ATTR_LONG ||
	       attr->type == CAY_ATTR_BOOLEAN || attr->type == CAY_ATTR_BLOCK;
}

static bool is_real(const struct cay_attr *attr)
{
	return attr->type == CAY_ATTR_FLOAT || attr->type == CAY_ATTR_FLOAT64;
}

int64_t cay_attr_int(const struct cay_attr *attrs, size_t count, const char *name, int64_t absent)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	if (attr && is_integer(attr))
		return attr->i;
	// 2^63 is a double; INT64_MAX is not.
	if (attr && is_real(attr) && attr->f >= -0x1p63 && attr->f < 0x1p63 &&
	    trunc(attr->f) == attr->f)
		return (int64_t)attr->f;
	return absent;
}

float cay_attr_float(const struct cay_attr *attrs, size_t count, const char *name, float absent)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	if (attr && is_integer(attr))
		return (float)attr->i;
	if (attr && is_real(attr) && (!isfinite(attr->f) || fabs(attr->f) <= (double)FLT_MAX))
		return (float)attr->f;
	return absent;
}

bool cay_attr_bool(const struct cay_attr *attrs, size_t count, const char *name, bool absent)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	return attr && is_integer(attr) ? attr->i != 0 : absent;
}

const char *cay_attr_string(const struct cay_attr *attrs, size_t count, const char *name,
			    const char *absent)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	return attr && attr->type == CAY_ATTR_STRING ? attr->s : absent;
}

const int64_t *cay_attr_ints(const struct cay_attr *attrs, size_t count, const char *name,
			     size_t *ret_count)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	*ret_count = 0;
	if (attr && is_integer(attr)) {
		*ret_count = 1;
		return &attr->i;
	}
	if (!attr || (attr->type != CAY_ATTR_INTS && attr->type != CAY_ATTR_LONGS &&
		      attr->type != CAY_ATTR_BOOLEANS && attr->type != CAY_ATTR_BLOCKS))
		return NULL;
	*ret_count = attr->count;
	return attr->ints;
}

const float *cay_attr_floats(const struct cay_attr *attrs, size_t count, const char *name,
			     size_t *ret_count)
{
	const struct cay_attr *attr = cay_attr_find(attrs, count, name);

	*ret_count = 0;
	if (!attr || attr->type != CAY_ATTR_FLOATS)
		return NULL;
	*ret_count = attr->count;
	return attr->floats;
}

const float *cay_attr_weight_scales(const struct cay_attr *attrs, size_t count, const char *weight,
				    size_t *ret_count)
{
	const size_t length = strlen(weight);

	for (size_t i = 0; i < count; i++)
		if (strncmp(attrs[i].name, weight, length) == 0 &&
		    strcmp(attrs[i].name + length, "_quant_scale") == 0)
			return cay_attr_floats(&attrs[i], 1, attrs[i].name, ret_count);
	*ret_count = 0;
	return NULL;
}
