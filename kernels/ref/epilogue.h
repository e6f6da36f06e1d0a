// From sums to stored outputs: what the four GEMM and depthwise kernels in plain C share.
#ifndef CAY_KERNELS_REF_EPILOGUE_H
#define CAY_KERNELS_REF_EPILOGUE_H

#include "kernels/requant.h"

// Loops of their own, so that the compiler can vectorise each.
static inline void epilogue_act(float *y, size_t n, const struct cay_act *act)
{
	const float limit = act->limit, alpha = act->alpha, offset = act->offset;

	switch (act->kind) {
	case CAY_ACT_NONE:
		break;
	case CAY_ACT_RELU:
		for (size_t j = 0; j < n; j++)
			y[j] = cay_relu_f32(y[j]);
		break;
	case CAY_ACT_RELU6:
		for (size_t j = 0; j < n; j++)
			y[j] = cay_clip_f32(y[j], 0, limit);
		break;
	case CAY_ACT_LEAKY_RELU:
		for (size_t j = 0; j < n; j++)
			y[j] = cay_leaky_relu_f32(y[j], alpha);
		break;
	case CAY_ACT_HARD_SWISH: {
		const float inverse_scale = 1 / act->scale;

		for (size_t j = 0; j < n; j++)
			y[j] = cay_hard_swish_act(y[j], inverse_scale, offset, limit);
		break;
	}
	}
}

// Stores n sums of one row at c, which points to float if to_f32, else to int8. n <= EPILOGUE_MAX.
enum { EPILOGUE_MAX = 64 };

static inline void epilogue_s8(const int32_t *restrict acc, size_t n, const float *restrict scale,
			       const float *restrict bias, const struct cay_act *act, bool to_f32,
			       void *restrict c)
{
	float y[EPILOGUE_MAX], *out_f32 = c;
	int8_t *out_s8 = c;

	for (size_t j = 0; j < n; j++)
		y[j] = cay_requant_scale(acc[j], scale[j], bias[j]);
	epilogue_act(y, n, act);
	for (size_t j = 0; j < n; j++)
		if (to_f32)
			out_f32[j] = y[j];
		else
			out_s8[j] = cay_saturate_s8(y[j]);
}

#endif
