// exp(x - max) / sum along one axis.
#include "kernels/exp.h"
#include "kernels/ref/shared.h"

enum { LANES = 64 }; // neighbours that are worked on together

// One column of `lanes` neighbours; rows are `inner` apart. x and y may be the same memory.
static void softmax_lanes(const float *x, float *y, size_t count, size_t inner, size_t lanes)
{
	float top[LANES], sum[LANES];

	for (size_t j = 0; j < lanes; j++) {
		top[j] = x[j];
		sum[j] = 0;
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < lanes; j++)
			top[j] = x[i * inner + j] > top[j] ? x[i * inner + j] : top[j];
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < lanes; j++) {
			const float e = cay_exp_f32(x[i * inner + j] - top[j]);

			y[i * inner + j] = e;
			sum[j] += e;
		}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < lanes; j++)
			y[i * inner + j] /= sum[j];
}

void CAY_ISA_NAME(cay_softmax_f32)(const float *x, float *y, size_t outer, size_t count,
				   size_t inner)
{
	if (!count)
		return;
	for (size_t o = 0; o < outer; o++, x += count * inner, y += count * inner)
		for (size_t j = 0; j < inner; j += LANES)
			softmax_lanes(x + j, y + j, count, inner,
				      inner - j < LANES ? inner - j : LANES);
}
