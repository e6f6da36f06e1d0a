// float matrix products and convolutions: six rows by sixteen columns of sums in registers.
//
// A panel of sixteen columns stays in the first cache while a block of rows, which stays in the
// second, passes by it. Every output is summed up in the same order, whatever tile it falls into.
#include "kernels/avx2/activation_f32.h"
#include "kernels/avx2/avx2.h"
#include "kernels/panels.h"
#include "kernels/rows.h"

#include <string.h>

enum {
	MR = 6,
	NR = 16,
	BLOCK = 64 * 1024, // floats of A that pass by one panel
	STAGE = 8 * 1024,  // floats of staged rows
	STAGE_MAX = 512,   // of a row's depth, see is_staged
	WIDE = 4	   // panels of a single row that are multiplied together
};

// Short taps, as those of a picture's three channels, are gathered first: finding their addresses
// again for every panel would cost more.
static bool is_staged(size_t k, size_t taps)
{
	return taps > 1 && k < 8 && k * taps <= STAGE_MAX;
}

// Packed: panels of 16 columns, each of so many floats.
static size_t panel_size(size_t k, size_t taps)
{
	return NR * (1 + k * taps);
}

ALWAYS_INLINE const float *row_address(const struct cay_gemm_args *rows, size_t tap, size_t row)
{
	return cay_gemm_row(rows, tap, row, sizeof(float));
}

static void advance(struct cay_gemm_args *rows, size_t count)
{
	cay_gemm_advance(rows, count, sizeof(float), sizeof(float));
}

// acc += element d of each row times 16 weights.
ALWAYS_INLINE void multiply(const float *const *a, size_t d, const float *b, size_t count,
			    __m256 (*acc)[2])
{
	const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + 8);

#pragma GCC unroll 6
	for (size_t r = 0; r < count; r++) {
		const __m256 x = _mm256_broadcast_ss(a[r] + d);

		acc[r][0] = _mm256_fmadd_ps(x, b0, acc[r][0]);
		acc[r][1] = _mm256_fmadd_ps(x, b1, acc[r][1]);
	}
}

ALWAYS_INLINE void store(float *c, const __m256 *y, size_t columns)
{
	float row[NR];

	if (columns >= NR) {
		_mm256_storeu_ps(c, y[0]);
		_mm256_storeu_ps(c + 8, y[1]);
		return;
	}
	_mm256_storeu_ps(row, y[0]);
	_mm256_storeu_ps(row + 8, y[1]);
	memcpy(c, row, columns * sizeof(*c));
}

// `count` rows and one panel, whose first `columns` columns are stored.
ALWAYS_INLINE void run_tile(const struct cay_gemm_args *rows, const float *b, size_t columns,
			    size_t count)
{
	__m256 acc[MR][2];

#pragma GCC unroll 6
	for (size_t r = 0; r < count; r++) {
		acc[r][0] = _mm256_loadu_ps(b);
		acc[r][1] = _mm256_loadu_ps(b + 8);
	}
	b += NR;
	for (size_t t = 0; t < rows->taps; t++) {
		const float *a[MR];
		size_t d = 0;

#pragma GCC unroll 6
		for (size_t r = 0; r < count; r++)
			a[r] = row_address(rows, t, r);
		for (; d + 2 <= rows->k; d += 2, b += 2 * NR) {
			multiply(a, d, b, count, acc);
			multiply(a, d + 1, b + NR, count, acc);
		}
		if (d < rows->k) {
			multiply(a, d, b, count, acc);
			b += NR;
		}
	}
#pragma GCC unroll 6
	for (size_t r = 0; r < count; r++) {
		acc[r][0] = activate_f32(acc[r][0], &rows->act);
		acc[r][1] = activate_f32(acc[r][1], &rows->act);
		store((float *)rows->c + r * rows->ldc, acc[r], columns);
	}
}

typedef void tile_fn(const struct cay_gemm_args *rows, const float *b, size_t columns);

#define TILE(count)                                                                                \
	static void tile_##count(const struct cay_gemm_args *rows, const float *b, size_t columns) \
	{                                                                                          \
		run_tile(rows, b, columns, count);                                                 \
	}

TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

