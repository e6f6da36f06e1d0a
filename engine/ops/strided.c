// Copies that read their input in another order.
#include "engine/ops/strided.h"
#include "engine/ops/operands.h"

#include <string.h>

void cay_strided_add(struct cay_strided *s, size_t extent, ptrdiff_t stride)
{
	const uint32_t last = s->rank - 1;

	if (extent == 1)
		return;
	if (s->rank && s->stride[last] == stride * (ptrdiff_t)extent) {
		s->extent[last] *= extent;
		s->stride[last] = stride;
		return;
	}
	s->extent[s->rank] = extent;
	s->stride[s->rank++] = stride;
}

// The innermost dimension, a run of bytes if it is the input's innermost too.
static char *copy_inner(const struct cay_strided *s, const char *x, char *y)
{
	const size_t extent = s->rank ? s->extent[s->rank - 1] : 1, element = s->element;
	const ptrdiff_t stride = s->rank ? s->stride[s->rank - 1] : 0;

	if (stride == (ptrdiff_t)element || extent == 1) {
		memcpy(y, x, extent * element);
		return y + extent * element;
	}
	for (size_t i = 0; i < extent; i++, x += stride, y += element)
		memcpy(y, x, element);
	return y;
}

static bool advance(const struct cay_strided *s, size_t *at, const char **x)
{
	for (uint32_t i = s->rank ? s->rank - 1 : 0; i-- > 0;) {
		*x += s->stride[i];
		if (++at[i] < s->extent[i])
			return true;
		*x -= s->stride[i] * (ptrdiff_t)at[i];
		at[i] = 0;
	}
	return false;
}

void cay_strided_copy(const struct cay_strided *s, const void *x, void *y)
{
	size_t at[CAY_STRIDED_MAX_RANK] = {0};
	const char *from = (const char *)x + s->begin;
	char *to = y;

	do
		to = copy_inner(s, from, to);
	while (advance(s, at, &from));
}

void cay_layout_strides(enum cay_layout layout, const struct cay_shape *shape, size_t element,
			size_t stride[CAY_MAX_RANK])
{
	uint32_t order[CAY_MAX_RANK];
	size_t step = element;

	cay_layout_order(layout, shape->rank, order);
	for (uint32_t i = shape->rank; i-- > 0;) {
		stride[order[i]] = step;
		step *= (size_t)shape->dim[order[i]];
	}
}
