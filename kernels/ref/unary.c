// Functions of one float, element by element. NaN comes out as NaN.
#include "kernels/exp.h"
#include "kernels/ref/shared.h"
#include "kernels/requant.h"

// One loop per function; v is the element, a, b and c are its parameters.
#define UNARY(name, result)                                                                        \
	static void name(const float *x, float *y, size_t n, float a, float b, float c)            \
	{                                                                                          \
		(void)a, (void)b, (void)c;                                                         \
		for (size_t i = 0; i < n; i++) {                                                   \
			const float v = x[i];                                                      \
                                                                                                   \
			y[i] = (result);                                                           \
		}                                                                                  \
	}

UNARY(relu, cay_relu_f32(v))
UNARY(relu6, cay_clip_f32(v, 0, a))
UNARY(leaky_relu, cay_leaky_relu_f32(v, a))
UNARY(sigmoid, cay_sigmoid_f32(v))
UNARY(hyperbolic_tangent, cay_tanh_f32(v))
UNARY(hard_swish, (v * cay_clip_f32(v + a, 0, b) / c))
UNARY(hard_sigmoid, cay_clip_f32((v * a) + b, 0, 1))
UNARY(swish, v / (1.0f + cay_exp_f32(-a * v)))
UNARY(gelu, cay_gelu_f32(v))
UNARY(gelu_tanh, cay_gelu_tanh_f32(v))
UNARY(exponential, cay_exp_f32(v))
UNARY(square_root, sqrtf(v))
UNARY(absolute, fabsf(v))
UNARY(square, (v * v))
UNARY(clip, cay_clip_f32(v, a, b))
UNARY(scale, (v * a + b))

cay_unary_fn *const CAY_ISA_NAME(cay_unary_f32)[CAY_UNARY_KINDS] = {
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
