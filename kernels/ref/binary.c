// Functions of two floats, element by element; either operand may be one value for all.
#include "kernels/ref/shared.h"
#include "kernels/requant.h"

// One function of three loops each; u and v are the elements. A single value is read before the
// first store, which may go over it.
#define BINARY(name, result)                                                                       \
	static void name(const float *x1, size_t step1, const float *x2, size_t step2, float *y,   \
			 size_t n, bool relu)                                                      \
	{                                                                                          \
		if (step1 && step2)                                                                \
			for (size_t i = 0; i < n; i++) {                                           \
				const float u = x1[i], v = x2[i];                                  \
                                                                                                   \
				y[i] = (result);                                                   \
			}                                                                          \
		else if (n) {                                                                      \
			const float u1 = x1[0], v1 = x2[0];                                        \
                                                                                                   \
			for (size_t i = 0; i < n; i++) {                                           \
				const float u = step1 ? x1[i] : u1, v = step2 ? x2[i] : v1;        \
                                                                                                   \
				y[i] = (result);                                                   \
			}                                                                          \
		}                                                                                  \
		for (size_t i = 0; relu && i < n; i++)                                             \
			y[i] = cay_relu_f32(y[i]);                                                 \
	}

BINARY(add, u + v)
BINARY(subtract, u - v)
BINARY(multiply, (u * v))
BINARY(divide, u / v)
BINARY(maximum, u > v ? u : v)
BINARY(minimum, u < v ? u : v)
BINARY(prelu, cay_leaky_relu_f32(u, v))

cay_binary_fn *const CAY_ISA_NAME(cay_binary_f32)[CAY_BINARY_KINDS] = {
	[CAY_BINARY_ADD] = add,	    [CAY_BINARY_SUB] = subtract, [CAY_BINARY_MUL] = multiply,
	[CAY_BINARY_DIV] = divide,  [CAY_BINARY_MAX] = maximum,	 [CAY_BINARY_MIN] = minimum,
	[CAY_BINARY_PRELU] = prelu,
};
