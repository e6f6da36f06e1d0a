// Tests of engine/plan/fuse.c: fused steps give the same bytes as the ops one by one.
#include "common/size.h"
#include "engine/session.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

#include <string.h>

#define CONV	"strides=[1,1] paddings=[0,0] dilations=[1,1] groups=1 "
#define CONV_8	CONV "enable_int8=true Input0_scale=[0.05] Filter0_scale=[0.01] "
#define TO_INT8 "kernel=calib/fp32_to_int8/4/2/1"
#define TO_FP32 "kernel=calib/int8_to_fp32/4/2/1"

// A model, the step that must be among its fused ones, and how many there are.
static const struct fuse_case {
	const char *name, *shape, *text, *step;
	size_t steps, unfused;
} cases[] = {
	{"residual sum, kept for a second reader", "1x16x9x7",
	 "input x 1x16x9x7\n"
	 "pool2d X=x > Out=p : pooling_type=max ksize=[1,1] strides=[1,1] paddings=[0,0]\n"
	 "calib Input=p > Out=q : scale=0.05 " TO_INT8 "\n"
	 "param8 w 16x16x1x1 5 -7 3 11 -2\n"
	 "conv2d Input=q Filter=w > Output=a : " CONV_8 "kernel=conv2d/fp32_out/4/2/1\n"
	 "elementwise_add X=a Y=p > Out=b : axis=-1\n"
	 "relu X=b > Out=c\n"
	 "calib Input=c > Out=d : scale=0.05 " TO_INT8 "\n"
	 "conv2d Input=d Filter=w > Output=e : " CONV_8 "kernel=conv2d/fp32_out/4/2/1\n"
	 "elementwise_add X=c Y=e > Out=y : axis=-1\n"
	 "output y\n",
	 "conv2d+elementwise_add+relu+calib", 6, 10},
	{"batches and a factor for each channel", "2x8x5x3",
	 "input x 2x8x5x3\n"
	 "param w 8x8x1x1 0.5 -0.25 0.125\n"
	 "param m 1x8x1x1 1 2 -3 4\n"
	 "conv2d Input=x Filter=w > Output=a : " CONV "\n"
	 "elementwise_mul X=a Y=m > Out=b : axis=-1\n"
	 "sigmoid X=b > Out=c\n"
	 "elementwise_add X=b Y=c > Out=y : axis=-1\n"
	 "output y\n",
	 "conv2d+elementwise_mul+sigmoid+elementwise_add", 3, 6},
	{"a flat chain longer than a block", "1x20000",
	 "input x 1x20000\n"
	 "relu6 X=x > Out=a : threshold=3.5\n"
	 "calib Input=a > Out=b : scale=0.03 " TO_INT8 "\n"
	 "calib Input=b > Out=c : scale=0.03 " TO_FP32 "\n"
	 "elementwise_sub X=c Y=x > Out=y : axis=-1\n"
	 "output y\n",
	 "relu6+calib+calib+elementwise_sub", 1, 4},
	{"what needs all of the output stays apart", "1x6x4x4",
	 "input x 1x6x4x4\n"
	 "relu X=x > Out=a\n"
	 "pool2d X=a > Out=b : pooling_type=avg ksize=[1,1] global_pooling=true\n"
	 "hard_sigmoid X=b > Out=c : slope=0.2 offset=0.5\n"
	 "elementwise_mul X=a Y=c > Out=d : axis=-1\n"
	 "tanh X=d > Out=y\n"
	 "output y\n",
	 "elementwise_mul+tanh", 6, 7},
	{"an intermediate output of the model", "1x64",
	 "input x 1x64\n"
	 "param w 64x24 0.5 -0.25 0.125 0.75 -0.5\n"
	 "fc Input=x W=w > Out=a : in_num_col_dims=1\n"
	 "exp X=a > Out=b\n"
	 "abs X=b > Out=y\n"
	 "output y\n"
	 "output a\n",
	 "fc+exp+abs", 1, 3},
};

struct ran {
	float y[20000];
	size_t size, steps;
	bool found; // the step
};

static void run_case(const struct fuse_case *c, bool fused, size_t threads, struct ran *ret)
{
	struct cay_model *m = model_from_text(c->text);
	struct cay_tensor x = {.dtype = CAY_DTYPE_F32};
	struct cay_err err = {0};
	struct cay_session *s;
	static float data[20000];

	for (size_t i = 0; i < CAY_ARRAY_SIZE(data); i++)
		data[i] = (float)((i * 2654435761u >> 16) % 1000) / 100 - 5;
	ck_ok(cay_shape_parse(c->shape, &x.shape, &err), err);
	ck_ok(cay_shape_bytes(&x.shape, x.dtype, &x.size, &err), err);
	x.data = data;
	if (!fused)
		cay_model_keep_steps(m);
	s = cay_session_new(m, &err);
	ck_assert_ptr_nonnull(s);
	ck_ok(cay_session_set_threads(s, threads, &err), err);
	ck_ok(cay_session_run(s, &x, 1, 0, &err), err);
	ret->size = cay_session_output(s, 0)->size;
	ck_assert_uint_le(ret->size, sizeof(ret->y));
	memcpy(ret->y, cay_session_output(s, 0)->data, ret->size);
	ret->steps = cay_session_step_count(s);
	for (size_t i = 0; i < ret->steps; i++)
		ret->found |= strcmp(cay_session_step(s, i).op.type, c->step) == 0;
	cay_session_free(s);
	cay_model_free(m);
}

START_TEST(fused_steps_give_the_same_bytes)
{
	static struct ran apart, fused, shared;

	for (const struct fuse_case *c = cases; c < cases + CAY_ARRAY_SIZE(cases); c++) {
		apart = fused = shared = (struct ran){0};
		run_case(c, false, 1, &apart);
		run_case(c, true, 1, &fused);
		run_case(c, true, 2, &shared);
		ck_assert_msg(!apart.found && fused.found, "%s: no step %s", c->name, c->step);
		ck_assert_msg(apart.steps == c->unfused && fused.steps == c->steps,
			      "%s: %zu and %zu steps", c->name, apart.steps, fused.steps);
		ck_assert_uint_gt(apart.size, 0);
		ck_assert_msg(memcmp(apart.y, fused.y, apart.size) == 0, "%s", c->name);
		ck_assert_msg(memcmp(apart.y, shared.y, apart.size) == 0, "%s: threads", c->name);
	}
}
END_TEST

TEST_MAIN("fuse", fused_steps_give_the_same_bytes)
