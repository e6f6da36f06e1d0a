// Rows of a picture of another size: each value lies between four of the old one.
#include "kernels/ref/shared.h"

static void blend(const float *const x[4], float wy, float wx, float *restrict y, size_t n)
{
	for (size_t c = 0; c < n; c++) {
		const float top = x[0][c] + (x[1][c] - x[0][c]) * wx;
		const float bottom = x[2][c] + (x[3][c] - x[2][c]) * wx;

		y[c] = top + (bottom - top) * wy;
	}
}

void CAY_ISA_NAME(cay_resize_f32)(const struct cay_resize_args *args)
{
	const size_t n = args->channels;
	float *y = args->y;

	for (size_t i = 0; i < args->out_w; i++, y += n) {
		const struct cay_resize_source *column = &args->columns[i];
		const size_t left = (size_t)column->first * n, right = (size_t)column->second * n;

		blend((const float *const[]){args->top + left, args->top + right,
					     args->bottom + left, args->bottom + right},
		      args->weight, column->weight, y, n);
	}
}
