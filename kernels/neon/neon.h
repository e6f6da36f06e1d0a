// The kernels for 64-bit ARM without any extension.
#ifndef CAY_KERNELS_NEON_NEON_H
#define CAY_KERNELS_NEON_NEON_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_s8_3x8_neon, cay_gemm_f32_5x16_neon;
extern const struct cay_depthwise cay_depthwise_s8_neon, cay_depthwise_f32_neon;

extern cay_unary_fn *const cay_unary_f32_neon[CAY_UNARY_KINDS];
extern cay_binary_fn *const cay_binary_f32_neon[CAY_BINARY_KINDS];

cay_pool_fn cay_pool_f32_neon;
cay_softmax_fn cay_softmax_f32_neon;
cay_norm_fn cay_norm_f32_neon;
cay_resize_fn cay_resize_f32_neon;
cay_quantize_fn cay_quantize_s8_neon;
cay_dequantize_fn cay_dequantize_s8_neon;
cay_transpose_fn cay_transpose_neon;

#endif