// Seven to nine rows are two tiles of about the same height: one or two rows alone would wait for
// their own sums.
static size_t tile_height(size_t left)
{
	return left > MR && left < MR + 4 ? (left + 1) / 2 : cay_minimum(left, MR);
}

static void run_block(const struct cay_gemm_args *rows, size_t count)
{
	static tile_fn *const tiles[] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};
	const size_t panel = panel_size(rows->k, rows->taps), end = cay_gemm_end_column(rows);
	const float *b = (const float *)rows->packed + rows->first_column / NR * panel;

	for (size_t j = rows->first_column; j < end; j += NR, b += panel) {
		struct cay_gemm_args at = *rows;

		at.c = (float *)at.c + j;
		for (size_t i = 0; i < count;) {
			const size_t height = tile_height(count - i);

			tiles[height - 1](&at, b, cay_minimum(end - j, NR));
			advance(&at, height);
			i += height;
		}
	}
}

// One row, as of a fully connected layer: four panels at a time, for enough sums that do not wait
// for each other.
static void run_row(const struct cay_gemm_args *rows, const float *b, size_t panel, size_t columns)
{
	__m256 acc[WIDE][2];

#pragma GCC unroll 4
	for (size_t p = 0; p < WIDE; p++) {
		acc[p][0] = _mm256_loadu_ps(b + p * panel);
		acc[p][1] = _mm256_loadu_ps(b + p * panel + 8);
	}
	for (size_t t = 0; t < rows->taps; t++) {
		const float *a = row_address(rows, t, 0);

		for (size_t d = 0; d < rows->k; d++) {
			const __m256 x = _mm256_broadcast_ss(a + d);

			b += NR;
#pragma GCC unroll 4
			for (size_t p = 0; p < WIDE; p++) {
				acc[p][0] = _mm256_fmadd_ps(x, _mm256_loadu_ps(b + p * panel),
							    acc[p][0]);
				acc[p][1] = _mm256_fmadd_ps(x, _mm256_loadu_ps(b + p * panel + 8),
							    acc[p][1]);
			}
		}
	}
	for (size_t p = 0; p < WIDE; p++) {
		acc[p][0] = activate_f32(acc[p][0], &rows->act);
		acc[p][1] = activate_f32(acc[p][1], &rows->act);
		store((float *)rows->c + p * NR, acc[p], columns - p * NR);
	}
}

static void run_single(const struct cay_gemm_args *args)
{
	const size_t panel = panel_size(args->k, args->taps), end = cay_gemm_end_column(args);
	const float *b = (const float *)args->packed + args->first_column / NR * panel;
	struct cay_gemm_args at = *args;
	size_t j = args->first_column;

	for (; j + (WIDE - 1) * NR < end; j += WIDE * NR, b += WIDE * panel) {
		at.c = (float *)args->c + j;
		run_row(&at, b, panel, end - j);
	}
	for (; j < end; j += NR, b += panel) {
		at.c = (float *)args->c + j;
		tile_1(&at, b, cay_minimum(end - j, NR));
	}
}

static void stage_rows(const struct cay_gemm_args *args, size_t row, size_t count, float *to)
{
	for (size_t r = row; r < row + count; r++, to += args->k * args->taps)
		cay_gemm_gather_row(args, r, to, sizeof(*to));
}

static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	const size_t depth = args->k * args->taps;
	const bool staged = args->offsets && is_staged(args->k, args->taps);
	const size_t fit = (staged ? STAGE : BLOCK) / depth / MR * MR, block = fit ? fit : MR;
	float stage[STAGE] __attribute__((aligned(64)));

	(void)gemm;
	if (args->m == 1) {
		run_single(args);
		return;
	}
	for (size_t i = 0; i < args->m; i += block) {
		const size_t count = cay_minimum(args->m - i, block);
		struct cay_gemm_args rows = *args;

		if (staged) {
			stage_rows(args, i, count, stage);
			rows = cay_gemm_staged(args, i, stage, depth, sizeof(float));
		} else {
			advance(&rows, i);
		}
		run_block(&rows, count);
	}
}

const struct cay_gemm cay_gemm_f32_6x16_avx2 = {
	.name = "gemm_f32_6x16_avx2",
	.mr = MR,
	.nr = NR,
	.kr = 1,
	.packed_size = cay_panels_gemm_size,
	.pack = cay_panels_gemm_pack,
	.run = run,
};
