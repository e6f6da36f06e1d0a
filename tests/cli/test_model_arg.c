// Tests for the arguments that subcommands share.
#include "cli/cli.h"
#include "tests/test.h"

#include <string.h>

#define SPLIT(text, with_file) cay_named_arg_split(strcpy(buf, text), with_file)

START_TEST(an_input_has_a_name_a_file_and_a_shape)
{
	char buf[64];
	struct cay_named_arg arg = SPLIT("x=dir/in.f32:1x3x8x8", true);

	ck_assert_str_eq(arg.name, "x");
	ck_assert_str_eq(arg.rest, "dir/in.f32");
	ck_assert_str_eq(arg.shape, "1x3x8x8");
}
END_TEST

START_TEST(name_and_shape_may_be_left_out)
{
	char buf[64];
	struct cay_named_arg arg = SPLIT("in.f32", true);

	ck_assert_ptr_null(arg.name);
	ck_assert_str_eq(arg.rest, "in.f32");
	ck_assert_ptr_null(arg.shape);
	arg = SPLIT("1x3x8x8", false);
	ck_assert_ptr_null(arg.name);
	ck_assert_str_eq(arg.rest, "1x3x8x8");
}
END_TEST

START_TEST(a_colon_in_a_file_name_is_not_a_shape)
{
	char buf[64];
	struct cay_named_arg arg = SPLIT("x=a:b.f32", true);

	ck_assert_str_eq(arg.rest, "a:b.f32");
	ck_assert_ptr_null(arg.shape);
	arg = SPLIT("a:b.f32:4", true);
	ck_assert_str_eq(arg.rest, "a:b.f32");
	ck_assert_str_eq(arg.shape, "4");
}
END_TEST

START_TEST(cpu_is_capped_by_name)
{
	struct cay_kernels kernels;

	unsetenv("CAYUCO_CPU");
	ck_assert_int_eq(cay_cpu_arg(NULL, &kernels), CAY_EXIT_DONE);
	ck_assert_uint_eq(kernels.cpu & ~cay_cpu_detect(), 0); // those that it has kernels for
	ck_assert_int_eq(cay_cpu_arg("ref", &kernels), CAY_EXIT_DONE);
	ck_assert_uint_eq(kernels.cpu, 0);
	ck_assert_int_eq(cay_cpu_arg("fast", &kernels), CAY_EXIT_USAGE);
}
END_TEST

START_TEST(the_environment_caps_where_no_flag_does)
{
	struct cay_kernels kernels;

	setenv("CAYUCO_CPU", "ref", 1);
	ck_assert_int_eq(cay_cpu_arg(NULL, &kernels), CAY_EXIT_DONE);
	ck_assert_uint_eq(kernels.cpu, 0);
	setenv("CAYUCO_CPU", "fast", 1);
	ck_assert_int_eq(cay_cpu_arg(NULL, &kernels), CAY_EXIT_USAGE);
	ck_assert_int_eq(cay_cpu_arg("ref", &kernels), CAY_EXIT_DONE);
	unsetenv("CAYUCO_CPU");
}
END_TEST

START_TEST(every_error_has_an_exit_status)
{
	ck_assert_int_eq(cay_exit_status(CAY_OK), CAY_EXIT_DONE);
	for (int code = CAY_OK + 1; code < CAY_CODES; code++)
		ck_assert_msg(cay_exit_status((enum cay_code)code) != CAY_EXIT_DONE, "code %d",
			      code);
	ck_assert_int_eq(cay_exit_status(CAY_EMODEL), CAY_EXIT_INPUT);
	ck_assert_int_eq(cay_exit_status(CAY_ENOTFOUND), CAY_EXIT_INPUT);
	ck_assert_int_eq(cay_exit_status(CAY_ENOMEM), CAY_EXIT_SYSTEM);
	ck_assert_int_eq(cay_exit_status(CAY_ENOSPACE), CAY_EXIT_SYSTEM);
}
END_TEST

TEST_MAIN("model_arg", an_input_has_a_name_a_file_and_a_shape, name_and_shape_may_be_left_out,
	  a_colon_in_a_file_name_is_not_a_shape, cpu_is_capped_by_name,
	  the_environment_caps_where_no_flag_does, every_error_has_an_exit_status)
