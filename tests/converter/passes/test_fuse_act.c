// fuse-act.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT  "feed x() -> Out=x:FP32\n"
#define WEIGHT "const w FP32 1x1x1x1 = 1\n"

START_TEST(activations_join_the_convolution)
{
	static const struct {
		const char *act, *attrs;
	} cases[] = {
		{"relu(X=c) -> Out=y", "act_type=\"relu\", fuse_relu=true"},
		{"relu6(X=c) -> Out=y {threshold=5.0}",
		 "act_type=\"relu6\", fuse_brelu_threshold=5.0"},
		{"leaky_relu(X=c) -> Out=y {alpha=0.25}",
		 "act_type=\"leaky_relu\", leaky_relu_alpha=0.25"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char before[256], after[256];

		snprintf(before, sizeof(before),
			 INPUT WEIGHT "depthwise_conv2d(Input=x, Filter=w) -> Output=c\n%s\n",
			 cases[i].act);
		snprintf(after, sizeof(after),
			 INPUT WEIGHT "depthwise_conv2d(Input=x, Filter=w) -> Output=y:FP32 "
				      "{with_act=true, %s}\n",
			 cases[i].attrs);
		check_pass(cay_pass_fuse_act, before, after);
	}
}
END_TEST

START_TEST(a_transposed_convolution_keeps_its_leaky_relu)
{
	const char *text = INPUT WEIGHT "conv2d_transpose(Input=x, Filter=w) -> Output=c:FP32\n"
					"leaky_relu(X=c) -> Out=y:FP32 {alpha=0.25}\n";

	check_pass(cay_pass_fuse_act, text, text);
}
END_TEST

START_TEST(a_convolution_keeps_its_leaky_relu_in_fp32)
{
	const char *text = INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
					"leaky_relu(X=c) -> Out=y:FP32 {alpha=0.25}\n";

	check_pass(cay_pass_fuse_act, text, text);
	check_pass(cay_pass_fuse_act,
		   INPUT "const w INT8 2x1x1x1 = 1 2 * 1 1\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=c {groups=2}\n"
			 "leaky_relu(X=c) -> Out=y {alpha=0.25}\n",
		   INPUT "const w INT8 2x1x1x1 = 1 2 * 1 1\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32 {groups=2, with_act=true, "
			 "act_type=\"leaky_relu\", leaky_relu_alpha=0.25}\n");
}
END_TEST

START_TEST(only_the_first_activation_joins)
{
	check_pass(cay_pass_fuse_act,
		   INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=c\n"
				"relu(X=c) -> Out=y\n"
				"relu6(X=y) -> Out=z {threshold=6.0}\n",
		   INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=y:FP32 "
				"{with_act=true, act_type=\"relu\", fuse_relu=true}\n"
				"relu6(X=y) -> Out=z:FP32 {threshold=6.0}\n");
}
END_TEST

START_TEST(activations_that_some_runtimes_pass_over_stay)
{
	static const char *const texts[] = {
		INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
			     "hard_swish(X=c) -> Out=y:FP32\n",
		INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
			     "relu(X=c) -> Out=y:FP32\n"
			     "tanh(X=c) -> Out=z:FP32\n",
		INPUT "const w INT8 1x1 = 1 * 1\n"
		      "fc(Input=x*0.5, W=w) -> Out=c:FP32\n"
		      "relu(X=c) -> Out=y:FP32\n",
		INPUT "const w FP32 1x1 = 1\n"
		      "fc(Input=x, W=w) -> Out=c:FP32\n"
		      "relu6(X=c) -> Out=y:FP32\n",
		INPUT "elementwise_div(X=x, Y=x) -> Out=c:FP32\nrelu(X=c) -> Out=y:FP32\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_fuse_act, texts[i], texts[i]);
}
END_TEST

START_TEST(relu_joins_fc_and_addition)
{
	check_pass(cay_pass_fuse_act,
		   INPUT "const w FP32 1x1 = 1\n"
			 "fc(Input=x, W=w) -> Out=c\n"
			 "relu(X=c) -> Out=y\n"
			 "elementwise_add(X=x, Y=y) -> Out=a {axis=-1}\n"
			 "relu(X=a) -> Out=z\n",
		   INPUT "const w FP32 1x1 = 1\n"
			 "fc(Input=x, W=w) -> Out=y:FP32 {activation_type=\"relu\"}\n"
			 "fusion_elementwise_add_activation(X=x, Y=y) -> Out=z:FP32 "
			 "{axis=-1, act_type=\"relu\"}\n");
}
END_TEST

START_TEST(relu_joins_products_and_differences)
{
	check_pass(cay_pass_fuse_act,
		   INPUT "elementwise_mul(X=x, Y=x) -> Out=a {axis=-1}\n"
			 "relu(X=a) -> Out=y\n"
			 "elementwise_sub(X=x, Y=y) -> Out=b {axis=-1}\n"
			 "relu(X=b) -> Out=z\n",
		   INPUT "fusion_elementwise_mul_activation(X=x, Y=x) -> Out=y:FP32 "
			 "{axis=-1, act_type=\"relu\"}\n"
			 "fusion_elementwise_sub_activation(X=x, Y=y) -> Out=z:FP32 "
			 "{axis=-1, act_type=\"relu\"}\n");
}
END_TEST

START_TEST(one_activation_joins_scale)
{
	check_pass(cay_pass_fuse_act,
		   INPUT "scale(X=x) -> Out=a {scale=2.0}\n"
			 "relu(X=a) -> Out=b\n"
			 "relu(X=b) -> Out=c\n"
			 "scale(X=c) -> Out=d {scale=3.0}\n"
			 "relu6(X=d) -> Out=e {threshold=5.0}\n"
			 "scale(X=e) -> Out=f {scale=4.0}\n"
			 "leaky_relu(X=f) -> Out=y {alpha=0.25}\n",
		   INPUT "scale(X=x) -> Out=b:FP32 "
			 "{scale=2.0, activation_type=\"relu\", fuse_relu=true}\n"
			 "relu(X=b) -> Out=c:FP32\n"
			 "scale(X=c) -> Out=e:FP32 "
			 "{scale=3.0, activation_type=\"relu6\", alpha=5.0}\n"
			 "scale(X=e) -> Out=y:FP32 "
			 "{scale=4.0, activation_type=\"leaky_relu\", alpha=0.25}\n");
}
END_TEST

START_TEST(an_addition_of_integers_stays)
{
	const char *text = "feed x() -> Out=x:INT64\n"
			   "elementwise_add(X=x, Y=x) -> Out=a:INT64\n"
			   "relu(X=a) -> Out=z:INT64\n";

	check_pass(cay_pass_fuse_act, text, text);
}
END_TEST

#define INT8 "const w INT8 1x1 = 1 * 1\n"

START_TEST(more_activations_join_for_newer_runtimes)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{INPUT WEIGHT "conv2d(Input=x, Filter=w) -> Output=c\n"
			      "hard_swish(X=c) -> Out=y {offset=3.0, scale=6.0, threshold=5.0}\n",
		 INPUT WEIGHT
		 "conv2d(Input=x, Filter=w) -> Output=y:FP32 {with_act=true, "
		 "act_type=\"hard_swish\", hard_swish_threshold=5.0, hard_swish_scale=6.0, "
		 "hard_swish_offset=3.0}\n"},
		{INPUT WEIGHT "conv2d_transpose(Input=x, Filter=w) -> Output=c\n"
			      "leaky_relu(X=c) -> Out=y {alpha=0.25}\n",
		 INPUT WEIGHT "conv2d_transpose(Input=x, Filter=w) -> Output=y:FP32 "
			      "{with_act=true, act_type=\"leaky_relu\", "
			      "leaky_relu_alpha=0.25}\n"},
		{INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=c\n"
			    "relu(X=c) -> Out=y\n",
		 INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=y:FP32 {activation_type=\"relu\"}\n"},
		{INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=c\n"
			    "relu6(X=c) -> Out=y {threshold=4.0}\n",
		 INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=y:FP32 {activation_type=\"relu6\", "
			    "alpha=4.0}\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_act, cases[i].before, cases[i].after);
}
END_TEST

START_TEST(other_convolutions_keep_their_hard_swish)
{
	static const char *const texts[] = {
		INPUT WEIGHT "depthwise_conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
			     "hard_swish(X=c) -> Out=y:FP32\n",
		INPUT WEIGHT "conv2d_transpose(Input=x, Filter=w) -> Output=c:FP32\n"
			     "hard_swish(X=c) -> Out=y:FP32\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_act, texts[i], texts[i]);
}
END_TEST

TEST_MAIN("pass_fuse_act", more_activations_join_for_newer_runtimes,
	  other_convolutions_keep_their_hard_swish, a_convolution_keeps_its_leaky_relu_in_fp32,
	  a_transposed_convolution_keeps_its_leaky_relu, activations_join_the_convolution,
	  only_the_first_activation_joins, activations_that_some_runtimes_pass_over_stay,
	  relu_joins_fc_and_addition, relu_joins_products_and_differences,
	  one_activation_joins_scale, an_addition_of_integers_stays)
