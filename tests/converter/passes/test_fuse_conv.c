// fuse-conv.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT "feed x() -> Out=x:FP32\n"
#define CONV                                                                                       \
	"const w FP32 2x1x1x2 = 1 2 3 4\n"                                                         \
	"conv2d(Input=x, Filter=w) -> Output=c\n"
// y = (c - mean) * scale / sqrt(variance + epsilon) + bias: factors 2 and -0.5.
#define NORM                                                                                       \
	"const scale FP32 2 = 4 -2\n"                                                              \
	"const bias FP32 2 = 10 20\n"                                                              \
	"const mean FP32 2 = 1 2\n"                                                                \
	"const var FP32 2 = 3 15\n"                                                                \
	"batch_norm(X=c, Scale=scale, Bias=bias, Mean=mean, Variance=var) -> "                     \
	"SavedMean=sm, Y=y {epsilon=1.0}\n"

START_TEST(batch_norm_goes_into_weights_and_bias)
{
	check_pass(cay_pass_fuse_conv, INPUT CONV NORM,
		   INPUT "const w FP32 2x1x1x2 = 2 4 -1.5 -2\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d(Input=x, Filter=w, Bias=bias) -> Output=y:FP32\n");
}
END_TEST

START_TEST(int8_weights_take_the_sign_and_scales_the_size)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w INT8 2x1x1x2 = 1 2 127 -128 * 0.5 0.25\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=c\n" NORM,
		   INPUT "const w INT8 2x1x1x2 = 1 2 -127 127 * 1 0.125\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d(Input=x*0.5, Filter=w, Bias=bias) -> Output=y:FP32\n");
}
END_TEST

START_TEST(a_transposed_convolution_has_its_channels_second)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w FP32 2x2x1x1 = 1 2 3 4\n"
			 "conv2d_transpose(Input=x, Filter=w) -> Output=c\n" NORM,
		   INPUT "const w FP32 2x2x1x1 = 2 -1 6 -2\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d_transpose(Input=x, Filter=w, Bias=bias) -> Output=y:FP32\n");
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w INT8 2x2x1x1 = 1 2 127 -128 * 0.5 0.25\n"
			 "conv2d_transpose(Input=x*0.5, Filter=w) -> Output=c\n" NORM,
		   INPUT "const w INT8 2x2x1x1 = 1 -2 127 127 * 1 0.125\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d_transpose(Input=x*0.5, Filter=w, Bias=bias) -> Output=y:FP32\n");
}
END_TEST

START_TEST(opt_joins_batch_norm_with_a_transposed_convolution_of_groups)
{
	const char *text =
		INPUT "const w FP32 4x1x1x1 = 1 2 3 4\n"
		      "conv2d_transpose(Input=x, Filter=w) -> Output=c {groups=2}\n" NORM;

	check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_conv, text,
		       INPUT "const w FP32 4x1x1x1 = 2 4 -1.5 -2\n"
			     "const bias FP32 2 = 8 21\n"
			     "conv2d_transpose(Input=x, Filter=w, Bias=bias) -> Output=y:FP32 "
			     "{groups=2}\n");
}
END_TEST

START_TEST(opt_joins_fewer_biases_and_scales)
{
	static const char *const texts[] = {
		INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
		      "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
		      "const b FP32 2x1x1 = 3 4\n"
		      "elementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=-1}\n",
		INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
		      "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
		      "scale(X=c) -> Out=y:FP32 {scale=2.0}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_conv, texts[i], texts[i]);
}
END_TEST

START_TEST(stored_weights_leave_all_to_their_scales)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w INT8 2x1x1x2 = 1 2 127 -128 * 0.5 0.25\n"
			 "conv2d(Input=x, Filter=w) -> Output=c\n" NORM,
		   INPUT "const w INT8 2x1x1x2 = 1 2 127 -128 * 1 -0.125\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d(Input=x, Filter=w, Bias=bias) -> Output=y:FP32\n");
}
END_TEST

START_TEST(a_bias_before_batch_norm_is_scaled_with_it)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
			 "const b FP32 2 = 100 1000\n"
			 "conv2d(Input=x, Filter=w, Bias=b) -> Output=c\n" NORM,
		   INPUT "const w FP32 2x1x1x2 = 2 4 -1.5 -2\n"
			 "const bias FP32 2 = 208 -479\n"
			 "conv2d(Input=x, Filter=w, Bias=bias) -> Output=y:FP32\n");
}
END_TEST

START_TEST(additions_on_either_side_of_batch_norm_join_it)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
			 "const b FP32 2 = 100 1000\n"
			 "const d FP32 1x2x1x1 = 1 2\n"
			 "conv2d(Input=x, Filter=w) -> Output=a\n"
			 "elementwise_add(X=a, Y=b) -> Out=c {axis=1}\n" NORM
			 "elementwise_add(X=y, Y=d) -> Out=z {axis=-1}\n",
		   INPUT "const w FP32 2x1x1x2 = 2 4 -1.5 -2\n"
			 "const d FP32 2 = 209 -477\n"
			 "conv2d(Input=x, Filter=w, Bias=d) -> Output=z:FP32\n");
}
END_TEST

START_TEST(a_weight_that_others_use_is_not_changed_for_them)
{
	check_pass(cay_pass_fuse_conv, INPUT CONV NORM "conv2d(Input=x, Filter=w) -> Output=z\n",
		   INPUT "const w/1 FP32 2x1x1x2 = 2 4 -1.5 -2\n"
			 "const bias FP32 2 = 8 21\n"
			 "conv2d(Input=x, Filter=w/1, Bias=bias) -> Output=y:FP32\n"
			 "const w FP32 2x1x1x2 = 1 2 3 4\n"
			 "conv2d(Input=x, Filter=w) -> Output=z:FP32\n");
}
END_TEST

