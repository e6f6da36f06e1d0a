// How a matrix is transposed in blocks of registers, whatever the instruction set.
#ifndef CAY_KERNELS_BLOCKS_H
#define CAY_KERNELS_BLOCKS_H

#include "kernels/inline.h"

#include <string.h>

enum { CAY_BLOCKS_TILE = 64 }; // rows whose blocks stand side by side in the output's cache lines

// Pitches are elements from a row to the next one.
struct cay_matrices {
	const char *x;
	char *y;
	size_t x_pitch, y_pitch, rows, columns;
};
// Transposes the block whose first element is there.
typedef void cay_move_block(const struct cay_matrices *m, size_t row, size_t column);

// From that row and column on, up to column `columns`, one by one; `size` is an element's.
ALWAYS_INLINE void cay_move_elements(const struct cay_matrices *m, size_t first_row,
				     size_t first_column, size_t columns, size_t size)
{
	for (size_t c = first_column; c < columns; c++)
		for (size_t r = first_row; r < m->rows; r++)
			memcpy(m->y + (c * m->y_pitch + r) * size,
			       m->x + (r * m->x_pitch + c) * size, size);
}

// Whole blocks of height x width elements by `move`, the edges one by one.
ALWAYS_INLINE void cay_move_blocks(const struct cay_matrices *m, cay_move_block *move,
				   size_t height, size_t width, size_t size)
{
	const size_t rows = m->rows / height * height, columns = m->columns / width * width;

	for (size_t r0 = 0; r0 < rows; r0 += CAY_BLOCKS_TILE)
		for (size_t c = 0; c < columns; c += width)
			for (size_t r = r0; r < cay_minimum(r0 + CAY_BLOCKS_TILE, rows);
			     r += height)
				move(m, r, c);
	cay_move_elements(m, rows, 0, columns, size);
	cay_move_elements(m, 0, columns, m->columns, size);
}

#endif
