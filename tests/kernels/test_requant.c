// The rounding rule that all int8 kernels share, at its borders.
#include "kernels/requant.h"
#include "tests/test.h"

#include <math.h>

START_TEST(halves_round_away_from_zero)
{
	static const struct {
		float y;
		int want;
	} rows[] = {
		{0.5f, 1},	   {1.5f, 2},	     {2.5f, 3},		{-0.5f, -1},
		{-1.5f, -2},	   {0.49999997f, 0}, {-0.49999997f, 0}, {1.4999999f, 1},
		{126.49999f, 126}, {126.5f, 127},    {-126.5f, -127},	{0.0f, 0},
		{-0.0f, 0},	   {0x1p-149f, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(cay_saturate_s8(rows[i].y), rows[i].want);
}
END_TEST

START_TEST(saturation_never_gives_minus_128)
{
	ck_assert_int_eq(cay_saturate_s8(127.5f), 127);
	ck_assert_int_eq(cay_saturate_s8(-128), -127);
	ck_assert_int_eq(cay_saturate_s8(3e38f), 127);
	ck_assert_int_eq(cay_saturate_s8(-INFINITY), -127);
	ck_assert_int_eq(cay_saturate_s8(INFINITY), 127);
}
END_TEST

START_TEST(nan_gives_the_lowest_value)
{
	ck_assert_int_eq(cay_saturate_s8(NAN), -127);
	ck_assert_int_eq(cay_saturate_s8(cay_relu_f32(NAN)), -127);
	ck_assert_int_eq(cay_saturate_s8(cay_clip_f32(NAN, 0, 6)), -127);
}
END_TEST

START_TEST(rounding_is_that_of_libm_for_every_eighth)
{
	for (int i = -128 * 8; i <= 128 * 8; i++) {
		const float y = (float)i / 8;

		for (int side = -1; side <= 1; side++) {
			const float near = side ? nextafterf(y, (float)side * INFINITY) : y;
			const float want = fminf(fmaxf(roundf(near), -127), 127);

			ck_assert_int_eq(cay_saturate_s8(near), (int)want);
		}
	}
}
END_TEST

START_TEST(scale_and_bias_are_applied_with_one_rounding)
{
	// 4097 * 4097/2^12 needs 25 bits, so a separate product would lose the last one
	const float scale = 4097.0f / 4096, bias = -4098;

	ck_assert(cay_requant_scale(4097, scale, bias) == 0x1p-12f);
	ck_assert(cay_requant_scale(4097, scale, bias) != 4097 * scale + bias);
}
END_TEST

START_TEST(a_sum_too_large_for_a_float_is_rounded_to_one_first)
{
	ck_assert(cay_requant_scale(16777217, 1, 0) == 16777216);
	ck_assert(cay_requant_scale(16777217, 1, 0.75f) == 16777216); // not 16777217.75, rounded up
}
END_TEST

TEST_MAIN("requant", halves_round_away_from_zero, saturation_never_gives_minus_128,
	  nan_gives_the_lowest_value, rounding_is_that_of_libm_for_every_eighth,
	  scale_and_bias_are_applied_with_one_rounding,
	  a_sum_too_large_for_a_float_is_rounded_to_one_first)
