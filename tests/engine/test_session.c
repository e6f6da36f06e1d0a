// Tests of engine/session.c with engine/plan/: what a model computes, and in which memory.
#include "engine/internal.h"
#include "engine/session.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct cay_tensor tensor(const char *name, const char *shape, const float *data)
{
	struct cay_tensor t = {.name = name, .dtype = CAY_DTYPE_F32, .data = data};
	struct cay_err err = {0};

	ck_ok(cay_shape_parse(shape, &t.shape, &err), err);
	ck_ok(cay_shape_bytes(&t.shape, t.dtype, &t.size, &err), err);
	return t;
}

// Runs a one-input model and compares its one output.
static void expect(struct cay_session *s, const char *shape, const float *in, const char *out_shape,
		   const float *want)
{
	struct cay_tensor x = tensor(NULL, shape, in);
	const struct cay_tensor *y;
	struct cay_err err = {0};
	char text[CAY_SHAPE_TEXT];

	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	y = cay_session_output(s, 0);
	ck_assert_str_eq(cay_shape_text(&y->shape, text), out_shape);
	for (size_t i = 0; i < y->size / sizeof(float); i++)
		ck_assert_float_eq_tol(((const float *)y->data)[i], want[i], 1e-6f);
}

static struct cay_session *new_session_of_steps(struct cay_model *m)
{
	struct cay_err err = {0};

	cay_model_keep_steps(m);
	return cay_session_new(m, &err);
}

static const char chain[] = "input x 1x1x4x4\n"
			    "relu X=x > Out=a\n"
			    "relu X=a > Out=b\n"
			    "relu X=b > Out=c\n"
			    "relu X=c > Out=y\n"
			    "output y\n";

