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

ALWAYS_INLINE void run_tile(const struct cay_tile *t, size_t rows, bool woven)
{
	int32x4_t acc[MR][NR / 4];
	const int8_t *b = t->b;

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++)
		acc[i][0] = acc[i][1] = acc[i][2] = acc[i][3] = vdupq_n_s32(0);
	if (woven)
		multiply_woven(t, b, acc);
	for (size_t tap = 0; !woven && tap < t->taps; tap++)
		b = multiply_rows(t, tap, b, rows, acc);
	tile_store(t, acc[0], rows, NR);
}

ALWAYS_INLINE void run_tiles(const struct cay_tile *first, size_t rows, bool woven, size_t count)
{
	struct cay_tile t = *first;

	for (; count; count--, tile_advance(&t, rows))
		run_tile(&t, rows, woven);
}

static void tile_1(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 1, false, count);
}

static void tile_2(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 2, false, count);
}

static void tile_3(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 3, false, count);
}

static void tile_4(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 4, false, count);
}

static void tile_5(const struct cay_tile *t, size_t count)
{
	run_tiles(t, 5, false, count);
}

static void tile_woven(const struct cay_tile *t, size_t count)
{
	run_tiles(t, MR, true, count);
}

static void weave(const int8_t *a, size_t lda, size_t depth, int8_t *to)
{
	weave_tile(a, lda, MR, depth, UNIT, to);
}

static void tile_in_order(const struct cay_tile *first, size_t count)
{
	struct cay_tile t = *first;

	for (; count; count--, tile_advance(&t, MR)) {
		int32x4_t acc[MR * NR / 4];

		multiply_in_order(t.a, t.b, t.k, acc);
		tile_store(&t, acc, MR, NR);
	}
}

#define TILING(woven_tile)                                                                         \
	{                                                                                          \
		.mr = MR, .nr = NR, .k_step = K_STEP, .k_min = K_STEP, .unit = UNIT,               \
		.weave = weave, .woven = woven_tile, .tiles = {                                    \
			tile_1,                                                                    \
			tile_2,                                                                    \
			tile_3,                                                                    \
			tile_4,                                                                    \
			tile_5                                                                     \
		}                                                                                  \
	}
static const struct cay_gemm_tiling tiling = TILING(tile_woven);
static const struct cay_gemm_tiling in_order_tiling = TILING(tile_in_order);

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

static void run_in_order(const struct cay_gemm_args *args)
{
	cay_gemm_s8_run_neon(&in_order_tiling, args);
}

const struct cay_gemm cay_gemm_s8_5x16_dot_in_order = {
	.name = "gemm_s8_5x16_dot_in_order",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.packed_size = packed_size,
	.pack = pack,
	.run = run_in_order,
};
