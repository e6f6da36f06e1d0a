// float matrix products and convolutions: four rows by eight columns of sums in registers.
#include "kernels/ref/epilogue.h"
#include "kernels/ref/ref.h"

#include <string.h>

enum { MR = 4, NR = 8 };

// Packed: panels of eight columns, each bias[8], then [taps * k][8]; the last one filled with zeros.
static size_t packed_size(size_t n, size_t k, size_t taps)
{
	return (n + NR - 1) / NR * NR * (1 + k * taps) * sizeof(float);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias, size_t n,
		 size_t k, size_t taps)
{
	const size_t depth = k * taps;
	const float *from = b;
	float *to = packed;

	(void)scale;
	for (size_t panel = 0; panel < n; panel += NR) {
		for (size_t j = 0; j < NR; j++)
			*to++ = bias && panel + j < n ? bias[panel + j] : 0;
		for (size_t d = 0; d < depth; d++)
			for (size_t j = 0; j < NR; j++)
				*to++ = panel + j < n ? from[(panel + j) * depth + d] : 0;
	}
}

static const float *tap_address(const struct cay_gemm_args *args, size_t tap, size_t row)
{
	const float *a = args->a;
	int32_t offset;

	if (!args->offsets)
		return a + row * args->lda;
	offset = args->offsets[tap * args->m + row];
	return offset < 0 ? args->zero : a + offset;
}

// acc[i] += sum over d of a[i][d] * b[d], a row of eight.
static void multiply_4x8(const float *const *rows, const float *restrict b, size_t k,
			 float (*restrict acc)[NR])
{
	const float *restrict a0 = rows[0], *restrict a1 = rows[1];
	const float *restrict a2 = rows[2], *restrict a3 = rows[3];
	float sum[MR][NR];

	memcpy(sum, acc, sizeof(sum));
	for (size_t d = 0; d < k; d++, b += NR) {
		for (size_t j = 0; j < NR; j++)
			sum[0][j] += a0[d] * b[j];
		for (size_t j = 0; j < NR; j++)
			sum[1][j] += a1[d] * b[j];
		for (size_t j = 0; j < NR; j++)
			sum[2][j] += a2[d] * b[j];
		for (size_t j = 0; j < NR; j++)
			sum[3][j] += a3[d] * b[j];
	}
	memcpy(acc, sum, sizeof(sum));
}

static void run_tile(const struct cay_gemm_args *args, const float *panel, size_t row,
		     size_t column)
{
	const size_t rows = args->m - row < MR ? args->m - row : MR;
	const size_t columns = args->n - column < NR ? args->n - column : NR;
	float acc[MR][NR];

	for (size_t i = 0; i < MR; i++)
		memcpy(acc[i], panel, sizeof(acc[i]));
	for (size_t t = 0; t < args->taps; t++) {
		const float *a[MR];

		for (size_t i = 0; i < MR; i++) // rows behind the last repeat it, unused
			a[i] = tap_address(args, t, row + (i < rows ? i : rows - 1));
		multiply_4x8(a, panel + NR + t * args->k * NR, args->k, acc);
	}
	for (size_t i = 0; i < rows; i++) {
		epilogue_act(acc[i], NR, &args->act);
		memcpy((float *)args->c + (row + i) * args->ldc + column, acc[i],
		       columns * sizeof(float));
	}
}

static void run(const struct cay_gemm_args *args)
{
	const size_t panel_size = NR * (1 + args->k * args->taps);
	const float *panels = args->packed;

	for (size_t i = 0; i < args->m; i += MR)
		for (size_t j = 0; j < args->n; j += NR)
			run_tile(args, panels + j / NR * panel_size, i, j);
}

const struct cay_gemm cay_gemm_f32_4x8_ref = {
	.name = "gemm_f32_4x8_ref",
	.mr = MR,
	.nr = NR,
	.kr = 1,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
