// Checks norm: against a plain formula, and, sum by sum, against ref.
#include "tests/kernels/naive.h"

static void naive_norm(const float *x, float *y, size_t n, float epsilon, const float *scale,
		       const float *bias)
{
	double mean = 0, variance = 0;

	for (size_t i = 0; i < n; i++)
		mean += (double)x[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)n;
	for (size_t i = 0; i < n; i++)
		y[i] = (float)(((double)x[i] - mean) / sqrt(variance + (double)epsilon) *
				       (scale ? (double)scale[i] : 1) +
			       (bias ? (double)bias[i] : 0));
}

static void compare_norm(const struct check_tables *t, size_t n, bool scaled, bool shifted,
			 float middle)
{
	float *x = check_buf_f32(n, middle - 1, middle + 1);
	const float *scale = scaled ? check_buf_f32(n, -2, 2) : NULL;
	const float *bias = shifted ? check_buf_f32(n, -2, 2) : NULL;
	float *want = check_buf(n * sizeof(float)), *got = check_buf(n * sizeof(float));
	float *near = check_buf(n * sizeof(float));

	t->now->norm_f32(x, got, n, 1e-5f, scale, bias);
	if (t->weaker)
		t->ref->norm_f32(x, want, n, 1e-5f, scale, bias);
	else
		naive_norm(x, want, n, 1e-5f, scale, bias);
	for (size_t i = 0; i < n && !t->weaker; i++)
		near[i] = 2e-5f; // of values of size 1 that lose bits beside the mean
	check_near_f32(want, got, near, n, "n=%zu scale=%d bias=%d", n, scaled, shifted);
	t->now->norm_f32(x, x, n, 1e-5f, scale, bias);
	check_equal_f32(got, x, n, "n=%zu in place", n);
	check_release();
}

struct bench_norm {
	cay_norm_fn *run;
	const float *x, *scale, *bias;
	float *y;
	size_t n;
};

static void bench_norm_run(const void *arg)
{
	const struct bench_norm *b = arg;

	b->run(b->x, b->y, b->n, 1e-5f, b->scale, b->bias);
}

static void bench_norm(cay_norm_fn *run)
{
	const size_t n = 768;
	const struct bench_norm b = {run,
				     check_buf_f32(n, -1, 1),
				     check_buf_f32(n, -1, 1),
				     check_buf_f32(n, -1, 1),
				     check_buf(n * sizeof(float)),
				     n};

	check_bench("norm_f32", "768", (double)n, bench_norm_run, &b);
	check_release();
}

void check_norm(const struct check_tables *t)
{
	enum { MAX = 70 }; // every tail of every vector width
	size_t count = 0;

	if (!CHECK_IS_NEW(t, norm_f32))
		return;
	check_begin("norm_f32");
	if (t->bench) {
		bench_norm(t->now->norm_f32);
		return;
	}
	for (size_t n = 1; n < MAX; n++)
		for (unsigned form = 0; form < 4; form++, count++)
			compare_norm(t, n, form & 1, form >> 1, n % 3 ? 0 : 3);
	compare_norm(t, 5000, true, true, 0);
	check_end(count + 1);
}
