// exp(x - max) / sum along one axis.
#include "kernels/exp.h"
#include "kernels/ref/shared.h"

enum { LANES = 64 };	// neighbours that are worked on together
enum { ROW_LANES = 8 }; // of a row's sum, on every instruction set, so that it has the same bits

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

static float top_of(const float *x, size_t n)
{
	float top[ROW_LANES], all;
	size_t i = 0;

	for (size_t lane = 0; lane < ROW_LANES; lane++)
		top[lane] = x[0];
	for (; i + ROW_LANES <= n; i += ROW_LANES)
		for (size_t lane = 0; lane < ROW_LANES; lane++)
			top[lane] = x[i + lane] > top[lane] ? x[i + lane] : top[lane];
	for (; i < n; i++)
		top[0] = x[i] > top[0] ? x[i] : top[0];
	all = top[0];
	for (size_t lane = 1; lane < ROW_LANES; lane++)
		all = top[lane] > all ? top[lane] : all;
	return all;
}

static float sum_of(const float *x, size_t n)
{
	float lanes[ROW_LANES] = {0}, sum = 0;
	size_t i = 0;

	for (; i + ROW_LANES <= n; i += ROW_LANES)
		for (size_t lane = 0; lane < ROW_LANES; lane++)
			lanes[lane] += x[i + lane];
	for (size_t lane = 0; i + lane < n; lane++)
		lanes[lane] += x[i + lane];
	for (size_t lane = 0; lane < ROW_LANES; lane++)
		sum += lanes[lane];
	return sum;
}

// Rows whose elements lie side by side.
static void softmax_row(const float *x, float *y, size_t n)
{
	const float top = top_of(x, n);
	float sum;

	for (size_t i = 0; i < n; i++)
		y[i] = cay_exp_f32(x[i] - top);
	sum = sum_of(y, n);
	for (size_t i = 0; i < n; i++)
		y[i] /= sum;
}

void CAY_ISA_NAME(cay_softmax_f32)(const float *x, float *y, size_t outer, size_t count,
				   size_t inner)
{
	if (!count)
		return;
	for (size_t o = 0; o < outer; o++, x += count * inner, y += count * inner)
		if (inner == 1)
			softmax_row(x, y, count);
		else
			for (size_t j = 0; j < inner; j += LANES)
				softmax_lanes(x + j, y + j, count, inner,
					      inner - j < LANES ? inner - j : LANES);
}
