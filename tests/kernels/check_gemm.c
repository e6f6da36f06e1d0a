// Checks matrix products and convolutions, int8 and float.
#include "tests/kernels/naive.h"

#include <stdio.h>
#include <string.h>

struct gemm_case {
	const struct cay_gemm *gemm;
	bool s8;
	struct cay_gemm_args args;
	const void *b;
	const float *scale, *bias; // bias may be NULL
};

static const void *element(const struct gemm_case *c, size_t i, size_t t)
{
	const struct cay_gemm_args *args = &c->args;
	const size_t size = c->s8 ? 1 : sizeof(float);

	if (!args->offsets)
		return (const char *)args->a + i * args->lda * size;
	if (args->offsets[t * args->offset_stride + i] < 0)
		return args->zero;
	return (const char *)args->a + (size_t)args->offsets[t * args->offset_stride + i] * size;
}

static void naive_s8(const struct gemm_case *c, size_t i, size_t j, struct naive_output *o)
{
	const struct cay_gemm_args *args = &c->args;
	int64_t acc = 0;

	for (size_t t = 0; t < args->taps; t++)
		for (size_t d = 0; d < args->k; d++)
			acc += ((const int8_t *)element(c, i, t))[d] *
			       ((const int8_t *)c->b)[(j * args->taps + t) * args->k + d];
	naive_store_s8(o, i * args->ldc + j, acc, c->scale[j], c->bias ? c->bias[j] : 0,
		       &args->act);
}

static void naive_f32(const struct gemm_case *c, size_t i, size_t j, struct naive_output *o)
{
	const struct cay_gemm_args *args = &c->args;
	double sum = c->bias ? (double)c->bias[j] : 0, size = fabs(sum);

	for (size_t t = 0; t < args->taps; t++)
		for (size_t d = 0; d < args->k; d++) {
			const double product =
				(double)((const float *)element(c, i, t))[d] *
				(double)((const float *)c->b)[(j * args->taps + t) * args->k + d];

			sum += product;
			size += fabs(product);
		}
	naive_store_f32(o, i * args->ldc + j, sum, size, &args->act);
}

static void pack_case(struct gemm_case *c)
{
	struct cay_gemm_args *args = &c->args;
	void *packed = check_buf(c->gemm->packed_size(c->gemm, args->n, args->k, args->taps));

	c->gemm->pack(c->gemm, packed, c->b, c->scale, c->bias, args->n, args->k, args->taps);
	args->packed = packed;
}

// All columns at once, or one behind the other in two ranges.
static void run_case(const struct gemm_case *c)
{
	const size_t panels = (c->args.n + c->gemm->nr - 1) / c->gemm->nr;
	struct cay_gemm_args args = c->args;

	args.end_column = check_random() % panels * c->gemm->nr;
	if (args.end_column)
		c->gemm->run(c->gemm, &args);
	args.first_column = args.end_column;
	args.end_column = 0;
	c->gemm->run(c->gemm, &args);
}

static void check_case(struct gemm_case *c)
{
	struct cay_gemm_args *args = &c->args;
	struct naive_output o = naive_output_make(c->s8, args->to_f32, args->m * args->ldc);
	char text[128];

	for (size_t i = 0; i < args->m; i++)
		for (size_t j = 0; j < args->n; j++)
			(c->s8 ? naive_s8 : naive_f32)(c, i, j, &o);
	pack_case(c);
	args->c = o.got;
	run_case(c);
	snprintf(text, sizeof(text), "m=%zu n=%zu k=%zu taps=%zu%s act=%d to_f32=%d", args->m,
		 args->n, args->k, args->taps, args->offsets ? " offsets" : "", (int)args->act.kind,
		 args->to_f32);
	naive_compare(&o, text);
	check_release();
}

// `extreme`: the largest values alone.
static void *operand(bool s8, size_t count, int low, int high, bool extreme)
{
	void *buf;

	if (!s8)
		return check_buf_f32(count, -1, 1);
	buf = check_buf_s8(count, low, high);
	if (extreme)
		memset(buf, low ? low : high, count);
	return buf;
}

// Four products of 127 with weights of up to 65 are about what an int16 holds.
static int weight_limit(void)
{
	static const size_t limits[] = {128, 65, 64, 30};

	return (int)check_choose(limits, CAY_ARRAY_SIZE(limits));
}

static int32_t *random_offsets(const struct cay_gemm_args *args, size_t count)
{
	const size_t used = (args->taps - 1) * args->offset_stride + args->m;
	int32_t *offsets = check_buf(used * sizeof(*offsets));

	for (size_t i = 0; i < used; i++) {
		const uint32_t r = check_random();

		offsets[i] = r % 5 ? (int32_t)(r % (count - args->k + 1)) : -1 - (int32_t)(r % 9);
	}
	return offsets;
}

// Random data for the sizes that stand in c. Scales are such that results spread over all of int8.
static void make_case(struct gemm_case *c, size_t taps, bool indirect)
{
	struct cay_gemm_args *args = &c->args;
	const uint32_t r = check_random();
	const bool extreme = r % 8 == 0, positive = r >> 18 & 1;
	const int limit = weight_limit();
	size_t count;

	args->taps = taps;
	args->lda = args->k + (r >> 3 & 3);
	args->ldc = args->n + (r >> 5 & 3);
	count = args->m * args->lda;
	args->a = operand(c->s8, count, positive ? 0 : -127, 127, extreme);
	args->zero = check_buf(args->k * sizeof(float));
	args->offset_stride = args->m + (r >> 8 & 3);
	args->offsets = indirect ? random_offsets(args, count) : NULL;
	args->act = naive_random_act();
	args->to_f32 = c->s8 && (r >> 16 & 1);
	c->b = operand(c->s8, args->n * args->k * taps, -limit, limit < 128 ? limit : 127, extreme);
	c->bias = r >> 20 & 3 ? check_buf_f32(args->n, -20, 20) : NULL;
	c->scale = check_buf_f32(args->n, 0, 0.04f / sqrtf((float)(args->k * taps)));
}

