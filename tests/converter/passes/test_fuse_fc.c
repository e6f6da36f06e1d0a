// fuse-fc.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT  "feed x() -> Out=x:FP32:?x2\n"
#define WEIGHT "const w FP32 2x3 = 1 2 3 4 5 6\n"
#define INT8   "const w INT8 2x3 = 1 2 3 4 5 6 * 0.5 1 2\n"
#define BIAS   "const b FP32 3 = 7 8 9\n"

START_TEST(a_product_and_a_bias_are_fc)
{
	check_pass(cay_pass_fuse_fc,
		   INPUT WEIGHT BIAS "mul(X=x, Y=w) -> Out=m {x_num_col_dims=1, y_num_col_dims=1}\n"
				     "elementwise_add(X=m, Y=b) -> Out=y {axis=1}\n",
		   INPUT WEIGHT BIAS
		   "fc(Input=x, W=w, Bias=b) -> Out=y:FP32 {x_num_col_dims=1, y_num_col_dims=1, "
		   "op_type=\"mul\", in_num_col_dims=1}\n");
}
END_TEST

START_TEST(matmul_counts_all_dimensions_but_the_last_as_rows)
{
	check_pass(cay_pass_fuse_fc,
		   "feed x() -> Out=x:FP32:?x5x2\n" WEIGHT "const b FP32 1x3 = 7 8 9\n"
		   "matmul_v2(X=x, Y=w) -> Out=m {trans_x=false, trans_y=false}\n"
		   "elementwise_add(X=m, Y=b) -> Out=y {axis=-1}\n",
		   "feed x() -> Out=x:FP32:?x5x2\n" WEIGHT BIAS
		   "fc(Input=x, W=w, Bias=b) -> Out=y:FP32 {trans_x=false, trans_y=false, "
		   "op_type=\"matmul_v2\", in_num_col_dims=2}\n");
}
END_TEST

START_TEST(fc_flattens_images_itself)
{
	check_pass(cay_pass_fuse_fc,
		   "feed x() -> Out=x:FP32:?x2x1x1\n" WEIGHT BIAS
		   "flatten_contiguous_range(X=x) -> Out=f:FP32:?x2 {start_axis=1, stop_axis=-1}\n"
		   "matmul_v2(X=f, Y=w) -> Out=m\n"
		   "elementwise_add(X=m, Y=b) -> Out=y {axis=-1}\n",
		   "feed x() -> Out=x:FP32:?x2x1x1\n" WEIGHT BIAS
		   "fc(Input=x, W=w, Bias=b) -> Out=y:FP32 {op_type=\"mul\", in_num_col_dims=1}\n");
	check_pass(cay_pass_fuse_fc, // another one reads the rows
		   "feed x() -> Out=x:FP32:?x2x1x1\n" WEIGHT BIAS
		   "flatten_contiguous_range(X=x) -> Out=f:FP32:?x2 {start_axis=1, stop_axis=3}\n"
		   "matmul_v2(X=f, Y=w) -> Out=m\n"
		   "elementwise_add(X=m, Y=b) -> Out=y {axis=-1}\n"
		   "relu(X=f) -> Out=r\n",
		   "feed x() -> Out=x:FP32:?x2x1x1\n"
		   "flatten_contiguous_range(X=x) -> Out=f:FP32:?x2 {start_axis=1, "
		   "stop_axis=3}\n" WEIGHT BIAS "fc(Input=f, W=w, Bias=b) -> Out=y:FP32 "
		   "{op_type=\"matmul_v2\", in_num_col_dims=1}\n"
		   "relu(X=f) -> Out=r:FP32\n");
}
END_TEST

#define PIXELS "feed x() -> Out=x:FP32:?x2x1x1\n"

START_TEST(a_matmul_of_pixels_is_a_mul)
{
	static const char *const rows[] = {
		"squeeze2(X=x) -> Out=f:FP32:?x2 {axes=[2, 3]}\n",
		"reshape2(X=x) -> Out=f:FP32:?x2 {shape=[-1, 2]}\n",
		"reshape(X=x) -> Out=f:FP32:?x2 {shape=[0, 2]}\n",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), PIXELS WEIGHT "%smatmul(X=f, Y=w) -> Out=m\n",
			 rows[i]);
		check_pass(cay_pass_fuse_fc, text,
			   PIXELS WEIGHT "mul(X=x, Y=w) -> Out=m:FP32 {x_num_col_dims=1, "
					 "y_num_col_dims=1}\n");
		snprintf(text, sizeof(text),
			 PIXELS WEIGHT BIAS "%smatmul(X=f, Y=w) -> Out=m\n"
					    "elementwise_add(X=m, Y=b) -> Out=y {axis=-1}\n",
			 rows[i]);
		check_pass(cay_pass_fuse_fc, text,
			   PIXELS WEIGHT BIAS "fc(Input=x, W=w, Bias=b) -> Out=y:FP32 "
					      "{x_num_col_dims=1, y_num_col_dims=1, "
					      "op_type=\"mul\", in_num_col_dims=1}\n");
	}
}
END_TEST

