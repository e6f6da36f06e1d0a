// Transposes a matrix in tiles, so that both sides stay in the cache.
#include "kernels/ref/ref.h"
#include "kernels/inline.h"

#include <string.h>

enum { TILE = 16 };

// `size` is a constant where this is inlined, so memcpy is one load and one store.
ALWAYS_INLINE void transpose(const char *restrict x, size_t x_pitch, char *restrict y,
			     size_t y_pitch, size_t rows, size_t columns, size_t size)
{
	for (size_t r = 0; r < rows; r += TILE)
		for (size_t c = 0; c < columns; c += TILE)
			for (size_t j = c; j < cay_minimum(c + TILE, columns); j++)
				for (size_t i = r; i < cay_minimum(r + TILE, rows); i++)
					memcpy(y + (j * y_pitch + i) * size,
					       x + (i * x_pitch + j) * size, size);
}

void cay_transpose_ref(const void *x, size_t x_pitch, void *y, size_t y_pitch, size_t rows,
		       size_t columns, size_t size)
{
	switch (size) {
	case 1:
		transpose(x, x_pitch, y, y_pitch, rows, columns, 1);
		break;
	case 4:
		transpose(x, x_pitch, y, y_pitch, rows, columns, 4);
		break;
	case 8:
		transpose(x, x_pitch, y, y_pitch, rows, columns, 8);
		break;
	}
}
