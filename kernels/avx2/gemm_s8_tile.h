// One tile of the int8 GEMM: vpmaddubsw multiplies bytes and adds pairs of products.
//
// It multiplies unsigned by signed bytes. Rows that have no negative element, as those behind a
// relu, are the unsigned side; for others it is the weights' absolute values, and the row's
// elements take over the weights' signs. A pair is at most 2 * 127 * 128, which fits its int16. Two
// pairs fit too where the four weights' absolute values sum to 258 or less, as trained ones mostly
// do: the groups of which this is not true ("large") are found while packing.
#ifndef CAY_KERNELS_AVX2_GEMM_S8_TILE_H
#define CAY_KERNELS_AVX2_GEMM_S8_TILE_H

#include "kernels/avx2/epilogue.h"
#include "kernels/rows.h"

enum {
	MR = 4,
	NR = 16,
	GROUP = 8, // of depth: two quads, each [NR][4] bytes
	GROUP_BYTES = GROUP * NR
};

// A panel: scale[16], bias[16], for each group how many from it on are not large (padded, so that
// the groups are aligned), the groups.
ALWAYS_INLINE size_t runs_size(size_t groups)
{
	return cay_round_up(groups, 32);
}

// Bytes of an element of C.
ALWAYS_INLINE size_t output_size(const struct cay_gemm_args *args)
{
	return args->to_f32 ? sizeof(float) : 1;
}

ALWAYS_INLINE const int8_t *row_address(const struct cay_gemm_args *rows, size_t tap, size_t row)
{
	return cay_gemm_row(rows, tap, row, 1);
}

ALWAYS_INLINE __m256i broadcast_quad(const int8_t *a)
{
	int32_t quad;

	memcpy(&quad, a, sizeof(quad));
	return _mm256_set1_epi32(quad);
}

ALWAYS_INLINE __m256i load_columns(const int8_t *b, size_t half, size_t quad)
{
	return _mm256_loadu_si256((const __m256i *)b + 2 * quad + half);
}

// acc += the sums of the pairs in p and q; apart: an int16 does not hold both.
ALWAYS_INLINE __m256i add_pairs(__m256i acc, __m256i p, __m256i q, bool apart)
{
	const __m256i ones = _mm256_set1_epi16(1);

	if (!apart)
		return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_add_epi16(p, q), ones));
	acc = _mm256_add_epi32(acc, _mm256_madd_epi16(p, ones));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(q, ones));
}

ALWAYS_INLINE void multiply_unsigned(const int8_t *const *a, size_t d, const int8_t *b,
				     size_t count, bool apart, __m256i (*acc)[2])
{
	const __m256i b00 = load_columns(b, 0, 0), b01 = load_columns(b, 0, 1);
	const __m256i b10 = load_columns(b, 1, 0), b11 = load_columns(b, 1, 1);

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++) {
		const __m256i x0 = broadcast_quad(a[r] + d), x1 = broadcast_quad(a[r] + d + 4);

		acc[r][0] = add_pairs(acc[r][0], _mm256_maddubs_epi16(x0, b00),
				      _mm256_maddubs_epi16(x1, b01), apart);
		acc[r][1] = add_pairs(acc[r][1], _mm256_maddubs_epi16(x0, b10),
				      _mm256_maddubs_epi16(x1, b11), apart);
	}
}

ALWAYS_INLINE void multiply_signed(const int8_t *const *a, size_t d, const int8_t *b, size_t count,
				   bool apart, __m256i (*acc)[2])
{
#pragma GCC unroll 2
	for (size_t half = 0; half < 2; half++) {
		const __m256i b0 = load_columns(b, half, 0), b1 = load_columns(b, half, 1);
		const __m256i size0 = _mm256_abs_epi8(b0), size1 = _mm256_abs_epi8(b1);

#pragma GCC unroll 4
		for (size_t r = 0; r < count; r++) {
			const int8_t *x = a[r] + d;

			__asm__("" : "+r"(x)); // loading both quads again spares their registers
			acc[r][half] = add_pairs(
				acc[r][half],
				_mm256_maddubs_epi16(size0,
						     _mm256_sign_epi8(broadcast_quad(x), b0)),
				_mm256_maddubs_epi16(size1,
						     _mm256_sign_epi8(broadcast_quad(x + 4), b1)),
				apart);
		}
	}
}

