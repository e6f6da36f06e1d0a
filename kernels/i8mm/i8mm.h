// The int8 kernels for 64-bit ARM with the matrix multiply instructions of ARMv8.6.
#ifndef CAY_KERNELS_I8MM_I8MM_H
#define CAY_KERNELS_I8MM_I8MM_H

#include "kernels/kernels.h"

extern const struct cay_gemm cay_gemm_s8_6x16_i8mm;

#endif
