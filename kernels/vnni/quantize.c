// Between float and int8.
#include "kernels/vnni/epilogue.h"
#include "kernels/vnni/vnni.h"

void cay_quantize_s8_vnni(const float *restrict x, int8_t *restrict y, size_t n,
			  float inverse_scale)
{
	const __m512 factor = _mm512_set1_ps(inverse_scale);

	for (size_t i = 0; i < n; i += 16) {
		const __mmask16 lanes = first_lanes(n - i);
		const __m512 value = _mm512_maskz_loadu_ps(lanes, x + i);

		store_outputs(y + i, _mm512_mul_ps(value, factor), false, lanes);
	}
}

void cay_dequantize_s8_vnni(const int8_t *restrict x, float *restrict y, size_t n, float scale)
{
	const __m512 factor = _mm512_set1_ps(scale);

	for (size_t i = 0; i < n; i += 16) {
		const __mmask16 lanes = first_lanes(n - i);
		const __m512i value = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, x + i));

		store_outputs(y + i, _mm512_mul_ps(_mm512_cvtepi32_ps(value), factor), true, lanes);
	}
}
