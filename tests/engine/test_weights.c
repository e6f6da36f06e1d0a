// Tests of engine/weights.c: weights that the file stores in another type than its ops compute in.
#include "engine/session.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

#include <string.h>

static float run(const char *text, size_t element)
{
	struct cay_model *m = model_from_text(text);
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	const float x[2] = {1, 10};
	struct cay_tensor in = {.dtype = CAY_DTYPE_F32, .data = x, .size = sizeof(x)};
	float y;

	ck_ok(cay_shape_parse("1x2", &in.shape, &err), err);
	ck_assert_ptr_nonnull(s);
	ck_ok(cay_session_run(s, &in, 1, 0, &err), err);
	y = ((const float *)cay_session_output(s, 0)->data)[element];
	cay_session_free(s);
	cay_model_free(m);
	return y;
}

START_TEST(columns_of_a_matrix_have_a_scale_each)
{
	static const char text[] =
		"input x 1x2\n"
		"param8 w 2x2 1 2 3 4\n"
		"fc Input=x W=w > Out=y : in_num_col_dims=1 quantize_weight_bits=8 "
		"w_quant_scale=[0.5,2.0]\n"
		"output y\n";

	ck_assert_float_eq_tol(run(text, 0), 0.5f * 31, 1e-6f);
	ck_assert_float_eq_tol(run(text, 1), 2 * 42, 1e-6f);
}
END_TEST

START_TEST(a_shared_weight_is_restored_once)
{
	static const char text[] =
		"input x 1x2\n"
		"param8 w 2x2 1 2 3 4\n"
		"fc Input=x W=w > Out=a : in_num_col_dims=1 quantize_weight_bits=8 "
		"w_quant_scale=[1.0,1.0]\n"
		"fc Input=a W=w > Out=y : in_num_col_dims=1 quantize_weight_bits=8 "
		"w_quant_scale=[1.0,1.0]\n"
		"output y\n";

	ck_assert_float_eq_tol(run(text, 0), 31 + 42 * 3, 1e-4f);
}
END_TEST

START_TEST(scales_that_do_not_fit_are_refused)
{
	static const char text[] =
		"input x 1x2\n"
		"param8 w 2x2 1 2 3 4\n"
		"fc Input=x W=w > Out=y : in_num_col_dims=1 quantize_weight_bits=8 "
		"w_quant_scale=[0.5,2.0,3.0]\n"
		"output y\n";
	struct cay_err err = {0};

	ck_assert_ptr_null(model_from_text_with(text, test_kernels(), NULL, &err));
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_ptr_nonnull(strstr(err.msg, "weight 'w' has 3 scales"));
}
END_TEST

#define INT8_FC                                                                                    \
	"calib Input=x > Out=q : scale=1.0 kernel=calib/fp32_to_int8/4/2/1\n"                      \
	"fc Input=q W=w > Out=y : in_num_col_dims=1 enable_int8=true Input0_scale=[1.0] "          \
	"W0_scale=[0.5,2.0] kernel=fc/fp32out/4/2/1\n"                                             \
	"output y\n"

START_TEST(floats_for_an_int8_kernel_are_rounded_to_its_steps)
{
	static const char text[] = "input x 1x2\nparam w 2x2 0.6 2.0 1.8 -3.0\n" INT8_FC;

	ck_assert_float_eq_tol(run(text, 0), 0.5f * (1 + 40), 1e-6f);
	ck_assert_float_eq_tol(run(text, 1), 2 * (1 - 20), 1e-6f); // -1.5 goes away from 0
}
END_TEST

START_TEST(steps_that_are_held_as_floats_are_taken_as_they_are)
{
	static const char text[] = "input x 1x2\nparam w 2x2 100.0 2.0 -7.0 3.0\n" INT8_FC;

	ck_assert_float_eq_tol(run(text, 0), 0.5f * (100 - 70), 1e-6f);
	ck_assert_float_eq_tol(run(text, 1), 2 * 32, 1e-6f);
}
END_TEST

START_TEST(integers_for_a_float_kernel_become_real_numbers)
{
	static const char text[] = "input x 1x2\n"
				   "param8 w 2x2 1 2 3 4\n"
				   "fc Input=x W=w > Out=y : in_num_col_dims=1 W0_scale=[0.5,2.0]\n"
				   "output y\n";

	ck_assert_float_eq_tol(run(text, 0), 0.5f * 31, 1e-6f);
	ck_assert_float_eq_tol(run(text, 1), 2 * 42, 1e-6f);
}
END_TEST

TEST_MAIN("weights", columns_of_a_matrix_have_a_scale_each, a_shared_weight_is_restored_once,
	  scales_that_do_not_fit_are_refused, floats_for_an_int8_kernel_are_rounded_to_its_steps,
	  steps_that_are_held_as_floats_are_taken_as_they_are,
	  integers_for_a_float_kernel_become_real_numbers)
