// int8 matrix products and convolutions with multiply-long and pairwise add.
//
// Sixteen products are two multiply-longs (two products of 127 * 128 fit an int16) and one pairwise
// add into the four partial sums of one output; the sums are joined at the end.
#include "kernels/neon/gemm_driver.h"
#include "kernels/neon/neon.h"

enum { MR = 3, NR = 8, K_STEP = 16, K_MIN = 8 };

// Sixteen depths; the weights are [NR][16]. first: the sums begin with these.
ALWAYS_INLINE const int8_t *multiply_16(int32x4_t (*acc)[NR], const int8_t **a, const int8_t *b,
					size_t rows, bool first)
{
	int8x16_t x[MR];

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		x[i] = take_16(&a[i]);
#pragma GCC unroll 4
	for (size_t j = 0; j < NR; j += 2) {
		const int8x16x2_t w =
			take_32(&b); // four registers would leave too few for products

#pragma GCC unroll 32
		for (size_t n = 0; n < 2 * rows; n++) {
			const size_t c = n / rows, i = n % rows;
			const int16x8_t p = vmlal_high_s8(
				vmull_s8(vget_low_s8(x[i]), vget_low_s8(w.val[c])), x[i], w.val[c]);

			acc[i][j + c] = first ? vpaddlq_s16(p) : vpadalq_s16(acc[i][j + c], p);
		}
	}
	return b;
}

ALWAYS_INLINE void multiply_8(int32x4_t (*acc)[NR], const int8_t **a, const int8_t *b, size_t rows)
{
	int8x8_t x[MR];

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++, a++) {
		x[i] = vld1_s8(*a);
		*a += K_MIN;
	}
#pragma GCC unroll 8
	for (size_t j = 0; j < NR; j++) {
		const int8x8_t w = vld1_s8(b + j * K_MIN);

#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			acc[i][j] = vpadalq_s16(acc[i][j], vmull_s8(x[i], w));
	}
}

ALWAYS_INLINE int32x4_t join(const int32x4_t *acc)
{
	return vpaddq_s32(vpaddq_s32(acc[0], acc[1]), vpaddq_s32(acc[2], acc[3]));
}

// The sums of one tap; first: they begin with it. Returns where the next tap's weights are.
ALWAYS_INLINE const int8_t *multiply_tap(const struct cay_tile *t, size_t tap, const int8_t *b,
					 size_t rows, int32x4_t (*acc)[NR], bool first)
{
	const int8_t *a[MR];
	size_t steps = t->k / K_STEP;

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		a[i] = tile_row(t, tap, i);
	if (first) {
		b = multiply_16(acc, a, b, rows, true);
		steps--;
	}
	for (; steps; steps--)
		b = multiply_16(acc, a, b, rows, false);
	if (t->k % K_STEP) {
		multiply_8(acc, a, b, rows);
		b += NR * K_MIN;
	}
	return b;
}

ALWAYS_INLINE void run_tile(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR][NR], sums[MR][NR / 4];
	const int8_t *b = t->b;
	size_t tap = 0;

	if (__builtin_expect(t->k >= K_STEP, 1)) {
		b = multiply_tap(t, tap++, b, rows, acc, true);
	} else {
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
			for (size_t j = 0; j < NR; j++)
				acc[i][j] = vdupq_n_s32(0);
	}
	for (; tap < t->taps; tap++)
		b = multiply_tap(t, tap, b, rows, acc, false);
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++) {
		sums[i][0] = join(acc[i]);
		sums[i][1] = join(acc[i] + 4);
	}
	tile_store(t, sums[0], rows, NR);
}

ALWAYS_INLINE void run_tiles(const struct cay_tile *first, size_t rows, size_t count)
{
	struct cay_tile t = *first;

	for (; count; count--, tile_advance(&t, rows))
		run_tile(&t, rows);
}

static void tile_1(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 1, count);
}

static void tile_2(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 2, count);
}

static void tile_3(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 3, count);
}

static const struct cay_gemm_tiling tiling = {false,  MR,    NR,
					      K_STEP, K_MIN, {tile_1, tile_2, tile_3}};

static size_t packed_size(size_t n, size_t k, size_t taps)
{
	return cay_gemm_s8_packed_size_neon(&tiling, n, k, taps);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias, size_t n,
		 size_t k, size_t taps)
{
	cay_gemm_s8_pack_neon(&tiling, packed, b, scale, bias, n, k, taps);
}

static void run(const struct cay_gemm_args *args)
{
	cay_gemm_s8_run_neon(&tiling, args);
}

const struct cay_gemm cay_gemm_s8_3x8_neon = {
	.name = "gemm_s8_3x8_neon",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
