// Functions of one float with up to three parameters, element by element.
#include "common/size.h"
#include "engine/ops/operands.h"
#include "engine/rows.h"

#include <math.h>
#include <string.h>

typedef float plain_fn(float x, const float parameter[3]);

struct activation {
	plain_fn *plain; // instead of a kernel
	enum cay_unary_kind kind;
	float parameter[3]; // the kernel's a, b, c
	enum cay_dtype dtype;
	bool then; // another function afterwards, which opt has fused into scale
	enum cay_unary_kind second_kind;
	float second; // its only parameter
};

static float elu(float x, const float parameter[3])
{
	return x > 0 ? x : parameter[0] * expm1f(x);
}

static float mish(float x, const float parameter[3])
{
	return x * tanhf(x > parameter[0] ? x : log1pf(expf(x)));
}

static float softplus(float x, const float parameter[3])
{
	return x * parameter[0] > parameter[1] ? x : log1pf(expf(x * parameter[0])) / parameter[0];
}

static float power(float x, const float parameter[3])
{
	return powf(x, parameter[0]);
}

#define PLAIN(name, result)                                                                        \
	static float name(float x, const float parameter[3])                                       \
	{                                                                                          \
		(void)parameter;                                                                   \
		return result;                                                                     \
	}
PLAIN(cosine, cosf(x))
PLAIN(error_function, erff(x))
PLAIN(round_down, floorf(x))
PLAIN(logarithm, logf(x))
PLAIN(reciprocal, 1 / x)
PLAIN(reciprocal_root, 1 / sqrtf(x))
PLAIN(sine, sinf(x))

// Attributes in the order of the function's parameters, and what they are where the file is silent.
static const struct form {
	const char *type;
	enum cay_unary_kind kind;
	struct {
		const char *attr;
		float absent;
	} parameter[3];
} forms[] = {
	{"abs", CAY_UNARY_ABS, {{NULL}}},
	{"clip", CAY_UNARY_CLIP, {{"min", 0}, {"max", 0}}},
	{"exp", CAY_UNARY_EXP, {{NULL}}},
	{"gelu", CAY_UNARY_GELU, {{NULL}}},
	{"hard_sigmoid", CAY_UNARY_HARD_SIGMOID, {{"slope", 0.2f}, {"offset", 0.5f}}},
	{"hard_swish", CAY_UNARY_HARD_SWISH, {{"offset", 3}, {"threshold", 6}, {"scale", 6}}},
	{"leaky_relu", CAY_UNARY_LEAKY_RELU, {{"alpha", 0.02f}}},
	{"relu", CAY_UNARY_RELU, {{NULL}}},
	{"relu6", CAY_UNARY_RELU6, {{"threshold", 6}}},
	{"scale", CAY_UNARY_SCALE, {{"scale", 1}, {"bias", 0}}},
	{"sigmoid", CAY_UNARY_SIGMOID, {{NULL}}},
	{"silu", CAY_UNARY_SWISH, {{"beta", 1}}},
	{"sqrt", CAY_UNARY_SQRT, {{NULL}}},
	{"square", CAY_UNARY_SQUARE, {{NULL}}},
	{"swish", CAY_UNARY_SWISH, {{"beta", 1}}},
	{"tanh", CAY_UNARY_TANH, {{NULL}}},
};

// Rare ones, which libc computes.
static const struct {
	struct form form;
	plain_fn *function;
} plain_forms[] = {
	{{"cos", 0, {{NULL}}}, cosine},
	{{"elu", 0, {{"alpha", 1}}}, elu},
	{{"erf", 0, {{NULL}}}, error_function},
	{{"floor", 0, {{NULL}}}, round_down},
	{{"log", 0, {{NULL}}}, logarithm},
	{{"mish", 0, {{"threshold", 20}}}, mish},
	{{"pow", 0, {{"factor", 1}}}, power},
	{{"reciprocal", 0, {{NULL}}}, reciprocal},
	{{"rsqrt", 0, {{NULL}}}, reciprocal_root},
	{{"sin", 0, {{NULL}}}, sine},
	{{"softplus", 0, {{"beta", 1}, {"threshold", 20}}}, softplus},
};

