// exp(x - max) / sum along one axis: the sums of kernels/ref/softmax.c, in its order.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

enum { LANES = 8 }; // of a row's sum

static float top_of(const float *x, size_t n)
{
	float32x4_t top = vdupq_n_f32(x[0]);
	float all;
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		top = vmaxq_f32(top, vld1q_f32(x + i));
	all = vmaxvq_f32(top);
	for (; i < n; i++)
		all = x[i] > all ? x[i] : all;
	return all;
}

static float sum_of(const float *x, size_t n)
{
	float32x4_t low = vdupq_n_f32(0), high = low;
	float lanes[LANES], sum = 0;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		low = vaddq_f32(low, vld1q_f32(x + i));
		high = vaddq_f32(high, vld1q_f32(x + i + 4));
	}
	vst1q_f32(lanes, low);
	vst1q_f32(lanes + 4, high);
	for (size_t lane = 0; i + lane < n; lane++)
		lanes[lane] += x[i + lane];
	for (size_t lane = 0; lane < LANES; lane++)
		sum += lanes[lane];
	return sum;
}

// Rows whose elements lie side by side.
static void softmax_row(const float *x, float *y, size_t n)
{
	const float32x4_t top = vdupq_n_f32(top_of(x, n));
	float32x4_t sum;
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		vst1q_f32(y + i, exp_f32x4(vsubq_f32(vld1q_f32(x + i), top)));
	if (i < n)
		store_some_f32(y + i, exp_f32x4(vsubq_f32(load_some_f32(x + i, n - i), top)),
			       n - i);
	sum = vdupq_n_f32(sum_of(y, n));
	for (i = 0; i + 4 <= n; i += 4)
		vst1q_f32(y + i, vdivq_f32(vld1q_f32(y + i), sum));
	if (i < n)
		store_some_f32(y + i, vdivq_f32(load_some_f32(y + i, n - i), sum), n - i);
}

// Four neighbours, or `some` of them, whose elements are `inner` apart.
ALWAYS_INLINE void softmax_columns(const float *x, float *y, size_t count, size_t inner,
				   size_t some)
{
	const size_t end = count * inner;
	float32x4_t top = load_up_to_4_f32(x, some), sum = vdupq_n_f32(0);

	for (size_t i = inner; i < end; i += inner)
		top = vmaxq_f32(top, load_up_to_4_f32(x + i, some));
	for (size_t i = 0; i < end; i += inner) {
		const float32x4_t e = exp_f32x4(vsubq_f32(load_up_to_4_f32(x + i, some), top));

		store_up_to_4_f32(y + i, e, some);
		sum = vaddq_f32(sum, e);
	}
	for (size_t i = 0; i < end; i += inner)
		store_up_to_4_f32(y + i, vdivq_f32(load_up_to_4_f32(y + i, some), sum), some);
}

void cay_softmax_f32_neon(const float *x, float *y, size_t outer, size_t count, size_t inner)
{
	if (!count)
		return;
	for (size_t o = 0; o < outer; o++, x += count * inner, y += count * inner) {
		size_t j = 0;

		if (inner == 1) {
			softmax_row(x, y, count);
			continue;
		}
		for (; j + 4 <= inner; j += 4)
			softmax_columns(x + j, y + j, count, inner, 4);
		if (j < inner)
			softmax_columns(x + j, y + j, count, inner, inner - j);
	}
}
