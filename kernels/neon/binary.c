// Functions of two floats, element by element: the formulas of kernels/ref/binary.c.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

enum { BLOCK = 16 };

typedef float32x4_t function(float32x4_t u, float32x4_t v);

// An operand; one that is one value for all is a block of it, which does not move on.
struct operand {
	const float *at;
	size_t step; // elements to the next block's
	float same[BLOCK];
};

ALWAYS_INLINE void make_operand(struct operand *o, const float *x, size_t step)
{
	o->at = step ? x : o->same;
	o->step = step * BLOCK;
	for (size_t i = 0; i < BLOCK && !step; i++)
		o->same[i] = *x;
}

ALWAYS_INLINE float32x4_t compute(function *f, float32x4_t u, float32x4_t v, bool relu)
{
	return relu ? vmaxq_f32(f(u, v), vdupq_n_f32(0)) : f(u, v);
}

ALWAYS_INLINE void map_blocks(function *f, const struct operand *x1, const struct operand *x2,
			      float *y, size_t n, bool relu)
{
	const float *u = x1->at, *v = x2->at;

	for (; n >= BLOCK; n -= BLOCK, u += x1->step, v += x2->step, y += BLOCK) {
		float32x4_t r[4];

#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++)
			r[i] = compute(f, vld1q_f32(u + 4 * i), vld1q_f32(v + 4 * i), relu);
#pragma GCC unroll 4
		for (size_t i = 0; i < 4; i++)
			vst1q_f32(y + 4 * i, r[i]);
	}
	for (; n >= 4; n -= 4, u += x1->step / 4, v += x2->step / 4, y += 4)
		vst1q_f32(y, compute(f, vld1q_f32(u), vld1q_f32(v), relu));
	if (n)
		store_some_f32(y, compute(f, load_some_f32(u, n), load_some_f32(v, n), relu), n);
}

ALWAYS_INLINE void map(function *f, const float *x1, size_t step1, const float *x2, size_t step2,
		       float *y, size_t n, bool relu)
{
	struct operand o1, o2;

	if (!n)
		return;
	make_operand(&o1, x1, step1);
	make_operand(&o2, x2, step2);
	if (relu)
		map_blocks(f, &o1, &o2, y, n, true);
	else
		map_blocks(f, &o1, &o2, y, n, false);
}

#define BINARY(name, result)                                                                       \
	ALWAYS_INLINE float32x4_t name##_4(float32x4_t u, float32x4_t v)                           \
	{                                                                                          \
		return result;                                                                     \
	}                                                                                          \
	static void name(const float *x1, size_t step1, const float *x2, size_t step2, float *y,   \
			 size_t n, bool relu)                                                      \
	{                                                                                          \
		map(name##_4, x1, step1, x2, step2, y, n, relu);                                   \
	}

BINARY(add, vaddq_f32(u, v))
BINARY(subtract, vsubq_f32(u, v))
BINARY(multiply, vmulq_f32(u, v))
BINARY(divide, vdivq_f32(u, v))
BINARY(maximum, vbslq_f32(vcgtq_f32(u, v), u, v))
BINARY(minimum, vbslq_f32(vcltq_f32(u, v), u, v))
BINARY(prelu, vbslq_f32(vcltzq_f32(u), vmulq_f32(u, v), u))

cay_binary_fn *const cay_binary_f32_neon[CAY_BINARY_KINDS] = {
	[CAY_BINARY_ADD] = add,	    [CAY_BINARY_SUB] = subtract, [CAY_BINARY_MUL] = multiply,
	[CAY_BINARY_DIV] = divide,  [CAY_BINARY_MAX] = maximum,	 [CAY_BINARY_MIN] = minimum,
	[CAY_BINARY_PRELU] = prelu,
};
