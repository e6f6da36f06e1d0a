// Ops that cut, join, repeat, surround and reduce: what they refuse, and both layouts.
#include "tests/engine/ops/op_case.h"

#include <stdio.h>

struct row {
	const char *op, *why;
};

// The op's line gets x, a float input, and gives y.
static void refuse(const struct row *rows, size_t count, const char *shape)
{
	for (size_t i = 0; i < count; i++) {
		char text[512];

		snprintf(text, sizeof(text), "input x ?x?x?x?\n%s\nrelu X=y > Out=z\noutput z\n",
			 rows[i].op);
		expect_failure(text, shape, rows[i].why);
	}
}
#define REFUSE(shape, ...)                                                                         \
	refuse((const struct row[]){__VA_ARGS__}, CAY_ARRAY_SIZE(((struct row[]){__VA_ARGS__})),   \
	       shape)

START_TEST(what_does_not_fit_is_refused)
{
	REFUSE("2x4x1x3", {"split X=x > Out=y,b : axis=4 num=2", "axis 4 does not fit"},
	       {"split X=x > Out=y,b,c : axis=1 num=3", "its parts take 3 of 4"},
	       {"split X=x > Out=y,b : axis=1 sections=[1,2]", "its parts take 3 of 4"},
	       {"split X=x > Out=y,b : axis=1 sections=[5,-1]", "part 0 takes 5 from 0 of 4"},
	       {"split X=x > Out=y,b : axis=1 sections=[4,-1]", "part 1 takes 0 from 4 of 4"},
	       {"split X=x > Out=y,b : axis=1 sections=[-7,4]", "part 0 takes -7"},
	       {"split X=x > Out=y,b : axis=1 sections=[1,1,2]", "3 sections for 2 outputs"},
	       {"split X=x AxisTensor=x > Out=y,b : axis=1", "'x' is FP32, want INT32"},
	       {"unstack X=x > Y=y,b : axis=1 num=2", "part 0 takes 2 from 0 of 4"},
	       {"stack X=x,x > Y=y : axis=6", "axis 6 does not fit 5 dimensions"},
	       {"slice Input=x > Out=a : axes=[1] starts=[1] ends=[2]\nstack X=x,a > Y=y : axis=0",
		"2x1x1x3 is not 2x4x1x3"},
	       {"expand X=x > Out=y : expand_times=[0,1,1,1]", "2x4x1x3 cannot be repeated so"},
	       {"expand_v2 X=x > Out=y : shape=[2,3,1,3]", "2x4x1x3 cannot be repeated so"},
	       {"tile X=x > Out=y : repeat_times=[2147483647,1,1,1]", "cannot be repeated so"},
	       {"shuffle_channel X=x > Out=y : group=3", "which 3 groups do not divide"},
	       {"shuffle_channel X=x > Out=y : group=0", "group is 0"},
	       {"pixel_shuffle X=x > Out=y : upscale_factor=3", "upscale_factor 3"},
	       {"pixel_shuffle X=x > Out=y : upscale_factor=0", "upscale_factor is 0"},
	       {"cast X=x > Out=y : out_dtype=4", "from FP32 to type 4 is not supported"},
	       {"cast X=x > Out=y : out_dtype=99", "from FP32 to type 99 is not supported"},
	       {"cast X=x > Out=y", "from FP32 to type -1 is not supported"});
}
END_TEST

START_TEST(borders_that_do_not_fit_are_refused)
{
	REFUSE("2x4x1x3", {"pad2d X=x > Out=y : paddings=[1,1]", "2 paddings for 4 dimensions"},
	       {"pad2d X=x > Out=y : paddings=[0,0,-1,0]", "-1 and 0 around 3 elements"},
	       {"pad2d X=x > Out=y : paddings=[1,0,0,0] mode=reflect", "1 and 0 around 1"},
	       {"pad2d X=x > Out=y : paddings=[0,0,3,0] mode=reflect", "3 and 0 around 3"},
	       {"pad2d X=x > Out=y : paddings=[0,0,2147483647,0]", "around 3 elements"},
	       {"pad2d X=x > Out=y : paddings=[0,0,0,0] mode=mirror", "mirror of NCHW is not"},
	       {"pad2d X=x > Out=y : paddings=[0,0,0,0] data_format=NHWC", "NHWC is not supported"},
	       {"pad3d X=x > Out=y : paddings=[0,0,0,0,0,0]", "6 paddings for 4 dimensions"},
	       {"pad2d X=x Paddings=x > Out=y", "'x' is FP32, want INT32 or INT64"});
}
END_TEST

