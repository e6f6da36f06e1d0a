// int8 matrix products and convolutions with SMMLA: two rows by two columns by eight depths.
#include "kernels/i8mm/i8mm.h"
#include "kernels/neon/gemm_driver.h"

enum { MR = 6, NR = 16, K_STEP = 8, UNIT = 8, PAIRS = NR / 2 };

// Eight depths of pairs of rows; the weights are [NR][8], a register is two columns.
ALWAYS_INLINE const int8_t *multiply_8(int32x4_t (*acc)[PAIRS], const int8x16_t *x, const int8_t *b,
				       size_t pairs)
{
#pragma GCC unroll 8
	for (size_t j = 0; j < PAIRS; j += 2) {
		const int8x16x2_t w = take_32(&b);

#pragma GCC unroll 8
		for (size_t i = 0; i < pairs; i++) {
			acc[i][j] = vmmlaq_s32(acc[i][j], x[i], w.val[0]);
			acc[i][j + 1] = vmmlaq_s32(acc[i][j + 1], x[i], w.val[1]);
		}
	}
	return b;
}

ALWAYS_INLINE int8x16_t zip_low(int8x16_t a, int8x16_t b)
{
	return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}

ALWAYS_INLINE int8x16_t zip_high(int8x16_t a, int8x16_t b)
{
	return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}

// A woven tile: pairs of rows lie as a register wants them.
ALWAYS_INLINE void multiply_woven(const struct cay_tile *t, const int8_t *b,
				  int32x4_t (*acc)[PAIRS])
{
	const int8_t *a = t->a;

	for (size_t d = t->k / K_STEP; d; d--) {
		const int8x16x3_t x = take_48(&a);

		b = multiply_8(acc, x.val, b, MR / 2);
	}
}

// A last row without a partner is its own.
ALWAYS_INLINE void multiply_rows(const struct cay_tile *t, size_t tap, size_t rows, const int8_t *b,
				 int32x4_t (*acc)[PAIRS])
{
	const size_t pairs = (rows + 1) / 2;
	const int8_t *a[MR];
	int8x16_t low[MR / 2], high[MR / 2];

#pragma GCC unroll 8
	for (size_t i = 0; i < 2 * pairs; i++)
		a[i] = tile_row(t, tap, i < rows ? i : rows - 1);
	for (size_t d = t->k / 16; d; d--) {
#pragma GCC unroll 8
		for (size_t i = 0; i < pairs; i++) {
			const int8x16_t x = take_16(&a[2 * i]), y = take_16(&a[2 * i + 1]);

			low[i] = zip_low(x, y);
			high[i] = zip_high(x, y);
		}
		b = multiply_8(acc, low, b, pairs);
		b = multiply_8(acc, high, b, pairs);
	}
	if (t->k % 16) {
#pragma GCC unroll 8
		for (size_t i = 0; i < pairs; i++)
			low[i] = vcombine_s8(vld1_s8(a[2 * i]), vld1_s8(a[2 * i + 1]));
		multiply_8(acc, low, b, pairs);
	}
}

// The sums of two rows lie as [pair of columns][row][column].
ALWAYS_INLINE void split_rows(const int32x4_t *acc, int32x4_t *first, int32x4_t *second)
{
#pragma GCC unroll 8
	for (size_t j = 0; j < PAIRS / 2; j++) {
		const int64x2_t a = vreinterpretq_s64_s32(acc[2 * j]);
		const int64x2_t b = vreinterpretq_s64_s32(acc[2 * j + 1]);

		first[j] = vreinterpretq_s32_s64(vzip1q_s64(a, b));
		second[j] = vreinterpretq_s32_s64(vzip2q_s64(a, b));
	}
}

ALWAYS_INLINE void clear(int32x4_t (*acc)[PAIRS], size_t pairs)
{
#pragma GCC unroll 8
	for (size_t i = 0; i < pairs; i++)
#pragma GCC unroll 8
		for (size_t j = 0; j < PAIRS; j++)
			acc[i][j] = vdupq_n_s32(0);
}

ALWAYS_INLINE void store(const struct cay_tile *t, int32x4_t (*acc)[PAIRS], size_t rows)
{
	int32x4_t sums[MR][NR / 4];

#pragma GCC unroll 8
	for (size_t i = 0; i < (rows + 1) / 2; i++)
		split_rows(acc[i], sums[2 * i], sums[2 * i + 1]);
	tile_store(t, sums[0], rows, NR);
}

ALWAYS_INLINE void run_tile(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR / 2][PAIRS];
	const int8_t *b = t->b;

	clear(acc, (rows + 1) / 2);
	for (size_t tap = 0; tap < t->taps; tap++, b += NR * t->k)
		multiply_rows(t, tap, rows, b, acc);
	store(t, acc, rows);
}

ALWAYS_INLINE void run_woven(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR / 2][PAIRS];

	clear(acc, rows / 2);
	multiply_woven(t, t->b, acc);
	store(t, acc, rows);
}

DEFINE_TILES(tile_1, run_tile, 1)
DEFINE_TILES(tile_2, run_tile, 2)
DEFINE_TILES(tile_3, run_tile, 3)
DEFINE_TILES(tile_4, run_tile, 4)
DEFINE_TILES(tile_5, run_tile, 5)
DEFINE_TILES(tile_6, run_tile, 6)
DEFINE_TILES(tile_woven, run_woven, MR)

static void weave(const int8_t *a, size_t lda, size_t depth, int8_t *to)
{
	weave_tile(a, lda, MR, depth, UNIT, to);
}

static const struct cay_gemm_tiling tiling = {
	.k_min = K_STEP,
	.unit = UNIT,
	.weave = weave,
	.woven = tile_woven,
	.tiles = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6},
};

const struct cay_gemm cay_gemm_s8_6x16_i8mm = {
	.name = "gemm_s8_6x16_i8mm",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.tiling = &tiling,
	.packed_size = cay_gemm_s8_packed_size_neon,
	.pack = cay_gemm_s8_pack_neon,
	.run = cay_gemm_s8_run_neon,
};
