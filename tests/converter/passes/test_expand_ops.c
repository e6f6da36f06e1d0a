// expand-ops.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#define X "feed x() -> Out=x:FP32:?x3x4\n"

START_TEST(a_norm_is_a_root_of_a_sum_of_squares)
{
	check_pass(cay_pass_expand_ops,
		   X "p_norm(X=x) -> Out=y:FP32:?x1x4 {porder=2.0, axis=1, keepdim=true}\n",
		   X "square(X=x) -> Out=y/1:FP32:?x3x4\n"
		     "reduce_sum(X=y/1) -> Out=y/2:FP32:?x1x4 "
		     "{dim=[1], reduce_all=false, keep_dim=true}\n"
		     "sqrt(X=y/2) -> Out=y:FP32:?x1x4 {porder=2.0, axis=1, keepdim=true}\n");
}
END_TEST

START_TEST(norms_of_other_orders_are_sums_and_maxima_of_sizes)
{
	check_pass(cay_pass_expand_ops, X "p_norm(X=x) -> Out=y:FP32 {porder=1.0, asvector=true}\n",
		   X "abs(X=x) -> Out=y/1:FP32:?x3x4\n"
		     "reduce_sum(X=y/1) -> Out=y:FP32 "
		     "{porder=1.0, asvector=true, dim=[-1], reduce_all=true, keep_dim=false}\n");
	check_pass_fails(cay_pass_expand_ops, X "p_norm(X=x) -> Out=y:FP32 {porder=3.0}\n",
			 "p_norm 'y': porder 3 is not supported");
}
END_TEST

START_TEST(a_sum_is_added_up_two_by_two)
{
	check_pass(cay_pass_expand_ops,
		   X "feed a() -> Out=a:FP32\n"
		     "sum(X=x, X=a, X=x) -> Out=y:FP32\n"
		     "sum(X=x) -> Out=z:FP32\n",
		   X "feed a() -> Out=a:FP32\n"
		     "elementwise_add(X=x, Y=a) -> Out=y/1:FP32:?x3x4\n"
		     "elementwise_add(X=y/1, Y=x) -> Out=y:FP32\n"
		     "scale(X=x) -> Out=z:FP32\n");
}
END_TEST

START_TEST(others_have_another_name)
{
	check_pass(cay_pass_expand_ops,
		   X "brelu(X=x) -> Out=y:FP32 {t_min=-1.0, t_max=1.0}\n"
		     "bmm(X=x, Y=y) -> Out=z:FP32\n",
		   X "clip(X=x) -> Out=y:FP32 {t_min=-1.0, t_max=1.0, min=-1.0, max=1.0}\n"
		     "matmul_v2(X=x, Y=y) -> Out=z:FP32\n");
}
END_TEST

START_TEST(values_of_the_program_are_parameters)
{
	check_pass(cay_pass_expand_ops,
		   X "assign_value() -> Out=v:FP32:2 {dtype=5, shape=[2], fp32_values=[0.5, -1.0], "
		     "int32_values=[]}\n"
		     "assign_value() -> Out=i:INT64:2 {dtype=3, shape=[2], int64_values=[2, -1]}\n"
		     "elementwise_add(X=x, Y=v) -> Out=y:FP32\n"
		     "gather(X=y, Index=i) -> Out=z:FP32\n",
		   X "const v/1 FP32 2 = 0.5 -1\n"
		     "elementwise_add(X=x, Y=v/1) -> Out=y:FP32\n"
		     "const i/2 INT64 2 = 2 -1\n"
		     "gather(X=y, Index=i/2) -> Out=z:FP32\n");
	check_pass_fails(cay_pass_expand_ops,
			 X
			 "assign_value() -> Out=v:FP32:3 {dtype=5, shape=[3], fp32_values=[0.5]}\n"
			 "elementwise_add(X=x, Y=v) -> Out=y:FP32\n",
			 "assign_value 'v': its values are not supported");
}
END_TEST

TEST_MAIN("pass_expand_ops", values_of_the_program_are_parameters,
	  a_norm_is_a_root_of_a_sum_of_squares, norms_of_other_orders_are_sums_and_maxima_of_sizes,
	  a_sum_is_added_up_two_by_two, others_have_another_name)
