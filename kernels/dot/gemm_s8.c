// int8 matrix products and convolutions with SDOT by lane: four products for each of four columns.
#include "kernels/dot/dot.h"
#include "kernels/dot/in_order.h"
#include "kernels/neon/gemm_driver.h"

enum { MR = 5, NR = 16, K_STEP = 4, UNIT = 16 };

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

ALWAYS_INLINE int8x16_t repeat_4(const int8_t *from)
{
	int32_t four;

	memcpy(&four, from, sizeof(four));
	return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

ALWAYS_INLINE void clear(int32x4_t (*acc)[NR / 4], size_t rows)
{
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		acc[i][0] = acc[i][1] = acc[i][2] = acc[i][3] = vdupq_n_s32(0);
}

// One tap of a tile's rows. Returns where the next tap's weights are.
ALWAYS_INLINE const int8_t *multiply_rows(const struct cay_tile *t, size_t tap, const int8_t *b,
					  size_t rows, int32x4_t (*acc)[NR / 4])
{
	const int8_t *a[MR];
	int8x16_t x[MR];

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		a[i] = tile_row(t, tap, i);
	for (size_t d = t->k / UNIT; d; d--) {
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			x[i] = take_16(&a[i]);
		MULTIPLY_4(0);
		MULTIPLY_4(1);
		MULTIPLY_4(2);
		MULTIPLY_4(3);
	}
	for (size_t d = t->k % UNIT; d; d -= K_STEP) {
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++) {
			x[i] = repeat_4(a[i]);
			a[i] += K_STEP;
		}
		MULTIPLY_4(0);
	}
	return b;
}

ALWAYS_INLINE void multiply_woven(const struct cay_tile *t, const int8_t *b,
				  int32x4_t (*acc)[NR / 4])
{
	const size_t rows = MR;
	const int8_t *a = t->a;
	int8x16_t x[MR];

	for (size_t d = t->k / UNIT; d; d--) {
		const int8x16x4_t first = take_64(&a);

		x[0] = first.val[0], x[1] = first.val[1];
		x[2] = first.val[2], x[3] = first.val[3];
		x[4] = take_16(&a);
		MULTIPLY_4(0);
		MULTIPLY_4(1);
		MULTIPLY_4(2);
		MULTIPLY_4(3);
	}
	for (size_t d = t->k % UNIT; d; d -= K_STEP, a += K_STEP) {
#pragma GCC unroll 8
		for (size_t i = 0; i < MR; i++)
			x[i] = repeat_4(a + i * UNIT);
		MULTIPLY_4(0);
	}
}

ALWAYS_INLINE void run_tile(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR][NR / 4];
	const int8_t *b = t->b;

	clear(acc, rows);
	for (size_t tap = 0; tap < t->taps; tap++)
		b = multiply_rows(t, tap, b, rows, acc);
	tile_store(t, acc[0], rows, NR);
}

ALWAYS_INLINE void run_woven(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR][NR / 4];

	clear(acc, rows);
	multiply_woven(t, t->b, acc);
	tile_store(t, acc[0], rows, NR);
}

ALWAYS_INLINE void run_in_order(const struct cay_tile *t, size_t rows)
{
	int32x4_t acc[MR * NR / 4];

	multiply_in_order(t->a, t->b, t->k, acc);
	tile_store(t, acc, rows, NR);
}

DEFINE_TILES(tile_1, run_tile, 1)
DEFINE_TILES(tile_2, run_tile, 2)
DEFINE_TILES(tile_3, run_tile, 3)
DEFINE_TILES(tile_4, run_tile, 4)
DEFINE_TILES(tile_5, run_tile, 5)
DEFINE_TILES(tile_woven, run_woven, MR)
DEFINE_TILES(tile_in_order, run_in_order, MR)

static void weave(const int8_t *a, size_t lda, size_t depth, int8_t *to)
{
	weave_tile(a, lda, MR, depth, UNIT, to);
}

static const struct cay_gemm_tiling tiling = {
	.k_min = K_STEP,
	.unit = UNIT,
	.weave = weave,
	.woven = tile_woven,
	.tiles = {tile_1, tile_2, tile_3, tile_4, tile_5},
};

const struct cay_gemm cay_gemm_s8_5x16_dot = {
	.name = "gemm_s8_5x16_dot",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.tiling = &tiling,
	.packed_size = cay_gemm_s8_packed_size_neon,
	.pack = cay_gemm_s8_pack_neon,
	.run = cay_gemm_s8_run_neon,
};

static const struct cay_gemm_tiling in_order_tiling = {
	.k_min = K_STEP,
	.unit = UNIT,
	.weave = weave,
	.woven = tile_in_order,
	.tiles = {tile_1, tile_2, tile_3, tile_4, tile_5},
};

const struct cay_gemm cay_gemm_s8_5x16_dot_in_order = {
	.name = "gemm_s8_5x16_dot_in_order",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.tiling = &in_order_tiling,
	.packed_size = cay_gemm_s8_packed_size_neon,
	.pack = cay_gemm_s8_pack_neon,
	.run = cay_gemm_s8_run_neon,
};
