// What the plain sources that several folders compile export, under the name of the folder.
//
// Loops over elements need no intrinsics: the compiler makes vectors of whatever width the folder's
// flags allow, and of one formula the same bits. The flag CAY_ISA is the folder.
#ifndef CAY_KERNELS_REF_SHARED_H
#define CAY_KERNELS_REF_SHARED_H

#include "kernels/kernels.h"

#define CAY_JOIN(name, isa)   name##_##isa
#define CAY_EXPAND(name, isa) CAY_JOIN(name, isa)
#define CAY_ISA_NAME(name)    CAY_EXPAND(name, CAY_ISA)

extern cay_unary_fn *const CAY_ISA_NAME(cay_unary_f32)[CAY_UNARY_KINDS];
extern cay_binary_fn *const CAY_ISA_NAME(cay_binary_f32)[CAY_BINARY_KINDS];
cay_pool_fn CAY_ISA_NAME(cay_pool_f32);
cay_softmax_fn CAY_ISA_NAME(cay_softmax_f32);
cay_norm_fn CAY_ISA_NAME(cay_norm_f32);
cay_resize_fn CAY_ISA_NAME(cay_resize_f32);

#endif
