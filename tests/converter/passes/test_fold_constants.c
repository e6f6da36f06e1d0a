// fold-constants and fold-unsqueeze.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

START_TEST(a_reshaped_parameter_is_a_parameter)
{
	check_pass(cay_pass_fold_constants,
		   "feed x() -> Out=x\n"
		   "const b FP32 2 = 5 6\n"
		   "reshape2(X=b) -> Out=r, XShape=s {shape=[1, -1, 1, 1]}\n"
		   "elementwise_add(X=x, Y=r) -> Out=y\n",
		   "feed x() -> Out=x:FP32\n"
		   "const b/1 FP32 1x2x1x1 = 5 6\n"
		   "elementwise_add(X=x, Y=b/1) -> Out=y:FP32\n");
}
END_TEST

START_TEST(a_parameter_with_more_axes_is_a_parameter)
{
	check_pass(cay_pass_fold_unsqueeze,
		   "feed x() -> Out=x\n"
		   "const b FP32 2 = 5 6\n"
		   "unsqueeze2(X=b) -> Out=r, XShape=s {axes=[0, -1, 2]}\n"
		   "elementwise_add(X=x, Y=r) -> Out=y\n",
		   "feed x() -> Out=x:FP32\n"
		   "const b/1 FP32 1x2x1x1 = 5 6\n"
		   "elementwise_add(X=x, Y=b/1) -> Out=y:FP32\n");
}
END_TEST

START_TEST(axes_that_are_none_are_left_to_the_runtime)
{
	static const char *const texts[] = {
		"const b FP32 2 = 5 6\nunsqueeze(X=b) -> Out=r:FP32 {axes=[2]}\n",
		"const b FP32 2 = 5 6\nunsqueeze(X=b) -> Out=r:FP32 {axes=[-3]}\n",
		"const b FP32 2 = 5 6\nunsqueeze(X=b) -> Out=r:FP32 {axes=[0, 0, 0, 0, 0, 0, 0, "
		"0]}\n",
		"feed a() -> Out=a:INT32\nconst b FP32 2 = 5 6\n"
		"unsqueeze(X=b, AxesTensor=a) -> Out=r:FP32\n",
		"feed x() -> Out=x:FP32\nunsqueeze(X=x) -> Out=r:FP32 {axes=[0]}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_fold_unsqueeze, texts[i], texts[i]);
}
END_TEST

START_TEST(a_zero_keeps_a_dimension)
{
	check_pass(cay_pass_fold_constants,
		   "const b FP32 2x3 = 1\n"
		   "reshape(X=b) -> Out=r {shape=[0, 3, 1]}\n"
		   "relu(X=r) -> Out=y\n",
		   "const b/1 FP32 2x3x1 = 1 1 1 1 1 1\n"
		   "relu(X=b/1) -> Out=y:FP32\n");
}
END_TEST

START_TEST(a_shape_that_does_not_fit_is_left_to_the_runtime)
{
	static const char *const shapes[] = {
		"[4]", "[-1, 4]",   "[7, -1]", "[-1, -1]",
		"[]",  "[0, 0, 0]", "[-5]",    "[65536, 65536, 65536, 65536, 65536]"};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "const b FP32 2x3 = 1 1 1 1 1 1\n"
			 "reshape(X=b) -> Out=r:FP32 {shape=%s}\n"
			 "relu(X=r) -> Out=y:FP32\n",
			 shapes[i]);
		check_pass(cay_pass_fold_constants, text, text);
	}
}
END_TEST

START_TEST(a_shape_known_only_later_is_left_to_the_runtime)
{
	const char *text = "feed s() -> Out=s:INT32\n"
			   "const b FP32 2 = 1 1\n"
			   "reshape2(X=b, Shape=s) -> Out=r:FP32 {shape=[2]}\n"
			   "relu(X=r) -> Out=y:FP32\n";

	check_pass(cay_pass_fold_constants, text, text);
}
END_TEST

TEST_MAIN("pass_fold_constants", a_parameter_with_more_axes_is_a_parameter,
	  axes_that_are_none_are_left_to_the_runtime, a_reshaped_parameter_is_a_parameter,
	  a_zero_keeps_a_dimension, a_shape_that_does_not_fit_is_left_to_the_runtime,
	  a_shape_known_only_later_is_left_to_the_runtime)
