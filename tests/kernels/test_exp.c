// exp, sigmoid and tanh against libm's double versions.
#include "kernels/exp.h"
#include "tests/test.h"

#include <float.h>
#include <math.h>

// The distance in units of the last place of the float nearest to `want`.
static double ulps(float got, double want)
{
	const float nearest = (float)want;
	const float unit = nextafterf(fabsf(nearest), INFINITY) - fabsf(nearest);

	if (got == nearest)
		return 0;
	return fabs((double)got - want) / (double)unit;
}

// The worst over the floats from low to high, `stride` apart in the order of their bits.
static double worst(float (*got)(float), double (*want)(double), float low, float high,
		    uint32_t stride)
{
	double most = 0;

	for (uint32_t bits = cay_f32_bits(low); bits <= cay_f32_bits(high); bits += stride)
		most = fmax(most, ulps(got(cay_f32_from_bits(bits)),
				       want((double)cay_f32_from_bits(bits))));
	return most;
}

static double negated_exp(double x)
{
	return exp(-x);
}

static float negated_exp_f32(float x)
{
	return cay_exp_f32(-x);
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double negated_sigmoid(double x)
{
	return 1 / (1 + exp(x));
}

static float negated_sigmoid_f32(float x)
{
	return cay_sigmoid_f32(-x);
}

enum { STRIDE = 997 }; // about a million floats from 1e-30 to 100

START_TEST(exp_is_within_1_ulp_denormals_included)
{
	ck_assert_double_lt(worst(cay_exp_f32, exp, 1e-30f, 88.7f, STRIDE), 1);
	ck_assert_double_lt(worst(negated_exp_f32, negated_exp, 1e-30f, 103.9f, STRIDE), 1);
}
END_TEST

START_TEST(sigmoid_is_within_3_ulp_where_it_is_not_denormal)
{
	ck_assert_double_lt(worst(cay_sigmoid_f32, sigmoid, 1e-30f, 100, STRIDE), 3);
	ck_assert_double_lt(worst(negated_sigmoid_f32, negated_sigmoid, 1e-30f, 87, STRIDE), 3);
}
END_TEST

START_TEST(tanh_is_within_2_ulp)
{
	ck_assert_double_lt(worst(cay_tanh_f32, tanh, 1e-30f, 100, STRIDE), 2);
	ck_assert_double_lt(worst(cay_tanh_f32, tanh, 0x1p-149f, 1e-30f, 99991), 2);
}
END_TEST

START_TEST(tanh_is_odd)
{
	for (float x = 0; x < 20; x += 0.0371f)
		ck_assert(cay_tanh_f32(-x) == -cay_tanh_f32(x));
	ck_assert(signbit(cay_tanh_f32(-0.0f)));
}
END_TEST

START_TEST(the_ends_of_the_range_are_exact)
{
	ck_assert(cay_exp_f32(0) == 1);
	ck_assert(cay_exp_f32(-0.0f) == 1);
	ck_assert(cay_exp_f32(INFINITY) == INFINITY);
	ck_assert(cay_exp_f32(-INFINITY) == 0);
	ck_assert(cay_exp_f32(FLT_MAX) == INFINITY);
	ck_assert(cay_exp_f32(-FLT_MAX) == 0);
	ck_assert(cay_exp_f32(88.73f) == INFINITY);
	ck_assert(cay_sigmoid_f32(INFINITY) == 1);
	ck_assert(cay_sigmoid_f32(-INFINITY) == 0);
	ck_assert(cay_tanh_f32(INFINITY) == 1);
	ck_assert(cay_tanh_f32(-INFINITY) == -1);
}
END_TEST

START_TEST(nan_stays_nan)
{
	ck_assert(isnan(cay_exp_f32(NAN)));
	ck_assert(isnan(cay_sigmoid_f32(-NAN)));
	ck_assert(isnan(cay_tanh_f32(NAN)));
}
END_TEST

TEST_MAIN("exp", exp_is_within_1_ulp_denormals_included,
	  sigmoid_is_within_3_ulp_where_it_is_not_denormal, tanh_is_within_2_ulp, tanh_is_odd,
	  the_ends_of_the_range_are_exact, nan_stays_nan)
