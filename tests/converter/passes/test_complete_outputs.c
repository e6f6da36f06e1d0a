// complete-outputs.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

START_TEST(a_missing_xshape_is_supplied)
{
	check_pass(cay_pass_complete_outputs,
		   "feed x() -> Out=x:FP32\n"
		   "flatten_contiguous_range(X=x) -> Out=y:FP32\n"
		   "transpose2(X=y) -> Out=z:FP32\n"
		   "relu(X=z) -> Out=w:FP32\n",
		   "feed x() -> Out=x:FP32\n"
		   "flatten_contiguous_range(X=x) -> Out=y:FP32, XShape=xshape:FP32\n"
		   "transpose2(X=y) -> Out=z:FP32, XShape=xshape/1:FP32\n"
		   "relu(X=z) -> Out=w:FP32\n");
}
END_TEST

START_TEST(missing_statistics_are_supplied)
{
	check_pass(cay_pass_complete_outputs,
		   "feed x() -> Out=x:FP32\n"
		   "instance_norm(X=x) -> Y=y:FP32\n",
		   "feed x() -> Out=x:FP32\n"
		   "instance_norm(X=x) -> Y=y:FP32, SavedMean=saved_mean:FP32, "
		   "SavedVariance=saved_variance:FP32\n");
}
END_TEST

START_TEST(one_that_is_there_stays)
{
	const char *text = "feed x() -> Out=x:FP32\n"
			   "reshape2(X=x) -> Out=y:FP32, XShape=mine:FP32\n";

	check_pass(cay_pass_complete_outputs, text, text);
}
END_TEST

TEST_MAIN("pass_complete_outputs", a_missing_xshape_is_supplied, missing_statistics_are_supplied,
	  one_that_is_there_stays)
