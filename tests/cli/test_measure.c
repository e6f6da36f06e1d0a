// Tests of cli/measure.c.
#include "cli/measure.h"
#include "tests/test.h"

START_TEST(percentiles_are_of_the_nearest_rank)
{
	double values[] = {5, 1, 4, 2, 3};

	cay_measure_sort(values, 5);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 0), 1);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 20), 1);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 21), 2);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 50), 3);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 99), 5);
	ck_assert_double_eq(cay_measure_percentile(values, 5, 100), 5);
	ck_assert_double_eq(cay_measure_percentile(values, 0, 50), 0);
}
END_TEST

START_TEST(made_up_input_is_spread_and_the_same_each_time)
{
	float values[1000], again[1000];
	size_t below = 0;

	cay_measure_fill(values, 1000);
	cay_measure_fill(again, 1000);
	for (size_t i = 0; i < 1000; i++) {
		ck_assert_float_eq(values[i], again[i]);
		ck_assert(values[i] >= -1 && values[i] < 1);
		below += values[i] < 0;
	}
	ck_assert(below > 400 && below < 600);
}
END_TEST

TEST_MAIN("measure", percentiles_are_of_the_nearest_rank,
	  made_up_input_is_spread_and_the_same_each_time)
