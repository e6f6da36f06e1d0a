// sink-squeeze.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#define X "feed x() -> Out=x:FP32:?x2x1x9\n"

START_TEST(norm_and_activation_come_before_the_squeeze)
{
	check_pass(cay_pass_sink_squeeze,
		   X "const s FP32 2 = 1 2\n"
		     "squeeze2(X=x) -> Out=a:FP32:?x2x9, XShape=shape {axes=[-2]}\n"
		     "batch_norm(X=a, Scale=s) -> Y=b:FP32:?x2x9\n"
		     "relu(X=b) -> Out=c:FP32:?x2x9\n"
		     "tanh(X=c) -> Out=y:FP32:?x2x9\n"
		     "fetch y(X=y)\n",
		   X "const s FP32 2 = 1 2\n"
		     "batch_norm(X=x, Scale=s) -> Y=b:FP32:?x2x1x9\n"
		     "relu(X=b) -> Out=c:FP32:?x2x1x9\n"
		     "squeeze2(X=c) -> Out=c/2:FP32:?x2x9 {axes=[-2]}\n"
		     "tanh(X=c/2) -> Out=y:FP32:?x2x9\n"
		     "fetch y(X=y)\n");
}
END_TEST

START_TEST(what_is_taken_and_given_back_goes)
{
	check_pass(cay_pass_sink_squeeze,
		   X "squeeze2(X=x) -> Out=a:FP32:?x2x9 {axes=[2]}\n"
		     "relu(X=a) -> Out=b:FP32:?x2x9\n"
		     "unsqueeze2(X=b) -> Out=c:FP32:?x2x1x9, XShape=shape {axes=[-2]}\n"
		     "tanh(X=c) -> Out=y\n",
		   X "relu(X=x) -> Out=b:FP32:?x2x1x9\n"
		     "tanh(X=b) -> Out=y:FP32\n");
}
END_TEST

START_TEST(what_others_read_stays_where_it_is)
{
	const char *const texts[] = {
		// somebody else reads what is squeezed
		X "squeeze2(X=x) -> Out=a:FP32:?x2x9 {axes=[2]}\n"
		  "relu(X=a) -> Out=b:FP32\n"
		  "tanh(X=a) -> Out=y:FP32\n",
		// another dimension is given back
		X "squeeze2(X=x) -> Out=a:FP32:?x2x9 {axes=[2]}\n"
		  "unsqueeze2(X=a) -> Out=y:FP32:?x2x9x1 {axes=[3]}\n",
		// the batch, and a dimension that may be longer
		X "squeeze2(X=x) -> Out=a:FP32 {axes=[0]}\n"
		  "relu(X=a) -> Out=y:FP32\n",
		"feed x() -> Out=x:FP32:?x2x?x9\n"
		"squeeze2(X=x) -> Out=a:FP32 {axes=[2]}\n"
		"relu(X=a) -> Out=y:FP32\n",
		// the squeezed tensor is an operand, not what is worked on; softmax sees dimensions
		X "squeeze2(X=x) -> Out=a:FP32:?x2x9 {axes=[2]}\n"
		  "const s FP32 1 = 1\n"
		  "batch_norm(X=s, Scale=a) -> Y=y:FP32\n",
		X "squeeze2(X=x) -> Out=a:FP32:?x2x9 {axes=[2]}\n"
		  "softmax(X=a) -> Out=y:FP32 {axis=1}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_sink_squeeze, texts[i], texts[i]);
}
END_TEST

TEST_MAIN("pass_sink_squeeze", norm_and_activation_come_before_the_squeeze,
	  what_is_taken_and_given_back_goes, what_others_read_stays_where_it_is)
