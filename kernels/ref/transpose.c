// Transposes a matrix in tiles, so that both sides stay in the cache.
#include "kernels/ref/ref.h"

#include <string.h>

enum { TILE = 16 };

static inline size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

// `size` is a constant where this is inlined, so memcpy is one load and one store.
static inline __attribute__((always_inline)) void transpose(const char *restrict x, size_t x_pitch,
							    char *restrict y, size_t y_pitch,
							    size_t rows, size_t columns,
							    size_t size)
{
	for (size_t r = 0; r < rows; r += TILE)
		for (size_t c = 0; c < columns; c += TILE)
			for (size_t j = c; j < minimum(c + TILE, columns); j++)
				for (size_t i = r; i < minimum(r + TILE, rows); i++)
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
