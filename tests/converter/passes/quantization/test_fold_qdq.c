// fold-qdq.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT "feed x() -> Out=x:FP32\n"
// x is rounded by the threshold 63.5: one step is 0.5.
#define QDQ                                                                                        \
	"const s FP32 1 = 63.5\n"                                                                  \
	"fake_quantize_dequantize_moving_average_abs_max(X=x, InScale=s) -> Out=q\n"
#define LINEAR                                                                                     \
	"const s FP32 1 = 63.5\n"                                                                  \
	"quantize_linear(X=x, Scale=s) -> Y=i\n"                                                   \
	"dequantize_linear(X=i, Scale=s) -> Y=q\n"
// What int8 leaves of x, for who cannot compute on int8.
#define ROUNDED                                                                                    \
	"calib(Input=x) -> Out=x/int8:INT8*0.5 {scale=0.5}\n"                                      \
	"calib(Input=x/int8) -> Out=x/int8/rounded:FP32 {scale=0.5}\n"
// Steps of 1 and 0.5 as integers.
#define HELD                                                                                       \
	"const w INT8 2x1x1x2 = 127 1 -127 2\n"                                                    \
	"const t FP32 2 = 127 63.5\n"                                                              \
	"dequantize_linear(X=w, Scale=t) -> Y=v {quant_axis=0}\n"
#define CONV "conv2d(Input=q, Filter=v) -> Output=y\n"

START_TEST(float_weights_are_rounded_by_their_own_maximum)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ "const w FP32 2x1x1x2 = 127 0.6 -63.5 1.25\n"
			     "fake_channel_wise_quantize_dequantize_abs_max(X=w) -> Out=v, "
			     "OutScale=stale {quant_axis=0}\n" CONV,
		   INPUT "const w INT8 2x1x1x2 = 127 1 -127 3 * 1 0.5\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(halves_are_rounded_as_the_program_says)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ "const w FP32 2x1x1x2 = 127 0.5 2.5 -0.5\n"
			     "fake_quantize_dequantize_abs_max(X=w) -> Out=v {round_type=0}\n" CONV,
		   INPUT "const w INT8 2x1x1x2 = 127 0 2 0 * 1 1\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(one_threshold_gives_a_scale_for_every_column)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ "const w FP32 2x3 = 127 1 2 3 4 5\n"
			     "fake_quantize_dequantize_abs_max(X=w) -> Out=v\n"
			     "mul(X=q, Y=v) -> Out=y\n",
		   INPUT "const w INT8 2x3 = 127 1 2 3 4 5 * 1 1 1\n"
			 "mul(X=x*0.5, Y=w) -> Out=y:FP32\n");
}
END_TEST

START_TEST(a_pair_of_linear_nodes_is_the_same)
{
	static const char *const weights[] = {
		HELD,
		"const w FP32 2x1x1x2 = 127 1 -127 2\n" // integers held in floats
		"const t FP32 2 = 127 63.5\n"
		"dequantize_linear(X=w, Scale=t) -> Y=v {quant_axis=0}\n",
	};

	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		char before[1024];

		ck_assert_int_lt(
			snprintf(before, sizeof(before), INPUT LINEAR "%s" CONV, weights[i]),
			(int)sizeof(before));
		check_pass(cay_pass_fold_qdq, before,
			   INPUT "const w INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
				 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n");
	}
}
END_TEST

START_TEST(weights_that_are_not_frozen_are_rounded)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT LINEAR "const w FP32 2x1x1x2 = 127 1 -63.5 1\n"
				"const t FP32 2 = 127 63.5\n"
				"quantize_linear(X=w, Scale=t) -> Y=wi {quant_axis=0}\n"
				"dequantize_linear(X=wi, Scale=t) -> Y=v {quant_axis=0}\n" CONV,
		   INPUT "const w/1 INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
			 "conv2d(Input=x*0.5, Filter=w/1) -> Output=y:FP32\n");
}
END_TEST

START_TEST(weights_that_are_no_integers_stay_floats)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT LINEAR "const w FP32 2x1x1x2 = 127 1.5 3 200\n"
				"const t FP32 1 = 63.5\n"
				"dequantize_linear(X=w, Scale=t) -> Y=v\n" CONV,
		   INPUT ROUNDED "const w FP32 2x1x1x2 = 63.5 0.75 1.5 100\n"
				 "conv2d(Input=x/int8/rounded, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(what_cannot_compute_on_int8_reads_rounded_values)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ HELD CONV "relu(X=q) -> Out=z\n"
				       "softmax(X=q) -> Out=p\n",
		   INPUT ROUNDED "const w INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
				 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n"
				 "relu(X=x/int8/rounded) -> Out=z:FP32\n"
				 "softmax(X=x/int8/rounded) -> Out=p:FP32\n");
}
END_TEST

START_TEST(weights_alone_are_integers_of_an_fp32_node)
{
	check_pass(cay_pass_fold_qdq, INPUT HELD "conv2d(Input=x, Filter=v) -> Output=y\n",
		   INPUT "const w INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
			 "conv2d(Input=x, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(a_shared_weight_is_quantized_once)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ HELD CONV "conv2d(Input=q, Filter=v) -> Output=z\n"
				       "relu(X=v) -> Out=u\n",
		   INPUT "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n"
			 "const w INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
			 "conv2d(Input=x*0.5, Filter=w) -> Output=z:FP32\n"
			 "const w/1 FP32 2x1x1x2 = 127 1 -63.5 1\n"
			 "relu(X=w/1) -> Out=u:FP32\n");
}
END_TEST

