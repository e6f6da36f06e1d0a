// join-convs.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#define INPUT "feed x() -> Out=x:FP32\n"
// c0 = x0 + 2 x1, c1 = 3 x0 + 4 x1, and y = 10 c0 - c1.
#define FIRST	"const a FP32 2x2x1x1 = 1 2 3 4\n"
#define SECOND	"const b FP32 1x2x1x1 = 10 -1\n"
#define PRODUCT "const a FP32 1x2x1x1 = 7 16\n"

START_TEST(two_convolutions_become_their_product)
{
	check_pass(cay_pass_join_convs,
		   INPUT FIRST SECOND
		   "conv2d(Input=x, Filter=a) -> Output=c {strides=[2, 2]}\n"
		   "conv2d(Input=c, Filter=b) -> Output=y {paddings=[0, 0], strides=[1, 1]}\n",
		   INPUT PRODUCT "conv2d(Input=x, Filter=a) -> Output=y:FP32 {strides=[2, 2]}\n");
}
END_TEST

START_TEST(opt_joins_none_that_make_fewer_channels_of_more)
{
	const char *fewer = INPUT FIRST "conv2d(Input=x, Filter=a) -> Output=c:FP32\n" SECOND
					"conv2d(Input=c, Filter=b) -> Output=y:FP32\n";

	check_pass_for(CAY_COMPAT_2_13, cay_pass_join_convs, fewer, fewer);
	check_pass_for(CAY_COMPAT_2_13, cay_pass_join_convs,
		       INPUT FIRST "const b FP32 3x2x1x1 = 10 -1 1 0 0 1\n"
				   "conv2d(Input=x, Filter=a) -> Output=c\n"
				   "conv2d(Input=c, Filter=b) -> Output=y\n",
		       INPUT "const a FP32 3x2x1x1 = 7 16 1 2 3 4\n"
			     "conv2d(Input=x, Filter=a) -> Output=y:FP32\n");
}
END_TEST

START_TEST(the_first_one_may_have_any_kernel)
{
	check_pass(cay_pass_join_convs,
		   INPUT SECOND "const a FP32 2x1x1x2 = 1 2 3 4\n"
				"conv2d(Input=x, Filter=a) -> Output=c {paddings=[0, 1]}\n"
				"conv2d(Input=c, Filter=b) -> Output=y\n",
		   INPUT "const a FP32 1x1x1x2 = 7 16\n"
			 "conv2d(Input=x, Filter=a) -> Output=y:FP32 {paddings=[0, 1]}\n");
}
END_TEST

START_TEST(biases_are_joined)
{
	check_pass(cay_pass_join_convs,
		   INPUT FIRST SECOND "const p FP32 2 = 1 2\n"
				      "const q FP32 1 = 100\n"
				      "conv2d(Input=x, Filter=a, Bias=p) -> Output=c\n"
				      "conv2d(Input=c, Filter=b, Bias=q) -> Output=y\n",
		   INPUT PRODUCT "const q/1 FP32 1 = 108\n"
				 "conv2d(Input=x, Filter=a, Bias=q/1) -> Output=y:FP32\n");
	check_pass(cay_pass_join_convs,
		   INPUT FIRST SECOND "const p FP32 2 = 1 2\n"
				      "conv2d(Input=x, Filter=a, Bias=p) -> Output=c\n"
				      "conv2d(Input=c, Filter=b) -> Output=y\n",
		   INPUT PRODUCT "const p/1 FP32 1 = 8\n"
				 "conv2d(Input=x, Filter=a, Bias=p/1) -> Output=y:FP32\n");
	check_pass(cay_pass_join_convs,
		   INPUT FIRST SECOND "const q FP32 1 = 100\n"
				      "conv2d(Input=x, Filter=a) -> Output=c\n"
				      "conv2d(Input=c, Filter=b, Bias=q) -> Output=y\n",
		   INPUT PRODUCT "const q/1 FP32 1 = 100\n"
				 "conv2d(Input=x, Filter=a, Bias=q/1) -> Output=y:FP32\n");
}
END_TEST

START_TEST(others_stay_two)
{
	static const char *const texts[] = {
		// A narrow middle: 1x4 and 4x1 weights are fewer than 4x4.
		INPUT "const a FP32 1x4x1x1 = 1 2 3 4\n"
		      "conv2d(Input=x, Filter=a) -> Output=c:FP32\n"
		      "const b FP32 4x1x1x1 = 1 2 3 4\n"
		      "conv2d(Input=c, Filter=b) -> Output=y:FP32\n",
		INPUT FIRST "conv2d(Input=x, Filter=a) -> Output=c:FP32\n" SECOND
			    "conv2d(Input=c, Filter=b) -> Output=y:FP32\n"
			    "relu(X=c) -> Out=z:FP32\n",
		INPUT FIRST "conv2d(Input=x, Filter=a) -> Output=c:FP32\n" SECOND
			    "conv2d(Input=c, Filter=b) -> Output=y:FP32 {strides=[2, 2]}\n",
		INPUT FIRST "conv2d(Input=x, Filter=a) -> Output=c:FP32\n" SECOND
			    "conv2d(Input=c, Filter=b) -> Output=y:FP32 {paddings=[1, 1]}\n",
		INPUT FIRST "conv2d(Input=x, Filter=a) -> Output=c:FP32 {act_type=\"relu\", "
			    "with_act=true}\n" SECOND
			    "conv2d(Input=c, Filter=b) -> Output=y:FP32\n",
		INPUT "const a FP32 2x1x1x1 = 1 2\n"
		      "conv2d(Input=x, Filter=a) -> Output=c:FP32 {groups=2}\n" SECOND
		      "conv2d(Input=c, Filter=b) -> Output=y:FP32\n",
		INPUT "const a INT8 1x1x1x1 = 2 * 0.5\n"
		      "conv2d(Input=x*0.5, Filter=a) -> Output=c:FP32\n"
		      "const b INT8 1x1x1x1 = 3 * 0.5\n"
		      "conv2d(Input=c*0.5, Filter=b) -> Output=y:FP32\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_join_convs, texts[i], texts[i]);
}
END_TEST

TEST_MAIN("pass_join_convs", opt_joins_none_that_make_fewer_channels_of_more,
	  two_convolutions_become_their_product, the_first_one_may_have_any_kernel,
	  biases_are_joined, others_stay_two)
