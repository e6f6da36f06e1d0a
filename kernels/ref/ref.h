// The kernels in plain C: they run everywhere and say what every other variant must compute.
#ifndef CAY_KERNELS_REF_REF_H
#define CAY_KERNELS_REF_REF_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_s8_4x16_ref, cay_gemm_f32_4x8_ref;
extern const struct cay_depthwise cay_depthwise_s8_ref, cay_depthwise_f32_ref;
extern cay_unary_fn *const cay_unary_f32_ref[CAY_UNARY_KINDS];
extern cay_binary_fn *const cay_binary_f32_ref[CAY_BINARY_KINDS];

cay_quantize_fn cay_quantize_s8_ref;
cay_dequantize_fn cay_dequantize_s8_ref;
cay_pool_fn cay_pool_f32_ref;
cay_softmax_fn cay_softmax_f32_ref;
cay_norm_fn cay_norm_f32_ref;
cay_resize_fn cay_resize_f32_ref;
cay_transpose_fn cay_transpose_ref;

#endif
