// The kernels for x86 with AVX2 and FMA: most machines of the last ten years.
#ifndef CAY_KERNELS_AVX2_AVX2_H
#define CAY_KERNELS_AVX2_AVX2_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_f32_6x16_avx2, cay_gemm_s8_4x16_avx2;
extern const struct cay_depthwise cay_depthwise_f32_avx2, cay_depthwise_s8_avx2;

extern cay_unary_fn *const cay_unary_f32_avx2[CAY_UNARY_KINDS];
extern cay_binary_fn *const cay_binary_f32_avx2[CAY_BINARY_KINDS];

cay_pool_fn cay_pool_f32_avx2;
cay_softmax_fn cay_softmax_f32_avx2;
cay_norm_fn cay_norm_f32_avx2;
cay_resize_fn cay_resize_f32_avx2;
cay_transpose_fn cay_transpose_avx2;
cay_quantize_fn cay_quantize_s8_avx2;
cay_dequantize_fn cay_dequantize_s8_avx2;

#endif
