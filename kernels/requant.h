// The arithmetic of the int8 kernels' last step: what every instruction set computes, bit for bit.
//
//   y = fma((float)acc, scale, bias)        rounded once
//   y = act(y)                              in the domain of the output
//   q = trunc(clamp(y, -127, 127) +- 0.5)   ties away from zero; NaN gives -127, nothing -128
//
// These are the formulas of Paddle-Lite's ARMv8 kernels. NaN passes through every activation.
#ifndef CAY_KERNELS_REQUANT_H
#define CAY_KERNELS_REQUANT_H

#include "kernels/kernels.h"

#include <math.h>

static inline float cay_requant_scale(int32_t acc, float scale, float bias)
{
	return fmaf((float)acc, scale, bias);
}

// Where scales and biases are, no sum becomes NaN.
static inline bool cay_all_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

static inline float cay_relu_f32(float y)
{
	return y < 0 ? 0 : y;
}

static inline float cay_clip_f32(float y, float low, float high)
{
	y = y < low ? low : y;
	return y > high ? high : y;
}

static inline float cay_leaky_relu_f32(float y, float alpha)
{
	return y < 0 ? y * alpha : y;
}

// inverse_scale is 1 / act.scale, a division in float.
static inline float cay_hard_swish_act(float y, float inverse_scale, float offset, float limit)
{
	return y * inverse_scale * cay_clip_f32(y + offset, 0, limit);
}

// The offset is the float below 0.5: the sum then rounds so that truncation gives the nearest
// integer, ties away from zero (0.49999997 stays 0), without a rounding instruction.
static inline int8_t cay_saturate_s8(float y)
{
	y = y > -127 ? y : -127;
	y = y < 127 ? y : 127;
	return (int8_t)(int32_t)(y + copysignf(0x1.fffffep-2f, y));
}

#endif
