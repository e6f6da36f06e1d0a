// One model as text, its inputs and what must come out.
#include "tests/engine/ops/op_case.h"
#include "engine/session.h"

#include <math.h>
#include <string.h>

#define MAX_INPUTS 4

static float counted[MAX_ELEMENTS];

static struct cay_tensor make_input(const struct op_tensor *in)
{
	struct cay_tensor t = {.dtype = CAY_DTYPE_F32};
	struct cay_err err = {0};

	for (size_t i = 0; i < MAX_ELEMENTS; i++)
		counted[i] = (float)(i + 1);
	ck_ok(cay_shape_parse(in->shape, &t.shape, &err), err);
	ck_ok(cay_shape_bytes(&t.shape, t.dtype, &t.size, &err), err);
	ck_assert_uint_le(t.size, sizeof(counted));
	t.data = in->values ? in->values : counted;
	return t;
}

static size_t make_inputs(const struct op_tensor *in, struct cay_tensor tensors[MAX_INPUTS])
{
	size_t count = 0;

	for (; in[count].shape; count++) {
		ck_assert_uint_lt(count, MAX_INPUTS);
		tensors[count] = make_input(&in[count]);
	}
	return count;
}

// 0 and the output's shape, or -1 and *err.
static int run(const char *text, const struct op_tensor *in, float *y, struct cay_shape *ret,
	       struct cay_err *err)
{
	struct cay_model *model = model_from_text_with(text, test_kernels(), NULL, err);
	struct cay_session *session = model ? cay_session_new(model, err) : NULL;
	struct cay_tensor tensors[MAX_INPUTS];
	size_t count = make_inputs(in, tensors);
	int result = session ? cay_session_run(session, tensors, count, 0, err) : -1;

	if (result == 0) {
		const struct cay_tensor *out = cay_session_output(session, 0);

		ck_assert_uint_le(out->size, MAX_ELEMENTS * sizeof(float));
		ck_assert_int_eq(out->dtype, CAY_DTYPE_F32);
		memcpy(y, out->data, out->size);
		*ret = out->shape;
	}
	cay_session_free(session);
	cay_model_free(model);
	return result;
}

struct cay_shape run_op(const char *text, const struct op_tensor *in, float y[MAX_ELEMENTS])
{
	struct cay_err err = {0};
	struct cay_shape shape = {0};

	ck_assert_msg(run(text, in, y, &shape, &err) == 0, "%s\n%s", text, err.msg);
	return shape;
}

void expect_output(const char *text, const struct op_tensor *in, struct op_tensor want)
{
	float y[MAX_ELEMENTS];
	struct cay_shape shape = run_op(text, in, y);
	char shape_text[CAY_SHAPE_TEXT];

	ck_assert_str_eq(cay_shape_text(&shape, shape_text), want.shape);
	for (size_t i = 0; i < cay_shape_product(&shape, 0, shape.rank); i++) {
		const float w = want.values ? want.values[i] : (float)(i + 1);

		ck_assert_msg(fabsf(y[i] - w) <= 1e-6f * fmaxf(fabsf(w), 1),
			      "%s\nelement %zu: want %g, got %g", text, i, (double)w, (double)y[i]);
	}
}

void expect_counted(const char *text, const char *shape, struct op_tensor want)
{
	expect_output(text, (const struct op_tensor[]){{shape, NULL}, {NULL, NULL}}, want);
}

static enum cay_code failure(const char *text, const struct op_tensor *in, const char *why)
{
	struct cay_err err = {0};
	struct cay_shape ignored;
	float y[MAX_ELEMENTS];

	ck_assert_msg(run(text, in, y, &ignored, &err) < 0, "it must fail:\n%s", text);
	ck_assert_msg(strstr(err.msg, why) != NULL, "'%s' is not in '%s'", why, err.msg);
	return err.code;
}

void expect_failure(const char *text, const char *shape, const char *why)
{
	const struct op_tensor in[] = {{shape, NULL}, {NULL, NULL}};
	const enum cay_code code = failure(text, in, why);

	ck_assert_msg(code == CAY_EMODEL || code == CAY_ETOOLARGE, "code %d", code);
}

void expect_failure_of(const char *text, const struct op_tensor *in, enum cay_code code,
		       const char *why)
{
	ck_assert_int_eq(failure(text, in, why), code);
}

uint32_t test_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}
