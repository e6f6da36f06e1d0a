// fuse-ops.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT "feed x() -> Out=x:FP32:?x6x4x5\n"

START_TEST(channels_that_change_places_are_shuffled)
{
	check_pass(cay_pass_fuse_ops,
		   INPUT "reshape2(X=x) -> Out=a, XShape=s {shape=[-1, 2, 3, 4, 5]}\n"
			 "transpose2(X=a) -> Out=b, XShape=t {axis=[0, 2, 1, 3, 4]}\n"
			 "reshape2(X=b) -> Out=c:FP32:?x6x4x5, XShape=u {shape=[0, 6, 4, 5]}\n"
			 "relu(X=c) -> Out=d\n",
		   INPUT "shuffle_channel(X=x) -> Out=c:FP32:?x6x4x5 {group=2}\n"
			 "relu(X=c) -> Out=d:FP32\n");
}
END_TEST

START_TEST(opt_sees_a_shuffle_by_all_its_outputs)
{
	const char *text =
		INPUT "reshape2(X=x) -> Out=a:FP32, XShape=s:FP32 {shape=[-1, 2, 3, 4, 5]}\n"
		      "transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 3, 4]}\n"
		      "reshape2(X=b) -> Out=c:FP32, XShape=u:FP32 {shape=[0, 6, 4, 5]}\n";

	check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_ops, text, text);
	check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_ops,
		       INPUT "reshape(X=x) -> Out=a {shape=[-1, 2, 3, 4, 5]}\n"
			     "transpose2(X=a) -> Out=b, XShape=t {axis=[0, 2, 1, 3, 4]}\n"
			     "reshape2(X=b) -> Out=c, XShape=u {shape=[0, 6, 4, 5]}\n",
		       INPUT "shuffle_channel(X=x) -> Out=c:FP32 {group=2}\n");
}
END_TEST

START_TEST(what_is_not_quite_a_shuffle_stays)
{
	static const char *const texts[] = {
		// other axes
		"reshape2(X=x) -> Out=a:FP32 {shape=[-1, 2, 3, 4, 5]}\n"
		"transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 4, 3]}\n"
		"reshape2(X=b) -> Out=c:FP32 {shape=[-1, 6, 4, 5]}\n",
		// the channels are not what is split
		"reshape2(X=x) -> Out=a:FP32 {shape=[-1, 3, 4, 2, 5]}\n"
		"transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 3, 4]}\n"
		"reshape2(X=b) -> Out=c:FP32 {shape=[-1, 6, 4, 5]}\n",
		// another shape than before
		"reshape2(X=x) -> Out=a:FP32 {shape=[-1, 2, 3, 4, 5]}\n"
		"transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 3, 4]}\n"
		"reshape2(X=b) -> Out=c:FP32 {shape=[-1, 6, 5, 4]}\n",
		// what is between is used
		"reshape2(X=x) -> Out=a:FP32 {shape=[-1, 2, 3, 4, 5]}\n"
		"transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 3, 4]}\n"
		"reshape2(X=b) -> Out=c:FP32 {shape=[-1, 6, 4, 5]}\n"
		"relu(X=a) -> Out=d:FP32\n",
		// groups that do not divide
		"reshape2(X=x) -> Out=a:FP32 {shape=[-1, 4, 2, 4, 5]}\n"
		"transpose2(X=a) -> Out=b:FP32 {axis=[0, 2, 1, 3, 4]}\n"
		"reshape2(X=b) -> Out=c:FP32 {shape=[-1, 6, 4, 5]}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), INPUT "%s", texts[i]);
		check_pass(cay_pass_fuse_ops, text, text);
	}
}
END_TEST

START_TEST(a_product_with_its_own_sigmoid_is_swish)
{
	check_pass(cay_pass_fuse_ops,
		   INPUT "sigmoid(X=x) -> Out=a\n"
			 "elementwise_mul(X=x, Y=a) -> Out=b\n"
			 "sigmoid(X=b) -> Out=c\n"
			 "elementwise_mul(X=c, Y=b) -> Out=d\n"
			 "fetch d(X=d)\n",
		   INPUT "swish(X=x) -> Out=b:FP32 {beta=1.0}\n"
			 "swish(X=b) -> Out=d:FP32 {beta=1.0}\n"
			 "fetch d(X=d)\n");
}
END_TEST

START_TEST(a_product_with_the_sigmoid_of_something_else_stays)
{
	static const char text[] = INPUT "relu(X=x) -> Out=r:FP32\n"
					 "sigmoid(X=r) -> Out=a:FP32\n"
					 "elementwise_mul(X=x, Y=a) -> Out=b:FP32\n";
	static const char used_twice[] = INPUT "sigmoid(X=x) -> Out=a:FP32\n"
					       "elementwise_mul(X=x, Y=a) -> Out=b:FP32\n"
					       "relu(X=a) -> Out=c:FP32\n";

	check_pass(cay_pass_fuse_ops, text, text);
	check_pass(cay_pass_fuse_ops, used_twice, used_twice);
}
END_TEST

#define TURN(there, between, back)                                                                 \
	"transpose2(X=x) -> Out=a:FP32 {axis=" there "}\n"                                         \
	"softmax(X=a) -> Out=b:FP32 {axis=" between "}\n"                                          \
	"transpose2(X=b) -> Out=c:FP32 {axis=" back "}\n"

START_TEST(a_softmax_between_transposes_goes_along_another_dimension)
{
	check_pass(cay_pass_fuse_ops, INPUT TURN("[0, 2, 3, 1]", "-1", "[0, 3, 1, 2]"),
		   INPUT "softmax(X=x) -> Out=c:FP32 {axis=1}\n");
	check_pass(cay_pass_fuse_ops, INPUT TURN("[2, 0, 1]", "0", "[1, 2, 0]"),
		   INPUT "softmax(X=x) -> Out=c:FP32 {axis=2}\n");
}
END_TEST

START_TEST(transposes_that_do_not_undo_each_other_stay)
{
	static const char *const texts[] = {
		INPUT TURN("[0, 2, 3, 1]", "-1", "[0, 2, 3, 1]"),
		INPUT TURN("[0, 2, 1]", "-1", "[0, 2]"),
		INPUT TURN("[0, 2, 1]", "3", "[0, 2, 1]"),
		INPUT TURN("[0, 7, 1]", "0", "[0, 2, 1]"),
		INPUT TURN("[0, 2, 1]", "0", "[0, 2, -1]"),
		INPUT TURN("[0, 2, 1]", "1", "[0, 2, 1]") "relu(X=b) -> Out=d:FP32\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_fuse_ops, texts[i], texts[i]);
}
END_TEST

TEST_MAIN("pass_fuse_ops", opt_sees_a_shuffle_by_all_its_outputs,
	  channels_that_change_places_are_shuffled, what_is_not_quite_a_shuffle_stays,
	  a_product_with_its_own_sigmoid_is_swish,
	  a_product_with_the_sigmoid_of_something_else_stays,
	  a_softmax_between_transposes_goes_along_another_dimension,
	  transposes_that_do_not_undo_each_other_stay)
