// Transposes a matrix in blocks of registers; a picture's three planes are woven together.
#include "kernels/avx2/avx2.h"
#include "kernels/blocks.h"
#include "kernels/ref/ref.h"

#include <immintrin.h>
#include <string.h>

// 8 rows of 16 bytes.
ALWAYS_INLINE void move_bytes(const struct cay_matrices *m, size_t row, size_t column)
{
	const char *x = m->x + row * m->x_pitch + column;
	char *y = m->y + column * m->y_pitch + row;
	__m128i a[8], b[8];

#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++)
		a[i] = _mm_loadu_si128((const __m128i *)(x + i * m->x_pitch));
#pragma GCC unroll 3
	for (size_t step = 0; step < 3; step++) {
#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++) {
			b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 4]);
			b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 4]);
		}
#pragma GCC unroll 8
		for (size_t i = 0; i < 8; i++)
			a[i] = b[i];
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++) {
		_mm_storel_pi((__m64 *)(void *)(y + 2 * i * m->y_pitch), _mm_castsi128_ps(a[i]));
		_mm_storeh_pi((__m64 *)(void *)(y + (2 * i + 1) * m->y_pitch),
			      _mm_castsi128_ps(a[i]));
	}
}

// 8 rows of 8 words.
ALWAYS_INLINE void move_words(const struct cay_matrices *m, size_t row, size_t column)
{
	const float *x = (const float *)(const void *)m->x + row * m->x_pitch + column;
	float *y = (float *)(void *)m->y + column * m->y_pitch + row;
	__m256 a[8], b[8];

#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++) // rows i and i + 4 in the halves of a register
		a[i] = _mm256_insertf128_ps(
			_mm256_castps128_ps256(_mm_loadu_ps(x + i % 4 * m->x_pitch + i / 4 * 4)),
			_mm_loadu_ps(x + (i % 4 + 4) * m->x_pitch + i / 4 * 4), 1);
#pragma GCC unroll 2
	for (size_t i = 0; i < 8; i += 4) {
		b[i] = _mm256_unpacklo_ps(a[i], a[i + 2]);
		b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 2]);
		b[i + 2] = _mm256_unpacklo_ps(a[i + 1], a[i + 3]);
		b[i + 3] = _mm256_unpackhi_ps(a[i + 1], a[i + 3]);
		_mm256_storeu_ps(y + i * m->y_pitch, _mm256_unpacklo_ps(b[i], b[i + 2]));
		_mm256_storeu_ps(y + (i + 1) * m->y_pitch, _mm256_unpackhi_ps(b[i], b[i + 2]));
		_mm256_storeu_ps(y + (i + 2) * m->y_pitch, _mm256_unpacklo_ps(b[i + 1], b[i + 3]));
		_mm256_storeu_ps(y + (i + 3) * m->y_pitch, _mm256_unpackhi_ps(b[i + 1], b[i + 3]));
	}
}

// Byte i of the three registers at its place in one of the 16 bytes of triples, by `order`.
ALWAYS_INLINE __m128i choose(const __m128i x[3], const int8_t order[3][16])
{
	__m128i y = _mm_setzero_si128();

#pragma GCC unroll 3
	for (size_t i = 0; i < 3; i++)
		y = _mm_or_si128(
			y, _mm_shuffle_epi8(x[i], _mm_loadu_si128((const __m128i *)order[i])));
	return y;
}

// Three rows become triples. Returns how many columns it did.
static size_t weave_bytes(const struct cay_matrices *m)
{
	int8_t order[3][3][16]; // [register of triples][row][byte]; -1: nothing of that row
	size_t c = 0;

	for (size_t part = 0; part < 3; part++)
		for (size_t row = 0; row < 3; row++)
			for (size_t i = 0; i < 16; i++) {
				const size_t at = part * 16 + i;

				order[part][row][i] = at % 3 == row ? (int8_t)(at / 3) : -1;
			}
	for (; c + 16 <= m->columns; c += 16) {
		const char *x = m->x + c;
		const __m128i rows[3] = {
			_mm_loadu_si128((const __m128i *)x),
			_mm_loadu_si128((const __m128i *)(x + m->x_pitch)),
			_mm_loadu_si128((const __m128i *)(x + 2 * m->x_pitch)),
		};

		for (size_t part = 0; part < 3; part++)
			_mm_storeu_si128((__m128i *)(m->y + 3 * c + 16 * part),
					 choose(rows, (const int8_t(*)[16])order[part]));
	}
	return c;
}

static size_t weave_words(const struct cay_matrices *m)
{
	const float *x = (const float *)(const void *)m->x;
	float *y = (float *)(void *)m->y;
	size_t c = 0;

	for (; c + 4 <= m->columns; c += 4) {
		const __m128 r = _mm_loadu_ps(x + c), g = _mm_loadu_ps(x + m->x_pitch + c);
		const __m128 b = _mm_loadu_ps(x + 2 * m->x_pitch + c);
		const __m128 rg = _mm_unpacklo_ps(r, g), gb = _mm_unpackhi_ps(g, b);
		const __m128 br = _mm_shuffle_ps(b, r, _MM_SHUFFLE(3, 1, 2, 0)); // b0 b2 r1 r3

		_mm_storeu_ps(y + 3 * c, _mm_shuffle_ps(rg, br, _MM_SHUFFLE(2, 0, 1, 0)));
		_mm_storeu_ps(y + 3 * c + 4, // g1 b1 r2 g2
			      _mm_shuffle_ps(_mm_shuffle_ps(g, b, _MM_SHUFFLE(1, 1, 1, 1)),
					     _mm_unpackhi_ps(r, g), _MM_SHUFFLE(1, 0, 2, 0)));
		_mm_storeu_ps(y + 3 * c + 8, // b2 r3 g3 b3
			      _mm_shuffle_ps(br, gb, _MM_SHUFFLE(3, 2, 3, 1)));
	}
	return c;
}

void cay_transpose_avx2(const void *x, size_t x_pitch, void *y, size_t y_pitch, size_t rows,
			size_t columns, size_t size)
{
	const struct cay_matrices m = {x, y, x_pitch, y_pitch, rows, columns};

	if (size == 1 && rows == 3 && y_pitch == 3)
		cay_move_elements(&m, 0, weave_bytes(&m), columns, 1);
	else if (size == 4 && rows == 3 && y_pitch == 3)
		cay_move_elements(&m, 0, weave_words(&m), columns, 4);
	else if (size == 1)
		cay_move_blocks(&m, move_bytes, 8, 16, 1);
	else if (size == 4)
		cay_move_blocks(&m, move_words, 8, 8, 4);
	else // by pairs it is no faster
		cay_transpose_ref(x, x_pitch, y, y_pitch, rows, columns, size);
}
