// A row of floats gets mean 0 and variance 1: the sums of kernels/ref/norm.c, in its order.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

#include <math.h>

enum { LANES = 8 };

// Of x - mean to the power of 1 or 2; `power` is a constant where this is inlined.
ALWAYS_INLINE double sum_of(const float *x, size_t n, float mean, int power)
{
	float64x2_t sums[4] = {vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0)};
	double lanes[LANES], sum = 0;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		const float32x4_t low = vsubq_f32(vld1q_f32(x + i), vdupq_n_f32(mean));
		const float32x4_t high = vsubq_f32(vld1q_f32(x + i + 4), vdupq_n_f32(mean));
		const float64x2_t d[4] = {
			vcvt_f64_f32(vget_low_f32(low)),
			vcvt_high_f64_f32(low),
			vcvt_f64_f32(vget_low_f32(high)),
			vcvt_high_f64_f32(high),
		};

		for (size_t k = 0; k < 4; k++)
			sums[k] = vaddq_f64(sums[k], power == 2 ? vmulq_f64(d[k], d[k]) : d[k]);
	}
	for (; i < n; i++) {
		const double d = (double)(x[i] - mean);

		sum += power == 2 ? d * d : d;
	}
	for (size_t k = 0; k < 4; k++)
		vst1q_f64(lanes + 2 * k, sums[k]);
	for (size_t lane = 0; lane < LANES; lane++)
		sum += lanes[lane];
	return sum;
}

ALWAYS_INLINE float32x4_t finish(float32x4_t x, float mean, float factor, const float32x4_t *scale,
				 const float32x4_t *bias)
{
	float32x4_t y = vmulq_n_f32(vsubq_f32(x, vdupq_n_f32(mean)), factor);

	if (scale)
		y = vmulq_f32(y, *scale);
	return bias ? vaddq_f32(y, *bias) : y;
}

// scale and bias are there, or not, for all elements: a loop for each form.
ALWAYS_INLINE void finish_row(const float *x, float *y, size_t n, float mean, float factor,
			      const float *scale, const float *bias)
{
	size_t i = 0;
	float32x4_t s, b;

	for (; i + 4 <= n; i += 4) {
		if (scale)
			s = vld1q_f32(scale + i);
		if (bias)
			b = vld1q_f32(bias + i);
		vst1q_f32(y + i, finish(vld1q_f32(x + i), mean, factor, scale ? &s : NULL,
					bias ? &b : NULL));
	}
	if (i == n)
		return;
	if (scale)
		s = load_some_f32(scale + i, n - i);
	if (bias)
		b = load_some_f32(bias + i, n - i);
	store_some_f32(y + i,
		       finish(load_some_f32(x + i, n - i), mean, factor, scale ? &s : NULL,
			      bias ? &b : NULL),
		       n - i);
}

void cay_norm_f32_neon(const float *x, float *y, size_t n, float epsilon, const float *scale,
		       const float *bias)
{
	const float mean = (float)(sum_of(x, n, 0, 1) / (double)n);
	const float variance = (float)(sum_of(x, n, mean, 2) / (double)n);
	const float factor = 1 / sqrtf(variance + epsilon);

	if (scale && bias)
		finish_row(x, y, n, mean, factor, scale, bias);
	else if (scale)
		finish_row(x, y, n, mean, factor, scale, NULL);
	else if (bias)
		finish_row(x, y, n, mean, factor, NULL, bias);
	else
		finish_row(x, y, n, mean, factor, NULL, NULL);
}
