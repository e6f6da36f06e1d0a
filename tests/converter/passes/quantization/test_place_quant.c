// place-quant.
#include "converter/passes/passes.h"
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <stdio.h>

#define INPUT "feed x() -> Out=x:FP32\n"
#define WEIGHTS                                                                                    \
	"const a INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"const b INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"const c INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"const d INT8 1x1x1x1 = 1 * 0.25\n"
#define FIRST "conv2d(Input=x*0.5, Filter=a) -> Output=y\n"
// What the pass puts before and into the first convolution, if its readers do not all take int8.
#define FIRST_CALIB "calib(Input=x) -> Out=x/int8:INT8*0.5 {scale=0.5}\n"
#define FIRST_FP32                                                                                 \
	"const a INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"conv2d(Input=x/int8*0.5, Filter=a) -> Output=y:FP32 {enable_int8=true, bit_length=8, "    \
	"Input0_scale=[0.5], Filter0_scale=[0.25]}\n"
// Its readers.
#define READER_B                                                                                   \
	"const b INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"conv2d(Input=y/int8*0.125, Filter=b) -> Output=p:FP32 {enable_int8=true, bit_length=8, "  \
	"Input0_scale=[0.125], Filter0_scale=[0.25]}\n"
#define READER_C                                                                                   \
	"const c INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"conv2d(Input=y/int8/1*0.25, Filter=c) -> Output=q:FP32 {enable_int8=true, bit_length=8, " \
	"Input0_scale=[0.25], Filter0_scale=[0.25]}\n"
#define READER_D                                                                                   \
	"const d INT8 1x1x1x1 = 1 * 0.25\n"                                                        \
	"conv2d(Input=y/int8*0.125, Filter=d) -> Output=r:FP32 {enable_int8=true, bit_length=8, "  \
	"Input0_scale=[0.125], Filter0_scale=[0.25]}\n"

START_TEST(int8_goes_on_where_the_only_reader_takes_it)
{
	check_pass(cay_pass_place_quant,
		   INPUT WEIGHTS FIRST "conv2d(Input=y*0.125, Filter=b) -> Output=p\n",
		   INPUT FIRST_CALIB
		   "const a INT8 1x1x1x1 = 1 * 0.25\n"
		   "conv2d(Input=x/int8*0.5, Filter=a) -> Output=y:INT8*0.125 {enable_int8=true, "
		   "bit_length=8, Input0_scale=[0.5], Output0_scale=[0.125], "
		   "Filter0_scale=[0.25]}\n"
		   "const b INT8 1x1x1x1 = 1 * 0.25\n"
		   "conv2d(Input=y*0.125, Filter=b) -> Output=p:FP32 {enable_int8=true, "
		   "bit_length=8, Input0_scale=[0.125], Filter0_scale=[0.25]}\n");
}
END_TEST

START_TEST(what_is_rounded_is_written_as_int8)
{
	check_pass(cay_pass_place_quant,
		   INPUT WEIGHTS FIRST "calib(Input=y) -> Out=i:INT8*0.125 {scale=0.125}\n"
				       "calib(Input=i) -> Out=r {scale=0.125}\n"
				       "conv2d(Input=r*0.125, Filter=b) -> Output=p\n"
				       "relu(X=r) -> Out=q\n",
		   INPUT FIRST_CALIB
		   "const a INT8 1x1x1x1 = 1 * 0.25\n"
		   "conv2d(Input=x/int8*0.5, Filter=a) -> Output=y:INT8*0.125 {enable_int8=true, "
		   "bit_length=8, Input0_scale=[0.5], Output0_scale=[0.125], "
		   "Filter0_scale=[0.25]}\n"
		   "calib(Input=y) -> Out=r:FP32 {scale=0.125}\n"
		   "const b INT8 1x1x1x1 = 1 * 0.25\n"
		   "conv2d(Input=y*0.125, Filter=b) -> Output=p:FP32 {enable_int8=true, "
		   "bit_length=8, Input0_scale=[0.125], Filter0_scale=[0.25]}\n"
		   "relu(X=r) -> Out=q:FP32\n");
}
END_TEST

