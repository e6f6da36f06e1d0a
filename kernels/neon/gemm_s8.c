// int8 matrix products and convolutions with multiply-long and pairwise add.
//
// Sixteen products are two multiply-longs (two products of 127 * 128 fit an int16) and one pairwise
// add into the four partial sums of one output; the sums are joined at the end.
#include "kernels/neon/gemm_driver.h"
#include "kernels/neon/neon.h"

enum { MR = 3, NR = 8, K_STEP = 16, K_MIN = 8, UNIT = 16 };

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

// The woven tile is written out: of 32 registers 24 are sums, and in the compiler's order every
// product waits for the one before it. v0-v2 are the rows, v3 and v4 two columns' weights, v5-v7
// products; the sums of column j are v(8 + 3j) to v(10 + 3j).
// clang-format off
#define MULTIPLY_8(w)                            \
	"smull  v5.8h, v0.8b,  " w ".8b        \n" \
	"smull  v6.8h, v1.8b,  " w ".8b        \n" \
	"smull  v7.8h, v2.8b,  " w ".8b        \n"
#define MULTIPLY_16(w) MULTIPLY_8(w)             \
	"smlal2 v5.8h, v0.16b, " w ".16b       \n" \
	"smlal2 v6.8h, v1.16b, " w ".16b       \n" \
	"smlal2 v7.8h, v2.16b, " w ".16b       \n"
#define ADD(add, x, y, z)                        \
	add "   v" #x ".4s, v5.8h              \n" \
	add "   v" #y ".4s, v6.8h              \n" \
	add "   v" #z ".4s, v7.8h              \n"
// Loads stand as early as their registers are free.
#define STEP(add, multiply, load)                \
	"ld1    {v0.16b-v2.16b}, [%[a]], #48   \n" \
	load                                       \
	multiply("v3")      ADD(add,  8,  9, 10)   \
	multiply("v4") load ADD(add, 11, 12, 13)   \
	multiply("v3")      ADD(add, 14, 15, 16)   \
	multiply("v4") load ADD(add, 17, 18, 19)   \
	multiply("v3")      ADD(add, 20, 21, 22)   \
	multiply("v4") load ADD(add, 23, 24, 25)   \
	multiply("v3")      ADD(add, 26, 27, 28)   \
	multiply("v4")      ADD(add, 29, 30, 31)
#define STEP_16(add) STEP(add, MULTIPLY_16, "ld1 {v3.16b, v4.16b}, [%[b]], #32\n")
#define STEP_8(add)  STEP(add, MULTIPLY_8, "ld1 {v3.8b, v4.8b}, [%[b]], #16\n")
#define PAIR(x, y)   "addp v" #x ".4s, v" #x ".4s, v" #y ".4s\n"
// Four columns' partial sums become one register.
#define JOIN                                     \
	PAIR( 8, 11) PAIR( 9, 12) PAIR(10, 13)     \
	PAIR(14, 17) PAIR(15, 18) PAIR(16, 19)     \
	PAIR(20, 23) PAIR(21, 24) PAIR(22, 25)     \
	PAIR(26, 29) PAIR(27, 30) PAIR(28, 31)     \
	PAIR( 8, 14) PAIR( 9, 15) PAIR(10, 16)     \
	PAIR(20, 26) PAIR(21, 27) PAIR(22, 28)

// The first step begins the sums, the others add to them.
ALWAYS_INLINE void multiply_woven(const int8_t *a, const int8_t *b, size_t depth,
				  int32x4_t (*sums)[NR / 4])
{
	register int32x4_t s00 __asm__("v8"), s10 __asm__("v9"), s20 __asm__("v10");
	register int32x4_t s01 __asm__("v20"), s11 __asm__("v21"), s21 __asm__("v22");
	size_t steps = depth / K_STEP;

	__asm__ volatile(
		"cbz %[steps], 4f\n"
		STEP_16("saddlp")
		"subs %[steps], %[steps], #1\n"
		"b.eq 3f\n"
		"tbnz %[steps], #0, 2f\n"
	"1:\n"	STEP_16("sadalp")
	"2:\n"	STEP_16("sadalp")
		"subs %[steps], %[steps], #2\n"
		"b.gt 1b\n"
	"3:\n"	"tbz %[depth], #3, 5f\n"
		STEP_8("sadalp")
		"b 5f\n"
	"4:\n"	STEP_8("saddlp")
	"5:\n"	JOIN
		: "=w"(s00), "=w"(s10), "=w"(s20), "=w"(s01), "=w"(s11), "=w"(s21),
		  [a] "+&r"(a), [b] "+&r"(b), [steps] "+&r"(steps)
		: [depth] "r"(depth)
		: "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v11", "v12",
		  "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v23", "v24", "v25", "v26",
		  "v27", "v28", "v29", "v30", "v31");
	// clang-format on
	sums[0][0] = s00, sums[0][1] = s01;
	sums[1][0] = s10, sums[1][1] = s11;
	sums[2][0] = s20, sums[2][1] = s21;
}

ALWAYS_INLINE void run_woven(const struct cay_tile *t, size_t rows)
{
	int32x4_t sums[MR][NR / 4];

	multiply_woven(t->a, t->b, t->k, sums);
	tile_store(t, sums[0], rows, NR);
}

DEFINE_TILES(tile_1, run_tile, 1)
DEFINE_TILES(tile_2, run_tile, 2)
DEFINE_TILES(tile_3, run_tile, 3)
DEFINE_TILES(tile_woven, run_woven, MR)

static void weave(const int8_t *a, size_t lda, size_t depth, int8_t *to)
{
	weave_tile(a, lda, MR, depth, UNIT, to);
}

static const struct cay_gemm_tiling tiling = {
	.k_min = K_MIN,
	.unit = UNIT,
	.weave = weave,
	.woven = tile_woven,
	.tiles = {tile_1, tile_2, tile_3},
};

const struct cay_gemm cay_gemm_s8_3x8_neon = {
	.name = "gemm_s8_3x8_neon",
	.mr = MR,
	.nr = NR,
	.kr = K_STEP,
	.tiling = &tiling,
	.packed_size = cay_gemm_s8_packed_size_neon,
	.pack = cay_gemm_s8_pack_neon,
	.run = cay_gemm_s8_run_neon,
};
