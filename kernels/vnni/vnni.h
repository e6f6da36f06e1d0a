// The kernels for AVX-512 with VNNI, of today's servers; what is not here is that of AVX2.
#ifndef CAY_KERNELS_VNNI_VNNI_H
#define CAY_KERNELS_VNNI_VNNI_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_s8_12x32_vnni;

cay_quantize_fn cay_quantize_s8_vnni;
cay_dequantize_fn cay_dequantize_s8_vnni;

#endif