START_TEST(a_transposed_or_other_axis_is_computed_in_fp32)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ "const w INT8 2x2 = 1 2 3 4\n"
			     "const t FP32 2 = 127 63.5\n"
			     "dequantize_linear(X=w, Scale=t) -> Y=v {quant_axis=0}\n"
			     "matmul_v2(X=q, Y=v) -> Out=y\n",
		   INPUT ROUNDED "const w FP32 2x2 = 1 2 1.5 2\n"
				 "matmul_v2(X=x/int8/rounded, Y=w) -> Out=y:FP32\n");
	check_pass(cay_pass_fold_qdq,
		   INPUT QDQ "const w INT8 2x2 = 1 2 3 4\n"
			     "const t FP32 1 = 127\n"
			     "dequantize_linear(X=w, Scale=t) -> Y=v\n"
			     "matmul_v2(X=q, Y=v) -> Out=y {trans_y=true}\n",
		   INPUT ROUNDED "const w FP32 2x2 = 1 2 3 4\n"
				 "matmul_v2(X=x/int8/rounded, Y=w) -> Out=y:FP32 "
				 "{trans_y=true}\n");
}
END_TEST

START_TEST(a_dynamic_threshold_makes_the_node_fp32)
{
	check_pass(cay_pass_fold_qdq,
		   INPUT "fake_quantize_dequantize_abs_max(X=x) -> Out=q, OutScale=s\n" HELD CONV,
		   INPUT "const w INT8 2x1x1x2 = 127 1 -127 2 * 1 0.5\n"
			 "conv2d(Input=x, Filter=w) -> Output=y:FP32\n");
}
END_TEST

START_TEST(what_cannot_be_folded_is_named)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{INPUT "const s FP32 1 = 1\nrelu(X=x) -> Out=r\n"
		       "dequantize_linear(X=r, Scale=s) -> Y=q\n",
		 "dequantize_linear 'q': its input is not quantized"},
		{INPUT "const s FP32 1 = 1\nquantize_linear(X=x, Scale=s) -> Y=i\n"
		       "relu(X=i) -> Out=r\n",
		 "relu 'r' reads the quantized 'i' and is not dequantized"},
		{INPUT "const s FP32 1 = 1\nconst t FP32 1 = 2\n"
		       "quantize_linear(X=x, Scale=s) -> Y=i\n"
		       "dequantize_linear(X=i, Scale=t) -> Y=q\n",
		 "quantized by another threshold than dequantized"},
		{INPUT "const s FP32 1 = nan\n"
		       "fake_quantize_dequantize_moving_average_abs_max(X=x, InScale=s) -> Out=q\n",
		 "its threshold 's' is nan"},
		{INPUT "fake_quantize_dequantize_moving_average_abs_max(X=x) -> Out=q\n",
		 "its thresholds are no parameter of 1"},
		{INPUT "fake_quantize_dequantize_abs_max(X=x) -> Out=q {bit_length=16}\n",
		 "quantized to 16 bits"},
		{INPUT "fake_quantize_dequantize_abs_max(X=x) -> OutScale=q\n",
		 "has no X or no Out"},
		{INPUT "const w FP32 2 = 1\n"
		       "fake_channel_wise_quantize_dequantize_abs_max(X=w) -> Out=q "
		       "{quant_axis=1}\n",
		 "quant_axis is 1 of 'w'"},
		{INPUT "const w FP32 2x2 = 1\nconst t FP32 3 = 1\n"
		       "dequantize_linear(X=w, Scale=t) -> Y=q {quant_axis=0}\n",
		 "its thresholds are no parameter of 2"},
		{INPUT "const w INT32 2 = 1\nconst t FP32 1 = 1\n"
		       "dequantize_linear(X=w, Scale=t) -> Y=q\n",
		 "its constant 'w' is INT32"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_pass_fails(cay_pass_fold_qdq, cases[i].text, cases[i].message);
}
END_TEST

#define NAME_64	 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NAME_256 NAME_64 NAME_64 NAME_64 NAME_64

// In a long chain of roundings a name that contained all before it would be longer than the chain.
START_TEST(names_of_roundings_have_an_end)
{
	check_pass(cay_pass_fold_qdq,
		   "feed x() -> Out=" NAME_256 "more:FP32\nconst s FP32 1 = 63.5\n"
		   "fake_quantize_dequantize_moving_average_abs_max(X=" NAME_256
		   "more, InScale=s) -> Out=q\nrelu(X=q) -> Out=y\n",
		   "feed x() -> Out=" NAME_256 "more:FP32\n"
		   "calib(Input=" NAME_256 "more) -> Out=" NAME_256 "/int8:INT8*0.5 {scale=0.5}\n"
		   "calib(Input=" NAME_256 "/int8) -> Out=" NAME_256 "/rounded:FP32 {scale=0.5}\n"
		   "relu(X=" NAME_256 "/rounded) -> Out=y:FP32\n");
}
END_TEST

TEST_MAIN("pass_fold_qdq", float_weights_are_rounded_by_their_own_maximum,
	  halves_are_rounded_as_the_program_says, one_threshold_gives_a_scale_for_every_column,
	  a_pair_of_linear_nodes_is_the_same, weights_that_are_not_frozen_are_rounded,
	  weights_that_are_no_integers_stay_floats,
	  what_cannot_compute_on_int8_reads_rounded_values,
	  weights_alone_are_integers_of_an_fp32_node, a_shared_weight_is_quantized_once,
	  a_transposed_or_other_axis_is_computed_in_fp32, a_dynamic_threshold_makes_the_node_fp32,
	  names_of_roundings_have_an_end, what_cannot_be_folded_is_named)
