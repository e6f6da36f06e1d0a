// Between float and int8.
#include "kernels/neon/neon.h"
#include "kernels/requant.h"

#include <arm_neon.h>

// x * inverse_scale is no signalling NaN, so that the maximum with a NaN is -127.
static inline int32x4_t quantize_4(const float *x, float inverse_scale)
{
	const float32x4_t y = vmulq_n_f32(vld1q_f32(x), inverse_scale);

	return vcvtaq_s32_f32(vmaxnmq_f32(y, vdupq_n_f32(-127)));
}

static inline int16x8_t quantize_8(const float *x, float inverse_scale)
{
	return vqmovn_high_s32(vqmovn_s32(quantize_4(x, inverse_scale)),
			       quantize_4(x + 4, inverse_scale));
}

void cay_quantize_s8_neon(const float *x, int8_t *y, size_t n, float inverse_scale)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		vst1q_s8(y + i, vqmovn_high_s16(vqmovn_s16(quantize_8(x + i, inverse_scale)),
						quantize_8(x + i + 8, inverse_scale)));
	for (; i < n; i++)
		y[i] = cay_saturate_s8(x[i] * inverse_scale);
}

static inline void dequantize_8(int16x8_t x, float *y, float scale)
{
	vst1q_f32(y, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(x))), scale));
	vst1q_f32(y + 4, vmulq_n_f32(vcvtq_f32_s32(vmovl_high_s16(x)), scale));
}

void cay_dequantize_s8_neon(const int8_t *x, float *y, size_t n, float scale)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		const int8x16_t v = vld1q_s8(x + i);

		dequantize_8(vmovl_s8(vget_low_s8(v)), y + i, scale);
		dequantize_8(vmovl_high_s8(v), y + i + 8, scale);
	}
	for (; i < n; i++)
		y[i] = (float)x[i] * scale;
}
