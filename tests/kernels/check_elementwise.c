// Checks the functions of one and of two floats.
//
// Where only additions, products and comparisons are made, a plain formula must give the same
// bits; what rests on exp must be near libm's in ref, and equal to ref in every other variant.
#include "tests/kernels/naive.h"

#include <stdio.h>

enum { MAX = 70 }; // lengths up to here: every tail of every vector width

static const struct unary {
	const char *name;
	float a, b, c;
} unaries[] = {
	[CAY_UNARY_RELU] = {"relu", 0, 0, 0},
	[CAY_UNARY_RELU6] = {"relu6", 6, 0, 0},
	[CAY_UNARY_LEAKY_RELU] = {"leaky_relu", 0.02f, 0, 0},
	[CAY_UNARY_SIGMOID] = {"sigmoid", 0, 0, 0},
	[CAY_UNARY_TANH] = {"tanh", 0, 0, 0},
	[CAY_UNARY_HARD_SWISH] = {"hard_swish", 3, 6, 6},
	[CAY_UNARY_HARD_SIGMOID] = {"hard_sigmoid", 0.2f, 0.5f, 0},
	[CAY_UNARY_SWISH] = {"swish", 1.5f, 0, 0},
	[CAY_UNARY_GELU] = {"gelu", 0, 0, 0},
	[CAY_UNARY_GELU_TANH] = {"gelu_tanh", 0, 0, 0},
	[CAY_UNARY_EXP] = {"exp", 0, 0, 0},
	[CAY_UNARY_SQRT] = {"sqrt", 0, 0, 0},
	[CAY_UNARY_ABS] = {"abs", 0, 0, 0},
	[CAY_UNARY_SQUARE] = {"square", 0, 0, 0},
	[CAY_UNARY_CLIP] = {"clip", -0.7f, 1.3f, 0},
	[CAY_UNARY_SCALE] = {"scale", 1.7f, -0.3f, 0},
};

static float clip(float x, float low, float high)
{
	return isnan(x) ? x : fminf(fmaxf(x, low), high);
}

static double gelu_exponent(double x)
{
	return 2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
}

static float naive_unary(size_t kind, float x, const struct unary *u)
{
	switch ((enum cay_unary_kind)kind) {
	case CAY_UNARY_RELU:
		return clip(x, 0, INFINITY);
	case CAY_UNARY_RELU6:
		return clip(x, 0, u->a);
	case CAY_UNARY_LEAKY_RELU:
		return x >= 0 ? x : x * u->a;
	case CAY_UNARY_SIGMOID:
		return (float)(1 / (1 + exp(-(double)x)));
	case CAY_UNARY_TANH:
		return (float)tanh((double)x);
	case CAY_UNARY_HARD_SWISH:
		return x * clip(x + u->a, 0, u->b) / u->c;
	case CAY_UNARY_HARD_SIGMOID:
		return clip(x * u->a + u->b, 0, 1);
	case CAY_UNARY_SWISH:
		return (float)((double)x / (1 + exp(-(double)(u->a * x))));
	case CAY_UNARY_GELU: // at -infinity its limit
		return x < -40 ? 0 : (float)(0.5 * (double)x * erfc(-(double)x * M_SQRT1_2));
	case CAY_UNARY_GELU_TANH:
		return (float)((double)x / (1 + exp(-gelu_exponent((double)x))));
	case CAY_UNARY_EXP:
		return (float)exp((double)x);
	case CAY_UNARY_SQRT:
		return sqrtf(x);
	case CAY_UNARY_ABS:
		return fabsf(x);
	case CAY_UNARY_SQUARE:
		return x * x;
	case CAY_UNARY_CLIP:
		return clip(x, u->a, u->b);
	case CAY_UNARY_SCALE:
		return x * u->a + u->b;
	case CAY_UNARY_KINDS:
		break;
	}
	return NAN;
}

static bool rests_on_exp(size_t kind)
{
	return kind == CAY_UNARY_SIGMOID || kind == CAY_UNARY_TANH || kind == CAY_UNARY_SWISH ||
	       kind == CAY_UNARY_GELU || kind == CAY_UNARY_GELU_TANH || kind == CAY_UNARY_EXP;
}

// How far from libm ref may be. gelu's argument of exp, which grows with its square at least, is
// rounded before.
static float nearness(size_t kind, float x, float want)
{
	const bool gelu = kind == CAY_UNARY_GELU || kind == CAY_UNARY_GELU_TANH;

	if (!rests_on_exp(kind) || !isfinite(want))
		return 0;
	return fabsf(want) * (gelu && x < 0 ? 1e-6f * (1 + x * x) : 1e-6f) + 1e-36f;
}

static void compare_unary(const struct check_tables *t, size_t kind, const float *x, size_t n)
{
	const struct unary *u = &unaries[kind];
	float *want = check_buf(n * sizeof(float)), *got = check_buf(n * sizeof(float));
	float *near = check_buf(n * sizeof(float));

	t->now->unary_f32[kind](x, got, n, u->a, u->b, u->c);
	if (rests_on_exp(kind) && t->weaker) {
		t->ref->unary_f32[kind](x, want, n, u->a, u->b, u->c);
	} else {
		for (size_t i = 0; i < n; i++) {
			want[i] = naive_unary(kind, x[i], u);
			near[i] = nearness(kind, x[i], want[i]);
		}
	}
	check_near_f32(want, got, near, n, "n=%zu", n);
	for (size_t i = 0; i < n; i++)
		want[i] = x[i];
	t->now->unary_f32[kind](want, want, n, u->a, u->b, u->c);
	check_equal_f32(got, want, n, "n=%zu in place", n);
	check_release();
}

