// From int32 sums to stored outputs, eight at a time: kernels/requant.h, lane by lane.
#ifndef CAY_KERNELS_AVX2_EPILOGUE_H
#define CAY_KERNELS_AVX2_EPILOGUE_H

#include "kernels/avx2/activation_f32.h"
#include "kernels/requant.h"

#include <string.h>

// Rounding is monotone, so the lower limit may come after it, as a maximum of bytes. The upper one
// comes before: what is no int32 would become the smallest.
struct epilogue {
	const struct cay_act *act;
	bool to_f32;
	bool fast;	// the outputs are rounded sums between low and high
	bool from_zero; // low is 0
	float high;
	int8_t low;
};

// Sums are NaN only where a scale or a bias is not finite.
static inline struct epilogue make_epilogue(const struct cay_act *act, bool to_f32,
					    const float *scale, const float *bias, size_t n)
{
	const bool from_zero =
		act->kind == CAY_ACT_RELU || (act->kind == CAY_ACT_RELU6 && act->limit >= 0);

	return (struct epilogue){
		.act = act,
		.to_f32 = to_f32,
		.fast = !to_f32 && (from_zero || act->kind == CAY_ACT_NONE) &&
			cay_all_finite(scale, n) && cay_all_finite(bias, n),
		.from_zero = from_zero,
		.high = act->kind == CAY_ACT_RELU6 && act->limit < 127 ? act->limit : 127,
		.low = from_zero ? 0 : -127,
	};
}

static inline __m256 scale_sums(__m256i acc, __m256 scale, __m256 bias)
{
	return _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), scale, bias);
}

// Ties away from zero, as cay_saturate_s8. Below -2^31: the smallest int32.
static inline __m256i round_s32(__m256 y)
{
	const __m256 sign = _mm256_set1_ps(-0.0f), half = _mm256_set1_ps(0x1.fffffep-2f);

	return _mm256_cvttps_epi32(_mm256_add_ps(y, _mm256_or_ps(_mm256_and_ps(y, sign), half)));
}

// from_zero: what is below 0 will be 0.
static inline __m256i round_sums(__m256i acc, __m256 scale, __m256 bias, __m256 high,
				 bool from_zero)
{
	const __m256 y = _mm256_min_ps(scale_sums(acc, scale, bias), high);

	return from_zero ? _mm256_cvttps_epi32(_mm256_add_ps(y, _mm256_set1_ps(0x1.fffffep-2f)))
			 : round_s32(y);
}

// Makes NaN -127.
static inline __m256i saturate_s32(__m256 y)
{
	y = _mm256_max_ps(y, _mm256_set1_ps(-127));
	return round_s32(_mm256_min_ps(y, _mm256_set1_ps(127)));
}

// The low bytes of eight int32 that fit them.
static inline __m128i narrow_8(__m256i y)
{
	const __m128i words =
		_mm_packs_epi32(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

	return _mm_packs_epi16(words, words);
}

// n <= 8 outputs of any kind at c, which points to float if to_f32, else to int8.
static inline void store_outputs(const struct epilogue *e, __m256i acc, __m256 scale, __m256 bias,
				 void *c, size_t n)
{
	const __m256 y = activate_f32(scale_sums(acc, scale, bias), e->act);
	float floats[8];
	int8_t bytes[16];

	if (e->to_f32) {
		_mm256_storeu_ps(floats, y);
		memcpy(c, floats, n * sizeof(*floats));
	} else {
		_mm_storeu_si128((__m128i *)bytes, narrow_8(saturate_s32(y)));
		memcpy(c, bytes, n);
	}
}

#endif
