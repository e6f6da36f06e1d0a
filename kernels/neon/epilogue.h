// From int32 sums in registers to stored outputs, for the int8 kernels of all ARM folders.
//
// Rounding is monotone, so a clamp after it gives what one before it would: relu costs one
// byte-wide instruction, relu6 two. What is left (other activations, scales that are not finite)
// goes through memory and cay_epilogue_s8_neon.
#ifndef CAY_KERNELS_NEON_EPILOGUE_H
#define CAY_KERNELS_NEON_EPILOGUE_H

#include "kernels/inline.h"
#include "kernels/kernels.h"

#include <arm_neon.h>
#include <string.h>

struct cay_epilogue {
	const struct cay_act *act;
	bool to_f32;
	bool fast;	  // the outputs are requantized sums clamped to [low, high]
	bool has_high;	  // high is less than saturation gives
	bool fast_floats; // the outputs are scaled sums, at least 0 if `relu`
	bool relu;
	int8_t low, high;
};

// finite: every scale and bias is.
struct cay_epilogue cay_epilogue_make_neon(const struct cay_act *act, bool to_f32, bool finite);

// Stores `rows` rows of n sums, acc_stride apart, to c, rows ldc elements apart.
void cay_epilogue_s8_neon(const struct cay_epilogue *e, const int32_t *acc, size_t acc_stride,
			  const float *scale, const float *bias, size_t rows, size_t n, void *c,
			  size_t ldc);

ALWAYS_INLINE int8x16_t epilogue_clamp(int8x16_t y, const struct cay_epilogue *e)
{
	y = vmaxq_s8(y, vld1q_dup_s8(&e->low));
	return __builtin_expect(e->has_high, 0) ? vminq_s8(y, vld1q_dup_s8(&e->high)) : y;
}

ALWAYS_INLINE int32x4_t epilogue_round(int32x4_t acc, float32x4_t scale, float32x4_t bias)
{
	return vcvtaq_s32_f32(vfmaq_f32(bias, vcvtq_f32_s32(acc), scale));
}

// Eight outputs, not clamped yet.
ALWAYS_INLINE int8x8_t epilogue_narrow(const int32x4_t *acc, const float32x4_t *scale,
				       const float32x4_t *bias)
{
	const int32x4_t low = epilogue_round(acc[0], scale[0], bias[0]);
	const int32x4_t high = epilogue_round(acc[1], scale[1], bias[1]);

	return vqmovn_s16(vqmovn_high_s32(vqmovn_s32(low), high));
}

ALWAYS_INLINE int8x8_t epilogue_8(const int32x4_t *acc, const float32x4_t *scale,
				  const float32x4_t *bias, const struct cay_epilogue *e)
{
	const int8x8_t y = epilogue_narrow(acc, scale, bias);

	return vmin_s8(vmax_s8(y, vdup_n_s8(e->low)), vdup_n_s8(e->high));
}

// The same for sixteen outputs.
ALWAYS_INLINE int8x16_t epilogue_narrow_16(const int32x4_t *acc, const float32x4_t *scale,
					   const float32x4_t *bias)
{
	const int32x4_t a = epilogue_round(acc[0], scale[0], bias[0]);
	const int32x4_t b = epilogue_round(acc[1], scale[1], bias[1]);
	const int32x4_t c = epilogue_round(acc[2], scale[2], bias[2]);
	const int32x4_t d = epilogue_round(acc[3], scale[3], bias[3]);
	const int16x8_t low = vqmovn_high_s32(vqmovn_s32(a), b);

	return vqmovn_high_s16(vqmovn_s16(low), vqmovn_high_s32(vqmovn_s32(c), d));
}

ALWAYS_INLINE int8x16_t epilogue_16(const int32x4_t *acc, const float32x4_t *scale,
				    const float32x4_t *bias, const struct cay_epilogue *e)
{
	const int8x16_t y = epilogue_narrow_16(acc, scale, bias);

	return vminq_s8(vmaxq_s8(y, vdupq_n_s8(e->low)), vdupq_n_s8(e->high));
}

#endif
