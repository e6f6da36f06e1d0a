// take-weights and store-weights.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#define INPUT  "feed x() -> Out=x:FP32\n"
#define STORED ", quantize_weight_bits=8, quantization_type=\"post_weight_channel_wise_abs_max\"}\n"

START_TEST(weights_that_the_file_has_as_integers_get_their_scales)
{
	check_pass(cay_pass_take_weights,
		   INPUT "const w INT8 2x1x1x2 = 1 2 3 4\n"
			 "conv2d(Input=x, Filter=w) -> Output=y {w_quant_scale=[0.5, 2.0]}\n"
			 "const v INT8 2x2 = 1 2 3 4\n"
			 "mul(X=y, Y=v) -> Out=z {v_quant_scale=[0.25]}\n",
		   INPUT "const w INT8 2x1x1x2 = 1 2 3 4 * 0.5 2\n"
			 "conv2d(Input=x, Filter=w) -> Output=y:FP32 {w_quant_scale=[0.5, 2.0]}\n"
			 "const v INT8 2x2 = 1 2 3 4 * 0.25 0.25\n"
			 "mul(X=y, Y=v) -> Out=z:FP32 {v_quant_scale=[0.25]}\n");
}
END_TEST

START_TEST(what_is_no_weight_of_a_product_becomes_floats)
{
	check_pass(cay_pass_take_weights,
		   INPUT "const w INT8 2x2 = 1 2 3 4\n"
			 "elementwise_add(X=x, Y=w) -> Out=y {w_quant_scale=[0.5, 2.0]}\n",
		   INPUT "const w FP32 2x2 = 0.5 4 1.5 8\n"
			 "elementwise_add(X=x, Y=w) -> Out=y:FP32 {w_quant_scale=[0.5, 2.0]}\n");
}
END_TEST

START_TEST(too_few_scales_are_refused)
{
	check_pass_fails(cay_pass_take_weights,
			 INPUT "const w INT8 3x1x1x1 = 1\n"
			       "conv2d(Input=x, Filter=w) -> Output=y {w_quant_scale=[0.5, 2.0]}\n",
			 "conv2d 'y': weight 'w' has 2 scales");
}
END_TEST

START_TEST(stored_weights_are_announced_to_the_runtime)
{
	check_pass(cay_pass_store_weights,
		   INPUT "const w INT8 2x1x1x1 = 1 2 * 0.5 2\n"
			 "conv2d(Input=x, Filter=w) -> Output=y\n",
		   INPUT
		   "const w INT8 2x1x1x1 = 1 2 * 0.5 2\n"
		   "conv2d(Input=x, Filter=w) -> Output=y:FP32 {w_quant_scale=[0.5, 2.0]" STORED);
}
END_TEST

START_TEST(a_weight_that_a_runtime_restores_twice_is_there_twice)
{
	check_pass(cay_pass_store_weights,
		   INPUT "const w INT8 1x1x1x1 = 1 * 0.5\n"
			 "conv2d(Input=x, Filter=w) -> Output=y\n"
			 "conv2d(Input=y, Filter=w) -> Output=z\n",
		   INPUT
		   "const w/1 INT8 1x1x1x1 = 1 * 0.5\n"
		   "conv2d(Input=x, Filter=w/1) -> Output=y:FP32 {w/1_quant_scale=[0.5]" STORED
		   "const w INT8 1x1x1x1 = 1 * 0.5\n"
		   "conv2d(Input=y, Filter=w) -> Output=z:FP32 {w_quant_scale=[0.5]" STORED);
}
END_TEST

START_TEST(ops_that_no_runtime_restores_get_floats)
{
	check_pass(cay_pass_store_weights,
		   INPUT "const w INT8 2x2 = 1 2 3 4 * 0.5 2\n"
			 "matmul_v2(X=x, Y=w) -> Out=y\n",
		   INPUT "const w FP32 2x2 = 0.5 4 1.5 8\n"
			 "matmul_v2(X=x, Y=w) -> Out=y:FP32\n");
}
END_TEST

START_TEST(int8_nodes_are_left_alone)
{
	const char *text = INPUT "const w INT8 1x1x1x1 = 1 * 0.5\n"
				 "conv2d(Input=x*0.5, Filter=w) -> Output=y:FP32\n";

	check_pass(cay_pass_store_weights, text, text);
}
END_TEST

static int store_as_int8(struct cay_graph *g, struct cay_err *err)
{
	g->weight_bits = 8;
	return cay_pass_store_weights(g, err);
}

START_TEST(on_demand_weights_are_quantized_but_no_bias_and_no_channel_of_zeros)
{
	check_pass(store_as_int8,
		   INPUT "const w FP32 2x1x1x2 = 127 -1.5 0 0\n"
			 "const b FP32 2 = 1 2\n"
			 "conv2d(Input=x, Filter=w, Bias=b) -> Output=y\n",
		   INPUT "const w INT8 2x1x1x2 = 127 -2 0 0 * 1 0\n"
			 "const b FP32 2 = 1 2\n"
			 "conv2d(Input=x, Filter=w, Bias=b) -> Output=y:FP32 "
			 "{w_quant_scale=[1.0, 0.0]" STORED);
}
END_TEST

START_TEST(on_demand_depthwise_filters_and_odd_numbers_stay)
{
	const char *text = INPUT "const w FP32 2x1x1x1 = 1 2\n"
				 "depthwise_conv2d(Input=x, Filter=w) -> Output=y:FP32\n"
				 "const v FP32 1x2 = 1 inf\n"
				 "fc(Input=y, W=v) -> Out=z:FP32\n";

	check_pass(store_as_int8, text, text);
}
END_TEST

TEST_MAIN("pass_store_weights", weights_that_the_file_has_as_integers_get_their_scales,
	  what_is_no_weight_of_a_product_becomes_floats, too_few_scales_are_refused,
	  stored_weights_are_announced_to_the_runtime,
	  a_weight_that_a_runtime_restores_twice_is_there_twice,
	  ops_that_no_runtime_restores_get_floats, int8_nodes_are_left_alone,
	  on_demand_weights_are_quantized_but_no_bias_and_no_channel_of_zeros,
	  on_demand_depthwise_filters_and_odd_numbers_stay)
