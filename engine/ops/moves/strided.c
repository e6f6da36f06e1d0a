// Copies that read their input in another order.
#include "engine/ops/moves/strided.h"
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

// The two innermost dimensions, as rows and columns; both are there, with an extent of 1 at least.
struct plane {
	size_t rows, columns;
	ptrdiff_t row, column; // strides
};

static inline void copy_elements(const struct plane *p, const char *x, char *y, size_t element)
{
	for (size_t i = 0; i < p->rows; i++, x += p->row)
		for (size_t j = 0; j < p->columns; j++, y += element)
			memcpy(y, x + (ptrdiff_t)j * p->column, element);
}

static void copy_plane(const struct plane *p, const char *x, char *y, size_t element)
{
	if (p->column == (ptrdiff_t)element)
		for (size_t i = 0; i < p->rows; i++, x += p->row, y += p->columns * element)
			memcpy(y, x, p->columns * element);
	else if (element == sizeof(float)) // of a size known here, one load and one store
		copy_elements(p, x, y, sizeof(float));
	else
		copy_elements(p, x, y, element);
}

static bool advance(const struct cay_strided *s, size_t *at, const char **x)
{
	for (uint32_t i = s->rank > 2 ? s->rank - 2 : 0; i-- > 0;) {
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
	const uint32_t r = s->rank;
	const struct plane plane = {
		.rows = r > 1 ? s->extent[r - 2] : 1,
		.columns = r > 0 ? s->extent[r - 1] : 1,
		.row = r > 1 ? s->stride[r - 2] : 0,
		.column = r > 0 ? s->stride[r - 1] : (ptrdiff_t)s->element,
	};
	size_t at[CAY_STRIDED_MAX_RANK] = {0};
	const char *from = (const char *)x + s->begin;
	char *to = y;

	do {
		copy_plane(&plane, from, to, s->element);
		to += plane.rows * plane.columns * s->element;
	} while (advance(s, at, &from));
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
