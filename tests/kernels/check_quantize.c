// Checks the two ways between float and int8.
#include "tests/kernels/naive.h"

enum { MAX = 131 }; // lengths up to here: every tail of every vector width

static void compare_quantized(cay_quantize_fn *run, const float *x, size_t n, float inverse_scale)
{
	int8_t *want = check_buf(n), *got = check_buf(n);

	for (size_t i = 0; i < n; i++)
		want[i] = naive_round(x[i] * inverse_scale);
	run(x, got, n, inverse_scale);
	check_equal(want, got, n, "n=%zu inverse_scale=%g", n, (double)inverse_scale);
}

static void check_to_s8(cay_quantize_fn *run)
{
	size_t count;
	const float *special = check_buf_special(&count);

	compare_quantized(run, special, count, 1);
	compare_quantized(run, special, count, 3.1f);
	check_release();
	for (size_t n = 0; n < MAX; n++) {
		compare_quantized(run, check_buf_f32(n, -2, 2), n, 70);
		check_release();
	}
}

static void check_to_f32(cay_dequantize_fn *run)
{
	for (size_t n = 0; n < MAX; n++) {
		const int8_t *x = check_buf_s8(n, -127, 127);
		float *want = check_buf(n * sizeof(float)), *got = check_buf(n * sizeof(float));

		for (size_t i = 0; i < n; i++)
			want[i] = (float)x[i] * 0.017f;
		run(x, got, n, 0.017f);
		check_equal_f32(want, got, n, "n=%zu", n);
		check_release();
	}
}

struct bench_case {
	const struct cay_kernels *k;
	float *f32;
	int8_t *s8;
	size_t n;
};

static void bench_quantize(const void *arg)
{
	const struct bench_case *c = arg;

	c->k->quantize_s8(c->f32, c->s8, c->n, 70);
}

static void bench_dequantize(const void *arg)
{
	const struct bench_case *c = arg;

	c->k->dequantize_s8(c->s8, c->f32, c->n, 0.01f);
}

void check_quantize(const struct check_tables *t)
{
	struct bench_case c = {.k = t->now, .n = 65536};

	if (CHECK_IS_NEW(t, quantize_s8)) {
		check_begin("quantize_s8");
		if (!t->bench) {
			check_to_s8(t->now->quantize_s8);
			check_end(MAX + 2);
		}
	}
	if (CHECK_IS_NEW(t, dequantize_s8)) {
		check_begin("dequantize_s8");
		if (!t->bench) {
			check_to_f32(t->now->dequantize_s8);
			check_end(MAX);
		}
	}
	if (!t->bench)
		return;
	c.f32 = check_buf_f32(c.n, -2, 2);
	c.s8 = check_buf(c.n);
	check_bench("quantize_s8", "65536", (double)c.n, bench_quantize, &c);
	check_bench("dequantize_s8", "65536", (double)c.n, bench_dequantize, &c);
	check_release();
}
