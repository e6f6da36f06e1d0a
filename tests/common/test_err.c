// Tests of common/err.c.
#include "common/err.h"
#include "tests/test.h"

#include <errno.h>
#include <string.h>

START_TEST(context_goes_in_front)
{
	struct cay_err err = {0};

	ck_assert_int_eq(cay_fail(&err, CAY_EMODEL, "stride is %d", 0), -1);
	ck_assert_int_eq(cay_wrap(&err, "conv2d '%s'", "y"), -1);
	ck_assert_str_eq(err.msg, "conv2d 'y': stride is 0");
	ck_assert_int_eq(err.code, CAY_EMODEL);
}
END_TEST

START_TEST(a_long_message_is_cut_and_ends)
{
	struct cay_err err = {0};
	char name[1000];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cay_fail(&err, CAY_EBAD, "tensor %s", name);
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	cay_wrap(&err, "file");
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	ck_assert_int_eq(strncmp(err.msg, "file: tensor nnn", 16), 0);
	cay_wrap(&err, "%s", name);
	ck_assert_uint_lt(strlen(err.msg), sizeof(err.msg));
}
END_TEST

START_TEST(hostile_names_are_made_harmless)
{
	struct cay_err err = {0};

	cay_fail(&err, CAY_EBAD, "no tensor '%s'", "\x1b[2J\n\xff\xc2\x9b");
	ck_assert_str_eq(err.msg, "no tensor '?[2J??"
				  "?'");
}
END_TEST

START_TEST(errno_becomes_a_code)
{
	struct cay_err err = {0};

	errno = ENOSPC;
	cay_fail_errno(&err, "cannot write");
	ck_assert_int_eq(err.code, CAY_ENOSPACE);
	ck_assert_str_eq(err.msg, "cannot write: No space left on device");
	errno = ENOENT;
	cay_fail_errno(&err, "cannot open");
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	errno = EACCES;
	cay_fail_errno(&err, "cannot open");
	ck_assert_int_eq(err.code, CAY_EIO);
}
END_TEST

TEST_MAIN("err", context_goes_in_front, a_long_message_is_cut_and_ends,
	  hostile_names_are_made_harmless, errno_becomes_a_code)
