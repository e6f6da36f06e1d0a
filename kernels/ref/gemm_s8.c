// int8 matrix products and convolutions. Both operands are widened to int16 in blocks on the stack,
// where compilers find their multiply-and-add-pairs instruction for the long dot products.
#include "kernels/ref/epilogue.h"
#include "kernels/ref/ref.h"
#include "kernels/rows.h"

#include <string.h>

enum {
	MR = 4,
	NR = 16,
	ROWS = 64,   // of A for one pass over the weights
	DEPTH = 256, // of one block; a multiple of STEP
	STEP = 16    // dot products are as long as a multiple of it, zeros at the end
};

// Packed: scale[n], bias[n], then the weights as they came.
static size_t packed_size(const struct cay_gemm *gemm, size_t n, size_t k, size_t taps)
{
	(void)gemm;
	return 2 * n * sizeof(float) + n * k * taps;
}

static void pack(const struct cay_gemm *gemm, void *packed, const void *b, const float *scale,
		 const float *bias, size_t n, size_t k, size_t taps)
{
	float *head = packed;

	(void)gemm;
	memcpy(head, scale, n * sizeof(float));
	for (size_t j = 0; j < n; j++)
		head[n + j] = bias ? bias[j] : 0;
	memcpy(head + 2 * n, b, n * k * taps);
}

static void widen(const int8_t *restrict x, int16_t *restrict y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = x[i];
}

static void fill_zero(int16_t *y, size_t begin, size_t end)
{
	memset(y + begin, 0, (end - begin) * sizeof(*y));
}

// Elements [begin, begin + len) of a row of A, its taps one after another.
static void stage_row(const struct cay_gemm_args *args, size_t row, size_t begin, size_t len,
		      int16_t *y)
{
	size_t tap = begin / args->k, at = begin % args->k;

	while (len) {
		const size_t run = len < args->k - at ? len : args->k - at;
		const int8_t *a = cay_gemm_row(args, tap, row, 1);

		widen(a + at, y, run);
		y += run;
		len -= run;
		tap++;
		at = 0;
	}
}

// acc[i][j] += a[i] . b[j] for four rows and two columns, as many sums as SSE2 and NEON hold.
static void dot_4x2(const int16_t *restrict a, const int16_t *restrict b, size_t len,
		    int32_t (*restrict acc)[NR])
{
	int32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0;

	for (size_t d = 0; d < len; d++) {
		const int16_t b0 = b[d], b1 = b[DEPTH + d];

		s00 += a[d] * b0;
		s01 += a[d] * b1;
		s10 += a[DEPTH + d] * b0;
		s11 += a[DEPTH + d] * b1;
		s20 += a[2 * DEPTH + d] * b0;
		s21 += a[2 * DEPTH + d] * b1;
		s30 += a[3 * DEPTH + d] * b0;
		s31 += a[3 * DEPTH + d] * b1;
	}
	acc[0][0] += s00;
	acc[0][1] += s01;
	acc[1][0] += s10;
	acc[1][1] += s11;
	acc[2][0] += s20;
	acc[2][1] += s21;
	acc[3][0] += s30;
	acc[3][1] += s31;
}

// The block of rows x columns of C that begins at (row, column), into acc.
static void multiply_block(const struct cay_gemm_args *args, size_t row, size_t rows, size_t column,
			   size_t columns, int32_t (*acc)[NR])
{
	const size_t depth = args->k * args->taps;
	const int8_t *b = (const int8_t *)((const float *)args->packed + 2 * args->n);
	int16_t a_stage[MR * DEPTH], b_stage[NR * DEPTH];

	for (size_t d = 0; d < depth; d += DEPTH) {
		const size_t len = depth - d < DEPTH ? depth - d : DEPTH;
		const size_t padded = (len + STEP - 1) / STEP * STEP;

		for (size_t j = 0; j < NR; j++) {
			const size_t used = j < columns ? len : 0;

			if (used)
				widen(b + (column + j) * depth + d, b_stage + j * DEPTH, used);
			fill_zero(b_stage + j * DEPTH, used, padded);
		}
		for (size_t i = 0; i < rows; i += MR) {
			for (size_t r = 0; r < MR; r++) {
				const size_t used = i + r < rows ? len : 0;

				if (used)
					stage_row(args, row + i + r, d, used, a_stage + r * DEPTH);
				fill_zero(a_stage + r * DEPTH, used, padded);
			}
			for (size_t j = 0; j < columns; j += 2)
				dot_4x2(a_stage, b_stage + j * DEPTH, padded,
					(int32_t(*)[NR]) & acc[i][j]);
		}
	}
}

static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	const float *scale = args->packed, *bias = scale + args->n;
	const size_t size = args->to_f32 ? sizeof(float) : 1;
	const size_t end = cay_gemm_end_column(args);
	int32_t acc[ROWS][NR];

	(void)gemm;
	for (size_t i = 0; i < args->m; i += ROWS) {
		const size_t rows = args->m - i < ROWS ? args->m - i : ROWS;

		for (size_t j = args->first_column; j < end; j += NR) {
			const size_t columns = end - j < NR ? end - j : NR;

			memset(acc, 0, sizeof(acc));
			multiply_block(args, i, rows, j, columns, acc);
			for (size_t r = 0; r < rows; r++)
				epilogue_s8(acc[r], columns, scale + j, bias + j, &args->act,
					    args->to_f32,
					    (char *)args->c + ((i + r) * args->ldc + j) * size);
		}
	}
}

const struct cay_gemm cay_gemm_s8_4x16_ref = {
	.name = "gemm_s8_4x16_ref",
	.mr = MR,
	.nr = NR,
	.kr = 1,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
