// Loads that move their pointer on.
#ifndef CAY_KERNELS_NEON_TAKE_H
#define CAY_KERNELS_NEON_TAKE_H

#include "kernels/inline.h"

#include <arm_neon.h>

// The compiler is kept from making offsets to one base, which loads of several registers do not
// have.
#define TAKE(type, load, bytes)                                                                    \
	{                                                                                          \
		const type value = load(*at);                                                      \
                                                                                                   \
		*at += (bytes) / sizeof(**at);                                                     \
		__asm__("" : "+r"(*at));                                                           \
		return value;                                                                      \
	}

// clang-format off
ALWAYS_INLINE int8x16_t take_16(const int8_t **at) TAKE(int8x16_t, vld1q_s8, 16)
ALWAYS_INLINE int8x16x2_t take_32(const int8_t **at) TAKE(int8x16x2_t, vld1q_s8_x2, 32)
ALWAYS_INLINE int8x16x3_t take_48(const int8_t **at) TAKE(int8x16x3_t, vld1q_s8_x3, 48)
ALWAYS_INLINE int8x16x4_t take_64(const int8_t **at) TAKE(int8x16x4_t, vld1q_s8_x4, 64)

// Twice sixteen floats; in registers that are named, because the compiler copies what it has in a
// tuple before it changes a part of it.
ALWAYS_INLINE void take_floats(const int8_t **at, float32x4_t *x, float32x4_t *y)
{
	register float32x4_t x0 __asm__("v16"), x1 __asm__("v17");
	register float32x4_t x2 __asm__("v18"), x3 __asm__("v19");
	register float32x4_t y0 __asm__("v20"), y1 __asm__("v21");
	register float32x4_t y2 __asm__("v22"), y3 __asm__("v23");

	__asm__("ld1 {v16.4s-v19.4s}, [%[at]], #64\n"
		"ld1 {v20.4s-v23.4s}, [%[at]], #64"
		: "=w"(x0), "=w"(x1), "=w"(x2), "=w"(x3), "=w"(y0), "=w"(y1), "=w"(y2),
		  "=w"(y3), [at] "+r"(*at)
		:
		: "memory");
	x[0] = x0, x[1] = x1, x[2] = x2, x[3] = x3;
	y[0] = y0, y[1] = y1, y[2] = y2, y[3] = y3;
}
// clang-format on

#endif
