// Ops that move bytes or only rename shapes: reshape and its kin, transpose, concat.
#include "engine/session.h"
#include "nb/nb.h"
#include "tests/engine/ops/op_case.h"

#include <stdio.h>
#include <string.h>

#define TO_NHWC "pool2d X=x > Out=a : pooling_type=max ksize=[1,1]\n"

// The op's line after `X=x > Out=y :`
static const char *model(const char *op, const char *attrs)
{
	static char text[512];

	snprintf(text, sizeof(text), "input x %s\n%s X=x > Out=y : %s\noutput y\n", "?x?x?", op,
		 attrs);
	return text;
}

static void expect_shape(const char *op, const char *attrs, const char *want)
{
	char text[512];

	snprintf(text, sizeof(text), "input x 2x1x3\n%s X=x > Out=y : %s\noutput y\n", op, attrs);
	expect_counted(text, "2x1x3", (struct op_tensor){want, NULL});
}

START_TEST(reshape_copies_and_infers_dimensions)
{
	expect_shape("reshape", "shape=[3,2]", "3x2");
	expect_shape("reshape2", "shape=[0,-1]", "2x3");
	expect_shape("reshape2", "shape=[-1]", "6");
	expect_shape("reshape2", "shape=[1,1,0,2]", "1x1x3x2");
}
END_TEST

START_TEST(reshape_refuses_a_shape_that_is_no_list_of_integers)
{
	expect_failure("input x 2x3\nparam s 2 3 2\n" // of FP32
		       "reshape2 X=x Shape=s > Out=y : shape=[6]\noutput y\n",
		       "2x3", "'s' is FP32, want INT32 or INT64");
	expect_failure("input x 2x3\nrelu X=x > Out=s\n"
		       "reshape2 X=x Shape=s > Out=y : shape=[6]\noutput y\n",
		       "2x3", "'s' is FP32, want INT32 or INT64");
	expect_failure("input x 2x3\nparam s 1 6\n"
		       "reshape2 X=x ShapeTensor=s,s > Out=y : shape=[6]\noutput y\n",
		       "2x3", "'s' is FP32, want INT32 or INT64");
}
END_TEST

START_TEST(reshape_takes_the_shape_from_a_parameter)
{
	static const int32_t shape[] = {3, -1};
	const float x[6] = {0};
	const struct cay_tensor in = {.shape = {2, {2, 3}}, .data = x, .size = sizeof(x)};
	struct cay_program program;
	struct cay_buf nb = {0};
	struct cay_err err = {0};
	struct cay_model *model;
	struct cay_session *session;
	char text[CAY_SHAPE_TEXT];

	program_from_text("input x 2x3\nparam s 2 0\n"
			  "reshape2 X=x Shape=s > Out=y : shape=[6]\noutput y\n",
			  &program);
	program.params[0].dtype = CAY_DTYPE_I32;
	program.params[0].data = shape;
	ck_ok(cay_nb_write(&program, &nb, &err), err);
	model = cay_model_load(nb.data, nb.len, test_kernels(), NULL, &err);
	ck_assert_msg(model != NULL, "%s", err.msg);
	session = cay_session_new(model, &err);
	ck_ok(cay_session_run(session, &in, 1, 0, &err), err);
	ck_assert_str_eq(cay_shape_text(&cay_session_output(session, 0)->shape, text), "3x2");
	cay_session_free(session);
	cay_model_free(model);
	cay_buf_finish(&nb);
	cay_program_finish(&program);
}
END_TEST

