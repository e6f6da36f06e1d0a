// flatten-prelu.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

START_TEST(elements_of_an_image_become_channels)
{
	check_pass(cay_pass_flatten_prelu,
		   "const a FP32 1x2x1x3 = 1 2 3 4 5 6\n"
		   "feed x() -> Out=x:FP32:?x2x1x3\n"
		   "prelu(X=x, Alpha=a) -> Out=y:FP32:?x2x1x3 {mode=\"element\"}\n"
		   "relu(X=y) -> Out=z\n"
		   "tanh(X=y) -> Out=w\n",
		   "feed x() -> Out=x:FP32:?x2x1x3\n"
		   "reshape2(X=x) -> Out=x/1:FP32:?x6 {shape=[-1, 6]}\n"
		   "const a FP32 6 = 1 2 3 4 5 6\n"
		   "prelu(X=x/1, Alpha=a) -> Out=y:FP32:?x6 {mode=\"channel\"}\n"
		   "reshape2(X=y) -> Out=y/2:FP32:?x2x1x3 {shape=[-1, 2, 1, 3]}\n"
		   "relu(X=y/2) -> Out=z:FP32\n"
		   "tanh(X=y/2) -> Out=w:FP32\n");
}
END_TEST

START_TEST(rows_are_channels_as_they_are)
{
	check_pass(cay_pass_flatten_prelu,
		   "const a FP32 1x3 = 1 2 3\n"
		   "feed x() -> Out=x:FP32:?x3\n"
		   "prelu(X=x, Alpha=a) -> Out=y {mode=\"element\"}\n",
		   "feed x() -> Out=x:FP32:?x3\n"
		   "const a FP32 3 = 1 2 3\n"
		   "prelu(X=x, Alpha=a) -> Out=y:FP32 {mode=\"channel\"}\n");
}
END_TEST

START_TEST(others_share_an_alpha_that_keeps_its_shape)
{
	check_pass(cay_pass_flatten_prelu,
		   "const a FP32 1x3 = 1 2 3\n"
		   "feed x() -> Out=x:FP32:?x3\n"
		   "prelu(X=x, Alpha=a) -> Out=y {mode=\"element\"}\n"
		   "elementwise_add(X=y, Y=a) -> Out=z\n",
		   "feed x() -> Out=x:FP32:?x3\n"
		   "const a/1 FP32 3 = 1 2 3\n"
		   "prelu(X=x, Alpha=a/1) -> Out=y:FP32 {mode=\"channel\"}\n"
		   "const a FP32 1x3 = 1 2 3\n"
		   "elementwise_add(X=y, Y=a) -> Out=z:FP32\n");
}
END_TEST

START_TEST(one_image_and_other_modes_stay)
{
	check_pass(cay_pass_flatten_prelu,
		   "const a FP32 1x2x1x3 = 1 2 3 4 5 6\n"
		   "const b FP32 1x2x1x1 = 1 2\n"
		   "const c FP32 1 = 1\n"
		   "feed x() -> Out=x:FP32:1x2x1x3\n"
		   "feed i() -> Out=i:FP32:?x2x1x3\n"
		   "prelu(X=x, Alpha=a) -> Out=y {mode=\"element\"}\n"
		   "prelu(X=i, Alpha=b) -> Out=z {mode=\"channel\"}\n"
		   "prelu(X=i, Alpha=c) -> Out=w {mode=\"all\"}\n",
		   "feed x() -> Out=x:FP32:1x2x1x3\n"
		   "feed i() -> Out=i:FP32:?x2x1x3\n"
		   "const a FP32 1x2x1x3 = 1 2 3 4 5 6\n"
		   "prelu(X=x, Alpha=a) -> Out=y:FP32 {mode=\"element\"}\n"
		   "const b FP32 1x2x1x1 = 1 2\n"
		   "prelu(X=i, Alpha=b) -> Out=z:FP32 {mode=\"channel\"}\n"
		   "const c FP32 1 = 1\n"
		   "prelu(X=i, Alpha=c) -> Out=w:FP32 {mode=\"all\"}\n");
}
END_TEST

TEST_MAIN("pass_flatten_prelu", elements_of_an_image_become_channels, rows_are_channels_as_they_are,
	  others_share_an_alpha_that_keeps_its_shape, one_image_and_other_modes_stay)
