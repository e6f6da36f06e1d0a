// The arithmetic that the kernels promise, written plainly and without their own inline
// functions.
#ifndef CAY_TESTS_KERNELS_NAIVE_H
#define CAY_TESTS_KERNELS_NAIVE_H

#include "tests/kernels/checker.h"

#include <math.h>

static inline float naive_act(float y, const struct cay_act *act)
{
	switch (act->kind) {
	case CAY_ACT_NONE:
		return y;
	case CAY_ACT_RELU:
		return isnan(y) ? y : fmaxf(y, 0);
	case CAY_ACT_RELU6:
		return isnan(y) ? y : fminf(fmaxf(y, 0), act->limit);
	case CAY_ACT_LEAKY_RELU:
		return y >= 0 ? y : y * act->alpha;
	case CAY_ACT_HARD_SWISH:
		if (isnan(y))
			return y;
		return y * (1 / act->scale) * fminf(fmaxf(y + act->offset, 0), act->limit);
	}
	return NAN;
}

static inline int8_t naive_round(float y)
{
	const double rounded = isnan(y) ? -127 : round((double)y); // ties away from zero

	return (int8_t)fmin(fmax(rounded, -127), 127);
}

// One of each kind, with parameters that matter for values of int8's size.
enum { NAIVE_ACTS = 5 };
static const struct cay_act naive_acts[NAIVE_ACTS] = {
	{.kind = CAY_ACT_NONE},
	{.kind = CAY_ACT_RELU},
	{.kind = CAY_ACT_RELU6, .limit = 60},
	{.kind = CAY_ACT_LEAKY_RELU, .alpha = 0.1f},
	{.kind = CAY_ACT_HARD_SWISH, .limit = 60, .scale = 60, .offset = 30},
};

static inline struct cay_act naive_random_act(void)
{
	return naive_acts[check_random() % NAIVE_ACTS];
}

// What a kernel with sums and an activation must store, and what it did.
struct naive_output {
	bool s8, to_f32; // as of the kernel
	void *want, *got;
	float *tolerance; // of float sums
	size_t count;
};

static inline bool naive_output_is_bytes(const struct naive_output *o)
{
	return o->s8 && !o->to_f32;
}

// Filled with a pattern: what lies between the rows must stay.
static inline struct naive_output naive_output_make(bool s8, bool to_f32, size_t count)
{
	struct naive_output o = {.s8 = s8, .to_f32 = to_f32, .count = count};
	const size_t size = count * (naive_output_is_bytes(&o) ? 1 : sizeof(float));

	o.want = check_buf(size);
	o.got = check_buf(size);
	o.tolerance = check_buf(count * sizeof(float));
	for (size_t i = 0; i < size; i++)
		((uint8_t *)o.want)[i] = ((uint8_t *)o.got)[i] = 0x11;
	return o;
}

static inline void naive_store_s8(struct naive_output *o, size_t i, int64_t acc, float scale,
				  float bias, const struct cay_act *act)
{
	const float y = naive_act(fmaf((float)acc, scale, bias), act);

	if (o->to_f32)
		((float *)o->want)[i] = y;
	else
		((int8_t *)o->want)[i] = naive_round(y);
}

// size: the sum of the absolute products.
static inline void naive_store_f32(struct naive_output *o, size_t i, double sum, double size,
				   const struct cay_act *act)
{
	((float *)o->want)[i] = naive_act((float)sum, act);
	o->tolerance[i] = (float)(size * 1e-5);
}

static inline void naive_compare(const struct naive_output *o, const char *text)
{
	if (naive_output_is_bytes(o))
		check_equal(o->want, o->got, o->count, "%s", text);
	else if (o->s8)
		check_equal_f32(o->want, o->got, o->count, "%s", text);
	else
		check_near_f32(o->want, o->got, o->tolerance, o->count, "%s", text);
}

#endif