START_TEST(reductions_along_what_is_not_there_are_refused)
{
	REFUSE("2x4x1x3", {"reduce_mean X=x > Out=y : dim=[4]", "axis 4 does not fit"},
	       {"reduce_sum X=x > Out=y : dim=[-5]", "axis -5 does not fit"},
	       {"reduce_max X=x > Out=y : dim=[0,0,0,0,0,0,0,0,0]", "dim has 9 values"},
	       {"arg_max X=x > Out=y : axis=4", "'y' is INT64, want FP32"},
	       {"arg_max X=x > Out=a : axis=4\ncast X=a > Out=y : out_dtype=5",
		"axis 4 does not fit 4 dimensions"},
	       {"arg_max X=x > Out=y : axis=0 dtype=5", "dtype 5 is not supported"});
}
END_TEST

#define TO_NHWC "pool2d X=x > Out=a : pooling_type=max ksize=[1,1]\n"

START_TEST(channels_are_the_same_in_both_layouts)
{
	static const char *const froms[] = {TO_NHWC, "relu X=x > Out=a\n"};

	for (size_t i = 0; i < 2; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "input x 1x4x1x2\n%ssplit X=a > Out=b,y : axis=1 sections=[3,1]\noutput "
			 "y\n",
			 froms[i]);
		expect_counted(text, "1x4x1x2", (struct op_tensor){"1x1x1x2", VALUES(7, 8)});
		snprintf(text, sizeof(text),
			 "input x 1x4x1x2\n%sshuffle_channel X=a > Out=y : group=2\noutput y\n",
			 froms[i]);
		expect_counted(text, "1x4x1x2",
			       (struct op_tensor){"1x4x1x2", VALUES(1, 2, 5, 6, 3, 4, 7, 8)});
		snprintf(text, sizeof(text),
			 "input x 1x2x1x2\n%spad2d X=a > Out=y : paddings=[0,1,1,0] "
			 "pad_value=9.0\noutput y\n",
			 froms[i]);
		expect_counted(
			text, "1x2x1x2",
			(struct op_tensor){"1x2x2x3", VALUES(9, 1, 2, 9, 9, 9, 9, 3, 4, 9, 9, 9)});
		snprintf(text, sizeof(text),
			 "input x 1x2x1x2\n%sreduce_mean X=a > Out=y : dim=[3]\noutput y\n",
			 froms[i]);
		expect_counted(text, "1x2x1x2", (struct op_tensor){"1x2x1", VALUES(1.5f, 3.5f)});
	}
}
END_TEST

START_TEST(casts_cut_off_and_stay_in_range)
{
	expect_output(
		"input x 4\ncast X=x > Out=a : out_dtype=2\ncast X=a > Out=y : out_dtype=5\n"
		"output y\n",
		(const struct op_tensor[]){{"4", VALUES(-1.9f, 1.9f, 1e20f, -1e20f)}, {NULL, NULL}},
		(struct op_tensor){"4", VALUES(-1, 1, 0x1p31f, -0x1p31f)});
}
END_TEST

START_TEST(integers_wrap_around_and_never_trap)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "input x 1\nfill_constant > Out=a : shape=[1] dtype=2 value=-2147483648.0\n"
		 "fill_constant > Out=b : shape=[1] dtype=2 value=%s\n"
		 "elementwise_%s X=a Y=b > Out=c : axis=-1\ncast X=c > Out=d : out_dtype=5\n"
		 "elementwise_add X=x Y=d > Out=y : axis=-1\noutput y\n",
		 "0.0", "div");
	expect_output(text, (const struct op_tensor[]){{"1", VALUES(5)}, {NULL, NULL}},
		      (struct op_tensor){"1", VALUES(5)});
	snprintf(text, sizeof(text),
		 "input x 1\nfill_constant > Out=a : shape=[1] dtype=2 value=2147483520.0\n"
		 "scale X=a > Out=c : scale=2147483000.0 bias=1.0\n"
		 "cast X=c > Out=d : out_dtype=0\ncast X=d > Out=e : out_dtype=5\n"
		 "elementwise_add X=x Y=e > Out=y : axis=-1\noutput y\n");
	expect_output(text, (const struct op_tensor[]){{"1", VALUES(5)}, {NULL, NULL}},
		      (struct op_tensor){"1", VALUES(6)});
	expect_failure("input x 1\nfill_constant > Out=a : shape=[1] dtype=2 value=7.0\n"
		       "scale X=a > Out=c : scale=3000000000.0 bias=1.0\ncast X=c > Out=y : "
		       "out_dtype=5\noutput y\n",
		       "1", "is no INT32");
}
END_TEST

TEST_MAIN("moves", what_does_not_fit_is_refused, borders_that_do_not_fit_are_refused,
	  reductions_along_what_is_not_there_are_refused, channels_are_the_same_in_both_layouts,
	  casts_cut_off_and_stay_in_range, integers_wrap_around_and_never_trap)
