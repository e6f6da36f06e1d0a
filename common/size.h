// Checked arithmetic on sizes that come from outside.
#ifndef CAY_COMMON_SIZE_H
#define CAY_COMMON_SIZE_H

#include <stdbool.h>
#include <stddef.h>

// True, and *ret is set, if the result fits a size_t.
static inline bool cay_size_mul(size_t a, size_t b, size_t *ret)
{
	return !__builtin_mul_overflow(a, b, ret);
}

static inline bool cay_size_add(size_t a, size_t b, size_t *ret)
{
	return !__builtin_add_overflow(a, b, ret);
}

static inline size_t cay_size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

// n rounded up to a multiple of unit, a power of two; n must be far from SIZE_MAX.
static inline size_t cay_size_round_up(size_t n, size_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

#define CAY_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
