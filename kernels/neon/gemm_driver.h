// What the int8 GEMMs of all ARM folders share: packed panels, staging and the loops over tiles.
//
// The rows of a block of pixels are gathered first ("staged"): all taps of a pixel one after
// another, zeros up to the depth of a tile. Full tiles are woven while they are copied, so that a
// tile reads one stream: `unit` bytes of its first row, the same of its second, and so on down its
// rows, then the next `unit` bytes of the first. The rows that are left lie behind them, each by
// itself. Only where not even one tile fits the stage do tiles read the pixels where they are.
#ifndef CAY_KERNELS_NEON_GEMM_DRIVER_H
#define CAY_KERNELS_NEON_GEMM_DRIVER_H

#include "kernels/neon/epilogue.h"
#include "kernels/neon/take.h"

enum { CAY_TILE_ROWS = 8 };

// Tiles of one panel, one below the other: their number of rows is in the function.
struct cay_tile {
	const int8_t *a;
	size_t lda; // if there are no offsets; of a woven tile: its size by its rows
	const int32_t *offsets;
	size_t offset_stride;
	const int8_t *zero;
	size_t k, taps; // k: a multiple of the variant's k_min
	const float *scale, *bias;
	const int8_t *b;
	void *c;
	size_t ldc, columns; // columns: up to nr
	size_t element;	     // bytes of an output
	const struct cay_epilogue *epilogue;
};
typedef void cay_tile_fn(const struct cay_tile *t, size_t count);

// Weights of a panel of nr columns: for each tap, groups of kr depths, and one for what is left,
// rounded up to k_min; a group is [nr][depths]. Staged taps are one.
struct cay_gemm_tiling {
	size_t k_min, unit;
	// Weaves the mr rows of a tile.
	void (*weave)(const int8_t *a, size_t lda, size_t depth, int8_t *to);
	cay_tile_fn *woven;		   // tiles of mr rows
	cay_tile_fn *tiles[CAY_TILE_ROWS]; // not woven, by rows - 1
};

// The functions of struct cay_gemm for variants that have a tiling.
size_t cay_gemm_s8_packed_size_neon(const struct cay_gemm *v, size_t n, size_t k, size_t taps);
void cay_gemm_s8_pack_neon(const struct cay_gemm *v, void *packed, const void *b,
			   const float *scale, const float *bias, size_t n, size_t k, size_t taps);
void cay_gemm_s8_run_neon(const struct cay_gemm *v, const struct cay_gemm_args *args);

// Moves on to the tile below.
ALWAYS_INLINE void tile_advance(struct cay_tile *t, size_t rows)
{
	if (t->offsets)
		t->offsets += rows;
	else
		t->a += rows * t->lda;
	t->c = (char *)t->c + rows * t->ldc * t->element;
}

// Defines a cay_tile_fn: tiles of `rows` rows, each of them by run_tile(tile, rows).
#define DEFINE_TILES(name, run_tile, rows)                                                         \
	static void name(const struct cay_tile *first, size_t count)                               \
	{                                                                                          \
		struct cay_tile t = *first;                                                        \
                                                                                                   \
		for (; count; count--, tile_advance(&t, rows))                                     \
			run_tile(&t, rows);                                                        \
	}

// Where row i of the tile begins, for one tap.
ALWAYS_INLINE const int8_t *tile_row(const struct cay_tile *t, size_t tap, size_t i)
{
	int32_t offset;

	if (!t->offsets)
		return t->a + i * t->lda;
	offset = t->offsets[tap * t->offset_stride + i];
	return offset < 0 ? t->zero : t->a + offset;
}

ALWAYS_INLINE int16x8_t narrow(const int32x4_t *y)
{
	return vqmovn_high_s32(vqmovn_s32(y[0]), y[1]);
}

