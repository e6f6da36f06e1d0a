// Functions of two tensors, broadcast to each other in either direction and layout.
#include "tests/engine/ops/op_case.h"

#include <stdio.h>
#include <string.h>

#define TWO(a, b, c, d) ((const struct op_tensor[]){{a, b}, {c, d}, {NULL, NULL}})
// Gives the planner a reason to hold a 4-D tensor in NHWC.
#define TO_NHWC " : pooling_type=max ksize=[1,1] strides=[1,1] paddings=[0,0]\n"

START_TEST(each_op_is_its_formula_and_keeps_the_order_of_its_operands)
{
	static const struct {
		const char *op;
		float want[3];
	} rows[] = {
		{"elementwise_add", {5, 1, 2}},	  {"elementwise_sub", {3, 5, -4}},
		{"elementwise_mul", {4, -6, -3}}, {"elementwise_div", {4, -1.5f, -1.0f / 3}},
		{"elementwise_max", {4, 3, 3}},	  {"elementwise_min", {1, -2, -1}},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "input a 3\ninput b 3\n%s X=a Y=b > Out=y : axis=-1\noutput y\n",
			 rows[i].op);
		expect_output(text, TWO("3", VALUES(4, 3, -1), "3", VALUES(1, -2, 3)),
			      (struct op_tensor){"3", rows[i].want});
	}
}
END_TEST

START_TEST(the_smaller_operand_begins_at_the_axis)
{
	expect_counted("input x 2x3x2\n"
		       "param w 3 10 20 30\n"
		       "elementwise_add X=x Y=w > Out=y : axis=1\n"
		       "output y\n",
		       "2x3x2",
		       (struct op_tensor){"2x3x2",
					  VALUES(11, 12, 23, 24, 35, 36, 17, 18, 29, 30, 41, 42)});
	expect_counted("input x 2x3x2\n"
		       "param w 3x1x1 10 20 30\n" // ones at the end say nothing
		       "elementwise_add X=x Y=w > Out=y : axis=1\n"
		       "output y\n",
		       "2x3x2",
		       (struct op_tensor){"2x3x2",
					  VALUES(11, 12, 23, 24, 35, 36, 17, 18, 29, 30, 41, 42)});
}
END_TEST

START_TEST(the_first_operand_may_be_the_smaller_one)
{
	expect_output("input a 2\ninput b 2x2\n"
		      "elementwise_sub X=a Y=b > Out=y : axis=-1\n"
		      "output y\n",
		      TWO("2", VALUES(10, 20), "2x2", VALUES(1, 2, 3, 4)),
		      (struct op_tensor){"2x2", VALUES(9, 18, 7, 16)});
}
END_TEST

START_TEST(both_operands_may_grow)
{
	expect_output("input a 2x1\ninput b 1x3\n"
		      "elementwise_mul X=a Y=b > Out=y : axis=-1\n"
		      "output y\n",
		      TWO("2x1", VALUES(1, 10), "1x3", VALUES(1, 2, 3)),
		      (struct op_tensor){"2x3", VALUES(1, 2, 3, 10, 20, 30)});
}
END_TEST

START_TEST(the_fused_activation_is_relu_or_refused)
{
	expect_output("input a 3\ninput b 3\n"
		      "fusion_elementwise_add_activation X=a Y=b > Out=y : axis=-1 act_type=relu\n"
		      "output y\n",
		      TWO("3", VALUES(4, -3, 1), "3", VALUES(1, 2, -1)),
		      (struct op_tensor){"3", VALUES(5, 0, 0)});
	expect_failure("input x 3\n"
		       "fusion_elementwise_add_activation X=x Y=x > Out=y : axis=-1 "
		       "act_type=gelu\n"
		       "output y\n",
		       "3", "activation 'gelu' is not supported");
}
END_TEST

