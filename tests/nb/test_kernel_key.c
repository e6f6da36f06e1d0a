// Tests of nb/kernel_key.c.
#include "nb/nb.h"
#include "common/size.h"
#include "tests/test.h"

#include <string.h>

START_TEST(a_key_has_five_parts)
{
	struct cay_kernel_key key;
	struct cay_err err = {0};

	ck_ok(cay_kernel_key_parse("conv2d/int8_out/4/2/1", &key, &err), err);
	ck_assert_str_eq(key.op, "conv2d");
	ck_assert_str_eq(key.alias, "int8_out");
	ck_assert_int_eq(key.target, CAY_TARGET_ARM);
	ck_assert_int_eq(key.precision, CAY_PRECISION_INT8);
	ck_assert_int_eq(key.layout, 1);
	ck_ok(cay_kernel_key_parse("feed/def/18/10/999", &key, &err), err);
	ck_assert_int_eq(key.target, 18);
	ck_assert_int_eq(key.precision, 10);
	ck_assert_int_eq(key.layout, 999);
}
END_TEST

START_TEST(anything_else_is_refused_and_leaves_the_result_alone)
{
	static const char *const bad[] = {
		"",	      "a",	    "a/b",	   "a/b/1",	   "a/b/1/2",
		"a/b/1/2/",   "a/b/1/2/3/", "a/b/1/2/3/4", "a/b//2/3",	   "a/b/x/2/3",
		"a/b/1/2/3x", "a/b/-1/2/3", "a/b/1/2/ 3",  "a/b/1000/2/3",
	};
	struct cay_kernel_key key = {.op = "untouched", .target = 42};
	struct cay_err err = {0};
	char text[100] = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		ck_assert_msg(cay_kernel_key_parse(bad[i], &key, &err) < 0, "%s", bad[i]);
		ck_assert_int_eq(err.code, CAY_EMODEL);
	}
	memset(text, 'a', 64); // with its NUL one byte more than there is room for
	strcat(text, "/def/4/1/1");
	ck_assert_int_lt(cay_kernel_key_parse(text, &key, &err), 0);
	ck_assert_str_eq(key.op, "untouched");
	ck_assert_int_eq(key.target, 42);
	ck_ok(cay_kernel_key_parse(text + 1, &key, &err), err);
}
END_TEST

TEST_MAIN("kernel_key", a_key_has_five_parts, anything_else_is_refused_and_leaves_the_result_alone)