ALWAYS_INLINE void multiply_group(const int8_t *const *a, size_t d, const int8_t *b, size_t count,
				  bool is_signed, bool apart, __m256i (*acc)[2])
{
	if (is_signed)
		multiply_signed(a, d, b, count, apart, acc);
	else
		multiply_unsigned(a, d, b, count, apart, acc);
}

static inline void store_slow(const struct cay_gemm_args *rows, const struct epilogue *e,
			      __m256i (*acc)[2], const float *scale, size_t columns, size_t count)
{
	const size_t size = output_size(rows);

	for (size_t j = 0; j < columns; j += 8)
		for (size_t r = 0; r < count; r++)
			store_outputs(e, acc[r][j / 8], _mm256_loadu_ps(scale + j),
				      _mm256_loadu_ps(scale + NR + j),
				      (char *)rows->c + (r * rows->ldc + j) * size,
				      cay_minimum(columns - j, 8));
}

ALWAYS_INLINE void store_some(char *c, __m128i y, size_t columns)
{
	char bytes[NR];

	if (columns >= NR) {
		_mm_storeu_si128((__m128i *)c, y);
		return;
	}
	_mm_storeu_si128((__m128i *)bytes, y);
	memcpy(c, bytes, columns);
}

// Stores a tile of int8 outputs.
ALWAYS_INLINE void store_fast(const struct cay_gemm_args *rows, const struct epilogue *e,
			      __m256i (*acc)[2], const float *scale, size_t columns, size_t count,
			      bool from_zero)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256i low = _mm256_set1_epi8(e->low);
	const __m256 high = _mm256_set1_ps(e->high);
	__m256i words[MR];

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++)
		words[r] = _mm256_packs_epi32(
			round_sums(acc[r][0], _mm256_loadu_ps(scale), _mm256_loadu_ps(scale + NR),
				   high, from_zero),
			round_sums(acc[r][1], _mm256_loadu_ps(scale + 8),
				   _mm256_loadu_ps(scale + NR + 8), high, from_zero));
#pragma GCC unroll 2
	for (size_t r = 0; r < count; r += 2) {
		const size_t other = r + 1 < count ? r + 1 : r;
		const __m256i bytes = _mm256_permutevar8x32_epi32(
			_mm256_max_epi8(_mm256_packs_epi16(words[r], words[other]), low), order);
		char *c = (char *)rows->c + r * rows->ldc;

		store_some(c, _mm256_castsi256_si128(bytes), columns);
		if (other != r)
			store_some(c + rows->ldc, _mm256_extracti128_si256(bytes, 1), columns);
	}
}

// `count` rows and one panel, whose first `columns` columns are stored.
ALWAYS_INLINE void run_tile(const struct cay_gemm_args *rows, const struct epilogue *e,
			    const char *panel, size_t columns, size_t count, bool is_signed)
{
	const float *scale = (const float *)(const void *)panel;
	const uint8_t *run = (const uint8_t *)(scale + 2 * NR);
	const int8_t *b = (const int8_t *)run + runs_size(rows->k / GROUP * rows->taps);
	__m256i acc[MR][2];

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++)
		acc[r][0] = acc[r][1] = _mm256_setzero_si256();
	for (size_t t = 0; t < rows->taps; t++) {
		const int8_t *a[MR];

#pragma GCC unroll 4
		for (size_t r = 0; r < count; r++)
			a[r] = row_address(rows, t, r);
		for (size_t d = 0; d < rows->k;) {
			const size_t end = cay_minimum(d + *run * GROUP, rows->k);

			if (__builtin_expect(d == end, 0)) {
				multiply_group(a, d, b, count, is_signed, true, acc);
				d += GROUP;
				b += GROUP_BYTES;
				run++;
				continue;
			}
			run += (end - d) / GROUP;
			for (; d < end; d += GROUP, b += GROUP_BYTES)
				multiply_group(a, d, b, count, is_signed, false, acc);
		}
	}
	if (!e->fast)
		store_slow(rows, e, acc, scale, columns, count);
	else if (e->from_zero)
		store_fast(rows, e, acc, scale, columns, count, true);
	else
		store_fast(rows, e, acc, scale, columns, count, false);
}

#endif