START_TEST(reshape_refuses_what_does_not_fit)
{
	static const struct {
		const char *shape, *why;
	} rows[] = {
		{"shape=[4]", "2x1x3 cannot become 4"},
		{"shape=[-1,-1]", "2x1x3 cannot become ?x?"},
		{"shape=[-1,4]", "cannot become"},
		{"shape=[-2,-3]", "cannot become"},
		{"shape=[6,1,1,0]", "cannot become"}, // no dimension 3 to copy
		{"shape=[2147483647,2147483647,2147483647,-1]", "cannot become"},
		{"shape=[1,1,1,1,1,1,1,1,6]", "shape has 9 values, at most 8"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++)
		expect_failure(model("reshape2", rows[i].shape), "2x1x3", rows[i].why);
}
END_TEST

START_TEST(flatten_makes_a_matrix)
{
	expect_shape("flatten", "axis=1", "2x3");
	expect_shape("flatten2", "axis=0", "1x6");
	expect_shape("flatten2", "axis=3", "6x1");
	expect_shape("flatten_contiguous_range", "start_axis=1 stop_axis=-1", "2x3");
	expect_shape("flatten_contiguous_range", "start_axis=0 stop_axis=1", "2x3");
	expect_shape("flatten_contiguous_range", "start_axis=1 stop_axis=1", "2x1x3");
	expect_failure(model("flatten", "axis=4"), "2x1x3", "axis 4 does not fit 4 dimensions");
	expect_failure(model("flatten_contiguous_range", "start_axis=2 stop_axis=0"), "2x1x3",
		       "start_axis 2 is behind stop_axis 0");
	expect_failure(model("flatten_contiguous_range", "start_axis=0 stop_axis=3"), "2x1x3",
		       "axis 3 does not fit 3 dimensions");
}
END_TEST

// As opt writes layers of one dimension. The same parameter is an operand as it is, too, and once
// more in the form that was made of it.
START_TEST(a_reshaped_parameter_is_a_filter)
{
	const struct op_tensor in[] = {{"1x1x4", VALUES(1, 2, 4, 8)}, {NULL, NULL}};

	expect_output("input x ?x1x?\n"
		      "param w 2x1x2 1 2\n"
		      "unsqueeze2 X=w > Out=filter : axes=[-2]\n"
		      "unsqueeze2 X=x > Out=image : axes=[-2]\n"
		      "conv2d Input=image Filter=filter > Output=z : strides=[1,1] paddings=[0,0] "
		      "dilations=[1,1] groups=1\n"
		      "squeeze2 X=z > Out=y : axes=[-2]\n"
		      "output y\n",
		      in, (struct op_tensor){"1x2x3", VALUES(5, 10, 20, 5, 10, 20)});
	expect_output("input x ?x2x?\n"
		      "param w 2 1 2\n"
		      "unsqueeze2 X=w > Out=column : axes=[1]\n"
		      "elementwise_add X=x Y=column > Out=z : axis=-1\n"
		      "elementwise_add X=z Y=w > Out=y : axis=1\n"
		      "output y\n",
		      (const struct op_tensor[]){{"1x2x3", VALUES(0, 0, 0, 0, 0, 0)}, {NULL, NULL}},
		      (struct op_tensor){"1x2x3", VALUES(2, 2, 2, 4, 4, 4)});
}
END_TEST

START_TEST(squeeze_and_unsqueeze_drop_and_add_ones)
{
	expect_shape("squeeze2", "axes=[1]", "2x3");
	expect_shape("squeeze2", "axes=[-2]", "2x3");
	expect_shape("squeeze2", "axes=[]", "2x3");
	expect_shape("squeeze2", "axes=[0]", "2x1x3"); // not 1: it stays
	expect_shape("unsqueeze2", "axes=[0,2]", "1x2x1x1x3");
	expect_shape("unsqueeze2", "axes=[-1]", "2x1x3x1");
	expect_failure(model("squeeze2", "axes=[3]"), "2x1x3", "axis 3 does not fit 3 dimensions");
	expect_failure(model("unsqueeze2", "axes=[4]"), "2x1x3", "axis 4 does not fit");
	expect_failure(model("unsqueeze2", "axes=[0,0,0,0,0,0]"), "2x1x3",
		       "more than 8 dimensions");
}
END_TEST

START_TEST(a_reshape_sees_the_order_of_the_model_not_that_of_memory)
{
	expect_counted("input x 1x2x1x3\n" TO_NHWC "reshape2 X=a > Out=y : shape=[2,3]\noutput y\n",
		       "1x2x1x3", (struct op_tensor){"2x3", NULL});
}
END_TEST

START_TEST(a_parameter_may_be_reshaped)
{
	expect_counted("input x 1x2x1x3\nparam b 2 10 20\n" TO_NHWC
		       "reshape2 X=b > Out=c : shape=[1,2,1,1]\n"
		       "elementwise_add X=a Y=c > Out=y : axis=-1\noutput y\n",
		       "1x2x1x3", (struct op_tensor){"1x2x1x3", VALUES(11, 12, 13, 24, 25, 26)});
}
END_TEST

START_TEST(transpose_refuses_what_is_no_order_of_the_dimensions)
{
	static const struct {
		const char *axis, *why;
	} rows[] = {
		{"axis=[0,1,1]", "axis 1 is there twice"},
		{"axis=[0,1]", "its input is 2x1x3, its axis has 2 values"},
		{"axis=[0,1,3]", "axis 3 does not fit 3 dimensions"},
		{"axis=[0,-1,2]", "axis 2 is there twice"},
		{"axis=[]", "axis has 0 values"},
		{"axis=[0,1,2,3,4,5,6,7,8]", "axis has 9 values, want 1 to 8"},
		{"perm=[0,1,2]", "axis has 0 values"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++)
		expect_failure(model("transpose2", rows[i].axis), "2x1x3", rows[i].why);
}
END_TEST

static void shuffle(uint32_t *order, uint32_t count, uint32_t *state)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t j = i ? test_random(state) % (i + 1) : 0;

		order[i] = order[j];
		order[j] = i;
	}
}

