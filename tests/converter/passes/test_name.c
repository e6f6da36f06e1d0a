// name-old-ops, name-ops, name-gathers and name-outputs.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

START_TEST(a_convolution_with_a_group_per_channel_is_depthwise)
{
	check_pass(cay_pass_name_ops,
		   "feed x() -> Out=x\n"
		   "const w FP32 2x1x1x1 = 1 2\n"
		   "conv2d(Input=x, Filter=w) -> Output=y {groups=2}\n",
		   "feed x() -> Out=x:FP32\n"
		   "const w FP32 2x1x1x1 = 1 2\n"
		   "depthwise_conv2d(Input=x, Filter=w) -> Output=y:FP32 {groups=2}\n");
}
END_TEST

START_TEST(a_depthwise_convolution_of_two_channels_a_group_is_a_convolution)
{
	check_pass(cay_pass_name_ops,
		   "feed x() -> Out=x\n"
		   "const w FP32 2x2x1x1 = 1 2 3 4\n"
		   "depthwise_conv2d(Input=x, Filter=w) -> Output=y {groups=2}\n",
		   "feed x() -> Out=x:FP32\n"
		   "const w FP32 2x2x1x1 = 1 2 3 4\n"
		   "conv2d(Input=x, Filter=w) -> Output=y:FP32 {groups=2}\n");
}
END_TEST

START_TEST(a_convolution_with_more_outputs_than_groups_keeps_its_name)
{
	check_pass(cay_pass_name_ops,
		   "feed x() -> Out=x\n"
		   "const w FP32 4x1x1x1 = 1 2 3 4\n"
		   "depthwise_conv2d(Input=x, Filter=w) -> Output=y {groups=2}\n"
		   "conv2d(Input=x, Filter=w) -> Output=z {groups=2}\n",
		   "feed x() -> Out=x:FP32\n"
		   "const w FP32 4x1x1x1 = 1 2 3 4\n"
		   "depthwise_conv2d(Input=x, Filter=w) -> Output=y:FP32 {groups=2}\n"
		   "conv2d(Input=x, Filter=w) -> Output=z:FP32 {groups=2}\n");
}
END_TEST

START_TEST(pooling_to_one_pixel_is_global)
{
	check_pass(cay_pass_name_ops,
		   "feed x() -> Out=x\n"
		   "pool2d(X=x) -> Out=y {adaptive=true, ksize=[1, 1]}\n"
		   "pool2d(X=x) -> Out=z {adaptive=true, ksize=[2, 1]}\n",
		   "feed x() -> Out=x:FP32\n"
		   "pool2d(X=x) -> Out=y:FP32 {adaptive=false, ksize=[1, 1], global_pooling=true}\n"
		   "pool2d(X=x) -> Out=z:FP32 {adaptive=true, ksize=[2, 1]}\n");
}
END_TEST

START_TEST(max_pooling_with_indices_that_nobody_reads_is_pooling)
{
	check_pass(cay_pass_name_old_ops,
		   "feed x() -> Out=x\n"
		   "max_pool2d_with_index(X=x) -> Out=y, Mask=m {adaptive=true, ksize=[1, 1]}\n",
		   "feed x() -> Out=x:FP32\n"
		   "pool2d(X=x) -> Out=y:FP32 {adaptive=true, ksize=[1, 1], "
		   "pooling_type=\"max\"}\n");
	check_pass_fails(cay_pass_name_ops,
			 "feed x() -> Out=x\n"
			 "max_pool2d_with_index(X=x) -> Out=y, Mask=m\n"
			 "fetch m(X=m)\n",
			 "max_pool2d_with_index 'y': its indices are not supported");
}
END_TEST

START_TEST(silu_is_swish_for_old_runtimes)
{
	check_pass(cay_pass_name_old_ops,
		   "feed x() -> Out=x\n"
		   "silu(X=x) -> Out=y\n",
		   "feed x() -> Out=x:FP32\n"
		   "swish(X=x) -> Out=y:FP32 {beta=1.0}\n");
}
END_TEST

START_TEST(index_select_is_gather_and_old_runtimes_are_told_its_axis_by_an_operand)
{
	check_pass(cay_pass_name_gathers,
		   "feed x() -> Out=x:FP32:?x5x4\n"
		   "feed i() -> Out=i:INT64:3\n"
		   "index_select(X=x, Index=i) -> Out=y {dim=-2}\n"
		   "gather(X=x, Index=i) -> Out=z {axis=0}\n",
		   "feed x() -> Out=x:FP32:?x5x4\n"
		   "feed i() -> Out=i:INT64:3\n"
		   "const axis INT32 1 = 1\n"
		   "gather(X=x, Index=i, Axis=axis) -> Out=y:FP32 {dim=-2, axis=1}\n"
		   "gather(X=x, Index=i) -> Out=z:FP32 {axis=0}\n");
	check_pass_fails(cay_pass_name_gathers,
			 "feed x() -> Out=x:FP32:5x4\n"
			 "feed i() -> Out=i:INT64:3\n"
			 "gather(X=x, Index=i) -> Out=y {axis=-3}\n",
			 "gather 'y': axis -3 of 2 dimensions is not supported");
	check_pass_fails(cay_pass_name_gathers,
			 "feed x() -> Out=x:FP32:5x4\n"
			 "feed i() -> Out=i:INT64\n"
			 "gather(X=x, Index=i) -> Out=y:FP32:4 {axis=0}\n",
			 "gather 'y': a number of no dimensions is not supported");
}
END_TEST

