// join-scales.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#define FLOATS	 "feed x() -> Out=x:FP32\n"
#define INTEGERS "feed x() -> Out=x:INT64\n"

START_TEST(two_in_a_row_are_one)
{
	check_pass(cay_pass_join_scales,
		   FLOATS "scale(X=x) -> Out=a {scale=2.0, bias=0.5}\n"
			  "scale(X=a) -> Out=y {scale=3.0, bias=1.0}\n",
		   FLOATS "scale(X=x) -> Out=y:FP32 {scale=6.0, bias=2.5}\n");
	check_pass(cay_pass_join_scales,
		   INTEGERS "scale(X=x) -> Out=a:INT64 {scale=2.0, bias=1.0}\n"
			    "scale(X=a) -> Out=y:INT64 {scale=3.0, bias=0.0}\n",
		   INTEGERS "scale(X=x) -> Out=y:INT64 {scale=6.0, bias=3.0}\n");
}
END_TEST

START_TEST(what_is_not_quite_so_stays)
{
	static const char *const texts[] = {
		FLOATS "scale(X=x) -> Out=a:FP32 {scale=2.0, bias=1.0, bias_after_scale=false}\n"
		       "scale(X=a) -> Out=y:FP32 {scale=3.0}\n",
		FLOATS "scale(X=x) -> Out=a:FP32 {scale=2.0, activation_type=\"relu\"}\n"
		       "scale(X=a) -> Out=y:FP32 {scale=3.0}\n",
		FLOATS "scale(X=x) -> Out=a:FP32 {scale=2.0}\n"
		       "scale(X=a, ScaleTensor=x) -> Out=y:FP32\n",
		FLOATS "scale(X=x) -> Out=a:FP32 {scale=2.0}\n"
		       "scale(X=x, ScaleTensor=a) -> Out=y:FP32\n",
		FLOATS "scale(X=x) -> Out=a:FP32 {scale=2.0}\n"
		       "scale(X=a) -> Out=y:FP32 {scale=3.0}\n"
		       "relu(X=a) -> Out=z:FP32\n",
		INTEGERS "scale(X=x) -> Out=a:INT64 {scale=0.5}\n"
			 "scale(X=a) -> Out=y:INT64 {scale=2.0}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_pass(cay_pass_join_scales, texts[i], texts[i]);
}
END_TEST

TEST_MAIN("pass_join_scales", two_in_a_row_are_one, what_is_not_quite_so_stays)
