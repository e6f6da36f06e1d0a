// Copies that read their input in another order: transpose, slice, split, expand, tile.
#ifndef CAY_ENGINE_OPS_MOVES_STRIDED_H
#define CAY_ENGINE_OPS_MOVES_STRIDED_H

#include "engine/op.h"

#define CAY_STRIDED_MAX_RANK (2 * CAY_MAX_RANK)

// The output's dimensions in the order of its bytes, outermost first, those joined that the input
// holds one behind the other.
struct cay_strided {
	size_t element, begin; // bytes; begin: where the first element is in the input
	uint32_t rank;
	size_t extent[CAY_STRIDED_MAX_RANK];
	ptrdiff_t stride[CAY_STRIDED_MAX_RANK]; // of the input, in bytes; 0 repeats
};

// Adds a dimension inside the others. At most CAY_STRIDED_MAX_RANK of them.
void cay_strided_add(struct cay_strided *s, size_t extent, ptrdiff_t stride);
// Writes product(extent) elements to y, one behind the other.
void cay_strided_copy(const struct cay_strided *s, const void *x, void *y);

// Bytes from one element to the next along each dimension of a shape.
void cay_layout_strides(enum cay_layout layout, const struct cay_shape *shape, size_t element,
			size_t stride[CAY_MAX_RANK]);

#endif
