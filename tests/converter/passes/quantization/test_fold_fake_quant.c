// fold-fake-quant.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

// x is quantized by the threshold 63.5: one step is 0.5.
#define INPUT "feed x() -> Out=x:FP32\n"
#define QUANTIZE                                                                                   \
	"const s FP32 1 = 63.5\n"                                                                  \
	"fake_quantize_moving_average_abs_max(X=x, InScale=s) -> Out=q {bit_length=8}\n"
// Weights of two output channels.
#define CONV                                                                                       \
	"const w FP32 2x1x1x2 = 1 -127 3 -128\n"                                                   \
	"conv2d(Input=q, Filter=w) -> Output=c\n"
// max_range is 127 * 127 / threshold: here the threshold is 31.75 and a step 0.25.
#define DEQUANTIZE "fake_dequantize_max_abs(X=c, Scale=s) -> Out=y {max_range=508.0}\n"

START_TEST(one_threshold_gives_a_scale_for_every_channel)
{
	check_pass(cay_pass_fold_fake_quant, INPUT QUANTIZE CONV DEQUANTIZE "fetch y(X=y)\n",
		   INPUT "const w INT8 2x1x1x2 = 1 -127 3 -128 * 0.25 0.25\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n"
			 "fetch y(X=y)\n");
}
END_TEST

START_TEST(thresholds_per_channel_give_scales_per_channel)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT QUANTIZE CONV
		   "const t FP32 2 = 127 254\n"
		   "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) -> Out=y "
		   "{quant_bits=[8, 8]}\n",
		   INPUT "const w INT8 2x1x1x2 = 1 -127 3 -128 * 1 2\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(scales_are_rounded_as_opt_rounds_them)
{
	// 0.1f / 127 and 127 * 127 / 3e4f / 127, each step in fp32.
	check_pass(cay_pass_fold_fake_quant,
		   INPUT "const s FP32 1 = 0.1\n"
			 "fake_quantize_range_abs_max(X=x, InScale=s) -> Out=q\n"
			 "const w INT8 1x1x1x1 = 5\n"
			 "depthwise_conv2d(Input=q, Filter=w) -> Output=c\n"
			 "fake_dequantize_max_abs(X=c, Scale=s) -> Out=y {max_range=30000.0}\n",
		   INPUT "const w INT8 1x1x1x1 = 5 * 0.00423333375\n"
			 "depthwise_conv2d(Input=x*0.000787401572, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(a_matrix_has_its_channels_in_columns)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT QUANTIZE "const w FP32 2x3 = 1 2 3 4 5 6\n"
				  "mul(X=q, Y=w) -> Out=c\n"
				  "const t FP32 3 = 127 254 12.7\n"
				  "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) "
				  "-> Out=y\n",
		   INPUT "const w INT8 2x3 = 1 2 3 4 5 6 * 1 2 0.100000001\n"
			 "mul(X=x*0.5, Y=w) -> Out=y:FP32\n");
}
END_TEST

START_TEST(a_dynamic_threshold_makes_the_node_fp32)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT "fake_quantize_abs_max(X=x) -> Out=q, OutScale=s\n" CONV DEQUANTIZE,
		   INPUT "const w INT8 2x1x1x2 = 1 -127 3 -128 * 0.25 0.25\n"
			 "conv2d(Input=x, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(what_has_no_int8_kernel_computes_on_rounded_values)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT QUANTIZE
		   "const w FP32 1x2x1x2 = 1 -127 3 4\n"
		   "conv2d_transpose(Input=q, Filter=w) -> Output=c {groups=2}\n"
		   "const t FP32 2 = 127 254\n"
		   "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) -> Out=y\n",
		   INPUT "calib(Input=x) -> Out=x/int8:INT8*0.5 {scale=0.5}\n"
			 "calib(Input=x/int8) -> Out=x/int8/rounded:FP32 {scale=0.5}\n"
			 "const w FP32 1x2x1x2 = 1 -127 6 8\n"
			 "conv2d_transpose(Input=x/int8/rounded, Filter=w) -> Output=y:FP32 "
			 "{groups=2}\n");
}
END_TEST

START_TEST(one_quantized_tensor_feeds_two_nodes)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT QUANTIZE CONV DEQUANTIZE "const v FP32 1x1x1x1 = 7\n"
						  "conv2d(Input=q, Filter=v) -> Output=d\n"
						  "fake_dequantize_max_abs(X=d, Scale=s) -> Out=z "
						  "{max_range=127.0}\n",
		   INPUT "const w INT8 2x1x1x2 = 1 -127 3 -128 * 0.25 0.25\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n"
			 "const v INT8 1x1x1x1 = 7 * 1\n"
			 "conv2d(Input=x*0.5, Filter=v) -> Output=z:FP32\n");
}
END_TEST