// Scales that hostile models have, before each activation.
static size_t check_odd_scales(const struct cay_gemm *gemm)
{
	static const float odd[] = {0, -0.01f, 1e30f, 1e-30f, 0x1p-149f, INFINITY, NAN};
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(odd); i++)
		for (size_t act = 0; act < NAIVE_ACTS; act++, count++) {
			struct gemm_case c = {.gemm = gemm, .s8 = true, .args = {5, 64, 32}};

			make_case(&c, 1, false);
			((float *)c.scale)[check_random() % c.args.n] = odd[i];
			c.args.act = naive_acts[act];
			c.args.to_f32 = count % 8 == 0;
			check_case(&c);
		}
	return count;
}

static size_t check_sizes(const struct cay_gemm *gemm, bool s8)
{
	static const size_t ms[] = {1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 63, 65};
	static const size_t ns[] = {1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 17, 31, 33, 64, 130};
	static const size_t ks[] = {1,	2,  3,	4,  7,	8,   9,	  15,  16,  17,
				    24, 31, 32, 33, 64, 100, 255, 256, 257, 300};
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(ns); i++)
		for (size_t j = 0; j < CAY_ARRAY_SIZE(ks); j++) {
			struct gemm_case c = {
				.gemm = gemm, .s8 = s8, .args = {.n = ns[i], .k = ks[j]}};

			c.args.m = check_choose(ms, CAY_ARRAY_SIZE(ms));
			make_case(&c, 1, false);
			check_case(&c);
			c.args.m = check_choose(ms, CAY_ARRAY_SIZE(ms));
			make_case(&c, 1 + check_random() % 9, true);
			check_case(&c);
			count += 2;
		}
	return count;
}

// More rows than a buffer of rows holds, shallow ones too: each may take more room than its depth.
static size_t check_many_rows(const struct cay_gemm *gemm)
{
	static const size_t ks[] = {4, 8, 12, 24};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(ks); i++) {
		struct gemm_case c = {.gemm = gemm, .s8 = true, .args = {5000, 2, ks[i]}};

		make_case(&c, 1, false);
		check_case(&c);
	}
	return CAY_ARRAY_SIZE(ks);
}

// 127 * 128 * 131072 is within 0.8 % of what an int32 holds.
static size_t check_deepest(const struct cay_gemm *gemm)
{
	struct gemm_case c = {.gemm = gemm, .s8 = true, .args = {.m = 2, .n = 3, .k = 131072}};

	make_case(&c, 1, false);
	memset((void *)c.b, -128, c.args.n * c.args.k);
	memset((void *)c.args.a, -127, c.args.k);
	memset((char *)c.args.a + c.args.lda, 127, c.args.k);
	c.args.to_f32 = true;
	check_case(&c);
	return 1;
}

// Around what kernels gather into a buffer of their own: below it, above it, and depths that are no
// multiple of anything.
static size_t check_deep(const struct cay_gemm *gemm)
{
	static const struct {
		size_t k, taps;
	} depths[] = {{512, 9}, {4608, 1}, {264, 9}, {267, 9}, {1152, 9}, {10376, 1}, {1153, 9}};
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(depths); i++)
		for (size_t m = 1; m <= 13; m += 6, count++) {
			struct gemm_case c = {
				.gemm = gemm, .s8 = true, .args = {m, 17, depths[i].k}};

			make_case(&c, depths[i].taps, depths[i].taps > 1);
			check_case(&c);
		}
	return count;
}

static void bench_run(const void *arg)
{
	const struct gemm_case *c = arg;

	c->gemm->run(c->gemm, &c->args);
}

static void bench(const struct cay_gemm *gemm, bool s8)
{
	static const struct {
		size_t m, n, k, taps;
	} shapes[] = {{12544, 64, 32, 1}, {196, 512, 512, 1}, {49, 1024, 1024, 1},
		      {1, 1000, 1024, 1}, {784, 64, 64, 9},   {12544, 32, 3, 9}};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(shapes); i++) {
		struct gemm_case c = {.gemm = gemm, .s8 = s8};
		struct cay_gemm_args *args = &c.args;
		char text[64];

		args->m = shapes[i].m;
		args->n = shapes[i].n;
		args->k = shapes[i].k;
		make_case(&c, shapes[i].taps, shapes[i].taps > 1);
		args->act = (struct cay_act){.kind = CAY_ACT_RELU};
		args->to_f32 = false;
		pack_case(&c);
		args->c = check_buf(args->m * args->ldc * sizeof(float));
		snprintf(text, sizeof(text), "%zux%zux%zux%zu", args->m, args->n, args->k,
			 args->taps);
		check_bench(gemm->name, text,
			    2.0 * (double)(args->m * args->n * args->k * args->taps), bench_run,
			    &c);
		check_release();
	}
}

static void check_variant(const struct cay_gemm *gemm, bool s8, bool timed)
{
	check_begin(gemm->name);
	if (timed)
		bench(gemm, s8);
	else
		check_end(check_sizes(gemm, s8) +
			  (s8 ? check_odd_scales(gemm) + check_deep(gemm) + check_many_rows(gemm) +
					   check_deepest(gemm)
			      : 0));
}

void check_gemm(const struct check_tables *t)
{
	if (CHECK_IS_NEW(t, gemm_s8))
		check_variant(t->now->gemm_s8, true, t->bench);
	if (CHECK_IS_NEW(t, gemm_f32))
		check_variant(t->now->gemm_f32, false, t->bench);
}
