// Tests of daemon/json/numbers.c.
#include "daemon/json/json.h"
#include "tests/test.h"

#include <math.h>
#include <string.h>

static struct cay_json_span span_of(const char *text)
{
	return (struct cay_json_span){.begin = text, .end = text + strlen(text)};
}

static const char *shape_of(const char *text, struct cay_err *err)
{
	static char buffer[CAY_SHAPE_TEXT];
	struct cay_json_span span = span_of(text);
	struct cay_shape shape;

	return cay_json_span_read(&span, CAY_DTYPE_F32, NULL, 0, &shape, err) < 0
		       ? err->msg
		       : cay_shape_text(&shape, buffer);
}

// A list of `count` numbers.
static int read(const char *text, enum cay_dtype dtype, void *ret, size_t count,
		struct cay_err *err)
{
	struct cay_json_span span = span_of(text);
	struct cay_shape shape;
	size_t elements;

	if (cay_json_span_read(&span, dtype, ret, count, &shape, err) < 0 ||
	    cay_shape_count(&shape, &elements, err) < 0)
		return -1;
	ck_assert_uint_eq(elements, count);
	return 0;
}

START_TEST(nesting_is_the_shape)
{
	struct cay_err err = {0};

	ck_assert_str_eq(shape_of("[]", &err), "0");
	ck_assert_str_eq(shape_of("[1]", &err), "1");
	ck_assert_str_eq(shape_of(" [ 1 , 2 ]", &err), "2");
	ck_assert_str_eq(shape_of("[[1,2,3],[4,5,6]]", &err), "2x3");
	ck_assert_str_eq(shape_of("[[[1],[2]]]", &err), "1x2x1");
	ck_assert_str_eq(shape_of("[[[[[[[[1]]]]]]]]", &err), "1x1x1x1x1x1x1x1");
	ck_assert_str_eq(shape_of("[[],[]]", &err), "2x0");
}
END_TEST

START_TEST(ragged_and_broken_arrays_are_refused)
{
	static const char *const bad[] = {
		"[[1,2],[3]]",
		"[1,[2]]",
		"[[1],2]",
		"[[[1]],[2]]",
		"[[],[1]]",
		"[[1],[]]",
		"[1,]",
		"[,1]",
		"[1,,2]",
		"[1 2]",
		"[[1][2]]",
		"[1",
		"[1]]",
		"[1}",
		"[[1]",
		"[[1],[]]]",
		"[1][2]",
		"[,]",
		"[[[[[[[[[1]]]]]]]]]",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cay_json_span span = span_of(bad[i]);
		struct cay_shape shape;
		struct cay_err err = {0};

		ck_assert_msg(cay_json_span_read(&span, CAY_DTYPE_F32, NULL, 0, &shape, &err) < 0,
			      "%s", bad[i]);
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
}
END_TEST

START_TEST(floats_are_rounded_once)
{
	static const char text[] =
		"[0.1, -0, 1e-45, 3.4028235e38, 16777217, 16777219, 1.17549435E-38,"
		"0.100000001490116119384765625000000000000000000000000001]";
	float got[8];
	struct cay_err err = {0};

	ck_ok(read(text, CAY_DTYPE_F32, got, 8, &err), err);
	ck_assert(got[0] == 0.1f && got[1] == 0 && signbit(got[1]) && got[2] == 0x1p-149f);
	ck_assert(got[3] == 0x1.fffffep127f && got[4] == 16777216 && got[5] == 16777220);
	ck_assert(got[6] == 0x1p-126f && got[7] == 0.1f);
}
END_TEST

START_TEST(a_number_of_400_digits_is_a_number)
{
	char text[512] = "[0.";
	float got;
	struct cay_err err = {0};

	memset(text + 3, '3', 400);
	strcpy(text + 403, "]");
	ck_ok(read(text, CAY_DTYPE_F32, &got, 1, &err), err);
	ck_assert(got == 1.0f / 3);
}
END_TEST

START_TEST(what_is_no_number_of_the_type_is_refused)
{
	static const struct {
		const char *text;
		enum cay_dtype dtype;
	} bad[] = {
		{"[NaN]", CAY_DTYPE_F32},	 {"[Infinity]", CAY_DTYPE_F32},
		{"[nan]", CAY_DTYPE_F32},	 {"[1e39]", CAY_DTYPE_F32},
		{"[-3.5e38]", CAY_DTYPE_F32},	 {"[0x10]", CAY_DTYPE_F32},
		{"[+1]", CAY_DTYPE_F32},	 {"[.5]", CAY_DTYPE_F32},
		{"[1.]", CAY_DTYPE_F32},	 {"[01]", CAY_DTYPE_F32},
		{"[1e]", CAY_DTYPE_F32},	 {"[\"1\"]", CAY_DTYPE_F32},
		{"[true]", CAY_DTYPE_F32},	 {"[null]", CAY_DTYPE_F32},
		{"[{}]", CAY_DTYPE_F32},	 {"[-]", CAY_DTYPE_F32},
		{"[1e+]", CAY_DTYPE_F32},	 {"[1-2]", CAY_DTYPE_F32},
		{"[256]", CAY_DTYPE_U8},	 {"[-1]", CAY_DTYPE_U8},
		{"[128]", CAY_DTYPE_S8},	 {"[-129]", CAY_DTYPE_S8},
		{"[1.5]", CAY_DTYPE_I32},	 {"[1e2]", CAY_DTYPE_I32},
		{"[2147483648]", CAY_DTYPE_I32}, {"[9223372036854775808]", CAY_DTYPE_I64},
		{"[2]", CAY_DTYPE_BOOL},	 {"[True]", CAY_DTYPE_BOOL},
		{"[1e400]", CAY_DTYPE_F64},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cay_err err = {0};
		uint8_t got[8];

		ck_assert_msg(read(bad[i].text, bad[i].dtype, got, 1, &err) < 0, "%s", bad[i].text);
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
}
END_TEST

START_TEST(whole_numbers_fill_their_types)
{
	int8_t s8[2];
	uint8_t u8[2];
	int32_t i32[2];
	int64_t i64[2];
	uint8_t flags[4];
	struct cay_err err = {0};

	ck_ok(read("[-128,127]", CAY_DTYPE_S8, s8, 2, &err), err);
	ck_ok(read("[[0],[255]]", CAY_DTYPE_U8, u8, 2, &err), err);
	ck_ok(read("[-2147483648,2147483647]", CAY_DTYPE_I32, i32, 2, &err), err);
	ck_ok(read("[-9223372036854775808,9007199254740993]", CAY_DTYPE_I64, i64, 2, &err), err);
	ck_ok(read("[true,false,0,1]", CAY_DTYPE_BOOL, flags, 4, &err), err);
	ck_assert(s8[0] == -128 && s8[1] == 127 && u8[0] == 0 && u8[1] == 255);
	ck_assert(i32[0] == INT32_MIN && i32[1] == INT32_MAX);
	ck_assert(i64[0] == INT64_MIN && i64[1] == 9007199254740993);
	ck_assert(flags[0] && !flags[1] && !flags[2] && flags[3]);
}
END_TEST

START_TEST(numbers_beyond_the_room_are_counted_and_not_written)
{
	struct cay_json_span span = span_of("[[1,2],[3,4]]");
	struct cay_shape shape;
	char text[CAY_SHAPE_TEXT];
	struct cay_err err = {0};
	float got[4] = {0, 0, 0, -1};

	ck_ok(cay_json_span_read(&span, CAY_DTYPE_F32, got, 3, &shape, &err), err);
	ck_assert(got[0] == 1 && got[1] == 2 && got[2] == 3 && got[3] == -1);
	ck_assert_str_eq(cay_shape_text(&shape, text), "2x2");
	ck_assert_uint_eq(cay_json_span_most(&span), 4);
}
END_TEST

START_TEST(errors_name_their_byte)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"[1, x]", "JSON: not a number at byte 4"},
		{"[1, 2.]", "JSON: not a number at byte 4"},
		{"[1,2x]", "JSON: not a number at byte 3"},
		{"[1, 2 3]", "JSON: a comma is missing at byte 6"},
		{"[1, 1e39]", "JSON: a number is out of range at byte 4"},
		{"[[1], 2]", "JSON: data is ragged at byte 6"},
		{"[1,]", "JSON: a value is missing at byte 3"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cay_err err = {0};

		ck_assert_str_eq(shape_of(bad[i].text, &err), bad[i].message);
	}
}
END_TEST