START_TEST(an_addition_along_another_dimension_stays)
{
	static const char *const additions[] = {
		"const b FP32 2 = 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=-1}\n",
		"const b FP32 2 = 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=2}\n",
		"const b FP32 2 = 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=0}\n",
		"const b FP32 2x1x1x1 = 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=-1}\n",
		"const b FP32 3 = 1 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=1}\n",
		"const b FP32 2x2 = 1 1 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=1}\n",
		"const b INT64 2 = 1 1\nelementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=1}\n",
		"elementwise_add(X=c, Y=x) -> Out=y:FP32 {axis=1}\n",
		"elementwise_add(X=x, Y=c) -> Out=y:FP32 {axis=1}\n",
	};

	for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
			       "conv2d(Input=x, Filter=w) -> Output=c:FP32\n%s",
			 additions[i]);
		check_pass(cay_pass_fuse_conv, text, text);
	}
}
END_TEST

START_TEST(a_convolution_with_another_reader_stays)
{
	const char *text = INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
				 "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
				 "const b FP32 2 = 1 1\n"
				 "elementwise_add(X=c, Y=b) -> Out=y:FP32 {axis=1}\n"
				 "fetch c(X=c)\n";

	check_pass(cay_pass_fuse_conv, text, text);
}
END_TEST

START_TEST(a_bias_joins_a_transposed_convolution_of_groups)
{
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w FP32 2x1x1x1 = 1 2\n"
			 "const b FP32 2 = 3 4\n"
			 "conv2d_transpose(Input=x, Filter=w) -> Output=c {groups=2}\n"
			 "elementwise_add(X=c, Y=b) -> Out=y {axis=1}\n",
		   INPUT
		   "const w FP32 2x1x1x1 = 1 2\n"
		   "const b FP32 2 = 3 4\n"
		   "conv2d_transpose(Input=x, Filter=w, Bias=b) -> Output=y:FP32 {groups=2}\n");
}
END_TEST

START_TEST(scale_goes_into_weights_and_bias)
{
	check_pass(cay_pass_fuse_conv, INPUT CONV "scale(X=c) -> Out=y {scale=2.0}\n",
		   INPUT "const w FP32 2x1x1x2 = 2 4 6 8\n"
			 "conv2d(Input=x, Filter=w) -> Output=y:FP32\n");
	check_pass(cay_pass_fuse_conv,
		   INPUT "const w FP32 2x1x1x2 = 1 2 3 4\n"
			 "const b FP32 2 = 10 20\n"
			 "conv2d(Input=x, Filter=w, Bias=b) -> Output=c\n"
			 "scale(X=c) -> Out=y {scale=2.0, bias=0.5}\n",
		   INPUT "const w FP32 2x1x1x2 = 2 4 6 8\n"
			 "const c/1 FP32 2 = 20.5 40.5\n"
			 "conv2d(Input=x, Filter=w, Bias=c/1) -> Output=y:FP32\n");
	check_pass(cay_pass_fuse_conv,
		   INPUT CONV "scale(X=c) -> Out=y {bias_after_scale=false, scale=2.0, bias=0.5}\n",
		   INPUT "const w FP32 2x1x1x2 = 2 4 6 8\n"
			 "const c/1 FP32 2 = 1 1\n"
			 "conv2d(Input=x, Filter=w, Bias=c/1) -> Output=y:FP32\n");
}
END_TEST

START_TEST(a_scale_of_int8_or_of_a_tensor_stays)
{
	static const char *const texts[] = {
		INPUT "const w INT8 1x1x1x1 = 1 * 1\n"
		      "conv2d(Input=x*0.5, Filter=w) -> Output=c:FP32\n"
		      "scale(X=c) -> Out=y:FP32 {scale=2.0}\n",
		INPUT "const w FP32 1x1x1x1 = 1\n"
		      "conv2d(Input=x, Filter=w) -> Output=c:FP32\n"
		      "const s FP32 1 = 2\n"
		      "scale(X=c, ScaleTensor=s) -> Out=y:FP32\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_fuse_conv, texts[i], texts[i]);
}
END_TEST

START_TEST(a_scale_that_batch_norm_makes_infinite_is_named)
{
	check_pass_fails(cay_pass_fuse_conv,
			 INPUT
			 "const w INT8 1x1x1x1 = 1 * 1\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=c\n"
			 "const one FP32 1 = 1\n"
			 "const var FP32 1 = -1\n"
			 "batch_norm(X=c, Scale=one, Bias=one, Mean=one, Variance=var) -> Y=y "
			 "{epsilon=1.0}\n",
			 "weight 'w' gets a scale of inf from batch_norm");
}
END_TEST

TEST_MAIN("pass_fuse_conv", batch_norm_goes_into_weights_and_bias,
	  int8_weights_take_the_sign_and_scales_the_size,
	  a_transposed_convolution_has_its_channels_second,
	  opt_joins_batch_norm_with_a_transposed_convolution_of_groups,
	  opt_joins_fewer_biases_and_scales, stored_weights_leave_all_to_their_scales,
	  a_bias_before_batch_norm_is_scaled_with_it,
	  additions_on_either_side_of_batch_norm_join_it,
	  a_weight_that_others_use_is_not_changed_for_them,
	  an_addition_along_another_dimension_stays, a_convolution_with_another_reader_stays,
	  a_bias_joins_a_transposed_convolution_of_groups, scale_goes_into_weights_and_bias,
	  a_scale_of_int8_or_of_a_tensor_stays, a_scale_that_batch_norm_makes_infinite_is_named)