START_TEST(memory_of_dead_tensors_is_reused)
{
	struct cay_model *m = model_from_text(chain);
	struct cay_session *s = new_session_of_steps(m);
	struct cay_err err = {0};
	struct cay_plan *plan;
	float x[16] = {-1, 2};
	float want[16] = {0, 2};

	expect(s, "1x1x4x4", x, "1x1x4x4", want);
	plan = cay_model_plan(m, &(struct cay_shape){4, {1, 1, 4, 4}}, &(struct cay_allowance){0},
			      &err);
	ck_assert_ptr_nonnull(plan);
	ck_assert_uint_eq(plan->arena_bytes, 2 * 64); // {a,c} and {b,y} share
	cay_model_plan_release(m, plan);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(a_convolution_sees_channels_in_the_right_order)
{
	// Two channels of 2x2; the filter adds channel 0 to twice channel 1, then 10 is added.
	struct cay_model *m =
		model_from_text("input x ?x2x2x2\n"
				"param w 1x2x1x1 1 2\n"
				"param b 1 10\n"
				"conv2d Input=x Filter=w Bias=b > Output=y : "
				"strides=[1,1] paddings=[0,0] dilations=[1,1] groups=1\n"
				"output y\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float x[16] = {1, 2, 3, 4, 10, 20, 30, 40, -1, -2, -3, -4, 0, 0, 0, 1};

	expect(s, "1x2x2x2", x, "1x1x2x2", (float[]){31, 52, 73, 94});
	expect(s, "2x2x2x2", x, "2x1x2x2", (float[]){31, 52, 73, 94, 9, 8, 7, 8});
	expect(s, "1x2x2x2", x, "1x1x2x2", (float[]){31, 52, 73, 94});
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(padding_stride_and_dilation_reach_the_right_pixels)
{
	// 3x3 of ones, stride 2, padding 1 on a 1..16 ramp: sums over clipped windows.
	struct cay_model *m = model_from_text("input x 1x1x4x4\n"
					      "param w 1x1x3x3 1\n"
					      "conv2d Input=x Filter=w > Output=y : strides=[2,2] "
					      "paddings=[1,1] dilations=[1,1] groups=1\n"
					      "param v 1x1x2x2 1\n"
					      "conv2d Input=x Filter=v > Output=z : strides=[1,1] "
					      "paddings=[0,1,0,0] dilations=[2,3] groups=1\n"
					      "output y\n"
					      "output z\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float x[16];

	for (int i = 0; i < 16; i++)
		x[i] = (float)i + 1;
	expect(s, "1x1x4x4", x, "1x1x2x2", (float[]){14, 30, 57, 99});
	// Rows 0+2, 1+3, 2+padding; columns 0+3.
	ck_assert_int_eq(memcmp(cay_session_output(s, 1)->data,
				(float[]){1 + 4 + 9 + 12, 5 + 8 + 13 + 16, 9 + 12},
				3 * sizeof(float)),
			 0);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(int8_follows_the_formula_bit_for_bit)
{
	// q = 2, -3 (x / 0.5); sum 2*5 - 3*-7 = 31; y = 31 * (0.25*0.5/0.1) + 1/0.1, int8 * 0.1.
	struct cay_model *m = model_from_text(
		"input x 1x2x1x1\n"
		"calib Input=x > Out=q : scale=0.5 kernel=calib/fp32_to_int8/4/2/1\n"
		"param8 w 1x2x1x1 5 -7\n"
		"param b 1 1\n"
		"conv2d Input=q Filter=w Bias=b > Output=z : strides=[1,1] paddings=[0,0] "
		"dilations=[1,1] groups=1 enable_int8=true Input0_scale=[0.5] Filter0_scale=[0.25] "
		"Output0_scale=[0.1] kernel=conv2d/int8_out/4/2/1\n"
		"calib Input=z > Out=y : scale=0.1 kernel=calib/int8_to_fp32/4/2/1\n"
		"output y\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float value = fmaf(31, 0.25f * 0.5f / 0.1f, 1 / 0.1f);

	expect(s, "1x2x1x1", (float[]){1, -1.5f}, "1x1x1x1", &(float){roundf(value) * 0.1f});
	ck_assert(cay_model_layer(m, 1).int8);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(inputs_that_do_not_fit_are_named)
{
	struct cay_model *m =
		model_from_text("input a ?x2\ninput b 1x2\n"
				"elementwise_add X=a Y=b > Out=y : axis=-1\noutput y\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float data[4] = {1, 2, 3, 4};
	struct cay_tensor in[3] = {tensor("b", "1x2", data), tensor("a", "1x2", data),
				   tensor("c", "1x2", data)};

	ck_ok(cay_session_run(s, in, 2, 0, &err), err);
	ck_assert_int_eq(cay_session_run(s, in, 1, 0, &err), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg,
			 "missing input 'a'; the model's inputs are: a FP32 ?x2, b FP32 1x2");
	ck_assert_int_eq(cay_session_run(s, in, 3, 0, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "no input is named 'c'"));
	in[1] = tensor("a", "1x3", data);
	ck_assert_int_eq(cay_session_run(s, in, 2, 0, &err), -1);
	ck_assert_str_eq(err.msg, "input 'a': want shape ?x2, got 1x3");
	in[1] = tensor("a", "2x2", data);
	in[1].size = 4;
	ck_assert_int_eq(cay_session_run(s, in, 2, 0, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	in[1] = tensor("a", "1x2", data);
	in[1].dtype = CAY_DTYPE_I32;
	ck_assert_int_eq(cay_session_run(s, in, 2, 0, &err), -1);
	ck_assert_str_eq(err.msg, "input 'a': want FP32, got INT32");
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(models_at_fault_are_refused_with_op_and_tensor)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"input x 1x2\nfoo X=x > Out=y\nbar X=y > Out=z\noutput z\n",
		 "2 kinds of op are not supported: foo, bar"},
		{"input x 1x2\nrelu X=w > Out=y\noutput y\n",
		 "op 1: relu 'y': 'w' is neither a parameter nor computed before"},
		{"input x 1x2x4x4\nparam w 3x2x1x1 1\nconv2d Input=x Filter=w > Output=y : "
		 "groups=2 "
		 "strides=[1,1] paddings=[0,0] dilations=[1,1]\noutput y\n",
		 "conv2d 'y': 2 groups do not divide 3 output channels"},
		{"input x 1x2x4x4\nparam w 4x1x1x1 1\nconv2d Input=x Filter=w > Output=y : "
		 "groups=2 "
		 "strides=[0,1] paddings=[0,0] dilations=[1,1]\noutput y\n",
		 "conv2d 'y': strides is 0, want 1 to 65536"},
		{"input x 1x2\ncalib Input=x > Out=y : scale=0.0 kernel=calib/fp32_to_int8/4/2/1\n"
		 "output y\n",
		 "calib 'y': scale is 0, want a positive number"},
		{"input x 1x2\nparam w 2x2 1\nfc Input=x W=w > Out=y : in_num_col_dims=1 "
		 "kernel=fc/fp32out/4/2/1\noutput y\n",
		 "fc 'y': 'w' is FP32 2x2, want a 2-D parameter of INT8"},
		{"input x 1x2\nrelu X=x Y=x > Out=y\noutput y\n",
		 "op 1: relu 'y': input Y is not supported"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_err err = {0};
		struct cay_model *m =
			model_from_text_with(cases[i].text, test_kernels(), NULL, &err);

		ck_assert_ptr_null(m);
		ck_assert_int_eq(err.code, CAY_EMODEL);
		ck_assert_str_eq(err.msg, cases[i].want);
	}
}
END_TEST

START_TEST(many_kinds_of_unknown_ops_are_each_counted_once)
{
	char text[2048];
	size_t len = (size_t)sprintf(text, "input x 1\n");
	struct cay_err err = {0};

	for (int i = 0; i < 50; i++)
		len += (size_t)sprintf(text + len, "kind%d X=x > Out=y\n", i < 34 ? i : 33);
	strcpy(text + len, "output y\n");
	ck_assert_ptr_null(model_from_text_with(text, test_kernels(), NULL, &err));
	ck_assert_msg(strncmp(err.msg, "34 kinds of op are not supported: kind0, kind1, ", 48) == 0,
		      "%s", err.msg);
}
END_TEST

START_TEST(shapes_that_do_not_fit_the_weights_are_refused)
{
	struct cay_model *m =
		model_from_text("input x ?x?x?x?\nparam w 1x2x3x3 1\n"
				"conv2d Input=x Filter=w > Output=y : strides=[1,1] "
				"paddings=[0,0] dilations=[1,1] groups=1\noutput y\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float data[27] = {0};
	struct cay_tensor x = tensor("x", "1x3x3x3", data);

	ck_assert_int_eq(cay_session_run(s, &x, 1, 0, &err), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, "conv2d 'y': its input is 1x3x3x3, its filter wants 2 channels");
	x = tensor("x", "1x2x2x3", data);
	ck_assert_int_eq(cay_session_run(s, &x, 1, 0, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "larger than the padded input 2x3"));
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(the_limit_of_activations_holds)
{
	struct cay_model_limits limits = CAY_MODEL_LIMITS_DEFAULT;
	struct cay_err err = {0};
	struct cay_model *m;
	struct cay_session *s;
	struct cay_tensor x = {.dtype = CAY_DTYPE_F32, .shape = {2, {1, 1 << 20}}, .size = 4 << 20};

	limits.arena = 1 << 20;
	m = model_from_text_with("input x 1x?\nrelu X=x > Out=y\noutput y\n", test_kernels(),
				 &limits, &err);
	s = cay_session_new(m, &err);
	ck_assert_int_eq(cay_session_prepare(s, &x, 1, 0, NULL, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_str_eq(err.msg, "'y': a tensor of 4194304 bytes is over the limit of 1048576 "
				  "for activations");
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(a_dimension_over_its_limit_is_no_other_shape)
{
	struct cay_tensor x = {
		.dtype = CAY_DTYPE_F32, .shape = {2, {1 << 16, 1 << 15}}, .size = (size_t)1 << 33};
	struct cay_err err = {0};
	struct cay_model *m = model_from_text("input x ?x?\nreshape2 X=x > Out=y : shape=[-1]\n"
					      "output y\n");
	struct cay_session *s = cay_session_new(m, &err);

	ck_assert_int_eq(cay_session_prepare(s, &x, 1, 0, NULL, &err), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, "reshape2 'y': output 'y' would have the shape 2147483648");
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

#define PASSED 1 // a deadline: one nanosecond after boot

START_TEST(a_passed_deadline_ends_planning)
{
	struct cay_model *m = model_from_text(chain);
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float data[16] = {0};
	struct cay_tensor x = tensor(NULL, "1x1x4x4", data);

	ck_assert_int_eq(cay_session_run(s, &x, 1, PASSED, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "before planning op 1 of "));
	ck_assert_int_eq(cay_session_prepare(s, &x, 1, PASSED, NULL, &err), -1);
	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

static bool end_at_third(void *context, const char *stage, float done)
{
	unsigned *calls = context;

	ck_assert_str_eq(stage, "plan");
	ck_assert_float_eq(done, (float)*calls / 4 / 2); // of the chain's ops
	return ++*calls < 3;
}

START_TEST(planning_is_told_and_ends_where_it_is_told_to)
{
	struct cay_model *m = model_from_text(chain);
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	unsigned calls = 0;
	const struct cay_tracker all = cay_tracker_whole(end_at_third, &calls),
				 progress = cay_tracker_part(&all, "plan", 0, 1);
	float data[16] = {0};
	struct cay_tensor x = tensor(NULL, "1x1x4x4", data);

	ck_assert_int_eq(cay_session_prepare(s, &x, 1, 0, &progress, &err), -1);
	ck_assert_int_eq(err.code, CAY_ECANCELED);
	ck_assert_uint_eq(calls, 3);
	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(a_passed_deadline_ends_loading)
{
	struct cay_model_limits limits = CAY_MODEL_LIMITS_DEFAULT;
	struct cay_err err = {0};

	limits.deadline = PASSED;
	ck_assert_ptr_null(model_from_text_with(chain, test_kernels(), &limits, &err));
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "before packing op 1 of "));
}
END_TEST

START_TEST(a_passed_deadline_stops_between_steps)
{
	struct cay_model *m = model_from_text(chain);
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float data[16] = {0};
	struct cay_tensor x = tensor(NULL, "1x1x4x4", data);

	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	ck_assert_int_eq(cay_session_run(s, &x, 1, PASSED, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "before step 1 of "));
	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(outputs_may_be_inputs_and_used_twice)
{
	struct cay_model *m = model_from_text("input x 1x4\n"
					      "reshape2 X=x > Out=y : shape=[2,2]\n"
					      "relu X=y > Out=z\n"
					      "output y\noutput z\noutput z\n");
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	float data[4] = {-1, 2, -3, 4};

	expect(s, "1x4", data, "2x2", data);
	ck_assert_ptr_ne(cay_session_output(s, 0)->data, data);
	ck_assert_int_eq(memcmp(cay_session_output(s, 2)->data, (float[]){0, 2, 0, 4}, 16), 0);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(profiling_counts_each_step)
{
	struct cay_model *m = model_from_text(chain);
	struct cay_session *s = new_session_of_steps(m);
	float data[16] = {0};
	uint64_t sum = 0;

	expect(s, "1x1x4x4", data, "1x1x4x4", data);
	ck_assert_uint_eq(cay_session_step_count(s), 4);
	ck_assert_uint_eq(cay_session_step(s, 0).nanoseconds, 0);
	cay_session_profile(s, true);
	for (int run = 0; run < 100; run++)
		expect(s, "1x1x4x4", data, "1x1x4x4", data);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(cay_session_step(s, i).op.type, "relu");
		sum += cay_session_step(s, i).nanoseconds;
	}
	ck_assert_uint_gt(sum, 0);
	ck_assert_str_eq(cay_session_step(s, 3).op.name, "y");
	cay_session_profile(s, true); // begins anew
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(cay_session_step(s, i).nanoseconds, 0);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(plans_beyond_the_limit_are_made_again)
{
	struct cay_model_limits limits = CAY_MODEL_LIMITS_DEFAULT;
	struct cay_err err = {0};
	struct cay_model *m;
	struct cay_session *s[2];
	float x[32], y[32];

	for (int i = 0; i < 32; i++)
		x[i] = y[i] = (float)i;
	limits.plans = 1; // room for none but the last
	m = model_from_text_with("input x 1x?\nrelu X=x > Out=y\noutput y\n", test_kernels(),
				 &limits, &err);
	s[0] = cay_session_new(m, &err);
	s[1] = cay_session_new(m, &err);
	for (int i = 0; i < 10; i++) {
		expect(s[i % 2], "1x32", x, "1x32", y);
		expect(s[i % 2], "1x7", x, "1x7", y);
		expect(s[!(i % 2)], "1x8", x, "1x8", y);
	}
	cay_session_free(s[0]);
	cay_session_free(s[1]);
	cay_model_free(m);
}
END_TEST

START_TEST(pictures_may_have_another_size_if_the_user_says_so)
{
	struct cay_model *m = model_from_text("input x ?x2x1x3\nrelu X=x > Out=y\noutput y\n");
	struct cay_err err = {0};
	float data[4] = {1, 2, 3, 4};
	struct cay_tensor in[] = {tensor("x", "1x2x1x2", data), tensor("x", "1x4x1x1", data)};
	struct cay_session *s = cay_session_new(m, &err);

	ck_assert_int_eq(cay_session_run(s, in, 1, 0, &err), -1);
	cay_model_resize_inputs(m, in, 1);
	expect(s, "1x2x1x2", data, "1x2x1x2", data);
	cay_model_resize_inputs(m, in + 1, 1); // its channels are not the exporter's choice
	ck_assert_int_eq(cay_session_run(s, in + 1, 1, 0, &err), -1);
	ck_assert_str_eq(err.msg, "input 'x': want shape ?x2x1x1, got 1x4x1x1");
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

TEST_MAIN("session", memory_of_dead_tensors_is_reused,
	  many_kinds_of_unknown_ops_are_each_counted_once,
	  a_convolution_sees_channels_in_the_right_order,
	  padding_stride_and_dilation_reach_the_right_pixels, int8_follows_the_formula_bit_for_bit,
	  inputs_that_do_not_fit_are_named, pictures_may_have_another_size_if_the_user_says_so,
	  models_at_fault_are_refused_with_op_and_tensor,
	  shapes_that_do_not_fit_the_weights_are_refused, the_limit_of_activations_holds,
	  a_dimension_over_its_limit_is_no_other_shape, a_passed_deadline_ends_planning,
	  planning_is_told_and_ends_where_it_is_told_to, a_passed_deadline_ends_loading,
	  a_passed_deadline_stops_between_steps, outputs_may_be_inputs_and_used_twice,
	  profiling_counts_each_step, plans_beyond_the_limit_are_made_again)
