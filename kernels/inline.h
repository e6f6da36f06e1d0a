// What the kernels of all instruction sets are written with.
#ifndef CAY_KERNELS_INLINE_H
#define CAY_KERNELS_INLINE_H

#include <stddef.h>

// For what becomes part of its caller, with arguments that are constants there.
#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline size_t cay_minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t cay_round_up(size_t value, size_t step)
{
	return (value + step - 1) / step * step;
}

#endif