START_TEST(shapes_that_do_not_match_are_refused)
{
	static const struct {
		const char *param, *axis, *why;
	} rows[] = {
		{"4", "-1", "2x3 and 4 cannot be broadcast to each other"},
		{"2", "2", "1 dimensions from axis 2 on do not fit 2"},
		{"3", "3", "axis 3 does not fit 2 dimensions"},
		{"3", "-2", "axis -2 does not fit 2 dimensions"},
		{"2x3", "2147483647", "does not fit 2 dimensions"},
		{"2x3", "1", "2 dimensions from axis 1 on do not fit 2"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "input x 2x3\nparam w %s 1\n"
			 "elementwise_add X=x Y=w > Out=y : axis=%s\noutput y\n",
			 rows[i].param, rows[i].axis);
		expect_failure(text, "2x3", rows[i].why);
	}
}
END_TEST

START_TEST(more_dimensions_than_the_other_operand_has_room_for_are_refused)
{
	expect_failure("input x 2x3x4\nparam w 2x3x2 1\n"
		       "elementwise_add X=x Y=w > Out=y : axis=2\noutput y\n",
		       "2x3x4", "3 dimensions from axis 2 on do not fit 3");
}
END_TEST

// A random shape that `full` can be broadcast from or to.
static void shrink(const struct cay_shape *full, uint32_t *state, struct cay_shape *ret)
{
	const uint32_t drop = test_random(state) % 3;

	*ret = *full;
	for (uint32_t i = 0; i < ret->rank; i++)
		if (test_random(state) % 3 == 0)
			ret->dim[i] = 1;
	if (drop < ret->rank) {
		memmove(ret->dim, ret->dim + drop, (ret->rank - drop) * sizeof(ret->dim[0]));
		ret->rank -= drop;
	}
}

// Where element `at` of the output lies in an operand whose dimensions end together with it.
static size_t source(const struct cay_shape *out, const struct cay_shape *in, size_t at)
{
	size_t index = 0, step = 1;

	for (uint32_t i = out->rank; i-- > 0;) {
		const size_t here = at % (size_t)out->dim[i];
		const uint32_t behind = out->rank - i; // counted from the end, as numpy does

		at /= (size_t)out->dim[i];
		if (behind <= in->rank && in->dim[in->rank - behind] != 1)
			index += here * step;
		if (behind <= in->rank)
			step *= (size_t)in->dim[in->rank - behind];
	}
	return index;
}

static void compare(const struct cay_shape in[2], const char *text)
{
	char names[2][CAY_SHAPE_TEXT];
	float y[MAX_ELEMENTS];
	struct cay_shape out = run_op(
		text,
		TWO(cay_shape_text(&in[0], names[0]), NULL, cay_shape_text(&in[1], names[1]), NULL),
		y);

	for (size_t i = 0; i < cay_shape_product(&out, 0, out.rank); i++) {
		const float a = (float)source(&out, &in[0], i) + 1;
		const float b = (float)source(&out, &in[1], i) + 1;

		ck_assert_msg(y[i] == a * 1000 - b * 1000, "%s\nelement %zu of %u dimensions", text,
			      i, out.rank);
	}
}

START_TEST(broadcasting_is_that_of_numpy_for_random_shapes_in_both_layouts)
{
	uint32_t state = 1;

	for (size_t run = 0; run < 200; run++) {
		struct cay_shape full = {.rank = 1 + test_random(&state) % 5}, in[2];
		char text[512], names[2][CAY_SHAPE_TEXT];
		const char *heads[2];

		for (uint32_t i = 0; i < full.rank; i++)
			full.dim[i] = 1 + test_random(&state) % 4;
		shrink(&full, &state, &in[0]);
		shrink(&full, &state, &in[1]);
		for (size_t i = 0; i < 2; i++)
			heads[i] = in[i].rank == 4 && test_random(&state) % 2
					   ? "pool2d X=%c > Out=%c1" TO_NHWC
					   : "relu X=%c > Out=%c1\n";
		snprintf(text, sizeof(text), "input a %s\ninput b %s\n",
			 cay_shape_text(&in[0], names[0]), cay_shape_text(&in[1], names[1]));
		for (size_t i = 0; i < 2; i++) {
			const size_t len = strlen(text);
			const char name = (char)('a' + (int)i);

			snprintf(text + len, sizeof(text) - len, heads[i], name, name);
		}
		strcat(text, "scale X=a1 > Out=a2 : scale=1000.0 bias=0.0\n"
			     "scale X=b1 > Out=b2 : scale=1000.0 bias=0.0\n"
			     "elementwise_sub X=a2 Y=b2 > Out=y : axis=-1\noutput y\n");
		compare(in, text);
	}
}
END_TEST

