// Functions of one float, element by element: the formulas of kernels/ref/unary.c.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

typedef float32x4_t function(float32x4_t v, float32x4_t a, float32x4_t b, float32x4_t c);

// y[i] = f(x[i]), sixteen at a time.
ALWAYS_INLINE void map(function *f, const float *x, float *y, size_t n, float a, float b, float c)
{
	const float32x4_t va = vdupq_n_f32(a), vb = vdupq_n_f32(b), vc = vdupq_n_f32(c);
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		const float32x4_t v0 = vld1q_f32(x + i), v1 = vld1q_f32(x + i + 4);
		const float32x4_t v2 = vld1q_f32(x + i + 8), v3 = vld1q_f32(x + i + 12);

		vst1q_f32(y + i, f(v0, va, vb, vc));
		vst1q_f32(y + i + 4, f(v1, va, vb, vc));
		vst1q_f32(y + i + 8, f(v2, va, vb, vc));
		vst1q_f32(y + i + 12, f(v3, va, vb, vc));
	}
	for (; i + 4 <= n; i += 4)
		vst1q_f32(y + i, f(vld1q_f32(x + i), va, vb, vc));
	if (i < n)
		store_some_f32(y + i, f(load_some_f32(x + i, n - i), va, vb, vc), n - i);
}

ALWAYS_INLINE float32x4_t between(float32x4_t v, float32x4_t low, float32x4_t high)
{
	return vminq_f32(vmaxq_f32(v, low), high); // which hand NaN on
}

#define UNARY(name, result)                                                                        \
	ALWAYS_INLINE float32x4_t name##_4(float32x4_t v, float32x4_t a, float32x4_t b,            \
					   float32x4_t c)                                          \
	{                                                                                          \
		(void)a, (void)b, (void)c;                                                         \
		return result;                                                                     \
	}                                                                                          \
	static void name(const float *x, float *y, size_t n, float a, float b, float c)            \
	{                                                                                          \
		map(name##_4, x, y, n, a, b, c);                                                   \
	}

UNARY(relu, vmaxq_f32(v, vdupq_n_f32(0)))
UNARY(relu6, between(v, vdupq_n_f32(0), a))
UNARY(leaky_relu, vbslq_f32(vcltzq_f32(v), vmulq_f32(v, a), v))
UNARY(sigmoid, sigmoid_f32x4(v))
UNARY(hyperbolic_tangent, tanh_f32x4(v))
UNARY(hard_swish, vdivq_f32(vmulq_f32(v, between(vaddq_f32(v, a), vdupq_n_f32(0), b)), c))
UNARY(hard_sigmoid, between(vaddq_f32(vmulq_f32(v, a), b), vdupq_n_f32(0), vdupq_n_f32(1)))
UNARY(swish, vdivq_f32(v, vaddq_f32(vdupq_n_f32(1), exp_f32x4(vmulq_f32(vnegq_f32(a), v)))))
UNARY(gelu, gelu_f32x4(v))
UNARY(gelu_tanh, gelu_tanh_f32x4(v))
UNARY(exponential, exp_f32x4(v))
UNARY(square_root, vsqrtq_f32(v))
UNARY(absolute, vabsq_f32(v))
UNARY(square, vmulq_f32(v, v))
UNARY(clip, between(v, a, b))
UNARY(scale, vaddq_f32(vmulq_f32(v, a), b))

cay_unary_fn *const cay_unary_f32_neon[CAY_UNARY_KINDS] = {
	[CAY_UNARY_RELU] = relu,
	[CAY_UNARY_RELU6] = relu6,
	[CAY_UNARY_LEAKY_RELU] = leaky_relu,
	[CAY_UNARY_SIGMOID] = sigmoid,
	[CAY_UNARY_TANH] = hyperbolic_tangent,
	[CAY_UNARY_HARD_SWISH] = hard_swish,
	[CAY_UNARY_HARD_SIGMOID] = hard_sigmoid,
	[CAY_UNARY_SWISH] = swish,
	[CAY_UNARY_GELU] = gelu,
	[CAY_UNARY_GELU_TANH] = gelu_tanh,
	[CAY_UNARY_EXP] = exponential,
	[CAY_UNARY_SQRT] = square_root,
	[CAY_UNARY_ABS] = absolute,
	[CAY_UNARY_SQUARE] = square,
	[CAY_UNARY_CLIP] = clip,
	[CAY_UNARY_SCALE] = scale,
};
