// Checks pooling, softmax and transposition.
#include "tests/kernels/naive.h"

#include <stdio.h>
#include <string.h>

static float naive_pool(const struct cay_pool_args *args, size_t i, size_t j, size_t c,
			float *tolerance)
{
	double sum = 0, size = 0, top = -INFINITY;

	for (int32_t r = args->row[2 * i]; r < args->row[2 * i + 1]; r++)
		for (int32_t s = args->column[2 * j]; s < args->column[2 * j + 1]; s++) {
			const size_t pixel = (size_t)r * args->in_w + (size_t)s;
			const double x = (double)args->x[pixel * args->channels + c];

			sum += x;
			size += fabs(x);
			top = fmax(top, x);
		}
	if (!args->inverse_area)
		return (float)top;
	*tolerance = (float)size * args->inverse_area[i * args->out_w + j] * 1e-5f;
	return (float)sum * args->inverse_area[i * args->out_w + j];
}

// Windows of 1 to all elements anywhere in [0, in).
static int32_t *random_windows(size_t in, size_t out)
{
	int32_t *windows = check_buf(2 * out * sizeof(*windows));

	for (size_t i = 0; i < out; i++) {
		const size_t begin = check_random() % in;

		windows[2 * i] = (int32_t)begin;
		windows[2 * i + 1] = (int32_t)(begin + 1 + check_random() % (in - begin));
	}
	return windows;
}

static struct cay_pool_args make_pool(size_t in_h, size_t in_w, size_t channels, bool average)
{
	struct cay_pool_args args = {
		.in_w = in_w, .out_h = 1 + in_h / 2, .out_w = 1 + in_w / 2, .channels = channels};

	args.row = random_windows(in_h, args.out_h);
	args.column = random_windows(in_w, args.out_w);
	args.inverse_area = average ? check_buf_f32(args.out_h * args.out_w, 0.01f, 1) : NULL;
	args.x = check_buf_f32(in_h * in_w * channels, -1, 1);
	return args;
}

static void compare_pool(cay_pool_fn *run, size_t in_h, size_t in_w, size_t channels, bool average)
{
	struct cay_pool_args args = make_pool(in_h, in_w, channels, average);
	const size_t pixels = args.out_h * args.out_w, count = pixels * channels;
	float *want = check_buf(count * sizeof(float)), *near = check_buf(count * sizeof(float));

	args.y = check_buf(count * sizeof(float));
	for (size_t i = 0; i < pixels; i++)
		for (size_t c = 0; c < channels; c++)
			want[i * channels + c] = naive_pool(&args, i / args.out_w, i % args.out_w,
							    c, &near[i * channels + c]);
	run(&args);
	check_near_f32(want, args.y, near, count, "%zux%zux%zu average=%d", in_h, in_w, channels,
		       average);
	check_release();
}

struct bench_pool {
	cay_pool_fn *run;
	struct cay_pool_args args;
};

static void bench_pool_run(const void *arg)
{
	const struct bench_pool *b = arg;

	b->run(&b->args);
}

// 3x3 windows of stride 2, and one window over all.
static void bench_pool(cay_pool_fn *run)
{
	static const int32_t all[] = {0, 7};
	struct bench_pool b = {run, make_pool(112, 112, 64, false)};
	int32_t *windows = check_buf(112 * sizeof(*windows));

	for (int32_t i = 0; i < 56; i++) {
		windows[2 * i] = 2 * i;
		windows[2 * i + 1] = i < 55 ? 2 * i + 3 : 2 * i + 2;
	}
	b.args.row = b.args.column = windows;
	b.args.out_h = b.args.out_w = 56;
	b.args.y = check_buf(56 * 56 * 64 * sizeof(float));
	check_bench("pool_f32 maximum", "112x112x64 3x3s2", 56.0 * 56 * 64 * 9, bench_pool_run, &b);
	b.args = make_pool(7, 7, 1024, true);
	b.args.row = b.args.column = all;
	b.args.out_h = b.args.out_w = 1;
	b.args.y = check_buf(1024 * sizeof(float));
	check_bench("pool_f32 average", "7x7x1024 global", 7.0 * 7 * 1024, bench_pool_run, &b);
	check_release();
}

void check_pool(const struct check_tables *t)
{
	static const size_t sides[] = {1, 2, 3, 5, 8};
	static const size_t channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 64};
	size_t count = 0;

	if (!CHECK_IS_NEW(t, pool_f32))
		return;
	check_begin("pool_f32");
	if (t->bench) {
		bench_pool(t->now->pool_f32);
		return;
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(sides); i++)
		for (size_t j = 0; j < CAY_ARRAY_SIZE(channels); j++, count++)
			compare_pool(t->now->pool_f32, sides[i],
				     check_choose(sides, CAY_ARRAY_SIZE(sides)), channels[j],
				     count % 2);
	check_end(count);
}

