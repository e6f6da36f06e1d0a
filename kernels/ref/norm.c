// A row of floats gets mean 0 and variance 1.
#include "kernels/ref/shared.h"
#include "kernels/inline.h"

#include <math.h>
#include <string.h>

// Sums are made in as many lanes on every instruction set, so that they have the same bits.
enum { LANES = 8 };
typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef double doubles __attribute__((vector_size(LANES * sizeof(double))));

// Of x - mean to the power of 1 or 2; `power` is a constant where this is inlined.
ALWAYS_INLINE double sum_of(const float *x, size_t n, float mean, int power)
{
	doubles sums = {0};
	double sum = 0;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		floats v;
		doubles d;

		memcpy(&v, x + i, sizeof(v));
		d = __builtin_convertvector(v - mean, doubles);
		sums += power == 2 ? d * d : d;
	}
	for (; i < n; i++) {
		const double d = (double)(x[i] - mean);

		sum += power == 2 ? d * d : d;
	}
	for (size_t lane = 0; lane < LANES; lane++)
		sum += sums[lane];
	return sum;
}

void CAY_ISA_NAME(cay_norm_f32)(const float *x, float *y, size_t n, float epsilon,
				const float *scale, const float *bias)
{
	const float mean = (float)(sum_of(x, n, 0, 1) / (double)n);
	const float variance = (float)(sum_of(x, n, mean, 2) / (double)n);
	const float factor = 1 / sqrtf(variance + epsilon);

	for (size_t i = 0; i < n; i++)
		y[i] = (x[i] - mean) * factor;
	for (size_t i = 0; scale && i < n; i++)
		y[i] *= scale[i];
	for (size_t i = 0; bias && i < n; i++)
		y[i] += bias[i];
}
