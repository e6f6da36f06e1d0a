// drop-identity and the other passes that drop: observers, scale, dropout, what is dead.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

START_TEST(a_scale_by_one_is_dropped)
{
	check_pass(cay_pass_drop_identity,
		   "feed x() -> Out=x\n"
		   "scale(X=x) -> Out=y {scale=1.0, bias=0.0}\n"
		   "fetch y(X=y)\n",
		   "feed x() -> Out=x:FP32\n"
		   "fetch y(X=x)\n");
}
END_TEST

START_TEST(a_scale_that_scales_stays)
{
	const char *text = "feed x() -> Out=x:FP32\n"
			   "scale(X=x) -> Out=y:FP32 {scale=1.0, bias=0.5}\n"
			   "fetch y(X=y)\n";

	check_pass(cay_pass_drop_identity, text, text);
}
END_TEST

START_TEST(a_scale_by_a_tensor_stays)
{
	const char *text = "feed x() -> Out=x:FP32\n"
			   "feed s() -> Out=s:FP32\n"
			   "scale(ScaleTensor=s, X=x) -> Out=y:FP32\n"
			   "fetch y(X=y)\n";

	check_pass(cay_pass_drop_identity, text, text);
}
END_TEST

START_TEST(dropout_that_scaled_in_training_is_dropped)
{
	check_pass(cay_pass_drop_identity,
		   "feed x() -> Out=x\n"
		   "dropout(X=x) -> Mask=m, Out=y {dropout_implementation=\"upscale_in_train\"}\n"
		   "relu(X=y) -> Out=z\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=z:FP32\n");
}
END_TEST

START_TEST(observers_and_copies_of_parameters_alone_are_dropped)
{
	check_pass(cay_pass_drop_observers,
		   "feed x() -> Out=x\n"
		   "assign(X=x) -> Out=y\n"
		   "moving_average_abs_max_scale(X=y) -> Out=z, OutScale=s\n"
		   "scale(X=z) -> Out=r {scale=1.0, bias=0.0}\n",
		   "feed x() -> Out=x:FP32\n"
		   "assign(X=x) -> Out=y:FP32\n"
		   "scale(X=y) -> Out=r:FP32 {scale=1.0, bias=0.0}\n");
	check_pass(cay_pass_drop_observers,
		   "feed x() -> Out=x\n"
		   "const w FP32 2 = 5 6\n"
		   "assign(X=w) -> Out=copy\n"
		   "elementwise_add(X=x, Y=copy) -> Out=y\n",
		   "feed x() -> Out=x:FP32\n"
		   "const w FP32 2 = 5 6\n"
		   "elementwise_add(X=x, Y=w) -> Out=y:FP32\n");
	check_pass(cay_pass_drop_observers,
		   "feed x() -> Out=x\n"
		   "const s FP32 1 = 1\n"
		   "quantize_linear(X=x, Scale=s) -> Y=i {only_observer=true}\n"
		   "dequantize_linear(X=i, Scale=s) -> Y=q {only_observer=true}\n"
		   "relu(X=q) -> Out=y\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=y:FP32\n");
}
END_TEST

START_TEST(of_scales_in_a_row_the_first_is_dropped)
{
	check_pass(cay_pass_drop_scale,
		   "feed x() -> Out=x\n"
		   "relu(X=x) -> Out=r\n"
		   "scale(X=r) -> Out=a {scale=1.0, bias=0.0}\n"
		   "scale(X=a) -> Out=b {scale=1.0, bias=0.0}\n"
		   "fetch b(X=b)\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=r:FP32\n"
		   "scale(X=r) -> Out=b:FP32 {scale=1.0, bias=0.0}\n"
		   "fetch b(X=b)\n");
}
END_TEST

