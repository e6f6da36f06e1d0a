// Pooling of one NHWC image; the channels are the inner loop.
#include "kernels/ref/shared.h"

#include <string.h>

static void take_maximum(const float *restrict x, float *restrict y, size_t n)
{
	for (size_t c = 0; c < n; c++)
		y[c] = x[c] > y[c] ? x[c] : y[c];
}

static void take_sum(const float *restrict x, float *restrict y, size_t n)
{
	for (size_t c = 0; c < n; c++)
		y[c] += x[c];
}

static void multiply(float *y, size_t n, float factor)
{
	for (size_t c = 0; c < n; c++)
		y[c] *= factor;
}

static void pool_pixel(const struct cay_pool_args *args, const int32_t *rows,
		       const int32_t *columns, float *y)
{
	const size_t channels = args->channels;
	bool first = true;

	for (int32_t row = rows[0]; row < rows[1]; row++)
		for (int32_t column = columns[0]; column < columns[1]; column++) {
			const float *x =
				args->x + ((size_t)row * args->in_w + (size_t)column) * channels;

			if (first)
				memcpy(y, x, channels * sizeof(float));
			else if (args->inverse_area)
				take_sum(x, y, channels);
			else
				take_maximum(x, y, channels);
			first = false;
		}
}

void CAY_ISA_NAME(cay_pool_f32)(const struct cay_pool_args *args)
{
	const float *inverse_area = args->inverse_area;
	float *y = args->y;

	for (size_t i = 0; i < args->out_h; i++)
		for (size_t j = 0; j < args->out_w; j++, y += args->channels) {
			pool_pixel(args, args->row + 2 * i, args->column + 2 * j, y);
			if (inverse_area)
				multiply(y, args->channels, *inverse_area++);
		}
}
