// pick-kernels.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "nb/nb.h"
#include "tests/test.h"

START_TEST(the_kernel_says_what_is_computed_in_int8)
{
	check_pass(cay_pass_pick_kernels,
		   "feed x() -> Out=x:INT8\n"
		   "const w INT8 1x1x1x1 = 1 * 1\n"
		   "conv2d(Input=x*0.5, Filter=w) -> Output=y:INT8*0.25\n"
		   "depthwise_conv2d(Input=y*0.25, Filter=w) -> Output=z:FP32\n"
		   "fc(Input=y*0.25, W=w) -> Out=f:FP32\n"
		   "fc(Input=y*0.25, W=w) -> Out=g:INT8*0.5\n"
		   "matmul_v2(X=y*0.25, Y=w) -> Out=h:FP32\n"
		   "softmax(X=z) -> Out=p:FP32\n"
		   "fetch p(X=p) {col=0}\n",
		   "feed x() -> Out=x:INT8 {__@kernel_type_attr@__=\"feed/def/1/4/2\"}\n"
		   "const w INT8 1x1x1x1 = 1 * 1\n"
		   "conv2d(Input=x*0.5, Filter=w) -> Output=y:INT8*0.25 "
		   "{__@kernel_type_attr@__=\"conv2d/int8_out/4/2/1\"}\n"
		   "depthwise_conv2d(Input=y*0.25, Filter=w) -> Output=z:FP32 "
		   "{__@kernel_type_attr@__=\"depthwise_conv2d/fp32_out/4/2/1\"}\n"
		   "fc(Input=y*0.25, W=w) -> Out=f:FP32 "
		   "{__@kernel_type_attr@__=\"fc/fp32out/4/2/1\"}\n"
		   "fc(Input=y*0.25, W=w) -> Out=g:INT8*0.5 "
		   "{__@kernel_type_attr@__=\"fc/int8out/4/2/1\"}\n"
		   "matmul_v2(X=y*0.25, Y=w) -> Out=h:FP32 "
		   "{__@kernel_type_attr@__=\"matmul_v2/def/4/2/1\"}\n"
		   "softmax(X=z) -> Out=p:FP32 {__@kernel_type_attr@__=\"softmax/def/4/1/1\"}\n"
		   "fetch p(X=p) {col=0, __@kernel_type_attr@__=\"fetch/def/1/4/2\", "
		   "data_type=1}\n");
}
END_TEST

START_TEST(integers_for_a_kernel_of_floats_are_named)
{
	check_pass_fails(cay_pass_pick_kernels,
			 "feed x() -> Out=x:INT64\nrelu(X=x) -> Out=y:INT64\n",
			 "relu 'y': its input 'x' is INT64, want FP32");
}
END_TEST

START_TEST(an_op_without_a_kernel_is_named)
{
	check_pass_fails(cay_pass_pick_kernels,
			 "feed x() -> Out=x\nmoving_average_abs_max_scale(X=x) -> Out=y\n",
			 "moving_average_abs_max_scale 'y' is not supported here");
}
END_TEST

START_TEST(kernels_are_named_by_the_dtypes_of_numbers)
{
	check_pass(cay_pass_pick_kernels,
		   "feed x() -> Out=x\n"
		   "feed i() -> Out=i:INT32\n"
		   "feed j() -> Out=j:INT64\n"
		   "gather(X=x, Index=i) -> Out=a\n"
		   "gather(X=x, Index=j) -> Out=b\n"
		   "gather(X=x, Index=j, Axis=i) -> Out=c\n"
		   "lookup_table_v2(W=x, Ids=j) -> Out=d\n"
		   "cast(X=x) -> Out=e\n",
		   "feed x() -> Out=x:FP32 {__@kernel_type_attr@__=\"feed/def/1/4/2\"}\n"
		   "feed i() -> Out=i:INT32 {__@kernel_type_attr@__=\"feed/def/1/4/2\"}\n"
		   "feed j() -> Out=j:INT64 {__@kernel_type_attr@__=\"feed/def/1/4/2\"}\n"
		   "gather(X=x, Index=i) -> Out=a:FP32 "
		   "{__@kernel_type_attr@__=\"gather/int32int32/1/1/1\"}\n"
		   "gather(X=x, Index=j) -> Out=b:FP32 "
		   "{__@kernel_type_attr@__=\"gather/int64int64/1/1/1\"}\n"
		   "gather(X=x, Index=j, Axis=i) -> Out=c:FP32 "
		   "{__@kernel_type_attr@__=\"gather/int64int32/1/1/1\"}\n"
		   "lookup_table_v2(W=x, Ids=j) -> Out=d:FP32 "
		   "{__@kernel_type_attr@__=\"lookup_table_v2/def/4/4/1\"}\n"
		   "cast(X=x) -> Out=e:FP32 {__@kernel_type_attr@__=\"cast/def/4/4/1\"}\n");
}
END_TEST

TEST_MAIN("pass_pick_kernels", kernels_are_named_by_the_dtypes_of_numbers,
	  the_kernel_says_what_is_computed_in_int8, integers_for_a_kernel_of_floats_are_named,
	  an_op_without_a_kernel_is_named)
