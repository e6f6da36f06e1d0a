// Between float and int8.
#include "kernels/ref/ref.h"
#include "kernels/requant.h"

void cay_quantize_s8_ref(const float *restrict x, int8_t *restrict y, size_t n, float inverse_scale)
{
	for (size_t i = 0; i < n; i++)
		y[i] = cay_saturate_s8(x[i] * inverse_scale);
}

void cay_dequantize_s8_ref(const int8_t *restrict x, float *restrict y, size_t n, float scale)
{
	for (size_t i = 0; i < n; i++)
		y[i] = (float)x[i] * scale;
}
