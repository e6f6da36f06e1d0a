// Four floats: ends of rows, and the formulas of kernels/exp.h with the same bits.
#ifndef CAY_KERNELS_NEON_FLOATS_H
#define CAY_KERNELS_NEON_FLOATS_H

#include "kernels/inline.h"

#include <arm_neon.h>
#include <stddef.h>
#include <string.h>

// Loads n < 4 floats; the other lanes are 0.
ALWAYS_INLINE float32x4_t load_some_f32(const float *x, size_t n)
{
	float four[4] = {0};

	memcpy(four, x, n * sizeof(*x));
	return vld1q_f32(four);
}

ALWAYS_INLINE void store_some_f32(float *y, float32x4_t v, size_t n)
{
	float four[4];

	vst1q_f32(four, v);
	memcpy(y, four, n * sizeof(*y));
}

// Loads and stores four floats, or n if those are fewer.
ALWAYS_INLINE float32x4_t load_up_to_4_f32(const float *x, size_t n)
{
	return n < 4 ? load_some_f32(x, n) : vld1q_f32(x);
}

ALWAYS_INLINE void store_up_to_4_f32(float *y, float32x4_t v, size_t n)
{
	if (n < 4)
		store_some_f32(y, v, n);
	else
		vst1q_f32(y, v);
}

// y * r + c, rounded twice.
ALWAYS_INLINE float32x4_t horner(float32x4_t y, float32x4_t r, float c)
{
	return vaddq_f32(vmulq_f32(y, r), vdupq_n_f32(c));
}

// 2^n for the integers n in the exponents' range.
ALWAYS_INLINE float32x4_t power_of_two(int32x4_t n)
{
	return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

ALWAYS_INLINE float32x4_t exp_f32x4(float32x4_t x)
{
	const float32x4_t magic = vdupq_n_f32(0x1.8p23f);
	float32x4_t shifted, n, r, y;
	int32x4_t power, half;

	x = vmaxq_f32(vminq_f32(x, vdupq_n_f32(89)), vdupq_n_f32(-104));
	shifted = vaddq_f32(vmulq_f32(x, vdupq_n_f32(0x1.715476p+0f)), magic);
	n = vsubq_f32(shifted, magic);
	power = vsubq_s32(vreinterpretq_s32_f32(shifted), vreinterpretq_s32_f32(magic));
	r = vsubq_f32(x, vmulq_f32(n, vdupq_n_f32(0.693359375f)));
	r = vsubq_f32(r, vmulq_f32(n, vdupq_n_f32(-2.12194440e-4f)));
	y = horner(vdupq_n_f32(1.9875691500e-4f), r, 1.3981999507e-3f);
	y = horner(y, r, 8.3334519073e-3f);
	y = horner(y, r, 4.1665795894e-2f);
	y = horner(y, r, 1.6666665459e-1f);
	y = horner(y, r, 5.0000001201e-1f);
	y = vaddq_f32(vaddq_f32(vmulq_f32(y, vmulq_f32(r, r)), r), vdupq_n_f32(1));
	half = vshrq_n_s32(power, 1);
	y = vmulq_f32(y, power_of_two(half));
	return vmulq_f32(y, power_of_two(vsubq_s32(power, half)));
}

ALWAYS_INLINE float32x4_t sigmoid_f32x4(float32x4_t x)
{
	const float32x4_t one = vdupq_n_f32(1);

	return vdivq_f32(one, vaddq_f32(one, exp_f32x4(vnegq_f32(x))));
}

ALWAYS_INLINE float32x4_t tanh_f32x4(float32x4_t x)
{
	const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(x), vdupq_n_u32(0x80000000));
	const float32x4_t size = vabsq_f32(x), z = vmulq_f32(size, size), one = vdupq_n_f32(1);
	const float32x4_t power = vaddq_f32(exp_f32x4(vaddq_f32(size, size)), one);
	const float32x4_t large = vsubq_f32(one, vdivq_f32(vdupq_n_f32(2), power));
	float32x4_t small = horner(vdupq_n_f32(-5.70498872745e-3f), z, 2.06390887954e-2f);

	small = horner(small, z, -5.37397155531e-2f);
	small = horner(small, z, 1.33314422036e-1f);
	small = horner(small, z, -3.33332819422e-1f);
	small = vaddq_f32(vmulq_f32(vmulq_f32(small, z), size), size);
	small = vbslq_f32(vcltq_f32(size, vdupq_n_f32(0.625f)), small, large);
	return vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(small), sign));
}

ALWAYS_INLINE float32x4_t gelu_f32x4(float32x4_t x)
{
	const float32x4_t a = vminq_f32(vabsq_f32(x), vdupq_n_f32(15)), one = vdupq_n_f32(1);
	const float32x4_t t = vdivq_f32(one, vaddq_f32(one, vmulq_f32(a, vdupq_n_f32(0.3f))));
	float32x4_t y = horner(vdupq_n_f32(3.842525184e-2f), t, -1.693941057e-1f);

	y = horner(y, t, 2.291303426e-1f);
	y = horner(y, t, -7.704328001e-2f);
	y = horner(y, t, 1.429053992e-1f);
	y = horner(y, t, 9.452643991e-2f);
	y = horner(y, t, 1.219603792e-1f);
	y = horner(y, t, 1.194821000e-1f);
	y = horner(y, t, 7.494905731e-6f);
	y = vmulq_f32(y, exp_f32x4(vmulq_f32(vmulq_f32(a, a), vdupq_n_f32(-0.5f))));
	return vsubq_f32(vmaxq_f32(x, vdupq_n_f32(0)), vmulq_f32(a, y));
}

ALWAYS_INLINE float32x4_t gelu_tanh_f32x4(float32x4_t x)
{
	const float32x4_t z = horner(vmulq_f32(x, x), vdupq_n_f32(-7.135481627e-2f), -1.595769122f);

	return vdivq_f32(x, vaddq_f32(vdupq_n_f32(1), exp_f32x4(vmulq_f32(x, z))));
}

#endif
