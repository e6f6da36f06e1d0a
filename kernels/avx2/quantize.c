// Between float and int8.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/epilogue.h"
#include "kernels/requant.h"

static inline __m256i quantize_8(const float *x, __m256 factor)
{
	return saturate_s32(_mm256_mul_ps(_mm256_loadu_ps(x), factor));
}

void cay_quantize_s8_avx2(const float *x, int8_t *y, size_t n, float inverse_scale)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256 factor = _mm256_set1_ps(inverse_scale);
	size_t i = 0;

	for (; i + 32 <= n; i += 32) {
		const __m256i low = _mm256_packs_epi32(quantize_8(x + i, factor),
						       quantize_8(x + i + 8, factor));
		const __m256i high = _mm256_packs_epi32(quantize_8(x + i + 16, factor),
							quantize_8(x + i + 24, factor));

		_mm256_storeu_si256(
			(__m256i *)(y + i),
			_mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order));
	}
	for (; i + 8 <= n; i += 8)
		_mm_storel_epi64((__m128i *)(y + i), narrow_8(quantize_8(x + i, factor)));
	for (; i < n; i++)
		y[i] = cay_saturate_s8(x[i] * inverse_scale);
}

void cay_dequantize_s8_avx2(const int8_t *x, float *y, size_t n, float scale)
{
	const __m256 factor = _mm256_set1_ps(scale);
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		const __m256i value =
			_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(x + i)));

		_mm256_storeu_ps(y + i, _mm256_mul_ps(_mm256_cvtepi32_ps(value), factor));
	}
	for (; i < n; i++)
		y[i] = (float)x[i] * scale;
}
