// Tests of nb/program.c.
#include "nb/program.h"
#include "common/size.h"
#include "tests/test.h"

#include <float.h>
#include <math.h>

static const int64_t two[] = {3, 4};
static const float halves[] = {0.5f, 1.5f};
static const struct cay_attr attrs[] = {
	{.name = "int", .type = CAY_ATTR_INT, .i = 7},
	{.name = "long", .type = CAY_ATTR_LONG, .i = INT64_MAX},
	{.name = "bool", .type = CAY_ATTR_BOOLEAN, .i = 1},
	{.name = "block", .type = CAY_ATTR_BLOCK, .i = 2},
	{.name = "float", .type = CAY_ATTR_FLOAT, .f = 6.0},
	{.name = "half", .type = CAY_ATTR_FLOAT, .f = 0.5},
	{.name = "huge", .type = CAY_ATTR_FLOAT64, .f = 1e300},
	{.name = "2^63", .type = CAY_ATTR_FLOAT64, .f = 0x1p63},
	{.name = "nan", .type = CAY_ATTR_FLOAT, .f = NAN},
	{.name = "inf", .type = CAY_ATTR_FLOAT64, .f = INFINITY},
	{.name = "string", .type = CAY_ATTR_STRING, .s = "relu"},
	{.name = "ints", .type = CAY_ATTR_INTS, .ints = two, .count = 2},
	{.name = "longs", .type = CAY_ATTR_LONGS, .ints = two, .count = 2},
	{.name = "floats", .type = CAY_ATTR_FLOATS, .floats = halves, .count = 2},
};
#define LIST attrs, CAY_ARRAY_SIZE(attrs)

START_TEST(numbers_convert_if_the_value_fits)
{
	ck_assert_int_eq(cay_attr_int(LIST, "int", -9), 7);
	ck_assert_int_eq(cay_attr_int(LIST, "long", -9), INT64_MAX);
	ck_assert_int_eq(cay_attr_int(LIST, "bool", -9), 1);
	ck_assert_int_eq(cay_attr_int(LIST, "block", -9), 2);
	ck_assert_int_eq(cay_attr_int(LIST, "float", -9), 6);
	ck_assert_float_eq(cay_attr_float(LIST, "half", -9), 0.5f);
	ck_assert_float_eq(cay_attr_float(LIST, "int", -9), 7);
	ck_assert_float_infinite(cay_attr_float(LIST, "inf", -9));
	ck_assert_float_nan(cay_attr_float(LIST, "nan", -9));
	ck_assert(cay_attr_bool(LIST, "int", false));
	ck_assert(cay_attr_bool(LIST, "bool", false));
}
END_TEST

START_TEST(what_does_not_convert_counts_as_absent)
{
	static const char *const not_ints[] = {"half",	 "huge", "2^63", "nan", "inf",
					       "string", "ints", "",	 "no"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(not_ints); i++)
		ck_assert_int_eq(cay_attr_int(LIST, not_ints[i], -9), -9);
	ck_assert_float_eq(cay_attr_float(LIST, "huge", -9), -9);
	ck_assert_float_eq(cay_attr_float(LIST, "string", -9), -9);
	ck_assert(cay_attr_bool(LIST, "string", true));
	ck_assert(cay_attr_bool(LIST, "float", true));
	ck_assert_ptr_null(cay_attr_string(LIST, "int", NULL));
	ck_assert_str_eq(cay_attr_string(LIST, "string", NULL), "relu");
}
END_TEST

START_TEST(a_single_int_is_a_list_of_one)
{
	size_t count;

	ck_assert_int_eq(*cay_attr_ints(LIST, "int", &count), 7);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(cay_attr_ints(LIST, "ints", &count)[1], 4);
	ck_assert_uint_eq(count, 2);
	ck_assert_ptr_eq(cay_attr_ints(LIST, "longs", &count), two);
	ck_assert_ptr_null(cay_attr_ints(LIST, "floats", &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_eq(cay_attr_floats(LIST, "floats", &count), halves);
	ck_assert_uint_eq(count, 2);
	ck_assert_ptr_null(cay_attr_floats(LIST, "no", &count));
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(parameters_and_slots_are_found_by_name)
{
	struct cay_param params[] = {{.name = "A"}, {.name = "_"}, {.name = "a"}, {.name = "\xc3"}};
	struct cay_program program = {.params = params};
	struct cay_slot slots[] = {{"X", NULL, 0}, {"Bias", NULL, 0}};

	for (size_t n = 0; n <= CAY_ARRAY_SIZE(params); n++) {
		program.param_count = n;
		for (size_t i = 0; i < CAY_ARRAY_SIZE(params); i++)
			ck_assert_ptr_eq(cay_program_param(&program, params[i].name),
					 i < n ? &params[i] : NULL);
		ck_assert_ptr_null(cay_program_param(&program, "B"));
	}
	ck_assert_ptr_eq(cay_slot_find(slots, 2, "Bias"), &slots[1]);
	ck_assert_ptr_null(cay_slot_find(slots, 2, "Y"));
}
END_TEST

START_TEST(element_types_have_paddles_numbers)
{
	ck_assert_int_eq(cay_dtype_to_var_type(CAY_DTYPE_F32), 5);
	ck_assert_int_eq(cay_dtype_to_var_type(CAY_DTYPE_S8), 21);
	for (int i = 0; i < CAY_DTYPES; i++)
		ck_assert_int_eq(cay_dtype_from_var_type(cay_dtype_to_var_type((enum cay_dtype)i)),
				 i);
	ck_assert_int_eq(cay_dtype_from_var_type(7), CAY_DTYPES);
	ck_assert_int_eq(cay_dtype_from_var_type(-1), CAY_DTYPES);
	ck_assert_int_eq(cay_dtype_to_var_type(CAY_DTYPES), -1);
}
END_TEST

TEST_MAIN("program", numbers_convert_if_the_value_fits, what_does_not_convert_counts_as_absent,
	  a_single_int_is_a_list_of_one, parameters_and_slots_are_found_by_name,
	  element_types_have_paddles_numbers)