START_TEST(a_shared_weight_is_quantized_for_each_node)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT QUANTIZE CONV DEQUANTIZE "conv2d(Input=q, Filter=w) -> Output=d\n"
						  "fake_dequantize_max_abs(X=d, Scale=s) -> Out=z "
						  "{max_range=254.0}\n",
		   INPUT "const w/1 INT8 2x1x1x2 = 1 -127 3 -128 * 0.25 0.25\n"
			 "conv2d(Input=x*0.5, Filter=w/1) -> Output=y:FP32\n"
			 "const w INT8 2x1x1x2 = 1 -127 3 -128 * 0.5 0.5\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=z:FP32\n");
}
END_TEST

START_TEST(an_input_that_was_always_zero_stays_zero)
{
	check_pass(cay_pass_fold_fake_quant,
		   INPUT "const s FP32 1 = 0\n"
			 "fake_quantize_range_abs_max(X=x, InScale=s) -> Out=q\n" CONV DEQUANTIZE,
		   INPUT "const w INT8 2x1x1x2 = 1 -127 3 -128 * 0.25 0.25\n"
			 "conv2d(Input=x*7.87401585e-33, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(what_cannot_be_folded_is_named)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{INPUT QUANTIZE "const w FP32 1x1x1x1 = 0.5\n"
				"conv2d(Input=q, Filter=w) -> Output=c\n" DEQUANTIZE,
		 "conv2d 'c': weight 'w' holds 0.5, which is no 8-bit integer"},
		{INPUT QUANTIZE "const w FP32 1x1x1x1 = 128\n"
				"conv2d(Input=q, Filter=w) -> Output=c\n" DEQUANTIZE,
		 "holds 128"},
		{INPUT QUANTIZE "const w FP32 1x1x1x1 = nan\n"
				"conv2d(Input=q, Filter=w) -> Output=c\n" DEQUANTIZE,
		 "holds nan"},
		{INPUT QUANTIZE CONV "relu(X=q) -> Out=r\n" DEQUANTIZE,
		 "relu 'r' reads the quantized 'q'"},
		{INPUT QUANTIZE CONV "relu(X=c) -> Out=r\n" DEQUANTIZE, "does not follow"},
		{INPUT QUANTIZE "relu(X=q) -> Out=c\n" DEQUANTIZE, "does not follow"},
		{INPUT "const s FP32 1 = 1\nconst w FP32 1x1x1x1 = 1\n"
		       "conv2d(Input=x, Filter=w) -> Output=c\n" DEQUANTIZE,
		 "its input is not quantized"},
		{INPUT QUANTIZE "conv2d(Input=q, Filter=x) -> Output=c\n" DEQUANTIZE,
		 "its weight is no parameter"},
		{INPUT QUANTIZE
		 "const w FP32 2 = 1\nconv2d(Input=q, Filter=w) -> Output=c\n" DEQUANTIZE,
		 "weight 'w' has rank 1"},
		{INPUT QUANTIZE CONV "fake_dequantize_max_abs(X=c, Scale=s) -> Out=y\n",
		 "max_range is 0"},
		{INPUT QUANTIZE CONV
		 "const t FP32 1 = 1\n"
		 "fake_dequantize_max_abs(X=c, Scale=t) -> Out=y {max_range=1.0}\n",
		 "quantized by another threshold than dequantized"},
		{INPUT QUANTIZE CONV
		 "const t FP32 3 = 1\n"
		 "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) -> Out=y\n",
		 "no parameter of 2"},
		{INPUT QUANTIZE CONV
		 "const t FP32 2 = 1 inf\n"
		 "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) -> Out=y\n",
		 "threshold 't' is inf"},
		{INPUT QUANTIZE CONV
		 "const t FP32 2 = 1\n"
		 "fake_channel_wise_dequantize_max_abs(X=c, Scales=t) -> Out=y\n",
		 "no parameter of 1"},
		{INPUT QUANTIZE CONV
		 "const t FP32 2 = 1\n"
		 "fake_channel_wise_dequantize_max_abs(X=c, Scales=t, Scales=s) "
		 "-> Out=y {quant_bits=[16, 8]}\n",
		 "quantized to 16 bits"},
		{INPUT "const s FP32 1 = 1\n"
		       "fake_quantize_range_abs_max(X=x, InScale=s) -> Out=q {bit_length=4}\n" CONV
			       DEQUANTIZE,
		 "quantized to 4 bits"},
		{INPUT "const s FP32 1 = -1\n"
		       "fake_quantize_range_abs_max(X=x, InScale=s) -> Out=q\n" CONV DEQUANTIZE,
		 "its threshold 's' is -1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_pass_fails(cay_pass_fold_fake_quant, cases[i].text, cases[i].message);
}
END_TEST

TEST_MAIN("pass_fold_fake_quant", one_threshold_gives_a_scale_for_every_channel,
	  thresholds_per_channel_give_scales_per_channel, scales_are_rounded_as_opt_rounds_them,
	  a_matrix_has_its_channels_in_columns, a_dynamic_threshold_makes_the_node_fp32,
	  what_has_no_int8_kernel_computes_on_rounded_values, one_quantized_tensor_feeds_two_nodes,
	  a_shared_weight_is_quantized_for_each_node, an_input_that_was_always_zero_stays_zero,
	  what_cannot_be_folded_is_named)
