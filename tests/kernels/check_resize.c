// Checks resize: a plain formula must give the same bits.
#include "tests/kernels/naive.h"

#include <stdio.h>

// Columns anywhere in the old row, in no order, the last one among them.
static struct cay_resize_args make_resize(size_t in_w, size_t out_w, size_t channels)
{
	struct cay_resize_source *columns = check_buf(out_w * sizeof(*columns));

	for (size_t i = 0; i < out_w; i++)
		columns[i] = (struct cay_resize_source){
			.first = (int32_t)(i ? check_random() % in_w : in_w - 1),
			.second = (int32_t)(check_random() % in_w),
			.weight = check_random_f32(0, 1),
		};
	return (struct cay_resize_args){
		.top = check_buf_f32(in_w * channels, -2, 2),
		.bottom = check_buf_f32(in_w * channels, -2, 2),
		.weight = check_random_f32(0, 1),
		.columns = columns,
		.out_w = out_w,
		.channels = channels,
		.y = check_buf(out_w * channels * sizeof(float)),
	};
}

static float between(float a, float b, float weight)
{
	const float part = (b - a) * weight;

	return a + part;
}

static void compare_resize(cay_resize_fn *run, size_t in_w, size_t out_w, size_t n)
{
	const struct cay_resize_args args = make_resize(in_w, out_w, n);
	float *want = check_buf(out_w * n * sizeof(float));

	for (size_t i = 0; i < out_w * n; i++) {
		const struct cay_resize_source *s = &args.columns[i / n];
		const size_t left = (size_t)s->first * n + i % n;
		const size_t right = (size_t)s->second * n + i % n;

		want[i] = between(between(args.top[left], args.top[right], s->weight),
				  between(args.bottom[left], args.bottom[right], s->weight),
				  args.weight);
	}
	run(&args);
	check_equal_f32(want, args.y, out_w * n, "%zu to %zu of %zu channels", in_w, out_w, n);
	check_release();
}

struct bench_resize {
	cay_resize_fn *run;
	struct cay_resize_args args;
};

static void bench_resize_run(const void *arg)
{
	const struct bench_resize *b = arg;

	b->run(&b->args);
}

static void bench_resize(cay_resize_fn *run, size_t out_w, size_t channels)
{
	const struct bench_resize b = {run, make_resize(out_w / 2, out_w, channels)};
	char text[64];

	snprintf(text, sizeof(text), "%zux%zu", out_w, channels);
	check_bench("resize_f32", text, (double)(out_w * channels), bench_resize_run, &b);
	check_release();
}

void check_resize(const struct check_tables *t)
{
	static const size_t widths[] = {1, 2, 7};
	enum { MAX = 36 }; // channels up to here: every tail of every vector width
	size_t count = 0;

	if (!CHECK_IS_NEW(t, resize_f32))
		return;
	check_begin("resize_f32");
	if (t->bench) {
		bench_resize(t->now->resize_f32, 128, 1);
		bench_resize(t->now->resize_f32, 64, 96);
		return;
	}
	for (size_t in_w = 0; in_w < CAY_ARRAY_SIZE(widths); in_w++)
		for (size_t n = 1; n < MAX; n++, count++)
			compare_resize(t->now->resize_f32, widths[in_w],
				       check_choose(widths, CAY_ARRAY_SIZE(widths)), n);
	check_end(count);
}