START_TEST(a_scale_of_what_others_read_stays)
{
	static const char *const texts[] = {
		"feed x() -> Out=x:FP32\n"
		"scale(X=x) -> Out=a:FP32 {scale=1.0, bias=0.0}\n"
		"relu(X=x) -> Out=r:FP32\n",
		"const w FP32 1 = 2\n"
		"scale(X=w) -> Out=a:FP32 {scale=1.0, bias=0.0}\n",
		"feed x() -> Out=x:FP32\n"
		"scale(X=x) -> Out=a:FP32 {scale=1.0, bias=0.5}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_drop_scale, texts[i], texts[i]);
}
END_TEST

START_TEST(dropout_is_dropped_where_opt_does_so)
{
	static const char *const kept[] = {
		// Without a mask, and beside another reader.
		"feed x() -> Out=x:FP32\n"
		"dropout(X=x) -> Out=y:FP32 {dropout_implementation=\"upscale_in_train\"}\n",
		"feed x() -> Out=x:FP32\n"
		"dropout(X=x) -> Mask=m:FP32, Out=y:FP32 "
		"{dropout_implementation=\"upscale_in_train\"}\n"
		"relu(X=x) -> Out=z:FP32\n",
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		check_pass(cay_pass_drop_dropout, kept[i], kept[i]);
	check_pass(cay_pass_drop_dropout,
		   "feed x() -> Out=x\n"
		   "dropout(X=x) -> Mask=m, Out=y {dropout_implementation=\"upscale_in_train\"}\n"
		   "relu(X=y) -> Out=z\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=z:FP32\n");
}
END_TEST

START_TEST(a_product_with_one_is_dropped)
{
	static const char product[] = "feed x() -> Out=x:FP32\n"
				      "fill_constant() -> Out=c:FP32 {shape=[1], value=%s}\n"
				      "elementwise_mul(X=x, Y=c) -> Out=y:FP32 {axis=-1}\n";
	char text[256];

	snprintf(text, sizeof(text), product, "1.0");
	check_pass(cay_pass_drop_identity, text,
		   "feed x() -> Out=x:FP32\n"
		   "fill_constant() -> Out=c:FP32 {shape=[1], value=1.0}\n");
	snprintf(text, sizeof(text), product, "2.0");
	check_pass(cay_pass_drop_identity, text, text);
}
END_TEST

START_TEST(assignments_and_observers_are_dropped)
{
	check_pass(cay_pass_drop_identity,
		   "feed x() -> Out=x\n"
		   "assign(X=x) -> Out=y\n"
		   "moving_average_abs_max_scale(X=y) -> Out=z, OutScale=s\n"
		   "relu(X=z) -> Out=r\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=r:FP32\n");
}
END_TEST

START_TEST(what_no_output_needs_is_dropped)
{
	check_pass(cay_pass_drop_dead,
		   "feed x() -> Out=x\n"
		   "const w FP32 1 = 2\n"
		   "relu(X=x) -> Out=y\n"
		   "tanh(X=y) -> Out=dead\n"
		   "elementwise_add(X=dead, Y=w) -> Out=deader\n"
		   "fetch y(X=y)\n",
		   "feed x() -> Out=x:FP32\n"
		   "relu(X=x) -> Out=y:FP32\n"
		   "fetch y(X=y)\n");
}
END_TEST

START_TEST(an_unused_input_stays_an_input)
{
	check_pass(cay_pass_drop_dead, "feed x() -> Out=x\nfeed y() -> Out=y\nfetch x(X=x)\n",
		   "feed x() -> Out=x:FP32\nfeed y() -> Out=y:FP32\nfetch x(X=x)\n");
}
END_TEST

TEST_MAIN("pass_drop", observers_and_copies_of_parameters_alone_are_dropped,
	  of_scales_in_a_row_the_first_is_dropped, a_scale_of_what_others_read_stays,
	  dropout_is_dropped_where_opt_does_so, a_scale_by_one_is_dropped,
	  a_scale_that_scales_stays, a_scale_by_a_tensor_stays,
	  dropout_that_scaled_in_training_is_dropped, a_product_with_one_is_dropped,
	  assignments_and_observers_are_dropped, what_no_output_needs_is_dropped,
	  an_unused_input_stays_an_input)