START_TEST(a_matmul_of_other_rows_stays)
{
	static const char *const rows[] = {
		"squeeze2(X=x) -> Out=f:FP32:?x2 {axes=[2]}\n",
		"reshape2(X=x) -> Out=f:FP32:?x2 {shape=[2, 2]}\n",
		"reshape2(X=x) -> Out=f:FP32:?x2 {shape=[-1, 1, 2]}\n",
		"relu(X=x) -> Out=f:FP32:?x2\n",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), PIXELS "%s" WEIGHT "matmul(X=f, Y=w) -> Out=m:FP32\n",
			 rows[i]);
		check_pass(cay_pass_fuse_fc, text, text);
	}
}
END_TEST

START_TEST(an_int8_product_is_fc_without_a_bias_too)
{
	check_pass(cay_pass_fuse_fc, INPUT INT8 "mul(X=x*0.5, Y=w) -> Out=m\n",
		   INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=m:FP32 {op_type=\"mul\", "
			      "in_num_col_dims=1}\n");
}
END_TEST

START_TEST(an_fp32_product_without_a_bias_stays)
{
	const char *text = INPUT WEIGHT "mul(X=x, Y=w) -> Out=m:FP32\n";

	check_pass(cay_pass_fuse_fc, text, text);
}
END_TEST

START_TEST(an_int8_product_that_fc_cannot_compute_runs_in_fp32)
{
	check_pass(cay_pass_fuse_fc, INPUT INT8 "matmul(X=x*0.5, Y=w) -> Out=m {alpha=2.0}\n",
		   INPUT "calib(Input=x) -> Out=x/int8:INT8:?x2*0.5 {scale=0.5}\n"
			 "calib(Input=x/int8) -> Out=x/int8/rounded:FP32:?x2 {scale=0.5}\n"
			 "const w FP32 2x3 = 0.5 2 6 2 5 12\n"
			 "matmul(X=x/int8/rounded, Y=w) -> Out=m:FP32 {alpha=2.0}\n");
}
END_TEST

START_TEST(an_int8_product_has_a_form_of_its_own_in_newer_runtimes)
{
	static const char *const kept[] = {
		INPUT INT8 "matmul(X=x*0.5, Y=w) -> Out=m:FP32 {alpha=2.0}\n",
		INPUT INT8 "matmul_v2(X=x*0.5, Y=w) -> Out=m:FP32\n",
		INPUT WEIGHT "mul(X=x, Y=w) -> Out=m:FP32\n",
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_fc, kept[i], kept[i]);
	check_pass_for(CAY_COMPAT_2_13, cay_pass_fuse_fc, INPUT INT8 "mul(X=x*0.5, Y=w) -> Out=m\n",
		       INPUT INT8 "fc(Input=x*0.5, W=w) -> Out=m:FP32 {op_type=\"mul\", "
				  "in_num_col_dims=1}\n");
}
END_TEST

START_TEST(additions_that_are_no_bias_stay)
{
	static const char *const additions[] = {
		"const b FP32 3 = 7 8 9\nelementwise_add(X=m, Y=b) -> Out=y:FP32 {axis=0}\n",
		"const b FP32 2 = 7 8\nelementwise_add(X=m, Y=b) -> Out=y:FP32 {axis=-1}\n",
		"const b FP32 3x3 = 1 1 1 1 1 1 1 1 1\n"
		"elementwise_add(X=m, Y=b) -> Out=y:FP32 {axis=-1}\n",
		"elementwise_add(X=m, Y=x) -> Out=y:FP32 {axis=-1}\n",
		"elementwise_add(X=x, Y=m) -> Out=y:FP32 {axis=-1}\n",
	};

	for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), INPUT WEIGHT "mul(X=x, Y=w) -> Out=m:FP32\n%s",
			 additions[i]);
		check_pass(cay_pass_fuse_fc, text, text);
	}
}
END_TEST

START_TEST(a_product_of_another_form_stays)
{
	static const char *const products[] = {
		"matmul(X=x, Y=w) -> Out=m:FP32 {transpose_X=true}\n",
		"matmul(X=x, Y=w) -> Out=m:FP32 {transpose_Y=true}\n",
		"matmul_v2(X=x, Y=w) -> Out=m:FP32 {trans_y=true}\n",
		"matmul(X=x, Y=w) -> Out=m:FP32 {alpha=0.5}\n",
		"mul(X=x, Y=w) -> Out=m:FP32 {y_num_col_dims=2}\n",
	};

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 INPUT WEIGHT "%s" BIAS
				      "elementwise_add(X=m, Y=b) -> Out=y:FP32 {axis=-1}\n",
			 products[i]);
		check_pass(cay_pass_fuse_fc, text, text);
	}
}
END_TEST

TEST_MAIN("pass_fuse_fc", an_int8_product_has_a_form_of_its_own_in_newer_runtimes,
	  a_product_and_a_bias_are_fc, matmul_counts_all_dimensions_but_the_last_as_rows,
	  an_int8_product_is_fc_without_a_bias_too, fc_flattens_images_itself,
	  an_fp32_product_without_a_bias_stays, an_int8_product_that_fc_cannot_compute_runs_in_fp32,
	  additions_that_are_no_bias_stay, a_product_of_another_form_stays,
	  a_matmul_of_pixels_is_a_mul, a_matmul_of_other_rows_stays)