START_TEST(old_runtimes_look_up_by_wide_numbers)
{
	check_pass(cay_pass_name_old_ops,
		   "feed i() -> Out=i:INT32:?\n"
		   "const w FP32 2x1 = 1 2\n"
		   "lookup_table_v2(W=w, Ids=i) -> Out=y\n",
		   "feed i() -> Out=i:INT32:?\n"
		   "cast(X=i) -> Out=i/1:INT64:? {in_dtype=2, out_dtype=3}\n"
		   "const w FP32 2x1 = 1 2\n"
		   "lookup_table_v2(W=w, Ids=i/1) -> Out=y:FP32\n");
}
END_TEST

START_TEST(prelu_with_one_alpha_is_leaky_relu)
{
	const char *const text = "feed x() -> Out=x:FP32\n"
				 "const a FP32 1 = 0.25\n"
				 "prelu(X=x, Alpha=a) -> Out=y:FP32 {mode=\"all\"}\n"
				 "const b FP32 2 = 1 2\n"
				 "prelu(X=y, Alpha=b) -> Out=z:FP32 {mode=\"channel\"}\n";

	check_pass(cay_pass_name_ops, text,
		   "feed x() -> Out=x:FP32\n"
		   "leaky_relu(X=x) -> Out=y:FP32 {alpha=0.25}\n"
		   "const b FP32 2 = 1 2\n"
		   "prelu(X=y, Alpha=b) -> Out=z:FP32 {mode=\"channel\"}\n");
	check_pass_for(CAY_COMPAT_2_13, cay_pass_name_ops, text, text);
}
END_TEST

START_TEST(a_fetched_value_gets_the_name_of_the_output)
{
	check_pass(cay_pass_name_outputs,
		   "feed image() -> Out=x\n"
		   "relu(X=x) -> Out=y\n"
		   "fetch prob(X=y)\n",
		   "feed image() -> Out=image:FP32\n"
		   "relu(X=image) -> Out=prob:FP32\n"
		   "fetch prob(X=prob)\n");
}
END_TEST

START_TEST(a_tensor_that_is_two_outputs_is_copied)
{
	check_pass(cay_pass_name_outputs,
		   "feed x() -> Out=x\n"
		   "relu(X=x) -> Out=y\n"
		   "fetch a(X=y)\n"
		   "fetch b(X=y)\n"
		   "fetch a(X=y)\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=a:FP32\n"
		   "fetch a(X=a)\n"
		   "scale(X=a) -> Out=b:FP32 {scale=1.0, bias=0.0, bias_after_scale=true}\n"
		   "fetch b(X=b)\n"
		   "fetch a(X=a)\n");
}
END_TEST

START_TEST(an_input_or_a_parameter_that_is_an_output_is_copied)
{
	check_pass(cay_pass_name_outputs,
		   "feed x() -> Out=x\n"
		   "const w FP32 1 = 3\n"
		   "fetch y(X=x)\n"
		   "fetch v(X=w)\n"
		   "fetch x(X=x)\n",
		   "feed x() -> Out=x:FP32\n"
		   "scale(X=x) -> Out=y:FP32 {scale=1.0, bias=0.0, bias_after_scale=true}\n"
		   "fetch y(X=y)\n"
		   "const w FP32 1 = 3\n"
		   "scale(X=w) -> Out=v:FP32:1 {scale=1.0, bias=0.0, bias_after_scale=true}\n"
		   "fetch v(X=v)\n"
		   "fetch x(X=x)\n");
}
END_TEST

START_TEST(an_inner_value_gives_way_to_an_output_of_its_name)
{
	check_pass(cay_pass_name_outputs,
		   "feed x() -> Out=x\n"
		   "relu(X=x) -> Out=y\n"
		   "tanh(X=y) -> Out=z\n"
		   "fetch y(X=z)\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=y/1:FP32\n"
		   "tanh(X=y/1) -> Out=y:FP32\n"
		   "fetch y(X=y)\n");
}
END_TEST

START_TEST(names_that_cannot_be_given_are_named)
{
	check_pass_fails(cay_pass_name_outputs,
			 "feed x() -> Out=x\nrelu(X=x) -> Out=y\nfetch x(X=y)\n",
			 "the name 'x' of an input or output is taken");
	check_pass_fails(cay_pass_name_outputs,
			 "feed x() -> Out=x\nrelu(X=x) -> Out=y\nfetch feed(X=y)\n",
			 "the name 'feed' of an input or output is taken");
	check_pass_fails(cay_pass_name_outputs, "feed x() -> Out=x:INT64\nfetch y(X=x)\n",
			 "output 'y' is the same tensor as 'x'");
}
END_TEST

TEST_MAIN("pass_name", index_select_is_gather_and_old_runtimes_are_told_its_axis_by_an_operand,
	  old_runtimes_look_up_by_wide_numbers, prelu_with_one_alpha_is_leaky_relu,
	  silu_is_swish_for_old_runtimes, a_convolution_with_a_group_per_channel_is_depthwise,
	  a_depthwise_convolution_of_two_channels_a_group_is_a_convolution,
	  a_convolution_with_more_outputs_than_groups_keeps_its_name,
	  pooling_to_one_pixel_is_global, max_pooling_with_indices_that_nobody_reads_is_pooling,
	  a_fetched_value_gets_the_name_of_the_output, a_tensor_that_is_two_outputs_is_copied,
	  an_input_or_a_parameter_that_is_an_output_is_copied,
	  an_inner_value_gives_way_to_an_output_of_its_name, names_that_cannot_be_given_are_named)
