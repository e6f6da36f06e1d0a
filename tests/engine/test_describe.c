// Tests of engine/describe.c: files of meta 0 that say nothing of their variables.
#include "engine/session.h"
#include "tests/engine/model_text.h"
#include "tests/nb/naive_write.h"
#include "tests/test.h"

#include <string.h>

// The model in the layout of meta 0, its variables not described.
static struct cay_model *load(const char *text, struct cay_err *err)
{
	struct cay_program program;
	struct cay_buf nb = {0};
	struct cay_model *model;

	program_from_text(text, &program);
	for (size_t i = 0; i < program.blocks[0].var_count; i++) {
		program.blocks[0].vars[i].dtype = CAY_DTYPES;
		program.blocks[0].vars[i].shape.rank = 0;
	}
	naive_write(&program, &nb);
	model = cay_model_load(nb.data, nb.len, test_kernels(), NULL, err);
	cay_buf_finish(&nb);
	cay_program_finish(&program);
	return model;
}

static void expect_ports(const char *text, const char *input, const char *output)
{
	struct cay_err err = {0};
	struct cay_model *model = load(text, &err);
	char shape[CAY_SHAPE_TEXT];
	size_t count;

	ck_assert_msg(model != NULL, "%s\n%s", text, err.msg);
	ck_assert_int_eq(cay_model_inputs(model, &count)->dtype, CAY_DTYPE_F32);
	ck_assert_str_eq(cay_shape_text(&cay_model_inputs(model, &count)->shape, shape), input);
	ck_assert_str_eq(cay_shape_text(&cay_model_outputs(model, &count)->shape, shape), output);
	cay_model_free(model);
}

#define CONV(attrs)                                                                                \
	"conv2d Input=a Filter=w > Output=y : strides=[1,1] paddings=[0,0] dilations=[1,1] " attrs

START_TEST(a_convolution_tells_the_channels)
{
	expect_ports(
		"input x 1\nparam w 4x3x1x1 1\nrelu X=x > Out=a\n" CONV("groups=1") "\n"
										    "output y\n",
		"?x3x?x?", "?x4x?x?");
	expect_ports("input x 1\nparam w 4x3x1x1 1\nscale X=x > Out=a\n" CONV(
			     "groups=2") "\n"
					 "pool2d X=y > Out=z : pooling_type=avg ksize=[1,1] "
					 "global_pooling=true\n"
					 "output z\n",
		     "?x6x?x?", "?x4x1x1");
}
END_TEST

START_TEST(a_matrix_tells_the_features)
{
	expect_ports("input x 1\nparam w 5x2 1\n"
		     "mul X=x Y=w > Out=y : x_num_col_dims=1 y_num_col_dims=1\noutput y\n",
		     "?x5", "?x2");
	expect_ports("input x 1\nparam w 5x2 1\nfc Input=x W=w > Out=y : in_num_col_dims=1\n"
		     "output y\n",
		     "?x5", "?x2");
}
END_TEST

START_TEST(a_batch_norm_tells_the_channels)
{
	expect_ports("input x 1\nparam c 3 1\n"
		     "batch_norm X=x Scale=c Bias=c Mean=c Variance=c > Y=y : epsilon=0.1\n"
		     "output y\n",
		     "?x3x?x?", "?x3x?x?");
}
END_TEST

START_TEST(an_image_has_four_dimensions)
{
	expect_ports("input x 1\n"
		     "pool2d X=x > Out=y : pooling_type=avg ksize=[1,1] global_pooling=true\n"
		     "output y\n",
		     "?x?x?x?", "?x?x1x1");
	expect_ports("input x 1\nparam w 3x4x1x1 1\n"
		     "conv2d_transpose Input=x Filter=w > Output=y : strides=[1,1] paddings=[0,0] "
		     "dilations=[1,1] groups=1\n"
		     "output y\n",
		     "?x3x?x?", "?x4x?x?");
}
END_TEST

START_TEST(what_no_op_tells_is_guessed)
{
	static const char *const texts[] = {
		"input x 1\nrelu X=x > Out=y\noutput y\n",
		"input x 1\nsoftmax X=x > Out=y : axis=-1\noutput y\n",
		"input x 1\nparam w 5x2 1\nmul X=x Y=w > Out=y : x_num_col_dims=2\noutput y\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		expect_ports(texts[i], "?", i == 2 ? "scalar" : "?");
}
END_TEST

START_TEST(a_guess_takes_other_shapes)
{
	static const float values[12] = {0};
	struct cay_tensor x = {.dtype = CAY_DTYPE_F32,
			       .shape = {4, {1, 3, 2, 2}},
			       .data = values,
			       .size = sizeof(values)};
	struct cay_err err = {0};
	struct cay_model *guessed =
		load("input x 1\nparam w 12x2 1\nfc Input=x W=w > Out=y : in_num_col_dims=1\n"
		     "output y\n",
		     &err);
	struct cay_model *sure = load(
		"input x 1\nparam w 4x5x1x1 1\nrelu X=x > Out=a\n" CONV("groups=1") "\noutput y\n",
		&err);
	struct cay_session *session = cay_session_new(guessed, &err);
	size_t order;

	ck_ok(cay_session_run(session, &x, 1, 0, &err), err);
	ck_assert_int_lt(cay_model_match_inputs(sure, &x, 1, &order, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "want shape ?x5x?x?, got 1x3x2x2"));
	cay_session_free(session);
	cay_model_free(guessed);
	cay_model_free(sure);
}
END_TEST

TEST_MAIN("describe", a_convolution_tells_the_channels, a_matrix_tells_the_features,
	  a_batch_norm_tells_the_channels, an_image_has_four_dimensions,
	  what_no_op_tells_is_guessed, a_guess_takes_other_shapes)
