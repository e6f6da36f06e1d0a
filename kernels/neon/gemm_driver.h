// What the int8 GEMMs of all ARM folders share: packed panels, staging and the loops over tiles.
//
// Where a tap's depth is no multiple of the tile's, or is so small that finding its address would
// cost more than copying it, the rows of a block of pixels are gathered first ("staged"): all taps
// of a pixel one after another, zeros at the end. What the tiles then see is a plain matrix.
#ifndef CAY_KERNELS_NEON_GEMM_DRIVER_H
#define CAY_KERNELS_NEON_GEMM_DRIVER_H

#include "kernels/neon/epilogue.h"
#include "kernels/neon/take.h"

enum { CAY_TILE_ROWS = 8 };

// Tiles of one panel, one below the other: their number of rows is in the function.
struct cay_tile {
	const int8_t *a;
	size_t lda;  // if there are no offsets
	bool paired; // rows lie in pairs, their depths woven by eights: see cay_gemm_tiling
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

// Weights of a panel of nr columns: for each tap, groups of k_step depths, and one for what is
// left, rounded up to k_min; a group is [nr][depths].
//
// A variant that multiplies pairs of rows has a matrix's rows woven before its panels run: eight
// depths of one row, the same eight of the next. A last row without a partner is its own.
struct cay_gemm_tiling {
	bool weaves_pairs;
	size_t mr, nr, k_step, k_min;
	cay_tile_fn *tiles[CAY_TILE_ROWS]; // by rows - 1
};

size_t cay_gemm_s8_packed_size_neon(const struct cay_gemm_tiling *v, size_t n, size_t k,
				    size_t taps);
void cay_gemm_s8_pack_neon(const struct cay_gemm_tiling *v, void *packed, const void *b,
			   const float *scale, const float *bias, size_t n, size_t k, size_t taps);
void cay_gemm_s8_run_neon(const struct cay_gemm_tiling *v, const struct cay_gemm_args *args);

// On to the tile below.
ALWAYS_INLINE void tile_advance(struct cay_tile *t, size_t rows)
{
	if (t->offsets)
		t->offsets += rows;
	else
		t->a += rows * t->lda;
	t->c = (char *)t->c + rows * t->ldc * t->element;
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

// Sixteen or eight rounded sums.
ALWAYS_INLINE void store_row(int8_t *c, const int32x4_t *y, size_t nr, int8x16_t low,
			     int8x16_t high)
{
	const int16x8_t a = vqmovn_high_s32(vqmovn_s32(y[0]), y[1]);

	if (nr == 16) {
		const int16x8_t b = vqmovn_high_s32(vqmovn_s32(y[2]), y[3]);
		const int8x16_t q = vqmovn_high_s16(vqmovn_s16(a), b);

		vst1q_s8(c, vminq_s8(vmaxq_s8(q, low), high));
	} else {
		vst1_s8(c, vmin_s8(vmax_s8(vqmovn_s16(a), vget_low_s8(low)), vget_low_s8(high)));
	}
}

// acc: [rows][nr / 4], by column; it is used up; rows and nr are constants where this is inlined.
ALWAYS_INLINE void tile_store(const struct cay_tile *t, int32x4_t *acc, size_t rows, size_t nr)
{
	const struct cay_epilogue *e = t->epilogue;
	const int8x16_t low = vdupq_n_s8(e->low), high = vdupq_n_s8(e->high);
	int8_t *c = t->c;

	if (__builtin_expect(!e->fast, 0)) {
		int32_t sums[CAY_TILE_ROWS * 16]; // a copy: the sums themselves stay in registers

#pragma GCC unroll 32
		for (size_t i = 0; i < rows * nr / 4; i++)
			vst1q_s32(sums + 4 * i, acc[i]);
		cay_epilogue_s8_neon(e, sums, nr, t->scale, t->bias, rows, t->columns, t->c,
				     t->ldc);
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
	if (__builtin_expect(t->columns == nr, 1)) {
#pragma GCC unroll 8
		for (size_t i = 0; i < rows; i++, c += t->ldc)
			store_row(c, acc + i * nr / 4, nr, low, high);
		return;
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < rows; i++, c += t->ldc) {
		int8_t y[16];

		store_row(y, acc + i * nr / 4, nr, low, high);
		memcpy(c, y, t->columns);
	}
}

#endif
