// Transposes a matrix; a picture's three planes are woven together by one store.
#include "kernels/neon/neon.h"

#include <arm_neon.h>
#include <string.h>

enum { TILE = 16 };

static inline size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

// Columns [first_column, columns) of x, in tiles, so that both sides stay in the cache.
static inline __attribute__((always_inline)) void
transpose(const char *x, char *y, size_t rows, size_t columns, size_t first_column, size_t size)
{
	for (size_t r = 0; r < rows; r += TILE)
		for (size_t c = first_column; c < columns; c += TILE)
			for (size_t j = c; j < minimum(c + TILE, columns); j++)
				for (size_t i = r; i < minimum(r + TILE, rows); i++)
					memcpy(y + (j * rows + i) * size,
					       x + (i * columns + j) * size, size);
}

static size_t weave_bytes(const uint8_t *x, uint8_t *y, size_t columns)
{
	size_t c = 0;

	for (; c + 16 <= columns; c += 16)
		vst3q_u8(y + 3 * c, (uint8x16x3_t){{vld1q_u8(x + c), vld1q_u8(x + columns + c),
						    vld1q_u8(x + 2 * columns + c)}});
	return c;
}

static size_t weave_words(const uint32_t *x, uint32_t *y, size_t columns)
{
	size_t c = 0;

	for (; c + 4 <= columns; c += 4)
		vst3q_u32(y + 3 * c, (uint32x4x3_t){{vld1q_u32(x + c), vld1q_u32(x + columns + c),
						     vld1q_u32(x + 2 * columns + c)}});
	return c;
}

void cay_transpose_neon(const void *x, void *y, size_t rows, size_t columns, size_t size)
{
	switch (size) {
	case 1:
		transpose(x, y, rows, columns, rows == 3 ? weave_bytes(x, y, columns) : 0, 1);
		break;
	case 4:
		transpose(x, y, rows, columns, rows == 3 ? weave_words(x, y, columns) : 0, 4);
		break;
	case 8:
		transpose(x, y, rows, columns, 0, 8);
		break;
	}
}
