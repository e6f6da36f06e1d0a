// Checks convolutions of each channel with its own window, int8 and float.
#include "tests/kernels/naive.h"

#include <stdio.h>
#include <string.h>

struct depthwise_case {
	const struct cay_depthwise *kernel;
	bool s8;
	struct cay_depthwise_args args;
	const void *b;
	const float *scale, *bias; // bias may be NULL
};

static void naive_s8(const struct depthwise_case *c, size_t i, size_t j, struct naive_output *o)
{
	const struct cay_depthwise_args *args = &c->args;
	const int8_t *a = args->a, *b = c->b;
	int64_t acc = 0;

	for (size_t t = 0; t < args->taps; t++) {
		const int32_t offset = args->offsets[t * args->offset_stride + i];

		if (offset >= 0)
			acc += a[(size_t)offset + j] * b[j * args->taps + t];
	}
	naive_store_s8(o, i * args->ldc + j, acc, c->scale[j], c->bias ? c->bias[j] : 0,
		       &args->act);
}

static void naive_f32(const struct depthwise_case *c, size_t i, size_t j, struct naive_output *o)
{
	const struct cay_depthwise_args *args = &c->args;
	const float *a = args->a, *b = c->b;
	double sum = c->bias ? (double)c->bias[j] : 0, size = fabs(sum);

	for (size_t t = 0; t < args->taps; t++) {
		const int32_t offset = args->offsets[t * args->offset_stride + i];
		double product;

		if (offset < 0)
			continue;
		product = (double)a[(size_t)offset + j] * (double)b[j * args->taps + t];
		sum += product;
		size += fabs(product);
	}
	naive_store_f32(o, i * args->ldc + j, sum, size, &args->act);
}

static void pack_case(struct depthwise_case *c)
{
	struct cay_depthwise_args *args = &c->args;
	void *packed = check_buf(c->kernel->packed_size(args->channels, args->taps));

	c->kernel->pack(packed, c->b, c->scale, c->bias, args->channels, args->taps);
	args->packed = packed;
}

static void check_case(struct depthwise_case *c)
{
	struct cay_depthwise_args *args = &c->args;
	struct naive_output o = naive_output_make(c->s8, args->to_f32, args->m * args->ldc);
	char text[128];

	for (size_t i = 0; i < args->m; i++)
		for (size_t j = 0; j < args->channels; j++)
			(c->s8 ? naive_s8 : naive_f32)(c, i, j, &o);
	pack_case(c);
	args->c = o.got;
	c->kernel->run(args);
	snprintf(text, sizeof(text), "m=%zu channels=%zu taps=%zu act=%d to_f32=%d", args->m,
		 args->channels, args->taps, (int)args->act.kind, args->to_f32);
	naive_compare(&o, text);
	check_release();
}

static void make_case(struct depthwise_case *c, size_t m, size_t channels, size_t taps)
{
	struct cay_depthwise_args *args = &c->args;
	const uint32_t r = check_random();
	const size_t count = (m + taps) * channels;
	const size_t stride = m + (r >> 8 & 3);
	int32_t *offsets = check_buf(((taps - 1) * stride + m) * sizeof(*offsets));

	for (size_t i = 0; i < (taps - 1) * stride + m; i++)
		offsets[i] = check_random() % 6 ? (int32_t)(check_random() % (count - channels + 1))
						: -1;
	args->m = m;
	args->channels = channels;
	args->taps = taps;
	args->ldc = channels + (r & 3);
	args->offsets = offsets;
	args->offset_stride = stride;
	args->zero = check_buf(channels * sizeof(float));
	args->act = naive_random_act();
	args->to_f32 = c->s8 && (r >> 16 & 1);
	args->a = c->s8 ? check_buf_s8(count, -127, 127) : check_buf_f32(count, -1, 1);
	c->b = c->s8 ? check_buf_s8(channels * taps, -128, 127)
		     : check_buf_f32(channels * taps, -1, 1);
	c->bias = r >> 20 & 3 ? check_buf_f32(channels, -20, 20) : NULL;
	c->scale = check_buf_f32(channels, 0, 0.04f / sqrtf((float)taps));
}

static size_t check_sizes(const struct cay_depthwise *kernel, bool s8)
{
	static const size_t ms[] = {1, 2, 3, 5, 8, 17};
	static const size_t channels[] = {1,  2,  3,  4,  5,  7,  8,  9,  15,  16,  17, 23,
					  31, 32, 33, 48, 63, 64, 65, 80, 127, 128, 130};
	static const size_t taps[] = {1, 2, 4, 9, 25};
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(channels); i++)
		for (size_t j = 0; j < CAY_ARRAY_SIZE(taps); j++, count++) {
			struct depthwise_case c = {.kernel = kernel, .s8 = s8};

			make_case(&c, check_choose(ms, CAY_ARRAY_SIZE(ms)), channels[i], taps[j]);
			check_case(&c);
		}
	return count;
}

// Scales that hostile models have, before each activation.
static size_t check_odd_scales(const struct cay_depthwise *kernel)
{
	static const float odd[] = {0, -0.01f, 1e30f, 1e-30f, 0x1p-149f, INFINITY, NAN};
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(odd); i++)
		for (size_t act = 0; act < NAIVE_ACTS; act++, count++) {
			struct depthwise_case c = {.kernel = kernel, .s8 = true};

			make_case(&c, 3, 40, 9);
			((float *)c.scale)[check_random() % c.args.channels] = odd[i];
			c.args.act = naive_acts[act];
			c.args.to_f32 = count % 8 == 0;
			check_case(&c);
		}
	return count;
}

static void bench_run(const void *arg)
{
	const struct depthwise_case *c = arg;

	c->kernel->run(&c->args);
}

static void bench(const struct cay_depthwise *kernel, bool s8)
{
	static const struct {
		size_t m, channels, taps;
	} shapes[] = {{12544, 32, 9}, {784, 256, 9}, {196, 512, 9}, {196, 96, 25}};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(shapes); i++) {
		struct depthwise_case c = {.kernel = kernel, .s8 = s8};
		const size_t m = shapes[i].m, channels = shapes[i].channels, taps = shapes[i].taps;
		char text[64];

		make_case(&c, m, channels, taps);
		c.args.act = (struct cay_act){.kind = CAY_ACT_RELU};
		c.args.to_f32 = false;
		pack_case(&c);
		c.args.c = check_buf(m * c.args.ldc * sizeof(float));
		snprintf(text, sizeof(text), "%zux%zux%zu", m, channels, taps);
		check_bench(kernel->name, text, 2.0 * (double)(m * channels * taps), bench_run, &c);
		check_release();
	}
}

static void check_variant(const struct cay_depthwise *kernel, bool s8, bool timed)
{
	check_begin(kernel->name);
	if (timed)
		bench(kernel, s8);
	else
		check_end(check_sizes(kernel, s8) + (s8 ? check_odd_scales(kernel) : 0));
}

void check_depthwise(const struct check_tables *t)
{
	if (CHECK_IS_NEW(t, depthwise_s8))
		check_variant(t->now->depthwise_s8, true, t->bench);
	if (CHECK_IS_NEW(t, depthwise_f32))
		check_variant(t->now->depthwise_f32, false, t->bench);
}
