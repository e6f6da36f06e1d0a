// softmax, log_softmax, batch_norm and dropout.
#include "tests/engine/ops/op_case.h"

#include <math.h>

START_TEST(softmax_sums_to_one_along_its_axis)
{
	const float e = expf(1), low = 1 / (1 + e), high = e / (1 + e);
	const float far = 1 / (1 + e * e), near = e * e / (1 + e * e);

	expect_counted("input x 2x2\nsoftmax X=x > Out=y\noutput y\n", "2x2",
		       (struct op_tensor){"2x2", VALUES(low, high, low, high)});
	expect_counted("input x 2x2\nsoftmax X=x > Out=y : axis=0\noutput y\n", "2x2",
		       (struct op_tensor){"2x2", VALUES(far, far, near, near)});
	expect_counted("input x 2x2\nsoftmax X=x > Out=y : axis=-2\noutput y\n", "2x2",
		       (struct op_tensor){"2x2", VALUES(far, far, near, near)});
}
END_TEST

START_TEST(softmax_of_channels_sees_them_after_an_op_in_another_layout)
{
	const float e = expf(2), low = 1 / (1 + e), high = e / (1 + e);

	expect_counted("input x 1x2x1x2\n"
		       "pool2d X=x > Out=a : pooling_type=max ksize=[1,1]\n"
		       "softmax X=a > Out=y : axis=1\noutput y\n",
		       "1x2x1x2", (struct op_tensor){"1x2x1x2", VALUES(low, low, high, high)});
}
END_TEST

START_TEST(log_softmax_has_a_bottom_and_goes_along_its_axis)
{
	const float sum = logf(1 + expf(-2));

	expect_output("input x 2x2\nlog_softmax X=x > Out=y : axis=0\noutput y\n",
		      (const struct op_tensor[]){{"2x2", VALUES(1000, 0, 900, 2)}, {NULL, NULL}},
		      (struct op_tensor){"2x2", VALUES(0, -2 - sum, -64, -sum)});
}
END_TEST

START_TEST(an_axis_that_is_not_there_is_refused)
{
	expect_failure("input x 2x2\nsoftmax X=x > Out=y : axis=2\noutput y\n", "2x2",
		       "softmax 'y': axis 2 does not fit 2 dimensions");
	expect_failure("input x 2x2\nsoftmax X=x > Out=y : axis=-3\noutput y\n", "2x2",
		       "softmax 'y': axis -3 does not fit 2 dimensions");
}
END_TEST

#define NORM                                                                                       \
	"param s 2 2 3\nparam b 2 10 20\nparam m 2 1 2\nparam v 2 3 8\n"                           \
	"batch_norm X=a Scale=s Bias=b Mean=m Variance=v > Y=y : epsilon=1.0 momentum=0.9 "        \
	"is_test=true data_layout=NCHW\noutput y\n"

START_TEST(batch_norm_works_on_the_second_dimension_of_any_rank)
{
	// (x - 1) * 2 / 2 + 10 and (x - 2) * 3 / 3 + 20
	expect_counted("input x 2x2\nrelu X=x > Out=a\n" NORM, "2x2",
		       (struct op_tensor){"2x2", VALUES(10, 20, 12, 22)});
	expect_counted("input x 1x2x2\nrelu X=x > Out=a\n" NORM, "1x2x2",
		       (struct op_tensor){"1x2x2", VALUES(10, 11, 21, 22)});
	expect_counted("input x 2x2x1x2\nrelu X=x > Out=a\n" NORM, "2x2x1x2",
		       (struct op_tensor){"2x2x1x2", VALUES(10, 11, 21, 22, 14, 15, 25, 26)});
}
END_TEST

START_TEST(batch_norm_works_in_the_layout_of_convolutions)
{
	expect_counted("input x 2x2x1x2\n"
		       "pool2d X=x > Out=a : pooling_type=max ksize=[1,1]\n" NORM,
		       "2x2x1x2",
		       (struct op_tensor){"2x2x1x2", VALUES(10, 11, 21, 22, 14, 15, 25, 26)});
}
END_TEST

START_TEST(batch_norm_takes_a_parameter_as_its_input)
{
	expect_output("param a 2x2 1 2 3 4\n" NORM, (const struct op_tensor[]){{NULL, NULL}},
		      (struct op_tensor){"2x2", VALUES(10, 20, 12, 22)});
}
END_TEST

START_TEST(batch_norm_refuses_channels_that_do_not_fit)
{
	expect_failure("input x ?x?\nrelu X=x > Out=a\n" NORM, "2x3",
		       "its input is 2x3, its scale has 2 channels");
	expect_failure("input x ?\nrelu X=x > Out=a\n" NORM, "2",
		       "its input is 2, its scale has 2 channels");
	expect_failure("input x 2x2\nparam s 2 1\nparam b 3 1\n"
		       "batch_norm X=x Scale=s Bias=b Mean=s Variance=s > Y=y\noutput y\n",
		       "2x2", "'b' is FP32 3, want 2 FP32 values");
	expect_failure("input x 2x2\nparam s 2 1\nrelu X=x > Out=b\n"
		       "batch_norm X=x Scale=s Bias=s Mean=b Variance=s > Y=y\noutput y\n",
		       "2x2", "'b' must be a parameter");
	expect_failure("input x 2x2\nrelu X=x > Out=s\n"
		       "batch_norm X=x Scale=s Bias=s Mean=s Variance=s > Y=y\noutput y\n",
		       "2x2", "'s' must be a parameter");
}
END_TEST

START_TEST(dropout_does_nothing_or_multiplies)
{
	expect_counted("input x 3\ndropout X=x > Out=y : dropout_prob=0.25 is_test=true "
		       "dropout_implementation=upscale_in_train\noutput y\n",
		       "3", (struct op_tensor){"3", NULL});
	expect_counted("input x 3\ndropout X=x > Out=y : dropout_prob=0.25 is_test=1\noutput y\n",
		       "3", (struct op_tensor){"3", VALUES(0.75f, 1.5f, 2.25f)});
}
END_TEST

START_TEST(dropout_refuses_what_is_no_probability)
{
	expect_failure("input x 3\ndropout X=x > Out=y : dropout_prob=1.5\noutput y\n", "3",
		       "dropout_prob is 1.5, want 0 to 1");
	expect_failure("input x 3\ndropout X=x > Out=y : dropout_prob=nan\noutput y\n", "3",
		       "dropout_prob is");
}
END_TEST

TEST_MAIN("norm", softmax_sums_to_one_along_its_axis,
	  log_softmax_has_a_bottom_and_goes_along_its_axis,
	  softmax_of_channels_sees_them_after_an_op_in_another_layout,
	  an_axis_that_is_not_there_is_refused,
	  batch_norm_works_on_the_second_dimension_of_any_rank,
	  batch_norm_works_in_the_layout_of_convolutions, batch_norm_takes_a_parameter_as_its_input,
	  batch_norm_refuses_channels_that_do_not_fit, dropout_does_nothing_or_multiplies,
	  dropout_refuses_what_is_no_probability)
