// exp, sigmoid, tanh and gelu in float: one formula for every instruction set.
//
// After Cephes' expf and tanhf (S. Moshier): additions and multiplications only, each rounded once
// and never fused, no table and no branch, so that four or eight lanes of any vector unit give the
// same bits as this scalar code. The largest errors found against libm in double: exp 0.98 ulp
// (denormals included), sigmoid 2.5 ulp (x > -87; below -88.7 it is 0), tanh 1.4 ulp. gelu is
// within 1e-6 * (1 + min(x, 0)^2) of its size, as exp's argument is rounded.
#ifndef CAY_KERNELS_EXP_H
#define CAY_KERNELS_EXP_H

#include <stdint.h>
#include <string.h>

static inline float cay_f32_from_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static inline uint32_t cay_f32_bits(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

// exp(x) = 2^n * exp(r), n the integer nearest to x / ln 2. NaN stays NaN.
static inline float cay_exp_f32(float x)
{
	const float magic = 0x1.8p23f; // adding it rounds to an integer in the low bits
	float shifted, n, r, y;
	uint32_t power, half;

	x = x > 89.0f ? 89.0f : x; // beyond: infinity and 0 anyway
	x = x < -104.0f ? -104.0f : x;
	shifted = x * 0x1.715476p+0f + magic;
	n = shifted - magic;
	power = cay_f32_bits(shifted) - cay_f32_bits(magic); // n, as two's complement
	r = x - n * 0.693359375f; // exact: ln 2 in two parts, the first of 9 bits
	r = r - n * -2.12194440e-4f;
	y = 1.9875691500e-4f;
	y = y * r + 1.3981999507e-3f;
	y = y * r + 8.3334519073e-3f;
	y = y * r + 4.1665795894e-2f;
	y = y * r + 1.6666665459e-1f;
	y = y * r + 5.0000001201e-1f;
	y = y * (r * r) + r + 1.0f;
	// Two factors: 2^128 is no float, and a denormal result must be rounded once.
	half = (uint32_t)((int32_t)power >> 1);
	y = y * cay_f32_from_bits((half + 127) << 23);
	return y * cay_f32_from_bits((power - half + 127) << 23);
}

static inline float cay_sigmoid_f32(float x)
{
	return 1.0f / (1.0f + cay_exp_f32(-x));
}

static inline float cay_tanh_f32(float x)
{
	const uint32_t sign = cay_f32_bits(x) & 0x80000000;
	const float size = cay_f32_from_bits(cay_f32_bits(x) ^ sign), z = size * size;
	const float large = 1.0f - 2.0f / (cay_exp_f32(size + size) + 1.0f);
	float small = -5.70498872745e-3f;

	small = small * z + 2.06390887954e-2f;
	small = small * z + -5.37397155531e-2f;
	small = small * z + 1.33314422036e-1f;
	small = small * z + -3.33332819422e-1f;
	small = small * z * size + size;
	return cay_f32_from_bits(cay_f32_bits(size < 0.625f ? small : large) | sign);
}

// max(x, 0) - |x| * (1 - Phi(|x|)), Phi the normal distribution's share below. The latter's tail is
// exp(-x^2 / 2) times what goes down slowly: a polynomial of 1 / (1 + 0.3|x|), fitted for |x| <= 15
// with relative errors below 6e-8; beyond, exp gives 0.
static inline float cay_gelu_f32(float x)
{
	const float size = cay_f32_from_bits(cay_f32_bits(x) & 0x7fffffff);
	const float a = size > 15.0f ? 15.0f : size, t = 1.0f / (1.0f + 0.3f * a);
	float y = 3.842525184e-2f;

	y = y * t + -1.693941057e-1f;
	y = y * t + 2.291303426e-1f;
	y = y * t + -7.704328001e-2f;
	y = y * t + 1.429053992e-1f;
	y = y * t + 9.452643991e-2f;
	y = y * t + 1.219603792e-1f;
	y = y * t + 1.194821000e-1f;
	y = y * t + 7.494905731e-6f;
	y = y * cay_exp_f32(a * a * -0.5f);
	return (x > 0 ? x : 0) - a * y;
}

// x / 2 * (1 + tanh(z)) is x / (1 + exp(-2z)), z = sqrt(2 / pi) * (x + 0.044715x^3).
static inline float cay_gelu_tanh_f32(float x)
{
	return x / (1.0f + cay_exp_f32(x * (x * x * -7.135481627e-2f + -1.595769122f)));
}

#endif
