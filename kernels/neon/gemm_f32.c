// float matrix products and convolutions: five rows by sixteen columns of sums in registers.
//
// Of the tiles that 32 registers hold this one spends the fewest instructions on loads: for four
// steps of depth 80 multiply-adds, one load of each row and four of the weights.
#include "kernels/neon/activation_f32.h"
#include "kernels/neon/neon.h"
#include "kernels/panels.h"
#include "kernels/rows.h"

#include <string.h>

enum {
	MR = 5,
	NR = 16,
	STEP = 4,	// of depth, a register of a row
	STAGE_MAX = 512 // of a row's depth, see is_staged
};

// Taps that do not fill a register, as those of a picture's three channels, are copied together.
static bool is_staged(size_t k, size_t taps)
{
	return taps > 1 && k % STEP != 0 && k * taps <= STAGE_MAX;
}

// acc += lane `lane` of each row times 16 weights.
#define MULTIPLY(lane)                                                                             \
	do {                                                                                       \
		const float32x4x4_t w = vld1q_f32_x4(b);                                           \
                                                                                                   \
		b += NR;                                                                           \
		__asm__("" : "+r"(b)); /* one pointer, which the load itself moves on */           \
		_Pragma("GCC unroll 5") for (size_t r = 0; r < count; r++)                         \
		{                                                                                  \
			acc[r][0] = vfmaq_laneq_f32(acc[r][0], w.val[0], x[r], lane);              \
			acc[r][1] = vfmaq_laneq_f32(acc[r][1], w.val[1], x[r], lane);              \
			acc[r][2] = vfmaq_laneq_f32(acc[r][2], w.val[2], x[r], lane);              \
			acc[r][3] = vfmaq_laneq_f32(acc[r][3], w.val[3], x[r], lane);              \
		}                                                                                  \
	} while (0)

#define MULTIPLY_STEP(d)                                                                           \
	do {                                                                                       \
		_Pragma("GCC unroll 5") for (size_t r = 0; r < count; r++) x[r] =                  \
			vld1q_f32(a[r] + (d));                                                     \
		MULTIPLY(0);                                                                       \
		MULTIPLY(1);                                                                       \
		MULTIPLY(2);                                                                       \
		MULTIPLY(3);                                                                       \
	} while (0)

ALWAYS_INLINE const float *multiply_tap(const float *const *rows, size_t k, const float *b,
					size_t count, float32x4_t (*acc)[4])
{
	const float *a[MR];
	float32x4_t x[MR];
	size_t d = 0;

#pragma GCC unroll 5
	for (size_t r = 0; r < count; r++)
		a[r] = rows[r];
	for (; d + 2 * STEP <= k; d += 2 * STEP) {
		MULTIPLY_STEP(d);
		MULTIPLY_STEP(d + STEP);
	}
	if (d + STEP <= k) {
		MULTIPLY_STEP(d);
		d += STEP;
	}
	for (; d < k; d++) {
#pragma GCC unroll 5
		for (size_t r = 0; r < count; r++)
			x[r] = vld1q_dup_f32(a[r] + d);
		MULTIPLY(0);
	}
	return b;
}

static void store_some(float *c, const float32x4_t y[4], size_t columns)
{
	float row[NR];

	for (size_t v = 0; v < 4; v++)
		vst1q_f32(row + v * 4, y[v]);
	memcpy(c, row, columns * sizeof(*c));
}

ALWAYS_INLINE void store_panel(const struct cay_gemm_rows *rows, float32x4_t (*acc)[4],
			       size_t count, size_t column, enum range_f32 range)
{
	const struct cay_gemm_args *args = rows->args;
	float *c = (float *)args->c + rows->first * args->ldc + column;

#pragma GCC unroll 5
	for (size_t r = 0; r < count; r++, c += args->ldc) {
#pragma GCC unroll 4
		for (size_t v = 0; v < 4; v++)
			acc[r][v] = store_act_f32(acc[r][v], &args->act, range);
		if (column + NR <= args->n)
			vst1q_f32_x4(c,
				     (float32x4x4_t){{acc[r][0], acc[r][1], acc[r][2], acc[r][3]}});
		else
			store_some(c, acc[r], args->n - column);
	}
}

// Returns where the next panel begins.
ALWAYS_INLINE const float *run_panel(const struct cay_gemm_rows *rows, const float *b, size_t count,
				     size_t column, enum range_f32 range)
{
	float32x4_t acc[MR][4];

#pragma GCC unroll 5
	for (size_t r = 0; r < count; r++)
#pragma GCC unroll 4
		for (size_t v = 0; v < 4; v++)
			acc[r][v] = vld1q_f32(b + v * 4);
	b += NR;
	for (size_t t = 0; t < rows->taps; t++) {
		const float *a[MR];

		for (size_t r = 0; r < count; r++)
			a[r] = cay_gemm_rows_at(rows, t, r, sizeof(float));
		b = multiply_tap(a, rows->k, b, count, acc);
	}
	store_panel(rows, acc, count, column, range);
	return b;
}

static void stage_rows(const struct cay_gemm_args *args, size_t row, size_t count, float *to,
		       size_t stride)
{
	for (size_t r = row; r < row + count; r++, to += stride)
		cay_gemm_gather_row(args, r, to, sizeof(*to));
}

ALWAYS_INLINE void run_rows(const struct cay_gemm_args *args, size_t row, size_t count)
{
	const bool staged = is_staged(args->k, args->taps);
	const enum range_f32 range = act_range_f32(&args->act);
	const float *b = args->packed;
	float stage[MR * STAGE_MAX];
	const struct cay_gemm_rows rows = {
		.k = staged ? args->k * args->taps : args->k,
		.taps = staged ? 1 : args->taps,
		.args = args,
		.first = row,
		.stage = staged ? stage : NULL,
		.stage_stride = args->k * args->taps,
	};

	if (staged)
		stage_rows(args, row, count, stage, rows.stage_stride);
	for (size_t j = 0; j < args->n; j += NR)
		b = run_panel(&rows, b, count, j, range);
}

static void run_columns(const struct cay_gemm_args *args)
{
	size_t row = 0;

	for (; row + MR <= args->m; row += MR)
		run_rows(args, row, MR);
	switch (args->m - row) {
	case 4:
		run_rows(args, row, 4);
		break;
	case 3:
		run_rows(args, row, 3);
		break;
	case 2:
		run_rows(args, row, 2);
		break;
	case 1:
		run_rows(args, row, 1);
		break;
	default:
		break;
	}
}

// A range of columns is a narrower matrix.
static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	const size_t first = args->first_column;
	struct cay_gemm_args part = *args;

	(void)gemm;
	part.n = cay_gemm_end_column(args) - first;
	part.packed = (const float *)args->packed + first * (1 + args->k * args->taps);
	part.c = (float *)args->c + first;
	run_columns(&part);
}

const struct cay_gemm cay_gemm_f32_5x16_neon = {
	.name = "gemm_f32_5x16_neon",
	.mr = MR,
	.nr = NR,
	.kr = 1,
	.packed_size = cay_panels_gemm_size,
	.pack = cay_panels_gemm_pack,
	.run = run,
};