struct bench_case {
	const struct cay_kernels *k;
	size_t kind, n;
	const float *x1, *x2;
	float *y;
};

static void bench_unary(const void *arg)
{
	const struct bench_case *c = arg;
	const struct unary *u = &unaries[c->kind];

	c->k->unary_f32[c->kind](c->x1, c->y, c->n, u->a, u->b, u->c);
}

static void bench_binary(const void *arg)
{
	const struct bench_case *c = arg;

	c->k->binary_f32[c->kind](c->x1, 1, c->x2, 1, c->y, c->n, false);
}

static void bench(const struct check_tables *t, const char *name, size_t kind,
		  void (*run)(const void *arg))
{
	struct bench_case c = {.k = t->now, .kind = kind, .n = 16384};

	c.x1 = check_buf_f32(c.n, -2, 2);
	c.x2 = check_buf_f32(c.n, 1, 2);
	c.y = check_buf(c.n * sizeof(float));
	check_bench(name, "16384", (double)c.n, run, &c);
	check_release();
}

void check_unary(const struct check_tables *t)
{
	for (size_t kind = 0; kind < CAY_UNARY_KINDS; kind++) {
		char name[32];
		size_t count;
		float *x;

		if (!CHECK_IS_NEW(t, unary_f32[kind]))
			continue;
		snprintf(name, sizeof(name), "%s_f32", unaries[kind].name);
		check_begin(name);
		if (t->bench) {
			bench(t, name, kind, bench_unary);
			continue;
		}
		x = check_buf_special(&count);
		compare_unary(t, kind, x, count);
		for (size_t n = 0; n < MAX; n++)
			compare_unary(t, kind, check_buf_f32(n, -10, 10), n);
		compare_unary(t, kind, check_buf_f32(5000, -110, 110), 5000);
		check_end(MAX + 2);
	}
}

static const char *const binaries[] = {"add", "sub", "mul", "div", "max", "min", "prelu"};

static float naive_binary(size_t kind, float a, float b)
{
	switch ((enum cay_binary_kind)kind) {
	case CAY_BINARY_ADD:
		return a + b;
	case CAY_BINARY_SUB:
		return a - b;
	case CAY_BINARY_MUL:
		return a * b;
	case CAY_BINARY_DIV:
		return a / b;
	case CAY_BINARY_MAX:
		return a > b ? a : b;
	case CAY_BINARY_MIN:
		return a < b ? a : b;
	case CAY_BINARY_PRELU:
		return a < 0 ? a * b : a;
	case CAY_BINARY_KINDS:
		break;
	}
	return NAN;
}

// x1 and x2 hold n values each.
static void compare_binary(cay_binary_fn *run, size_t kind, float *x1, float *x2, size_t n)
{
	float *want = check_buf(n * sizeof(float)), *got = check_buf(n * sizeof(float));

	for (size_t form = 0; form < 8; form++) {
		const size_t step1 = form & 1, step2 = form >> 1 & 1;
		const bool relu = form >> 2;

		for (size_t i = 0; i < n; i++) {
			const float y = naive_binary(kind, x1[i * step1], x2[i * step2]);

			want[i] = relu ? clip(y, 0, INFINITY) : y;
		}
		run(x1, step1, x2, step2, got, n, relu);
		check_equal_f32(want, got, n, "n=%zu steps=%zu,%zu relu=%d", n, step1, step2, relu);
	}
	for (size_t i = 0; i < n; i++)
		want[i] = naive_binary(kind, x1[i], x2[i]);
	for (size_t i = 0; i < n; i++)
		got[i] = x1[i];
	run(got, 1, x2, 1, got, n, false);
	check_equal_f32(want, got, n, "n=%zu over the first operand", n);
	run(x1, 1, x2, 1, x2, n, false);
	check_equal_f32(want, x2, n, "n=%zu over the second operand", n);
	check_release();
}

// Every pair of special values.
static void compare_special(cay_binary_fn *run, size_t kind)
{
	size_t count;
	const float *special = check_buf_special(&count);
	float *x1 = check_buf(count * count * sizeof(float));
	float *x2 = check_buf(count * count * sizeof(float));

	for (size_t i = 0; i < count * count; i++) {
		x1[i] = special[i / count];
		x2[i] = special[i % count];
	}
	compare_binary(run, kind, x1, x2, count * count);
}

void check_binary(const struct check_tables *t)
{
	for (size_t kind = 0; kind < CAY_BINARY_KINDS; kind++) {
		cay_binary_fn *run = t->now->binary_f32[kind];
		char name[32];

		if (!CHECK_IS_NEW(t, binary_f32[kind]))
			continue;
		snprintf(name, sizeof(name), "%s_f32", binaries[kind]);
		check_begin(name);
		if (t->bench) {
			bench(t, name, kind, bench_binary);
			continue;
		}
		compare_special(run, kind);
		for (size_t n = 1; n < MAX; n++)
			compare_binary(run, kind, check_buf_f32(n, -2, 2), check_buf_f32(n, -2, 2),
				       n);
		check_end(MAX);
	}
}