static void compare_softmax(cay_softmax_fn *run, size_t outer, size_t count, size_t inner,
			    float top)
{
	const size_t total = outer * count * inner;
	const float *x = check_buf_f32(total, -top, top);
	float *want = check_buf(total * sizeof(float)), *got = check_buf(total * sizeof(float));
	float *near = check_buf(total * sizeof(float));

	for (size_t o = 0; o < outer * inner; o++) {
		const size_t begin = o / inner * count * inner + o % inner;
		double most = -INFINITY, sum = 0;

		for (size_t i = 0; i < count; i++)
			if ((double)x[begin + i * inner] > most) // gcc 12 crashes on fmax here
				most = (double)x[begin + i * inner];
		for (size_t i = 0; i < count; i++)
			sum += exp((double)x[begin + i * inner] - most);
		for (size_t i = 0; i < count; i++) {
			const size_t at = begin + i * inner;

			want[at] = (float)(exp((double)x[at] - most) / sum);
			near[at] = want[at] * 1e-5f + 1e-38f;
		}
	}
	run(x, got, outer, count, inner);
	check_near_f32(want, got, near, total, "%zux%zux%zu", outer, count, inner);
	check_release();
}

struct bench_softmax {
	cay_softmax_fn *run;
	const float *x;
	float *y;
	size_t outer, count, inner;
};

static void bench_softmax_run(const void *arg)
{
	const struct bench_softmax *b = arg;

	b->run(b->x, b->y, b->outer, b->count, b->inner);
}

static void bench_softmax(cay_softmax_fn *run, size_t outer, size_t count, size_t inner)
{
	const size_t total = outer * count * inner;
	struct bench_softmax b = {
		run,  check_buf_f32(total, -1, 1), check_buf(total * sizeof(float)), outer, count,
		inner};
	char text[64];

	snprintf(text, sizeof(text), "%zux%zux%zu", outer, count, inner);
	check_bench("softmax_f32", text, (double)total, bench_softmax_run, &b);
	check_release();
}

void check_softmax(const struct check_tables *t)
{
	static const size_t counts[] = {1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 100};
	static const size_t inners[] = {1, 2, 3, 4, 5, 8, 15, 16, 17, 63, 64, 65, 130};
	size_t cases = 0;

	if (!CHECK_IS_NEW(t, softmax_f32))
		return;
	check_begin("softmax_f32");
	if (t->bench) {
		bench_softmax(t->now->softmax_f32, 1, 1000, 1);
		bench_softmax(t->now->softmax_f32, 1, 21, 4096);
		return;
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(counts); i++)
		for (size_t j = 0; j < CAY_ARRAY_SIZE(inners); j++, cases++)
			compare_softmax(t->now->softmax_f32, 1 + cases % 3, counts[i], inners[j],
					cases % 2 ? 3 : 120);
	check_end(cases);
}

static void compare_transpose(cay_transpose_fn *run, size_t rows, size_t columns, size_t size)
{
	const uint32_t random = check_random();
	const size_t x_pitch = columns + (random & 1 ? random >> 2 & 7 : 0);
	const size_t y_pitch = rows + (random & 2 ? random >> 5 & 7 : 0);
	const uint8_t *x = check_buf_s8(((rows - 1) * x_pitch + columns) * size, -128, 127);
	const size_t bytes = ((columns - 1) * y_pitch + rows) * size;
	uint8_t *want = check_buf(bytes), *got = check_buf(bytes);

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < columns; c++)
			memcpy(want + (c * y_pitch + r) * size, x + (r * x_pitch + c) * size, size);
	run(x, x_pitch, got, y_pitch, rows, columns, size);
	check_equal(want, got, bytes, "%zux%zu of %zu bytes, pitches %zu and %zu", rows, columns,
		    size, x_pitch, y_pitch);
	check_release();
}

struct bench_transpose {
	cay_transpose_fn *run;
	const void *x;
	void *y;
	size_t rows, columns, size;
};

static void bench_transpose_run(const void *arg)
{
	const struct bench_transpose *b = arg;

	b->run(b->x, b->columns, b->y, b->rows, b->rows, b->columns, b->size);
}

static void bench_transpose(cay_transpose_fn *run, size_t rows, size_t columns, size_t size)
{
	const size_t bytes = rows * columns * size;
	struct bench_transpose b = {run, check_buf(bytes), check_buf(bytes), rows, columns, size};
	char text[64];

	snprintf(text, sizeof(text), "%zux%zu of %zu", rows, columns, size);
	check_bench("transpose", text, (double)(rows * columns), bench_transpose_run, &b);
	check_release();
}

void check_transpose(const struct check_tables *t)
{
	static const size_t sides[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 70};
	static const size_t sizes[] = {1, 4, 8};
	size_t count = 0;

	if (!CHECK_IS_NEW(t, transpose))
		return;
	check_begin("transpose");
	if (t->bench) {
		bench_transpose(t->now->transpose, 3, 224 * 224, 4);
		bench_transpose(t->now->transpose, 3, 224 * 224, 1);
		bench_transpose(t->now->transpose, 256, 784, 1);
		bench_transpose(t->now->transpose, 256, 784, 4);
		bench_transpose(t->now->transpose, 64, 64, 8);
		return;
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(sides); i++)
		for (size_t j = 0; j < CAY_ARRAY_SIZE(sides); j++)
			for (size_t s = 0; s < CAY_ARRAY_SIZE(sizes); s++, count++)
				compare_transpose(t->now->transpose, sides[i], sides[j], sizes[s]);
	check_end(count);
}
