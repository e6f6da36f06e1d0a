// Functions of one tensor.
#include "tests/engine/ops/op_case.h"

#include <math.h>
#include <stdio.h>

#define IN(...) ((const struct op_tensor[]){{"5", VALUES(__VA_ARGS__)}, {NULL, NULL}})

// The op's line ends in `: ATTR=VALUE ...` or in nothing.
static void expect(const char *op, const char *attrs, const float *want)
{
	char text[256];

	snprintf(text, sizeof(text), "input x 5\n%s X=x > Out=y %s\noutput y\n", op, attrs);
	expect_output(text, IN(-4, -0.5f, 0, 1.5f, 8), (struct op_tensor){"5", want});
}

START_TEST(each_activation_is_its_formula)
{
	const float e[] = {expf(-4), expf(-0.5f), 1, expf(1.5f), expf(8)};
	float sigmoid[5], swish[5], tangent[5];

	for (size_t i = 0; i < 5; i++) {
		const float x = VALUES(-4, -0.5f, 0, 1.5f, 8)[i];

		sigmoid[i] = e[i] / (1 + e[i]);
		swish[i] = x * e[i] / (1 + e[i]);
		tangent[i] = tanhf(x);
	}
	expect("relu", "", VALUES(0, 0, 0, 1.5f, 8));
	expect("abs", "", VALUES(4, 0.5f, 0, 1.5f, 8));
	expect("square", "", VALUES(16, 0.25f, 0, 2.25f, 64));
	expect("exp", "", e);
	expect("sigmoid", "", sigmoid);
	expect("swish", "", swish);
	expect("tanh", "", tangent);
}
END_TEST

START_TEST(attributes_reach_the_formula)
{
	expect("relu6", ": threshold=1.0", VALUES(0, 0, 0, 1, 1));
	expect("leaky_relu", ": alpha=0.5", VALUES(-2, -0.25f, 0, 1.5f, 8));
	expect("clip", ": min=-1.0 max=2.0", VALUES(-1, -0.5f, 0, 1.5f, 2));
	expect("hard_sigmoid", ": slope=0.1 offset=0.4", VALUES(0, 0.35f, 0.4f, 0.55f, 1));
	expect("hard_swish", ": offset=1.0 threshold=2.0 scale=4.0",
	       VALUES(0, -0.0625f, 0, 0.75f, 4));
	expect("scale", ": scale=2.0 bias=3.0", VALUES(-5, 2, 3, 6, 19));
}
END_TEST

START_TEST(absent_attributes_have_the_frameworks_values)
{
	expect("relu6", "", VALUES(0, 0, 0, 1.5f, 6));
	expect("leaky_relu", "", VALUES(-0.08f, -0.01f, 0, 1.5f, 8));
	expect("hard_sigmoid", "", VALUES(0, 0.4f, 0.5f, 0.8f, 1));
	expect("hard_swish", "", VALUES(0, -1.25f / 6, 0, 1.125f, 8));
	expect("scale", "", VALUES(-4, -0.5f, 0, 1.5f, 8));
}
END_TEST

START_TEST(a_bias_may_come_before_the_scale)
{
	expect("scale", ": scale=2.0 bias=3.0 bias_after_scale=false", VALUES(-2, 5, 6, 9, 22));
}
END_TEST

START_TEST(limits_of_clip_come_from_parameters_where_they_are_given)
{
	expect_output("input x 5\n"
		      "param low 1 -1\n"
		      "clip X=x Min=low > Out=y : min=-9.0 max=2.0\n"
		      "output y\n",
		      IN(-4, -0.5f, 0, 1.5f, 8),
		      (struct op_tensor){"5", VALUES(-1, -0.5f, 0, 1.5f, 2)});
	expect_failure("input x 5\n"
		       "param low 2 -1\n"
		       "clip X=x Min=low > Out=y : min=-9.0 max=2.0\n"
		       "output y\n",
		       "5", "clip 'y': 'low' must be a parameter of one FP32 value");
	expect_failure("input x 1\n"
		       "relu X=x > Out=low\n"
		       "clip X=x Max=low > Out=y : min=-9.0 max=2.0\n"
		       "output y\n",
		       "1", "clip 'y': 'low' must be a parameter of one FP32 value");
}
END_TEST

START_TEST(int8_tensors_are_refused)
{
	expect_failure("input x 5\n"
		       "calib Input=x > Out=q : scale=0.1 kernel=calib/fp32_to_int8/4/2/1\n"
		       "relu X=q > Out=y\n"
		       "output y\n",
		       "5", "relu 'y': 'q' is INT8, want FP32");
}
END_TEST

START_TEST(a_four_dimensional_tensor_keeps_its_order)
{
	expect_counted("input x 1x2x1x3\n"
		       "pool2d X=x > Out=a : pooling_type=max ksize=[1,1] strides=[1,1] "
		       "paddings=[0,0]\n"
		       "relu X=a > Out=y\n"
		       "output y\n",
		       "1x2x1x3", (struct op_tensor){"1x2x1x3", NULL});
}
END_TEST

START_TEST(an_activation_that_opt_has_fused_into_scale)
{
	const struct op_tensor in[] = {{"3", VALUES(-1, 2, 9)}, {NULL, NULL}};

	expect_output("input x 3\nscale X=x > Out=y : scale=2.0 bias=1.0 activation_type=relu6\n"
		      "output y\n",
		      in, (struct op_tensor){"3", VALUES(0, 5, 6)});
	expect_output("input x 3\nscale X=x > Out=y : scale=2.0 bias=1.0 alpha=0.5 "
		      "activation_type=leaky_relu\noutput y\n",
		      in, (struct op_tensor){"3", VALUES(-0.5f, 5, 19)});
	expect_failure("input x 3\nscale X=x > Out=y : scale=2.0 activation_type=tanh\noutput y\n",
		       "3", "activation 'tanh' of FP32 is not supported");
}
END_TEST

START_TEST(the_limit_of_a_fused_relu6_is_a_number)
{
	static const struct {
		const char *op, *limit;
	} rows[] = {
		{"param w 2x2 1\nfc Input=x W=w > Out=y : in_num_col_dims=1 "
		 "activation_type=relu6 ",
		 "alpha"},
		{"param w 2x2x1x1 1\nconv2d Input=x Filter=w > Output=y : strides=[1,1] "
		 "paddings=[0,0] dilations=[1,1] groups=1 with_act=true act_type=relu6 ",
		 "fuse_brelu_threshold"},
	};
	static const char *const values[] = {"inf", "-inf", "nan"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows) * CAY_ARRAY_SIZE(values); i++) {
		const size_t row = i / CAY_ARRAY_SIZE(values);
		char text[512];

		snprintf(text, sizeof(text), "input x 1x2x1x1\n%s%s=%s\noutput y\n", rows[row].op,
			 rows[row].limit, values[i % CAY_ARRAY_SIZE(values)]);
		expect_failure(text, "1x2x1x1", "a parameter of its relu6 is not a number");
	}
}
END_TEST

TEST_MAIN("activation", each_activation_is_its_formula, attributes_reach_the_formula,
	  absent_attributes_have_the_frameworks_values, a_bias_may_come_before_the_scale,
	  limits_of_clip_come_from_parameters_where_they_are_given, int8_tensors_are_refused,
	  a_four_dimensional_tensor_keeps_its_order, an_activation_that_opt_has_fused_into_scale,
	  the_limit_of_a_fused_relu6_is_a_number)
