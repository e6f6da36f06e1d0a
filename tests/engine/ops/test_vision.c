// Transposed convolution, resizing and normalization: what they refuse, and int8.
#include "tests/engine/ops/op_case.h"

#include <math.h>
#include <stdio.h>

struct row {
	const char *op, *why;
};

static void refuse(const struct row *rows, size_t count, const char *shape)
{
	for (size_t i = 0; i < count; i++) {
		char text[768];

		snprintf(text, sizeof(text),
			 "input x ?x?x?x?\nparam w 4x2x3x3 1\nparam v 3 1\nparam two 2 1\n%s\n"
			 "output y\n",
			 rows[i].op);
		expect_failure(text, shape, rows[i].why);
	}
}
#define REFUSE(shape, ...)                                                                         \
	refuse((const struct row[]){__VA_ARGS__}, CAY_ARRAY_SIZE(((struct row[]){__VA_ARGS__})),   \
	       shape)
#define TRANSPOSED(attrs) "conv2d_transpose Input=x Filter=w > Output=y : " attrs

START_TEST(transposed_convolutions_that_do_not_fit_are_refused)
{
	REFUSE("1x4x5x5", {TRANSPOSED("groups=3"), "3 groups do not divide 4 input channels"},
	       {TRANSPOSED("groups=0"), "0 groups"}, {TRANSPOSED("strides=[0,1]"), "strides is 0"},
	       {TRANSPOSED("paddings=[4,4]"), "an output of -1 from 5"},
	       {TRANSPOSED("strides=[2,2] output_size=[10,11]"), "an output of 10 from 5, want 11"},
	       {TRANSPOSED("strides=[2,2] output_size=[13,13]"), "an output of 13 from 5, want 11"},
	       {TRANSPOSED("strides=[2,2] output_padding=[2,2]"), "an output of 13 from 5"},
	       {TRANSPOSED("output_padding=[1]"), "output_padding has 1 values, want 2"},
	       {TRANSPOSED("output_size=[-1,-1]"), "output_size is -1"},
	       {"conv2d_transpose Input=x Filter=v > Output=y", "want a 4-D parameter"});
	REFUSE("1x3x5x5", {TRANSPOSED("groups=1"), "its filter wants 4 channels"});
}
END_TEST

START_TEST(resizing_to_nothing_or_too_much_is_refused)
{
	REFUSE("1x4x5x5", {"nearest_interp X=x > Out=y", "an output of -1x-1"},
	       {"nearest_interp X=x > Out=y : scale=0.1", "an output of 0x0"},
	       {"nearest_interp X=x > Out=y : scale=-1.0", "scale -1"},
	       {"bilinear_interp_v2 X=x > Out=y : scale=[1.0,2.0,3.0]", "3 scales"},
	       {"bilinear_interp_v2 X=x > Out=y : out_h=100000 out_w=2", "an output of 100000x2"},
	       {"bilinear_interp_v2 X=x Scale=v > Out=y", "'v' must be a parameter of one or two"},
	       {"bilinear_interp_v2 X=x Scale=x > Out=y", "'x' must be a parameter of one or two"},
	       {"bilinear_interp_v2 X=x OutSize=two > Out=y", "'two' is FP32, want INT32"},
	       {"nearest_interp X=x > Out=y : data_layout=NHWC", "NHWC is not supported"});
}
END_TEST

START_TEST(one_pixel_can_be_resized)
{
	expect_counted(
		"input x 1x1x1x1\n"
		"bilinear_interp X=x > Out=y : out_h=2 out_w=2 align_corners=true\noutput y\n",
		"1x1x1x1", (struct op_tensor){"1x1x2x2", VALUES(1, 1, 1, 1)});
	expect_counted(
		"input x 1x1x2x2\n"
		"bilinear_interp X=x > Out=y : out_h=1 out_w=1 align_corners=true\noutput y\n",
		"1x1x2x2", (struct op_tensor){"1x1x1x1", VALUES(1)});
}
END_TEST

START_TEST(normalizations_that_do_not_fit_are_refused)
{
	REFUSE("1x4x5x5",
	       {"layer_norm X=x > Y=y : begin_norm_axis=4", "axis 4 does not fit 4 dimensions"},
	       {"layer_norm X=x Scale=v > Y=y : begin_norm_axis=3", "its scale has 3 values"},
	       {"layer_norm X=x Scale=v Bias=two > Y=y : begin_norm_axis=3", "'two' is FP32 2"},
	       {"layer_norm X=x Scale=x > Y=y", "'x' must be a parameter"},
	       {"instance_norm X=x Scale=v > Y=y", "its scale has 3 values"},
	       {"group_norm X=x > Y=y : groups=3", "3 groups do not divide 1x4x5x5"},
	       {"group_norm X=x > Y=y : groups=0", "0 groups do not divide"},
	       {"lrn X=x > Out=y : n=4", "n is 4, want an odd number"},
	       {"lrn X=x > Out=y : n=-1", "n is -1"},
	       {"lrn X=x > Out=y : n=5 norm_region=WithinChannel", "WithinChannel"});
}
END_TEST

// Two channels of two columns; each output column takes one input column times one tap.
START_TEST(a_transposed_convolution_in_int8)
{
	float y[MAX_ELEMENTS];
	const struct op_tensor in[] = {{"1x2x1x2", VALUES(0.5f, -1, 2, 3)}, {NULL, NULL}};
	static const float want[] = {0.5f * 3 + 2 * 5, 0.5f * 4 + 2 * 6, -1 * 3 + 3 * 5,
				     -1 * 4 + 3 * 6};
	const struct cay_shape shape = run_op(
		"input x 1x2x1x2\nparam8 w 2x1x1x2 3 4 5 6\n"
		"calib Input=x > Out=q : scale=0.5 kernel=calib/fp32_to_int8/4/2/1\n"
		"conv2d_transpose Input=q Filter=w > Output=y : strides=[1,2] paddings=[0,0] "
		"groups=1 Input0_scale=[0.5] Filter0_scale=[1.0] "
		"kernel=conv2d_transpose/fp32_out/4/2/1\noutput y\n",
		in, y);
	char text[CAY_SHAPE_TEXT];

	ck_assert_str_eq(cay_shape_text(&shape, text), "1x1x1x4");
	for (size_t i = 0; i < 4; i++)
		ck_assert_float_eq(y[i], want[i]);
}
END_TEST

TEST_MAIN("vision", transposed_convolutions_that_do_not_fit_are_refused,
	  resizing_to_nothing_or_too_much_is_refused, one_pixel_can_be_resized,
	  normalizations_that_do_not_fit_are_refused, a_transposed_convolution_in_int8)
