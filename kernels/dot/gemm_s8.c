// int8 matrix products and convolutions with SDOT by lane: four products for each of four columns.
#include "kernels/dot/dot.h"
#include "kernels/neon/gemm_driver.h"

enum { MR = 5, NR = 16, K_STEP = 4 };

// Four depths: lane `lane` of each row; the weights are [NR][4].
#define MULTIPLY_4(lane)                                                                           \
	do {                                                                                       \
		const int8x16x4_t w = take_64(&b);                                                 \
                                                                                                   \
		_Pragma("GCC unroll 8") for (size_t i = 0; i < rows; i++)                          \
		{                                                                                  \
			acc[i][0] = vdotq_laneq_s32(acc[i][0], w.val[0], x[i], lane);              \
			acc[i][1] = vdotq_laneq_s32(acc[i][1], w.val[1], x[i], lane);              \
			acc[i][2] = vdotq_laneq_s32(acc[i][2], w.val[2], x[i], lane);              \
			acc[i][3] = vdotq_laneq_s32(acc[i][3], w.val[3], x[i], lane);              \
		}                                                                                  \
	} while (0)

ALWAYS_INLINE void run_tile(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR][NR / 4];
	const int8_t *b = t->b;

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		acc[i][0] = acc[i][1] = acc[i][2] = acc[i][3] = vdupq_n_s32(0);
	for (size_t tap = 0; tap < t->taps; tap++) {
		const int8_t *a[MR];
		int8x16_t x[MR];

#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			a[i] = tile_row(t, tap, i);
		for (size_t d = t->k / 16; d; d--) {
#pragma GCC unroll 8
			for (size_t i = 0; i < rows; i++) {
				x[i] = take_16(&a[i]);
			}
			MULTIPLY_4(0);
			MULTIPLY_4(1);
			MULTIPLY_4(2);
			MULTIPLY_4(3);
		}
		for (size_t d = t->k % 16; d; d -= K_STEP) {
#pragma GCC unroll 8
			for (size_t i = 0; i < rows; i++) {
				int32_t four;

				memcpy(&four, a[i], sizeof(four));
				x[i] = vreinterpretq_s8_s32(vdupq_n_s32(four));
				a[i] += K_STEP;
			}
			MULTIPLY_4(0);
		}
	}
	tile_store(t, acc[0], rows, NR);
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

static void tile_4(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 4, count);
}

static void tile_5(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 5, count);
}

static const struct cay_gemm_tiling tiling = {
	false, MR, NR, K_STEP, K_STEP, {tile_1, tile_2, tile_3, tile_4, tile_5}};

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

const struct cay_gemm cay_gemm_s8_5x16_dot = {
	.name = "gemm_s8_5x16_dot",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