START_TEST(a_reader_of_fp32_gets_fp32)
{
	check_pass(cay_pass_place_quant,
		   INPUT WEIGHTS FIRST "conv2d(Input=y*0.125, Filter=b) -> Output=p\n"
				       "relu(X=y) -> Out=q\n",
		   INPUT FIRST_CALIB FIRST_FP32
		   "calib(Input=y) -> Out=y/int8:INT8*0.125 {scale=0.125}\n" READER_B
		   "relu(X=y) -> Out=q:FP32\n");
}
END_TEST

START_TEST(an_output_of_the_program_is_fp32)
{
	check_pass(cay_pass_place_quant,
		   INPUT WEIGHTS FIRST "conv2d(Input=y*0.125, Filter=b) -> Output=p\n"
				       "fetch y(X=y)\n",
		   INPUT FIRST_CALIB FIRST_FP32
		   "calib(Input=y) -> Out=y/int8:INT8*0.125 {scale=0.125}\n" READER_B
		   "fetch y(X=y)\n");
}
END_TEST

START_TEST(readers_of_different_scales_get_a_calib_for_each_scale)
{
	check_pass(cay_pass_place_quant,
		   INPUT WEIGHTS FIRST "conv2d(Input=y*0.125, Filter=b) -> Output=p\n"
				       "conv2d(Input=y*0.25, Filter=c) -> Output=q\n"
				       "conv2d(Input=y*0.125, Filter=d) -> Output=r\n",
		   INPUT FIRST_CALIB FIRST_FP32
		   "calib(Input=y) -> Out=y/int8:INT8*0.125 {scale=0.125}\n" READER_B
		   "calib(Input=y) -> Out=y/int8/1:INT8*0.25 {scale=0.25}\n" READER_C READER_D);
}
END_TEST

