// From sums to stored outputs, 16 at a time: kernels/requant.h, lane by lane.
#ifndef CAY_KERNELS_VNNI_EPILOGUE_H
#define CAY_KERNELS_VNNI_EPILOGUE_H

#include "kernels/requant.h"

#include <immintrin.h>

// The mask of the first n lanes.
static inline __mmask16 first_lanes(size_t n)
{
	return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

// max and min give their second operand where one is NaN: so the constants stand first where NaN
// must pass, and second where it must become the limit.
static inline __m512 apply_act(__m512 y, const struct cay_act *act)
{
	const __m512 zero = _mm512_setzero_ps();

	switch (act->kind) {
	case CAY_ACT_NONE:
		break;
	case CAY_ACT_RELU:
		return _mm512_max_ps(zero, y);
	case CAY_ACT_RELU6:
		return _mm512_min_ps(_mm512_set1_ps(act->limit), _mm512_max_ps(zero, y));
	case CAY_ACT_LEAKY_RELU:
		return _mm512_mask_mul_ps(y, _mm512_cmp_ps_mask(y, zero, _CMP_LT_OQ), y,
					  _mm512_set1_ps(act->alpha));
	case CAY_ACT_HARD_SWISH: {
		__m512 gate = _mm512_add_ps(y, _mm512_set1_ps(act->offset));

		gate = _mm512_min_ps(_mm512_set1_ps(act->limit), _mm512_max_ps(zero, gate));
		return _mm512_mul_ps(_mm512_mul_ps(y, _mm512_set1_ps(1 / act->scale)), gate);
	}
	}
	return y;
}

static inline __m512 requantize(__m512i acc, const float *scale, const float *bias,
				const struct cay_act *act)
{
	return apply_act(_mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), _mm512_loadu_ps(scale),
					 _mm512_loadu_ps(bias)),
			 act);
}

// cay_saturate_s8, in int32: what is rounded lies between low and high, -127 and 127 or closer.
static inline __m512i round_s32(__m512 y, __m512 low, __m512 high)
{
	const __m512i sign = _mm512_set1_epi32(INT32_MIN), half = _mm512_set1_epi32(0x3effffff);
	__m512i away;

	y = _mm512_min_ps(_mm512_max_ps(y, low), high);
	away = _mm512_ternarylogic_epi32(sign, _mm512_castps_si512(y), half, 0xea); // s & y | h
	return _mm512_cvttps_epi32(_mm512_add_ps(y, _mm512_castsi512_ps(away)));
}

// Up to 16 outputs at c, which points to float if to_f32, else to int8.
static inline void store_outputs(void *c, __m512 y, bool to_f32, __mmask16 lanes)
{
	if (to_f32)
		_mm512_mask_storeu_ps(c, lanes, y);
	else
		_mm_mask_storeu_epi8(c, lanes,
				     _mm512_cvtepi32_epi8(round_s32(y, _mm512_set1_ps(-127),
								    _mm512_set1_ps(127))));
}

// Activations that are no more than a range join the rounding's own limits; they stop NaN.
struct range {
	__m512 low, high;
};

static inline bool act_range(const struct cay_act *act, struct range *ret)
{
	const bool is_relu6 = act->kind == CAY_ACT_RELU6;

	ret->low = _mm512_set1_ps(act->kind == CAY_ACT_NONE ? -127 : 0);
	ret->high = _mm512_set1_ps(is_relu6 && act->limit < 127 ? act->limit : 127);
	return act->kind == CAY_ACT_NONE || act->kind == CAY_ACT_RELU ||
	       (is_relu6 && act->limit >= 0);
}

static inline __m512i requantize_range(__m512i acc, __m512 scale, __m512 bias,
				       const struct range *range)
{
	return round_s32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), scale, bias), range->low,
			 range->high);
}

#endif