// Element `at` of the output, from an input that counts 1, 2, 3.
static float transposed(const struct cay_shape *x, const uint32_t *order, size_t at)
{
	size_t index = 0;

	for (uint32_t i = x->rank; i-- > 0;) {
		const size_t extent = (size_t)x->dim[order[i]];

		index += at % extent * cay_shape_product(x, order[i] + 1, x->rank);
		at /= extent;
	}
	return (float)(index + 1);
}

START_TEST(transpose_takes_any_order_of_random_shapes)
{
	uint32_t state = 7;

	for (size_t run = 0; run < 200; run++) {
		struct cay_shape x = {.rank = 1 + test_random(&state) % 5};
		uint32_t order[CAY_MAX_RANK];
		char text[256], name[CAY_SHAPE_TEXT], axis[64] = "";
		float y[MAX_ELEMENTS];

		shuffle(order, x.rank, &state);
		for (uint32_t i = 0; i < x.rank; i++) {
			x.dim[i] = 1 + test_random(&state) % 5;
			snprintf(axis + strlen(axis), sizeof(axis) - strlen(axis), "%s%u",
				 i ? "," : "", order[i]);
		}
		cay_shape_text(&x, name);
		snprintf(text, sizeof(text),
			 "input x %s\ntranspose X=x > Out=y : axis=[%s]\noutput y\n", name, axis);
		run_op(text, (const struct op_tensor[]){{name, NULL}, {NULL, NULL}}, y);
		for (size_t i = 0; i < cay_shape_product(&x, 0, x.rank); i++)
			ck_assert_msg(y[i] == transposed(&x, order, i), "%s\nelement %zu", text, i);
	}
}
END_TEST

