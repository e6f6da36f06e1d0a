// The float kernels, and those that only move bytes, for 64-bit ARM without any extension.
#ifndef CAY_KERNELS_NEON_NEON_F32_H
#define CAY_KERNELS_NEON_NEON_F32_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_f32_5x16_neon;
extern const struct cay_depthwise cay_depthwise_f32_neon;

cay_transpose_fn cay_transpose_neon;

#endif
