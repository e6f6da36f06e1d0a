// float matrix products and convolutions: four rows by eight columns of sums in registers.
#include "kernels/panels.h"
#include "kernels/ref/epilogue.h"
#include "kernels/ref/ref.h"
#include "kernels/rows.h"

#include <string.h>

enum { MR = 4, NR = 8 };

typedef float lanes __attribute__((vector_size(16))); // the compiler's, for any machine

// acc[i] += sum over d of a[i][d] * b[d], a row of eight. Named sums stay in registers.
static void multiply_4x8(const float *const *rows, const float *b, size_t k, lanes (*acc)[2])
{
	const float *a0 = rows[0], *a1 = rows[1], *a2 = rows[2], *a3 = rows[3];
	lanes s00 = acc[0][0], s01 = acc[0][1], s10 = acc[1][0], s11 = acc[1][1];
	lanes s20 = acc[2][0], s21 = acc[2][1], s30 = acc[3][0], s31 = acc[3][1];

	for (size_t d = 0; d < k; d++, b += NR) {
		lanes b0, b1;

		memcpy(&b0, b, sizeof(b0));
		memcpy(&b1, b + 4, sizeof(b1));
		s00 += a0[d] * b0;
		s01 += a0[d] * b1;
		s10 += a1[d] * b0;
		s11 += a1[d] * b1;
		s20 += a2[d] * b0;
		s21 += a2[d] * b1;
		s30 += a3[d] * b0;
		s31 += a3[d] * b1;
	}
	acc[0][0] = s00;
	acc[0][1] = s01;
	acc[1][0] = s10;
	acc[1][1] = s11;
	acc[2][0] = s20;
	acc[2][1] = s21;
	acc[3][0] = s30;
	acc[3][1] = s31;
}

static void run_tile(const struct cay_gemm_args *args, const float *panel, size_t row,
		     size_t column)
{
	const size_t rows = args->m - row < MR ? args->m - row : MR;
	const size_t columns = args->n - column < NR ? args->n - column : NR;
	lanes acc[MR][2];

	for (size_t i = 0; i < MR; i++)
		memcpy(acc[i], panel, sizeof(acc[i]));
	for (size_t t = 0; t < args->taps; t++) {
		const float *a[MR];

		for (size_t i = 0; i < MR; i++) // rows behind the last repeat it, unused
			a[i] = cay_gemm_row(args, t, row + (i < rows ? i : rows - 1),
					    sizeof(float));
		multiply_4x8(a, panel + NR + t * args->k * NR, args->k, acc);
	}
	for (size_t i = 0; i < rows; i++) {
		float y[NR];

		memcpy(y, acc[i], sizeof(y));
		epilogue_act(y, columns, &args->act);
		memcpy((float *)args->c + (row + i) * args->ldc + column, y,
		       columns * sizeof(float));
	}
}

static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	const size_t panel_size = NR * (1 + args->k * args->taps);
	const size_t end = cay_gemm_end_column(args);
	const float *panels = args->packed;

	(void)gemm;
	for (size_t i = 0; i < args->m; i += MR)
		for (size_t j = args->first_column; j < end; j += NR)
			run_tile(args, panels + j / NR * panel_size, i, j);
}

const struct cay_gemm cay_gemm_f32_4x8_ref = {
	.name = "gemm_f32_4x8_ref",
	.mr = MR,
	.nr = NR,
	.kr = 1,
	.packed_size = cay_panels_gemm_size,
	.pack = cay_panels_gemm_pack,
	.run = run,
};
