// Activations of eight floats: the formulas of kernels/requant.h.
#ifndef CAY_KERNELS_AVX2_ACTIVATION_F32_H
#define CAY_KERNELS_AVX2_ACTIVATION_F32_H

#include "kernels/kernels.h"

#include <immintrin.h>

// max and min give their second operand where one is NaN: the constants stand first, so NaN passes.
static inline __m256 activate_f32(__m256 y, const struct cay_act *act)
{
	const __m256 zero = _mm256_setzero_ps();

	switch (act->kind) {
	case CAY_ACT_NONE:
		break;
	case CAY_ACT_RELU:
		return _mm256_max_ps(zero, y);
	case CAY_ACT_RELU6:
		return _mm256_min_ps(_mm256_set1_ps(act->limit), _mm256_max_ps(zero, y));
	case CAY_ACT_LEAKY_RELU:
		return _mm256_blendv_ps(y, _mm256_mul_ps(y, _mm256_set1_ps(act->alpha)),
					_mm256_cmp_ps(y, zero, _CMP_LT_OQ));
	case CAY_ACT_HARD_SWISH: {
		__m256 gate = _mm256_add_ps(y, _mm256_set1_ps(act->offset));

		gate = _mm256_min_ps(_mm256_set1_ps(act->limit), _mm256_max_ps(zero, gate));
		return _mm256_mul_ps(_mm256_mul_ps(y, _mm256_set1_ps(1 / act->scale)), gate);
	}
	}
	return y;
}

#endif
