// gather, gather_nd and lookup_table: what they take, and what they refuse.
#include "tests/engine/ops/op_case.h"

#include <stdio.h>

// i becomes integers, of the type with this number in Paddle.
static const char *model(int dtype, const char *op)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "input x ?x?\ninput i ?\ncast X=i > Out=n : out_dtype=%d\n%s\noutput y\n", dtype,
		 op);
	return text;
}
enum { INT32 = 2, INT64 = 3 };

static void expect_refusal(const char *op, const float *numbers, enum cay_code code,
			   const char *why)
{
	const struct op_tensor in[] = {{"2x3", NULL}, {"2", numbers}, {NULL, NULL}};

	expect_failure_of(model(INT64, op), in, code, why);
}

START_TEST(parts_are_taken_along_an_axis)
{
	const struct op_tensor in[] = {{"2x3", NULL}, {"2", VALUES(1, 0)}, {NULL, NULL}};

	for (int dtype = INT32; dtype <= INT64; dtype++) {
		expect_output(model(dtype, "gather X=x Index=n > Out=y"), in,
			      (struct op_tensor){"2x3", VALUES(4, 5, 6, 1, 2, 3)});
		expect_output(model(dtype, "gather X=x Index=n > Out=y : axis=1"), in,
			      (struct op_tensor){"2x2", VALUES(2, 1, 5, 4)});
		expect_output(model(dtype, "index_select X=x Index=n > Out=y : dim=-1"), in,
			      (struct op_tensor){"2x2", VALUES(2, 1, 5, 4)});
		expect_output(model(dtype, "gather_nd X=x Index=n > Out=y"), in,
			      (struct op_tensor){"1", VALUES(4)});
		expect_output(model(dtype, "lookup_table_v2 W=x Ids=n > Out=y : padding_idx=1"), in,
			      (struct op_tensor){"2x3", VALUES(0, 0, 0, 1, 2, 3)});
	}
}
END_TEST

START_TEST(numbers_outside_are_refused_while_running)
{
	expect_refusal("gather X=x Index=n > Out=y", VALUES(0, 2), CAY_EBAD,
		       "gather 'y': number 2 is outside of [0, 2)");
	expect_refusal("gather X=x Index=n > Out=y : axis=1", VALUES(-1, 2), CAY_EBAD,
		       "number -1 is outside of [0, 3)");
	expect_refusal("gather_nd X=x Index=n > Out=y", VALUES(1, 3), CAY_EBAD,
		       "number 3 is outside of [0, 3)");
	expect_refusal("lookup_table_v2 W=x Ids=n > Out=y", VALUES(1, 9e18f), CAY_EBAD,
		       "is outside of [0, 2)");
}
END_TEST

START_TEST(shapes_and_types_that_do_not_fit_are_refused)
{
	expect_refusal("gather X=x Index=n > Out=y : axis=2", NULL, CAY_EMODEL,
		       "axis 2 does not fit 2 dimensions");
	expect_refusal("gather X=x Index=i > Out=y", NULL, CAY_EMODEL,
		       "'i' is FP32, want INT32 or INT64");
	expect_refusal("gather X=x Index=n Axis=n > Out=y", NULL, CAY_EMODEL,
		       "'n' depends on more than shapes");
	expect_refusal("reshape X=n > Out=m : shape=[1,2]\ngather X=x Index=m > Out=y", NULL,
		       CAY_EMODEL, "no parts of 2x3 by numbers of 1x2");
	expect_refusal("reshape X=x > Out=z : shape=[6]\ngather_nd X=z Index=n > Out=y", NULL,
		       CAY_EMODEL, "no parts of 6 by numbers of 2");
	expect_refusal("lookup_table W=x Ids=n > Out=y", NULL, CAY_EMODEL,
		       "no parts of 2x3 by numbers of 2");
	expect_refusal("lookup_table_v2 W=n Ids=n > Out=y", NULL, CAY_EMODEL,
		       "'n' is INT64, want FP32");
}
END_TEST

TEST_MAIN("ops_gather", parts_are_taken_along_an_axis, numbers_outside_are_refused_while_running,
	  shapes_and_types_that_do_not_fit_are_refused)