// What printing and reading makes of a float.
static float through_text(float value, struct cay_err *err)
{
	struct cay_buf buf = {0};
	float got = 0;

	cay_buf_text(&buf, "[");
	cay_json_numbers(&buf, CAY_DTYPE_F32, &value, 1);
	cay_buf_text(&buf, "]");
	ck_ok(read(cay_buf_cstr(&buf), CAY_DTYPE_F32, &got, 1, err), *err);
	cay_buf_finish(&buf);
	return got;
}

START_TEST(floats_read_back_as_they_were)
{
	struct cay_err err = {0};
	uint32_t bits = 1;

	for (int i = 0; i < 20000; i++) {
		float value, got;

		memcpy(&value, &bits, sizeof(value));
		if (isfinite(value)) {
			got = through_text(value, &err);
			ck_assert_msg(memcmp(&value, &got, sizeof(got)) == 0, "%a", (double)value);
		}
		bits = bits * 1664525 + 1013904223;
	}
}
END_TEST

START_TEST(numbers_are_printed_shortly)
{
	const float f32[] = {0.1f, 1, -0.0f, 1e10f, 0.333333343f, NAN, INFINITY};
	const int64_t i64[] = {INT64_MIN, 0, INT64_MAX};
	const int8_t s8[] = {-128, 127};
	const uint8_t u8[] = {0, 255};
	struct cay_buf buf = {0};

	cay_json_numbers(&buf, CAY_DTYPE_F32, f32, 7);
	cay_buf_text(&buf, " ");
	cay_json_numbers(&buf, CAY_DTYPE_I64, i64, 3);
	cay_buf_text(&buf, " ");
	cay_json_numbers(&buf, CAY_DTYPE_S8, s8, 2);
	cay_buf_text(&buf, " ");
	cay_json_numbers(&buf, CAY_DTYPE_U8, u8, 2);
	cay_buf_text(&buf, " ");
	cay_json_numbers(&buf, CAY_DTYPE_BOOL, u8, 2);
	ck_assert_str_eq(cay_buf_cstr(&buf),
			 "0.1,1,-0,1e10,0.33333334,null,null "
			 "-9223372036854775808,0,9223372036854775807 -128,127 0,255 false,true");
	cay_buf_finish(&buf);
}
END_TEST

TEST_MAIN("json numbers", nesting_is_the_shape, ragged_and_broken_arrays_are_refused,
	  floats_are_rounded_once, a_number_of_400_digits_is_a_number,
	  what_is_no_number_of_the_type_is_refused, whole_numbers_fill_their_types,
	  numbers_beyond_the_room_are_counted_and_not_written, errors_name_their_byte,
	  floats_read_back_as_they_were, numbers_are_printed_shortly)