// Stores rounded sums, [rows][nr / 4], as full rows of int8.
ALWAYS_INLINE void store_rows(int8_t *c, size_t ldc, const int32x4_t *y, size_t rows, size_t nr,
			      const struct cay_epilogue *e)
{
	const size_t step = 16 / nr; // rows of eight are worked on two at a time

#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i += step) {
		const int8x8_t low = vqmovn_s16(narrow(y + i * nr / 4));
		const bool has_next = i + 1 < rows;
		const int8x16_t q = epilogue_clamp(
			nr == 16 || has_next ? vqmovn_high_s16(low, narrow(y + i * nr / 4 + 2))
					     : vcombine_s8(low, low),
			e);

		if (nr == 16) {
			vst1q_s8(c + i * ldc, q);
			continue;
		}
		vst1_s8(c + i * ldc, vget_low_s8(q));
		if (has_next)
			vst1q_lane_s64((int64_t *)(void *)(c + (i + 1) * ldc),
				       vreinterpretq_s64_s8(q), 1);
	}
}

ALWAYS_INLINE void store_floats(float *c, const int32x4_t *acc, const float *scale,
				const float *bias, size_t nr, bool relu)
{
#pragma GCC unroll 4
	for (size_t j = 0; j < nr / 4; j++) {
		float32x4_t y = vfmaq_f32(vld1q_f32(bias + 4 * j), vcvtq_f32_s32(acc[j]),
					  vld1q_f32(scale + 4 * j));

		if (relu)
			y = vbslq_f32(vcltzq_f32(y), vdupq_n_f32(0), y);
		vst1q_f32(c + 4 * j, y);
	}
}

// Stores what tile_store has no fast way for, through memory.
ALWAYS_INLINE void store_any(const struct cay_tile *t, const int32x4_t *acc, size_t rows, size_t nr)
{
	int32_t sums[CAY_TILE_ROWS * 16]; // a copy: the sums themselves stay in registers

#pragma GCC unroll 32
	for (size_t i = 0; i < rows * nr / 4; i++)
		vst1q_s32(sums + 4 * i, acc[i]);
	cay_epilogue_s8_neon(t->epilogue, sums, nr, t->scale, t->bias, rows, t->columns, t->c,
			     t->ldc);
}

// acc: [rows][nr / 4], by column; it is used up; rows and nr are constants where this is inlined.
ALWAYS_INLINE void tile_store(const struct cay_tile *t, int32x4_t *acc, size_t rows, size_t nr)
{
	const struct cay_epilogue *e = t->epilogue;
	const bool full = __builtin_expect(t->columns == nr, 1);

	if (e->fast_floats && full) {
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			store_floats((float *)t->c + i * t->ldc, acc + i * nr / 4, t->scale,
				     t->bias, nr, e->relu);
		return;
	}
	if (__builtin_expect(!e->fast, 0)) {
		store_any(t, acc, rows, nr);
		return;
	}
	// Column by column, so that scale and bias take two registers and not eight.
#pragma GCC unroll 4
	for (size_t j = 0; j < nr / 4; j++) {
		const float32x4_t scale = vld1q_f32(t->scale + 4 * j);
		const float32x4_t bias = vld1q_f32(t->bias + 4 * j);

#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			acc[i * nr / 4 + j] = epilogue_round(acc[i * nr / 4 + j], scale, bias);
	}
	if (full) {
		store_rows(t->c, t->ldc, acc, rows, nr, e);
	} else {
		int8_t y[CAY_TILE_ROWS * 16];

		store_rows(y, nr, acc, rows, nr, e);
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++)
			memcpy((int8_t *)t->c + i * t->ldc, y + i * nr, t->columns);
	}
}

// Weaves a tile: a unit of each row in turn. `rows` and `unit` are constants where this is inlined.
ALWAYS_INLINE void weave_tile(const int8_t *a, size_t lda, size_t rows, size_t depth, size_t unit,
			      int8_t *to)
{
	size_t d = 0;

	for (; d + unit <= depth; d += unit)
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++, to += unit)
			memcpy(to, a + i * lda + d, unit);
	for (size_t i = 0; d < depth && i < rows; i++, to += unit)
		memcpy(to, a + i * lda + d, depth - d);
}

#endif
