// Maxima and averages of windows, and windows that make no sense.
#include "tests/engine/ops/op_case.h"

#include <stdio.h>

static const char *model(const char *attrs)
{
	static char text[512];

	snprintf(text, sizeof(text), "input x ?x?x?x?\npool2d X=x > Out=y : %s\noutput y\n", attrs);
	return text;
}

START_TEST(windows_are_clipped_to_the_image)
{
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[2,2] paddings=[1,1]"),
		       "1x1x3x3", (struct op_tensor){"1x1x2x2", VALUES(1, 3, 7, 9)});
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[1,1] paddings=[0,0,0,1]"),
		       "1x1x2x2", (struct op_tensor){"1x1x1x2", VALUES(4, 4)});
}
END_TEST

START_TEST(padding_counts_in_an_average_only_if_it_is_not_exclusive)
{
	expect_counted(model("pooling_type=avg ksize=[2,2] strides=[2,2] paddings=[1,1]"),
		       "1x1x3x3", (struct op_tensor){"1x1x2x2", VALUES(1, 2.5f, 5.5f, 7)});
	expect_counted(model("pooling_type=avg ksize=[2,2] strides=[2,2] paddings=[1,1] "
			     "exclusive=false"),
		       "1x1x3x3", (struct op_tensor){"1x1x2x2", VALUES(0.25f, 1.25f, 2.75f, 7)});
}
END_TEST

START_TEST(ceil_mode_adds_a_window_at_the_far_border)
{
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[2,2] paddings=[0,0]"),
		       "1x1x3x3", (struct op_tensor){"1x1x1x1", VALUES(5)});
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[2,2] paddings=[0,0] "
			     "ceil_mode=true"),
		       "1x1x3x3", (struct op_tensor){"1x1x2x2", VALUES(5, 6, 8, 9)});
	// Behind the padding there is nothing to divide by.
	expect_counted(model("pooling_type=avg ksize=[2,2] strides=[2,2] paddings=[0,0] "
			     "ceil_mode=true exclusive=false"),
		       "1x1x3x3", (struct op_tensor){"1x1x2x2", VALUES(3, 4.5f, 7.5f, 9)});
}
END_TEST

START_TEST(adaptive_windows_share_the_image_evenly)
{
	expect_counted(model("pooling_type=avg ksize=[2,3] adaptive=true"), "1x1x3x3",
		       (struct op_tensor){"1x1x2x3", VALUES(2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f)});
	expect_counted(model("pooling_type=max ksize=[4,1] adaptive=true"), "1x1x2x2",
		       (struct op_tensor){"1x1x4x1", VALUES(2, 2, 4, 4)});
}
END_TEST

START_TEST(global_pooling_takes_each_whole_channel)
{
	expect_counted(model("pooling_type=avg ksize=[9,9] strides=[7,7] paddings=[5,5] "
			     "global_pooling=true"),
		       "2x2x1x3", (struct op_tensor){"2x2x1x1", VALUES(2, 5, 8, 11)});
	expect_counted(model("pooling_type=max global_pooling=true"), "1x2x2x2",
		       (struct op_tensor){"1x2x1x1", VALUES(4, 8)});
}
END_TEST

START_TEST(same_padding_keeps_the_size_of_stride_one)
{
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[1,1] paddings=[0,0] "
			     "padding_algorithm=SAME"),
		       "1x1x2x2", (struct op_tensor){"1x1x2x2", VALUES(4, 4, 4, 4)});
	expect_counted(model("pooling_type=max ksize=[2,2] strides=[1,1] paddings=[1,1] "
			     "padding_algorithm=VALID"),
		       "1x1x2x2", (struct op_tensor){"1x1x1x1", VALUES(4)});
}
END_TEST

START_TEST(channels_and_images_do_not_mix)
{
	expect_counted(
		model("pooling_type=max ksize=[1,2] strides=[1,2] paddings=[0,0]"), "2x3x1x4",
		(struct op_tensor){"2x3x1x2", VALUES(2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)});
}
END_TEST

START_TEST(senseless_windows_are_refused)
{
	static const struct {
		const char *attrs, *shape, *why;
	} rows[] = {
		{"pooling_type=max ksize=[2,2] strides=[0,1]", "1x1x3x3", "strides is 0"},
		{"pooling_type=max ksize=[2,2] strides=[-1,1]", "1x1x3x3", "strides is -1"},
		{"pooling_type=max ksize=[0,2]", "1x1x3x3", "ksize is 0, want 1 to"},
		{"pooling_type=max ksize=[2]", "1x1x3x3", "ksize has 1 values, want 2"},
		{"pooling_type=max", "1x1x3x3", "ksize has 0 values, want 2"},
		{"pooling_type=max ksize=[0,0] adaptive=true", "1x1x3x3", "ksize is 0"},
		{"pooling_type=max ksize=[2,2] paddings=[-1,0]", "1x1x3x3", "a padding is -1"},
		{"pooling_type=max ksize=[2,2] paddings=[0,0,0]", "1x1x3x3", "paddings has 3"},
		{"pooling_type=max ksize=[5,2]", "1x1x3x3", "larger than the padded input"},
		{"pooling_type=max ksize=[1,1] paddings=[1,1]", "1x1x3x3", "nothing but padding"},
		{"pooling_type=max ksize=[1,1] strides=[2,2] ceil_mode=true", "1x1x2x2",
		 "window 1 holds nothing but padding"},
		{"pooling_type=sum ksize=[2,2]", "1x1x3x3", "pooling_type 'sum' is not supported"},
		{"pooling_type=max ksize=[2,2] data_format=NHWC", "1x1x3x3", "data_format NHWC"},
		{"pooling_type=avg ksize=[60000,60000] adaptive=true", "1x1x3x3",
		 "more than the limit"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++)
		expect_failure(model(rows[i].attrs), rows[i].shape, rows[i].why);
	expect_failure("input x 2x3\npool2d X=x > Out=y : pooling_type=max ksize=[1,1]\noutput y\n",
		       "2x3", "its input is 2x3, want 4 dimensions");
}
END_TEST

TEST_MAIN("pool2d", windows_are_clipped_to_the_image,
	  padding_counts_in_an_average_only_if_it_is_not_exclusive,
	  ceil_mode_adds_a_window_at_the_far_border, adaptive_windows_share_the_image_evenly,
	  global_pooling_takes_each_whole_channel, same_padding_keeps_the_size_of_stride_one,
	  channels_and_images_do_not_mix, senseless_windows_are_refused)