START_TEST(concat_joins_along_any_axis_in_both_layouts)
{
	static const struct {
		int axis;
		const char *shape;
		float want[12];
	} rows[] = {
		{0, "3x2x1x2", {1, 2, 3, 4, 1, 2, 3, 4, 9, 9, 9, 9}},
		{1, "1x6x1x2", {1, 2, 3, 4, 1, 2, 3, 4, 9, 9, 9, 9}},
		{2, "1x2x3x2", {1, 2, 1, 2, 9, 9, 3, 4, 3, 4, 9, 9}},
		{-1, "1x2x1x6", {1, 2, 1, 2, 9, 9, 3, 4, 3, 4, 9, 9}},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++)
		for (size_t nhwc = 0; nhwc < 2; nhwc++) {
			char text[512];

			snprintf(text, sizeof(text),
				 "input x 1x2x1x2\nparam w 1x2x1x2 9\n%s"
				 "concat X=a,a,w > Out=y : axis=%d\noutput y\n",
				 nhwc ? TO_NHWC : "relu X=x > Out=a\n", rows[i].axis);
			expect_counted(text, "1x2x1x2",
				       (struct op_tensor){rows[i].shape, rows[i].want});
		}
}
END_TEST

START_TEST(concat_of_single_channels_makes_channels)
{
	expect_counted("input x 1x1x1x2\n" TO_NHWC "concat X=a,x > Out=b : axis=1\n"
		       "scale X=b > Out=y : scale=2.0 bias=0.0\noutput y\n",
		       "1x1x1x2", (struct op_tensor){"1x2x1x2", VALUES(2, 4, 2, 4)});
}
END_TEST

START_TEST(concat_refuses_what_does_not_fit)
{
	expect_failure("input x 2x3\nparam w 2x4 1\nconcat X=x,w > Out=y : axis=0\noutput y\n",
		       "2x3", "2x4 does not fit 2x3 along axis 0");
	expect_failure("input x 2x3\nparam w 2 1\nconcat X=x,w > Out=y : axis=1\noutput y\n", "2x3",
		       "2 does not fit 2x3 along axis 1");
	expect_failure("input x 2x3\nconcat X=x,x > Out=y : axis=2\noutput y\n", "2x3",
		       "axis 2 does not fit 2 dimensions");
	expect_failure("input x 2x3\nparam8 w 2x3 1\nconcat X=x,w > Out=y : axis=0\noutput y\n",
		       "2x3", "'w' is INT8, want FP32");
}
END_TEST

START_TEST(slice_takes_a_part_in_both_layouts)
{
	expect_counted("input x 1x2x2x2\n" TO_NHWC
		       "slice Input=a > Out=y : axes=[1,3] starts=[1,-1] ends=[9,2]\noutput y\n",
		       "1x2x2x2", (struct op_tensor){"1x1x2x1", VALUES(6, 8)});
	expect_counted("input x 1x2x2x2\n" TO_NHWC
		       "slice Input=a > Out=y : axes=[0,1] starts=[0,1] "
		       "ends=[1,2] decrease_axis=[0,1]\noutput y\n",
		       "1x2x2x2", (struct op_tensor){"2x2", VALUES(5, 6, 7, 8)});
	expect_counted("input x 5\nstrided_slice Input=x > Out=y : axes=[0] starts=[-1] ends=[-1] "
		       "strides=[-2]\noutput y\n",
		       "5", (struct op_tensor){"3", VALUES(5, 3, 1)});
}
END_TEST

START_TEST(slice_refuses_what_is_not_there)
{
	static const struct {
		const char *attrs, *why;
	} rows[] = {
		{"axes=[3] starts=[0] ends=[1]", "axis 3 does not fit 3 dimensions"},
		{"axes=[0] starts=[1,2] ends=[1]", "2 starts for 1 axes"},
		{"axes=[0] starts=[1]", "0 ends for 1 axes"},
		{"axes=[0] starts=[1] ends=[1]", "nothing of axis 0 is from 1 to 1"},
		{"axes=[0,0] starts=[0,0] ends=[1,1]", "axis 0 has no stride, or two"},
		{"axes=[0] starts=[0] ends=[1] strides=[0]", "axis 0 has no stride"},
		{"axes=[0] starts=[0] ends=[1] strides=[1,1]", "2 strides for 1 axes"},
		{"axes=[0] starts=[0] ends=[2] decrease_axis=[0]", "decrease_axis 0 has 2"},
		{"axes=[0] starts=[0] ends=[1] decrease_axis=[4]", "axis 4 does not fit"},
		{"axes=[0] starts=[0] ends=[0,0,0,0,0,0,0,0,0]", "ends has 9 values"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "input x ?x?x?\nstrided_slice Input=x > Out=y : %s\noutput y\n",
			 rows[i].attrs);
		expect_failure(text, "2x1x3", rows[i].why);
	}
}
END_TEST

