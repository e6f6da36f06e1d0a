// Activations of four floats: the formulas of kernels/requant.h. vmax and vmin hand NaN on.
#ifndef CAY_KERNELS_NEON_ACTIVATION_F32_H
#define CAY_KERNELS_NEON_ACTIVATION_F32_H

#include "kernels/kernels.h"

#include <arm_neon.h>

static inline float32x4_t activate_f32(float32x4_t y, const struct cay_act *act)
{
	const float32x4_t zero = vdupq_n_f32(0);

	switch (act->kind) {
	case CAY_ACT_NONE:
		break;
	case CAY_ACT_RELU:
		return vmaxq_f32(y, zero);
	case CAY_ACT_RELU6:
		return vminq_f32(vmaxq_f32(y, zero), vdupq_n_f32(act->limit));
	case CAY_ACT_LEAKY_RELU:
		return vbslq_f32(vcltzq_f32(y), vmulq_n_f32(y, act->alpha), y);
	case CAY_ACT_HARD_SWISH: {
		const float32x4_t gate =
			vminq_f32(vmaxq_f32(vaddq_f32(y, vdupq_n_f32(act->offset)), zero),
				  vdupq_n_f32(act->limit));

		return vmulq_f32(vmulq_n_f32(y, 1 / act->scale), gate);
	}
	}
	return y;
}

// The cheapest form of an activation: found once, so that the compiler can make a loop for each.
enum range_f32 { RANGE_ALL, RANGE_POSITIVE, RANGE_NONE };

static inline enum range_f32 act_range_f32(const struct cay_act *act)
{
	return act->kind == CAY_ACT_NONE   ? RANGE_ALL
	       : act->kind == CAY_ACT_RELU ? RANGE_POSITIVE
					   : RANGE_NONE;
}

static inline float32x4_t store_act_f32(float32x4_t y, const struct cay_act *act,
					enum range_f32 range)
{
	return range == RANGE_ALL	 ? y
	       : range == RANGE_POSITIVE ? vmaxq_f32(y, vdupq_n_f32(0))
					 : activate_f32(y, act);
}

#endif