// One of them has the type, as the ops below are those of both tables.
static const struct form *find_form(const char *type, plain_fn **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(plain_forms); i++)
		if (strcmp(plain_forms[i].form.type, type) == 0) {
			*ret = plain_forms[i].function;
			return &plain_forms[i].form;
		}
	for (const struct form *form = forms;; form++)
		if (strcmp(form->type, type) == 0)
			return form;
}

// clip's Min and Max and pow's factor win over attributes; they are parameters of one value.
static int read_limits(struct cay_layer *layer, struct activation *a, struct cay_err *err)
{
	for (size_t i = 1; i < layer->in_count; i++) {
		const struct cay_value *value = layer->in[i];

		if (!value)
			continue;
		if (!value->data || value->dtype != CAY_DTYPE_F32 || value->size != sizeof(float))
			return cay_layer_fail(layer, err,
					      "'%.80s' must be a parameter of one FP32 value",
					      value->name);
		memcpy(&a->parameter[i - 1], value->data, sizeof(float));
	}
	return 0;
}

static int read_second(const struct cay_layer *layer, struct activation *a, struct cay_err *err)
{
	static const struct {
		const char *name;
		enum cay_unary_kind kind;
		float absent;
	} kinds[] = {
		{"relu", CAY_UNARY_RELU, 0},
		{"relu6", CAY_UNARY_RELU6, 6},
		{"leaky_relu", CAY_UNARY_LEAKY_RELU, 0.02f},
	};
	const char *name = cay_layer_string(layer, "activation_type", "");
	size_t i = 0;

	if (a->kind != CAY_UNARY_SCALE || !*name)
		return 0;
	while (i < CAY_ARRAY_SIZE(kinds) && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i == CAY_ARRAY_SIZE(kinds) || a->dtype != CAY_DTYPE_F32)
		return cay_layer_fail(layer, err, "activation '%.40s' of %s is not supported", name,
				      cay_dtype_name(a->dtype));
	a->then = true;
	a->second_kind = kinds[i].kind;
	a->second = cay_layer_float(layer, "alpha", kinds[i].absent);
	return 0;
}

// scale is for sizes too.
static bool is_integer(const struct cay_layer *layer)
{
	return strcmp(layer->type, "scale") == 0 &&
	       (layer->in[0]->dtype == CAY_DTYPE_I32 || layer->in[0]->dtype == CAY_DTYPE_I64);
}

static int activation_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			      struct cay_err *err)
{
	struct activation *a = cay_prepare_alloc(p, sizeof(*a), err);
	const struct form *form;

	*state = a;
	if (!a)
		return -1;
	a->dtype = layer->in[0]->dtype;
	if (is_integer(layer))
		layer->out[0]->dtype = a->dtype;
	else if (cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	form = find_form(layer->type, &a->plain);
	a->kind = form->kind;
	if (a->kind == CAY_UNARY_GELU && cay_layer_bool(layer, "approximate", false))
		a->kind = CAY_UNARY_GELU_TANH;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(a->parameter) && form->parameter[i].attr; i++)
		a->parameter[i] =
			cay_layer_float(layer, form->parameter[i].attr, form->parameter[i].absent);
	if (a->kind == CAY_UNARY_SCALE && !cay_layer_bool(layer, "bias_after_scale", true))
		a->parameter[1] *= a->parameter[0];
	if (a->dtype != CAY_DTYPE_F32 &&
	    !(fabsf(a->parameter[0]) < 0x1p31f && fabsf(a->parameter[1]) < 0x1p31f))
		return cay_layer_fail(layer, err, "scale %g or bias %g is no INT32",
				      (double)a->parameter[0], (double)a->parameter[1]);
	return read_second(layer, a, err) < 0 ? -1 : read_limits(layer, a, err);
}

enum { ELEMENTS = 16 }; // a thread's share is a multiple of a cache line

static int activation_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			   const void *state, struct cay_err *err)
{
	const struct activation *a = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;

	(void)layer;
	if (a->dtype == CAY_DTYPE_F32)
		cay_plan_elements(p, x, ELEMENTS);
	return cay_plan_output(p, 0, x, err);
}

