// The int8 kernels for 64-bit ARM with the dot product instructions of ARMv8.2.
#ifndef CAY_KERNELS_DOT_DOT_H
#define CAY_KERNELS_DOT_DOT_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_s8_5x16_dot, cay_gemm_s8_5x16_dot_in_order;

#endif