// Two images of two channels, a row of two each.
#define X_IMAGES TWO("2x2x1x2", VALUES(-1, 2, -3, 4, -5, -6, 7, -8), NULL, NULL)

START_TEST(prelu_has_one_alpha_or_one_for_each_channel_or_element)
{
	static const struct {
		const char *alpha, *mode;
		float want[8];
	} rows[] = {
		{"1 0.5", "all", {-0.5f, 2, -1.5f, 4, -2.5f, -3, 7, -4}},
		{"1x1x1x1 0.5", "all", {-0.5f, 2, -1.5f, 4, -2.5f, -3, 7, -4}},
		{"2 0.5 2", "channel", {-0.5f, 2, -6, 4, -2.5f, -3, 7, -16}},
		{"1x2x1x1 0.5 2", "channel", {-0.5f, 2, -6, 4, -2.5f, -3, 7, -16}},
		{"1x2x1x2 0.5 2 -1 10", "element", {-0.5f, 2, 3, 4, -2.5f, -12, 7, -80}},
		{"2x1x2 0.5 2 -1 10", "element", {-0.5f, 2, 3, 4, -2.5f, -12, 7, -80}},
	};
	static const char *const heads[] = {"scale X=x > Out=h : scale=1.0 bias=0.0\n",
					    "pool2d X=x > Out=h" TO_NHWC};

	for (size_t i = 0; i < 2 * CAY_ARRAY_SIZE(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "input x ?x2x1x2\nparam a %s\n%s"
			 "prelu X=h Alpha=a > Out=y : mode=%s\noutput y\n",
			 rows[i / 2].alpha, heads[i % 2], rows[i / 2].mode);
		expect_output(text, X_IMAGES, (struct op_tensor){"2x2x1x2", rows[i / 2].want});
	}
}
END_TEST

START_TEST(prelu_takes_rows_without_images)
{
	expect_output("input x 2x3\nparam a 1x3x1x1 0.5 2 3\n"
		      "prelu X=x Alpha=a > Out=y : mode=channel\noutput y\n",
		      TWO("2x3", VALUES(-1, -1, 1, 2, -2, -2), NULL, NULL),
		      (struct op_tensor){"2x3", VALUES(-0.5f, -2, 1, 2, -4, -6)});
}
END_TEST

START_TEST(a_prelu_that_does_not_fit_is_refused)
{
	static const struct {
		const char *alpha, *attrs, *why;
	} rows[] = {
		{"1 0.5", "mode=row", "mode 'row' is not supported"},
		{"2 1 2", "mode=channel data_format=NHWC", "data_format NHWC is not supported"},
		{"3 1 2 3", "mode=channel", "1x2x1x2 and 3 cannot be broadcast"},
		{"2 1 2", "mode=all", "'a' must be a parameter of one value"},
		{"2x2x1x2 1 2 3 4 5 6 7 8", "mode=element", "its input is 1x2x1x2, alpha 2x2x1x2"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "input x ?x2x1x2\nparam a %s\nprelu X=x Alpha=a > Out=y : %s\n"
			 "output y\n",
			 rows[i].alpha, rows[i].attrs);
		expect_failure(text, "1x2x1x2", rows[i].why);
	}
	expect_failure("input x ?x2\nshape Input=x > Out=s\n"
		       "prelu X=s Alpha=s > Out=y : mode=element\noutput y\n",
		       "1x2", "is INT32, want FP32");
}
END_TEST

TEST_MAIN("elementwise", each_op_is_its_formula_and_keeps_the_order_of_its_operands,
	  the_smaller_operand_begins_at_the_axis, the_first_operand_may_be_the_smaller_one,
	  both_operands_may_grow, the_fused_activation_is_relu_or_refused,
	  shapes_that_do_not_match_are_refused,
	  more_dimensions_than_the_other_operand_has_room_for_are_refused,
	  broadcasting_is_that_of_numpy_for_random_shapes_in_both_layouts,
	  prelu_has_one_alpha_or_one_for_each_channel_or_element, prelu_takes_rows_without_images,
	  a_prelu_that_does_not_fit_is_refused)