static void run_range(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct activation *a = io->state;
	float *y = (float *)io->out[0].data + first;

	for (size_t i = 0; a->plain && i < count; i++)
		y[i] = a->plain(((const float *)io->in[0].data)[first + i], a->parameter);
	if (a->plain)
		return;
	io->kernels->unary_f32[a->kind]((const float *)io->in[0].data + first, y, count,
					a->parameter[0], a->parameter[1], a->parameter[2]);
	if (a->then)
		io->kernels->unary_f32[a->second_kind](y, y, count, a->second, 0, 0);
}

// Paddle takes scale and bias as integers then. Sums wrap around.
static void scale_integers(const struct activation *a, const void *x, void *y, size_t n)
{
	const int64_t scale = (int32_t)a->parameter[0], bias = (int32_t)a->parameter[1];

	for (size_t i = 0; i < n; i++) {
		int64_t value = a->dtype == CAY_DTYPE_I64 ? ((const int64_t *)x)[i]
							  : ((const int32_t *)x)[i];

		__builtin_mul_overflow(value, scale, &value);
		__builtin_add_overflow(value, bias, &value);
		if (a->dtype == CAY_DTYPE_I64)
			((int64_t *)y)[i] = value;
		else
			((int32_t *)y)[i] = (int32_t)value;
	}
}

static int activation_run(const struct cay_io *io, struct cay_err *err)
{
	const struct activation *a = io->state;
	const struct cay_shape *x = io->in[0].shape;
	const size_t n = cay_shape_product(x, 0, x->rank);

	(void)err;
	if (a->dtype == CAY_DTYPE_F32)
		cay_rows_run(io, n, ELEMENTS, sizeof(float), run_range, io);
	else
		scale_integers(a, io->in[0].data, io->out[0].data, n);
	return 0;
}

#define ACTIVATION(...)                                                                            \
	{                                                                                          \
		.in = {__VA_ARGS__}, .out = {"Out"}, .required = 1, .layout = CAY_OP_ANY,          \
		.prepare = activation_prepare, .plan = activation_plan, .run = activation_run,     \
		.rows = run_range                                                                  \
	}
const struct cay_op cay_op_abs = ACTIVATION("X");
const struct cay_op cay_op_clip = ACTIVATION("X", "Min", "Max");
const struct cay_op cay_op_cos = ACTIVATION("X");
const struct cay_op cay_op_elu = ACTIVATION("X");
const struct cay_op cay_op_erf = ACTIVATION("X");
const struct cay_op cay_op_exp = ACTIVATION("X");
const struct cay_op cay_op_floor = ACTIVATION("X");
const struct cay_op cay_op_gelu = ACTIVATION("X");
const struct cay_op cay_op_hard_sigmoid = ACTIVATION("X");
const struct cay_op cay_op_hard_swish = ACTIVATION("X");
const struct cay_op cay_op_leaky_relu = ACTIVATION("X");
const struct cay_op cay_op_log = ACTIVATION("X");
const struct cay_op cay_op_mish = ACTIVATION("X");
const struct cay_op cay_op_pow = ACTIVATION("X", "FactorTensor");
const struct cay_op cay_op_reciprocal = ACTIVATION("X");
const struct cay_op cay_op_relu = ACTIVATION("X");
const struct cay_op cay_op_relu6 = ACTIVATION("X");
const struct cay_op cay_op_rsqrt = ACTIVATION("X");
const struct cay_op cay_op_scale = ACTIVATION("X");
const struct cay_op cay_op_sigmoid = ACTIVATION("X");
const struct cay_op cay_op_silu = ACTIVATION("X");
const struct cay_op cay_op_sin = ACTIVATION("X");
const struct cay_op cay_op_softplus = ACTIVATION("X");
const struct cay_op cay_op_sqrt = ACTIVATION("X");
const struct cay_op cay_op_square = ACTIVATION("X");
const struct cay_op cay_op_swish = ACTIVATION("X");
const struct cay_op cay_op_tanh = ACTIVATION("X");
