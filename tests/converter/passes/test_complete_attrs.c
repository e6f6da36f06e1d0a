// complete-attrs.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

START_TEST(missing_attributes_get_the_defaults_of_paddle)
{
	static const struct {
		const char *op, *attrs;
	} cases[] = {
		{"relu6", "threshold=6.0"},
		{"hard_swish", "offset=3.0, scale=6.0, threshold=6.0"},
		{"hard_sigmoid", "offset=0.5, slope=0.200000003"},
		{"leaky_relu", "alpha=0.0199999996"},
		{"prelu", "mode=\"all\""},
		{"softmax", "axis=-1"},
		{"elementwise_add", "axis=-1"},
		{"scale", "bias=0.0, bias_after_scale=true, scale=1.0"},
		{"conv2d", "dilations=[1, 1], groups=1, paddings=[0, 0], strides=[1, 1]"},
		{"mul", "x_num_col_dims=1, y_num_col_dims=1"},
		{"matmul_v2", "trans_x=false, trans_y=false"},
		{"flatten_contiguous_range", "start_axis=1, stop_axis=1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char before[128], after[256];

		snprintf(before, sizeof(before), "feed x() -> Out=x:FP32\n%s(X=x) -> Out=y:FP32\n",
			 cases[i].op);
		snprintf(after, sizeof(after),
			 "feed x() -> Out=x:FP32\n%s(X=x) -> Out=y:FP32 {%s}\n", cases[i].op,
			 cases[i].attrs);
		check_pass(cay_pass_complete_attrs, before, after);
	}
}
END_TEST

START_TEST(attributes_that_are_there_stay)
{
	const char *text = "feed x() -> Out=x:FP32\n"
			   "hard_swish(X=x) -> Out=y:FP32 {offset=1.0, scale=2.0, threshold=4.0}\n";

	check_pass(cay_pass_complete_attrs, text, text);
}
END_TEST

START_TEST(numbers_of_another_type_are_converted)
{
	check_pass(cay_pass_complete_attrs,
		   "feed x() -> Out=x:FP32\n"
		   "softmax(X=x) -> Out=y:FP32 {axis=2L}\n"
		   "relu6(X=y) -> Out=z:FP32 {threshold=4}\n"
		   "conv2d(X=z) -> Out=c:FP32 {dilations=[2, 2], groups=true, paddings=\"no\", "
		   "strides=[2, 1]}\n",
		   "feed x() -> Out=x:FP32\n"
		   "softmax(X=x) -> Out=y:FP32 {axis=2}\n"
		   "relu6(X=y) -> Out=z:FP32 {threshold=4.0}\n"
		   "conv2d(X=z) -> Out=c:FP32 {dilations=[2, 2], groups=1, paddings=[0, 0], "
		   "strides=[2, 1]}\n");
}
END_TEST

START_TEST(batch_norm_does_not_train)
{
	check_pass(cay_pass_complete_attrs,
		   "feed x() -> Out=x\n"
		   "batch_norm(X=x) -> Y=y {data_layout=\"NCHW\", epsilon=0.5, is_test=0, "
		   "momentum=0.5}\n",
		   "feed x() -> Out=x:FP32\n"
		   "batch_norm(X=x) -> Y=y:FP32 {data_layout=\"NCHW\", epsilon=0.5, is_test=true, "
		   "momentum=0.5}\n");
}
END_TEST

START_TEST(channels_at_the_end_are_refused)
{
	check_pass_fails(cay_pass_complete_attrs,
			 "feed x() -> Out=x\npool2d(X=x) -> Out=y {data_format=\"NHWC\"}\n",
			 "pool2d 'y': data_format NHWC is not supported");
}
END_TEST

START_TEST(the_other_dropout_multiplies)
{
	check_pass(cay_pass_complete_attrs,
		   "feed x() -> Out=x\n"
		   "dropout(X=x) -> Mask=m, Out=y {dropout_prob=0.25, is_test=1}\n",
		   "feed x() -> Out=x:FP32\n"
		   "dropout(X=x) -> Mask=m:FP32, Out=y:FP32 {dropout_prob=0.25, is_test=true, "
		   "fix_seed=false, seed=0, dropout_implementation=\"downgrade_in_infer\"}\n");
}
END_TEST

START_TEST(dropout_that_stays_is_told_that_this_is_inference)
{
	check_pass(cay_pass_complete_attrs,
		   "feed x() -> Out=x\n"
		   "feed s() -> Out=s\n"
		   "dropout(X=x, Seed=s) -> Mask=m, Out=y {dropout_prob=0.25, is_test=1, "
		   "dropout_implementation=\"upscale_in_train\"}\n",
		   "feed x() -> Out=x:FP32\n"
		   "feed s() -> Out=s:FP32\n"
		   "dropout(X=x) -> Mask=m:FP32, Out=y:FP32 {dropout_prob=0.25, is_test=true, "
		   "fix_seed=false, seed=0, dropout_implementation=\"upscale_in_train\"}\n");
}
END_TEST

TEST_MAIN("pass_complete_attrs", dropout_that_stays_is_told_that_this_is_inference,
	  the_other_dropout_multiplies, missing_attributes_get_the_defaults_of_paddle,
	  attributes_that_are_there_stay, numbers_of_another_type_are_converted,
	  batch_norm_does_not_train, channels_at_the_end_are_refused)
