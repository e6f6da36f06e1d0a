// Element types and shapes.
#include "common/tensor.h"
#include "common/size.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} dtypes[CAY_DTYPES] = {
	[CAY_DTYPE_F32] = {"FP32", 4},	[CAY_DTYPE_S8] = {"INT8", 1},
	[CAY_DTYPE_S16] = {"INT16", 2}, [CAY_DTYPE_I32] = {"INT32", 4},
	[CAY_DTYPE_I64] = {"INT64", 8}, [CAY_DTYPE_U8] = {"UINT8", 1},
	[CAY_DTYPE_BOOL] = {"BOOL", 1}, [CAY_DTYPE_F16] = {"FP16", 2},
	[CAY_DTYPE_F64] = {"FP64", 8},
};

size_t cay_dtype_size(enum cay_dtype dtype)
{
	return dtypes[dtype].size;
}

const char *cay_dtype_name(enum cay_dtype dtype)
{
	return dtypes[dtype].name;
}

enum cay_dtype cay_dtype_from_name(const char *name)
{
	int i = 0;

	while (i < CAY_DTYPES && strcmp(dtypes[i].name, name) != 0)
		i++;
	return (enum cay_dtype)i;
}

int cay_shape_count(const struct cay_shape *shape, size_t *ret, struct cay_err *err)
{
	size_t count = 1;
	bool empty = false;
	char text[CAY_SHAPE_TEXT];

	for (uint32_t i = 0; i < shape->rank; i++) {
		int64_t dim = shape->dim[i];

		if (dim < 0 || dim > CAY_MAX_DIM)
			return cay_fail(err, CAY_EBAD, "shape %s: dimension %u is %lld",
					cay_shape_text(shape, text), i, (long long)dim);
		empty |= dim == 0;
		if (dim && !cay_size_mul(count, (size_t)dim, &count))
			return cay_fail(err, CAY_EBAD, "shape %s: overflow in the element count",
					cay_shape_text(shape, text));
	}
	*ret = empty ? 0 : count;
	return 0;
}

int cay_shape_bytes(const struct cay_shape *shape, enum cay_dtype dtype, size_t *ret,
		    struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	size_t count;

	if (cay_shape_count(shape, &count, err) < 0)
		return -1;
	if (!cay_size_mul(count, cay_dtype_size(dtype), ret))
		return cay_fail(err, CAY_EBAD, "shape %s of %s: overflow in the byte count",
				cay_shape_text(shape, text), cay_dtype_name(dtype));
	return 0;
}

bool cay_shape_equal(const struct cay_shape *a, const struct cay_shape *b)
{
	return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof(a->dim[0])) == 0;
}

bool cay_shape_matches(const struct cay_shape *pattern, const struct cay_shape *shape)
{
	if (pattern->rank != shape->rank)
		return false;
	for (uint32_t i = 0; i < shape->rank; i++)
		if (pattern->dim[i] >= 0 && pattern->dim[i] != shape->dim[i])
			return false;
	return true;
}

bool cay_shape_is_fixed(const struct cay_shape *shape)
{
	for (uint32_t i = 0; i < shape->rank; i++)
		if (shape->dim[i] < 0)
			return false;
	return true;
}

size_t cay_shape_product(const struct cay_shape *shape, uint32_t begin, uint32_t end)
{
	size_t product = 1;

	for (uint32_t i = begin; i < end; i++)
		product *= (size_t)shape->dim[i];
	return product;
}

const char *cay_shape_text(const struct cay_shape *shape, char text[CAY_SHAPE_TEXT])
{
	size_t len = 0;

	snprintf(text, CAY_SHAPE_TEXT, "scalar");
	for (uint32_t i = 0; i < shape->rank && len < CAY_SHAPE_TEXT; i++) {
		const char *x = i ? "x" : "";
		int n = shape->dim[i] == -1 ? snprintf(text + len, CAY_SHAPE_TEXT - len, "%s?", x)
					    : snprintf(text + len, CAY_SHAPE_TEXT - len, "%s%lld",
						       x, (long long)shape->dim[i]);

		len += n > 0 ? (size_t)n : 0;
	}
	return text;
}

void cay_shape_put_json(const struct cay_shape *shape, struct cay_buf *buf)
{
	cay_buf_text(buf, "[");
	for (uint32_t i = 0; i < shape->rank; i++)
		cay_buf_printf(buf, "%s%lld", i ? ", " : "", (long long)shape->dim[i]);
	cay_buf_text(buf, "]");
}

// A dimension: digits, or "?" or "-1" for a free one. Returns what follows it; NULL if there is
// none, or a too large one.
static const char *parse_dim(const char *text, int64_t *ret)
{
	const char *p = text;
	int64_t dim = 0;

	if (*p == '?' || strncmp(p, "-1", 2) == 0) {
		*ret = -1;
		return p + (*p == '?' ? 1 : 2);
	}
	for (; *p >= '0' && *p <= '9' && dim <= CAY_MAX_DIM; p++)
		dim = dim * 10 + (*p - '0');
	*ret = dim;
	return p == text || dim > CAY_MAX_DIM ? NULL : p;
}

int cay_shape_parse(const char *text, struct cay_shape *ret, struct cay_err *err)
{
	struct cay_shape shape = {0};
	const char *p = text;

	do {
		if (shape.rank == CAY_MAX_RANK)
			return cay_fail(err, CAY_EBAD, "shape '%s': more than %d dimensions", text,
					CAY_MAX_RANK);
		p = parse_dim(p, &shape.dim[shape.rank++]);
		if (!p || (*p && *p != 'x'))
			return cay_fail(err, CAY_EBAD, "shape '%s': want numbers like 1x3x224x224",
					text);
	} while (*p++);
	*ret = shape;
	return 0;
}