START_TEST(a_shape_is_computed_while_planning)
{
	struct cay_model *m =
		model_from_text("input x ?x2x3\nshape Input=x > Out=s\n"
				"slice Input=s > Out=n : axes=[0] starts=[0] ends=[1] "
				"decrease_axis=[0]\n"
				"fill_constant > Out=six : shape=[1] dtype=2 value=6.0\n"
				"reshape2 X=x ShapeTensor=n,six > Out=r : shape=[-1]\n"
				"relu X=r > Out=y\noutput y\n");
	const struct cay_tensor in = {.shape = {3, {4, 2, 3}}, .data = (float[24]){0}, .size = 96};
	struct cay_err err = {0};
	struct cay_session *s = cay_session_new(m, &err);
	char text[CAY_SHAPE_TEXT];

	ck_ok(cay_session_run(s, &in, 1, 0, &err), err);
	ck_assert_str_eq(cay_shape_text(&cay_session_output(s, 0)->shape, text), "4x6");
	ck_assert_uint_eq(cay_session_step_count(s), 1); // relu
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

START_TEST(a_filled_tensor_is_checked)
{
	static const struct {
		const char *op, *why;
	} rows[] = {
		{"fill_constant > Out=c : shape=[0] dtype=5", "dimension 0 of its shape is 0"},
		{"fill_constant > Out=c : shape=[-1] dtype=5", "dimension 0 of its shape is -1"},
		{"fill_constant > Out=c : shape=[2] dtype=12", "dtype 12 is not supported"},
		{"fill_constant > Out=c : shape=[2] dtype=4", "FP16 is not supported"},
		{"fill_constant > Out=c : shape=[2] dtype=2 value=3000000000.0", "is no INT32"},
		{"fill_constant > Out=c : shape=[2147483647,2147483647,2147483647] dtype=5",
		 "would have the shape"},
		{"fill_constant ShapeTensor=x > Out=c : dtype=5", "'x' is FP32, want INT32"},
		{"fill_constant_batch_size_like Input=x > Out=c : shape=[1] dtype=5 "
		 "input_dim_idx=1",
		 "axis 1 does not fit 1 dimensions"},
		{"fill_constant_batch_size_like Input=x > Out=c : shape=[1] dtype=5 "
		 "output_dim_idx=1",
		 "axis 1 does not fit 1 dimensions"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), "input x ?\n%s\nrelu X=c > Out=y\noutput y\n",
			 rows[i].op);
		expect_failure(text, "2", rows[i].why);
	}
}
END_TEST

TEST_MAIN("shape", reshape_copies_and_infers_dimensions,
	  reshape_refuses_a_shape_that_is_no_list_of_integers,
	  reshape_takes_the_shape_from_a_parameter, reshape_refuses_what_does_not_fit,
	  flatten_makes_a_matrix, a_reshaped_parameter_is_a_filter,
	  squeeze_and_unsqueeze_drop_and_add_ones,
	  a_reshape_sees_the_order_of_the_model_not_that_of_memory, a_parameter_may_be_reshaped,
	  transpose_refuses_what_is_no_order_of_the_dimensions,
	  transpose_takes_any_order_of_random_shapes, concat_joins_along_any_axis_in_both_layouts,
	  concat_of_single_channels_makes_channels, concat_refuses_what_does_not_fit,
	  slice_takes_a_part_in_both_layouts, slice_refuses_what_is_not_there,
	  a_shape_is_computed_while_planning, a_filled_tensor_is_checked)
