// clip-relu6.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

START_TEST(a_relu6_that_ends_elsewhere_is_a_clip)
{
	check_pass(cay_pass_clip_relu6,
		   "feed x() -> Out=x\n"
		   "relu6(X=x) -> Out=y {threshold=4.5}\n"
		   "relu6(X=y) -> Out=z {threshold=6.0}\n",
		   "feed x() -> Out=x:FP32\n"
		   "clip(X=x) -> Out=y:FP32 {threshold=4.5, min=0.0, max=4.5}\n"
		   "relu6(X=y) -> Out=z:FP32 {threshold=6.0}\n");
}
END_TEST

TEST_MAIN("pass_clip_relu6", a_relu6_that_ends_elsewhere_is_a_clip)
