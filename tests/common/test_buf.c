// Tests of common/buf.c.
#include "common/buf.h"
#include "tests/test.h"

#include <string.h>

START_TEST(appends_grow_the_buffer)
{
	struct cay_buf buf = {0};
	struct cay_err err = {0};

	for (int i = 0; i < 1000; i++)
		cay_buf_printf(&buf, "%d,", i % 10);
	cay_buf_fill(&buf, 'z', 3);
	ck_assert_uint_eq(buf.len, 2003);
	ck_assert_int_eq(memcmp(buf.data + 1998, "9,zzz", 5), 0);
	ck_assert_ptr_eq(cay_buf_cstr(&buf), buf.data);
	ck_assert_uint_eq(strlen((char *)buf.data), 2003);
	ck_ok(cay_buf_check(&buf, &err), err);
	cay_buf_finish(&buf);
}
END_TEST

START_TEST(a_failure_sticks)
{
	struct cay_buf buf = {0};
	struct cay_err err = {0};

	cay_buf_text(&buf, "a");
	ck_assert_ptr_null(cay_buf_reserve(&buf, SIZE_MAX));
	cay_buf_text(&buf, "b");
	ck_assert_uint_eq(buf.len, 1);
	ck_assert_int_eq(cay_buf_check(&buf, &err), -1);
	ck_assert_int_eq(err.code, CAY_ENOMEM);
	ck_assert_ptr_null(cay_buf_cstr(&buf));
	cay_buf_finish(&buf);
}
END_TEST

START_TEST(json_strings_are_always_valid)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", "\"\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"\n\x1b[31m\x7f", "\"\\u000a\\u001b[31m\\u007f\""},
		{"\xc2\x9b\xc2\xa0", "\"\\u009b\xc2\xa0\""}, // a C1 control, and what is none
		{"\xc3\xa4", "\"\xc3\xa4\""},
		{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
		{"\xc0\xaf", "\"\\ufffd\\ufffd\""},	       // overlong
		{"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""}, // a surrogate
		{"a\xe2\x82", "\"a\\ufffd\\ufffd\""},	       // cut off
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_buf buf = {0};

		cay_buf_json_string(&buf, cases[i].in);
		ck_assert_str_eq(cay_buf_cstr(&buf), cases[i].out);
		cay_buf_finish(&buf);
	}
}
END_TEST

TEST_MAIN("buf", appends_grow_the_buffer, a_failure_sticks, json_strings_are_always_valid)