START_TEST(readers_of_different_scales_are_noted)
{
	struct cay_graph graph;
	struct cay_err err = {0};

	graph_read(INPUT WEIGHTS FIRST "conv2d(Input=y*0.125, Filter=b) -> Output=p\n"
				       "conv2d(Input=y*0.25, Filter=c) -> Output=q\n",
		   &graph);
	ck_ok(cay_pass_place_quant(&graph, &err), err);
	ck_assert_ptr_nonnull(graph.notes);
	ck_assert_str_eq(graph.notes->text,
			 "'y' goes on in fp32: its readers have different scales");
	ck_assert_ptr_null(graph.notes->next);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(fc_hands_on_fp32)
{
	check_pass(cay_pass_place_quant,
		   INPUT "const v INT8 1x1 = 1 * 0.25\n"
			 "fc(Input=x*0.5, W=v) -> Out=y\n"
			 "fc(Input=y*0.125, W=v) -> Out=z\n",
		   INPUT FIRST_CALIB
		   "const v INT8 1x1 = 1 * 0.25\n"
		   "fc(Input=x/int8*0.5, W=v) -> Out=y:FP32 {enable_int8=true, bit_length=8, "
		   "Input0_scale=[0.5], W0_scale=[0.25]}\n"
		   "calib(Input=y) -> Out=y/int8:INT8*0.125 {scale=0.125}\n"
		   "fc(Input=y/int8*0.125, W=v) -> Out=z:FP32 {enable_int8=true, bit_length=8, "
		   "Input0_scale=[0.125], W0_scale=[0.25]}\n");
}
END_TEST

// True if a node, which reads x*0.5 and v and computes y, hands int8 to a convolution.
static bool hands_on_int8(enum cay_compat compat, const char *shape, const char *node)
{
	struct cay_graph graph;
	struct cay_err err = {0};
	char text[512];
	bool direct;

	snprintf(text, sizeof(text),
		 INPUT WEIGHTS "const v INT8 %s = 1 * 0.25\n"
			       "%s\n"
			       "conv2d(Input=y*0.125, Filter=b) -> Output=z\n",
		 shape, node);
	graph_read(text, &graph);
	graph.compat = compat;
	ck_ok(cay_pass_place_quant(&graph, &err), err);
	direct = !cay_node_is(graph.last->in->value->def, "calib");
	ck_assert_int_eq(graph.last->in->value->dtype, CAY_DTYPE_S8);
	cay_graph_finish(&graph);
	return direct;
}

START_TEST(leaky_relu_behind_a_winograd_convolution_hands_on_fp32)
{
#define LEAKY "conv2d(Input=x*0.5, Filter=v) -> Output=y {act_type=\"leaky_relu\", strides="
#define RELU  "conv2d(Input=x*0.5, Filter=v) -> Output=y {act_type=\"relu\", strides="

	ck_assert(!hands_on_int8(CAY_COMPAT_2_9, "1x1x3x3", LEAKY "[1, 1]}"));
	ck_assert(hands_on_int8(CAY_COMPAT_2_9, "1x1x3x3", RELU "[1, 1]}"));
	ck_assert(hands_on_int8(CAY_COMPAT_2_9, "1x1x3x3", LEAKY "[2, 2]}"));
	ck_assert(hands_on_int8(CAY_COMPAT_2_9, "1x1x1x1", LEAKY "[1, 1]}"));
	ck_assert(hands_on_int8(CAY_COMPAT_2_13, "1x1x3x3", LEAKY "[1, 1]}"));
}
END_TEST

START_TEST(products_hand_on_int8_in_newer_runtimes_where_that_is_right)
{
#define FC "fc(Input=x*0.5, W=v) -> Out=y"

	ck_assert(!hands_on_int8(CAY_COMPAT_2_9, "1x1", FC));
	ck_assert(hands_on_int8(CAY_COMPAT_2_13, "1x1", FC));
	ck_assert(hands_on_int8(CAY_COMPAT_2_13, "1x1", FC " {activation_type=\"relu\"}"));
	ck_assert(!hands_on_int8(CAY_COMPAT_2_13, "1x1", FC " {activation_type=\"relu6\"}"));
	ck_assert(!hands_on_int8(CAY_COMPAT_2_13, "1x1", "matmul(X=x*0.5, Y=v) -> Out=y"));
}
END_TEST

START_TEST(opt_makes_a_calib_for_each_reader)
{
	static const char readers[] = INPUT "const v INT8 1x1 = 1 * 0.25\n"
					    "matmul(X=x*0.5, Y=v) -> Out=y\n"
					    "matmul(X=x*0.5, Y=v) -> Out=z\n";

	check_pass_for(CAY_COMPAT_2_13, cay_pass_place_quant, readers,
		       INPUT FIRST_CALIB
		       "const v INT8 1x1 = 1 * 0.25\n"
		       "matmul(X=x/int8*0.5, Y=v) -> Out=y:FP32 {enable_int8=true, bit_length=8, "
		       "X0_scale=[0.5], Y0_scale=[0.25]}\n"
		       "calib(Input=x) -> Out=x/int8/1:INT8*0.5 {scale=0.5}\n"
		       "matmul(X=x/int8/1*0.5, Y=v) -> Out=z:FP32 {enable_int8=true, bit_length=8, "
		       "X0_scale=[0.5], Y0_scale=[0.25]}\n");
}
END_TEST

TEST_MAIN("pass_place_quant", int8_goes_on_where_the_only_reader_takes_it,
	  what_is_rounded_is_written_as_int8, a_reader_of_fp32_gets_fp32,
	  an_output_of_the_program_is_fp32, readers_of_different_scales_get_a_calib_for_each_scale,
	  readers_of_different_scales_are_noted, fc_hands_on_fp32,
	  leaky_relu_behind_a_winograd_convolution_hands_on_fp32,
	  products_hand_on_int8_in_newer_runtimes_where_that_is_right,
	  opt_makes_a_calib_for_each_reader)
