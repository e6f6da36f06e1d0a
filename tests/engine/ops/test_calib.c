// calib where its output has the other layout than its input: several blocks, images and channels.
#include "engine/session.h"
#include "tests/engine/ops/op_case.h"

#include <stdio.h>
#include <string.h>

// Through an int8 convolution that changes nothing: quantized to NHWC, back to floats in NCHW.
static void write_model(char text[1024], const char *shape, unsigned channels)
{
	int len = snprintf(text, 1024,
			   "input x %s\n"
			   "param8 w %ux%ux1x1 1",
			   shape, channels, channels);

	for (unsigned i = 0; i < channels; i++)
		len += snprintf(text + len, 1024 - (size_t)len, " 0"); // ones on the diagonal
	snprintf(text + len, 1024 - (size_t)len,
		 "\ncalib Input=x > Out=q : scale=0.5 kernel=calib/fp32_to_int8/4/2/1\n"
		 "conv2d Input=q Filter=w > Output=c : strides=[1,1] paddings=[0,0] "
		 "dilations=[1,1] groups=1 enable_int8=true Input0_scale=[0.5] "
		 "Filter0_scale=[1.0] Output0_scale=[0.5] kernel=conv2d/int8_out/4/2/1\n"
		 "calib Input=c > Out=y : scale=0.5 kernel=calib/int8_to_fp32/4/2/1\n"
		 "output y\n");
}

static void expect_same(const char *text, const char *shape, size_t count)
{
	static float x[MAX_ELEMENTS], y[MAX_ELEMENTS];
	const struct op_tensor in[] = {{shape, x}, {NULL, NULL}};
	uint32_t state = 7;

	for (size_t i = 0; i < count; i++)
		x[i] = (float)(test_random(&state) % 120) / 2 - 30;
	run_op(text, in, y);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(y[i] == x[i], "%s: %zu: %g for %g", shape, i, (double)y[i],
			      (double)x[i]);
}

static void compare(const char *shape, unsigned channels, size_t count)
{
	char text[1024];

	write_model(text, shape, channels);
	expect_same(text, shape, count);
}

#define QUANTIZE   " > Out=q : scale=0.5 kernel=calib/fp32_to_int8/4/2/1\n"
#define DEQUANTIZE " : scale=0.5 kernel=calib/int8_to_fp32/4/2/1\n"
#define POOL	   " : pooling_type=max ksize=[1,1]\n" // which is NHWC, and changes nothing

// Only rounded, for an op of floats: int8 is NCHW, its floats NHWC. And the other way round.
START_TEST(values_keep_their_places_the_other_way)
{
	static const struct {
		const char *shape;
		size_t count;
	} rows[] = {{"1x3x33x31", 3 * 33 * 31}, {"2x20x17x6", 2 * 20 * 17 * 6}, {"3x5x1x2", 30}};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		expect_same("input x ?x?x?x?\n"
			    "calib Input=x" QUANTIZE "calib Input=q > Out=f" DEQUANTIZE
			    "pool2d X=f > Out=y" POOL "output y\n",
			    rows[i].shape, rows[i].count);
		expect_same("input x ?x?x?x?\n"
			    "pool2d X=x > Out=p" POOL "calib Input=p" QUANTIZE
			    "reshape X=q > Out=r : shape=[0,-1]\n"
			    "calib Input=r > Out=y" DEQUANTIZE "output y\n",
			    rows[i].shape, rows[i].count);
	}
}
END_TEST

START_TEST(values_keep_their_places)
{
	compare("1x3x33x31", 3, 3 * 33 * 31);
	compare("2x20x17x6", 20, 2 * 20 * 17 * 6);
	compare("3x1x5x4", 1, 3 * 5 * 4);
	compare("2x5x1x1", 5, 2 * 5);
}
END_TEST

START_TEST(no_other_step_moves_values)
{
	struct cay_tensor x = {.shape = {4, {1, 3, 4, 4}}, .dtype = CAY_DTYPE_F32};
	float data[48] = {0};
	struct cay_err err = {0};
	struct cay_session *s;
	struct cay_model *m;
	char text[1024];

	write_model(text, "1x3x4x4", 3);
	m = model_from_text(text);
	s = cay_session_new(m, &err);
	ck_assert_ptr_nonnull(s);
	x.data = data;
	x.size = sizeof(data);
	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	ck_assert_uint_eq(cay_session_step_count(s), 3);
	cay_session_free(s);
	cay_model_free(m);
}
END_TEST

TEST_MAIN("calib", values_keep_their_places, values_keep_their_places_the_other_way,
	  no_other_step_moves_values)
