// Loads that move their pointer on.
#ifndef CAY_KERNELS_NEON_TAKE_H
#define CAY_KERNELS_NEON_TAKE_H

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
#define TAKE_INLINE static inline __attribute__((always_inline))

// clang-format off
TAKE_INLINE int8x16_t take_16(const int8_t **at) TAKE(int8x16_t, vld1q_s8, 16)
TAKE_INLINE int8x16x2_t take_32(const int8_t **at) TAKE(int8x16x2_t, vld1q_s8_x2, 32)
TAKE_INLINE int8x16x3_t take_48(const int8_t **at) TAKE(int8x16x3_t, vld1q_s8_x3, 48)
TAKE_INLINE int8x16x4_t take_64(const int8_t **at) TAKE(int8x16x4_t, vld1q_s8_x4, 64)
	// clang-format on

	TAKE_INLINE float32x4x4_t take_floats(const int8_t **at)
{
	const float32x4x4_t value = vld1q_f32_x4((const float *)(const void *)*at);

	*at += sizeof(value);
	__asm__("" : "+r"(*at));
	return value;
}

#endif
