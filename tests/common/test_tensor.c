// Tests of common/tensor.c.
#include "common/tensor.h"
#include "tests/test.h"

#include <string.h>

#define SHAPE(...)                                                                                 \
	(struct cay_shape)                                                                         \
	{                                                                                          \
		.rank = sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), .dim = { __VA_ARGS__ } \
	}

START_TEST(counts_are_checked)
{
	struct cay_err err = {0};
	struct cay_shape scalar = {0}, big = SHAPE(INT32_MAX, INT32_MAX, INT32_MAX);
	struct cay_shape negative = SHAPE(2, -3), wide = SHAPE(INT64_C(1) << 40);
	size_t n = 0;

	ck_ok(cay_shape_count(&scalar, &n, &err), err);
	ck_assert_uint_eq(n, 1);
	ck_ok(cay_shape_count(&SHAPE(2, 3, 0), &n, &err), err);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(cay_shape_count(&big, &n, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "overflow"));
	ck_assert_int_eq(cay_shape_count(&negative, &n, &err), -1);
	ck_assert_int_eq(cay_shape_count(&wide, &n, &err), -1);
	ck_assert_int_eq(cay_shape_bytes(&SHAPE(INT32_MAX, INT32_MAX), CAY_DTYPE_F32, &n, &err), 0);
	ck_assert_int_eq(cay_shape_bytes(&SHAPE(INT32_MAX, INT32_MAX, 2), CAY_DTYPE_I64, &n, &err),
			 -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "overflow"));
}
END_TEST

START_TEST(a_free_dimension_matches_any)
{
	ck_assert(cay_shape_matches(&SHAPE(-1, 3), &SHAPE(7, 3)));
	ck_assert(!cay_shape_matches(&SHAPE(-1, 3), &SHAPE(7, 4)));
	ck_assert(!cay_shape_matches(&SHAPE(-1, 3), &SHAPE(7, 3, 1)));
	ck_assert(cay_shape_equal(&SHAPE(1, 2), &SHAPE(1, 2)));
	ck_assert(!cay_shape_is_fixed(&SHAPE(1, -1)));
}
END_TEST

START_TEST(shapes_are_text_both_ways)
{
	struct cay_shape s = {0};
	struct cay_err err = {0};
	char text[CAY_SHAPE_TEXT];

	ck_ok(cay_shape_parse("1x3x224x224", &s, &err), err);
	ck_assert(cay_shape_equal(&s, &SHAPE(1, 3, 224, 224)));
	ck_ok(cay_shape_parse("?x3", &s, &err), err);
	ck_assert_str_eq(cay_shape_text(&s, text), "?x3");
	ck_ok(cay_shape_parse("-1x0x2147483647", &s, &err), err);
	ck_assert_str_eq(cay_shape_text(&s, text), "?x0x2147483647");
	ck_assert_str_eq(cay_shape_text(&(struct cay_shape){0}, text), "scalar");
}
END_TEST

START_TEST(what_is_no_shape_is_refused)
{
	static const char *const texts[] = {
		"",   "x",    "1x",   "x1",    "1xx2", "1,2", "1x2,3",	    " 1",
		"1 ", "1x 2", "+1x2", "1x-2",  "-2",   "-10", "-",	    "--1",
		"??", "?1",   "1?",   "0x10x", "1.0",  "1e2", "2147483648", "99999999999999999999"};
	const struct cay_shape before = SHAPE(7, 7);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cay_shape s = before;
		struct cay_err err = {0};

		ck_assert_msg(cay_shape_parse(texts[i], &s, &err) < 0, "'%s'", texts[i]);
		ck_assert_int_eq(err.code, CAY_EBAD);
		ck_assert_ptr_nonnull(strstr(err.msg, "want numbers like 1x3x224x224"));
		ck_assert(cay_shape_equal(&s, &before));
	}
}
END_TEST

START_TEST(a_shape_has_a_rank_that_fits)
{
	struct cay_shape s;
	struct cay_err err = {0};

	ck_ok(cay_shape_parse("1x1x1x1x1x1x1x1", &s, &err), err);
	ck_assert_uint_eq(s.rank, CAY_MAX_RANK);
	ck_assert_int_eq(cay_shape_parse("1x1x1x1x1x1x1x1x1", &s, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 8 dimensions"));
}
END_TEST

START_TEST(types_have_names)
{
	for (int i = 0; i < CAY_DTYPES; i++)
		ck_assert_int_eq(cay_dtype_from_name(cay_dtype_name((enum cay_dtype)i)), i);
	ck_assert_int_eq(cay_dtype_from_name("FP33"), CAY_DTYPES);
	ck_assert_uint_eq(cay_dtype_size(CAY_DTYPE_F16), 2);
}
END_TEST

TEST_MAIN("tensor", counts_are_checked, a_free_dimension_matches_any, shapes_are_text_both_ways,
	  what_is_no_shape_is_refused, a_shape_has_a_rank_that_fits, types_have_names)
