// int8 convolutions of each channel with its own window: blocks of sixteen channels, then of eight.
//
// The last block ends with the last channel and may overlap the one before it, so that no tail is
// shorter than eight. Two taps' products fit an int16.
#include "kernels/neon/epilogue.h"
#include "kernels/neon/neon.h"
#include "kernels/neon/take.h"
#include "kernels/ref/ref.h"
#include "kernels/requant.h"

enum { HEAD = 64, WIDE = 16, NARROW = 8, MAX_TAPS = 64 };

// True if plain C does it: too few channels for a block, or a window of too many taps.
static bool is_plain(size_t channels, size_t taps)
{
	return channels < NARROW || taps > MAX_TAPS;
}

// The block at `channel`: its first channel and its width.
static size_t block_at(size_t channels, size_t channel, size_t *ret_first)
{
	const size_t left = channels - channel;

	*ret_first = left >= NARROW ? channel : channels - NARROW;
	return left >= WIDE ? WIDE : NARROW;
}

// A block: weights [taps][width], scale[width], bias[width].
static size_t block_size(size_t width, size_t taps)
{
	return width * (2 * sizeof(float) + taps);
}

static size_t packed_size(size_t channels, size_t taps)
{
	if (is_plain(channels, taps))
		return cay_depthwise_s8_ref.packed_size(channels, taps);
	return HEAD + block_size((channels + NARROW - 1) / NARROW * NARROW, taps);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	char *to = (char *)packed + HEAD;
	size_t width, first;

	if (is_plain(channels, taps)) {
		cay_depthwise_s8_ref.pack(packed, b, scale, bias, channels, taps);
		return;
	}
	*(int8_t *)packed =
		cay_all_finite(scale, channels) && (!bias || cay_all_finite(bias, channels));
	for (size_t c = 0; c < channels; c += width, to += block_size(width, taps)) {
		int8_t *weights = (int8_t *)to;
		float *tail;

		width = block_at(channels, c, &first);
		tail = (float *)(void *)(weights + taps * width);
		for (size_t j = 0; j < width; j++) {
			tail[j] = scale[first + j];
			tail[width + j] = bias ? bias[first + j] : 0;
			for (size_t t = 0; t < taps; t++)
				weights[t * width + j] =
					((const int8_t *)b)[(first + j) * taps + t];
		}
	}
}

// Finds where each tap of a pixel begins.
struct pixel {
	const int8_t *tap[MAX_TAPS];
};

ALWAYS_INLINE void multiply_wide(const struct pixel *p, size_t taps, size_t channel,
				 const int8_t *b, int32x4_t *acc)
{
	int16x8_t low, high;

#pragma GCC unroll 4
	for (size_t j = 0; j < 4; j++)
		acc[j] = vdupq_n_s32(0);
#pragma GCC unroll 13
	for (size_t t = 0; t < taps; t += 2, b += 2 * WIDE) {
		int8x16_t x = vld1q_s8(p->tap[t] + channel), w = vld1q_s8(b);

		low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
		high = vmull_high_s8(x, w);
		if (t + 1 < taps) {
			x = vld1q_s8(p->tap[t + 1] + channel);
			w = vld1q_s8(b + WIDE);
			low = vmlal_s8(low, vget_low_s8(x), vget_low_s8(w));
			high = vmlal_high_s8(high, x, w);
		}
		acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
		acc[1] = vaddw_high_s16(acc[1], low);
		acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
		acc[3] = vaddw_high_s16(acc[3], high);
	}
}

ALWAYS_INLINE void multiply_narrow(const struct pixel *p, size_t taps, size_t channel,
				   const int8_t *b, int32x4_t *acc)
{
	acc[0] = acc[1] = vdupq_n_s32(0);
#pragma GCC unroll 13
	for (size_t t = 0; t < taps; t += 2, b += 2 * NARROW) {
		int16x8_t sum = vmull_s8(vld1_s8(p->tap[t] + channel), vld1_s8(b));

		if (t + 1 < taps)
			sum = vmlal_s8(sum, vld1_s8(p->tap[t + 1] + channel), vld1_s8(b + NARROW));
		acc[0] = vaddw_s16(acc[0], vget_low_s16(sum));
		acc[1] = vaddw_high_s16(acc[1], sum);
	}
}

// Stores a block; `from` is its scales and biases.
ALWAYS_INLINE void store_block(const struct cay_epilogue *e, const int32x4_t *acc,
			       const float *from, size_t width, void *c)
{
	float32x4_t scale[4], bias[4];

	if (__builtin_expect(!e->fast, 0)) {
		int32_t sums[WIDE];

#pragma GCC unroll 4
		for (size_t j = 0; j < width / 4; j++)
			vst1q_s32(sums + 4 * j, acc[j]);
		cay_epilogue_s8_neon(e, sums, 0, from, from + width, 1, width, c, 0);
		return;
	}
#pragma GCC unroll 4
	for (size_t j = 0; j < width / 4; j++) {
		scale[j] = vld1q_f32(from + 4 * j);
		bias[j] = vld1q_f32(from + width + 4 * j);
	}
	if (width == WIDE)
		vst1q_s8(c, epilogue_16(acc, scale, bias, e));
	else
		vst1_s8(c, epilogue_8(acc, scale, bias, e));
}

// The channels of one pixel from `at` on, whose weights are at `block`.
ALWAYS_INLINE void run_pixel(const struct cay_depthwise_args *args, const struct cay_epilogue *e,
			     const struct pixel *p, size_t taps, size_t at, const char *block,
			     char *c)
{
	const size_t channels = args->channels, size = args->to_f32 ? sizeof(float) : 1;
	int32x4_t acc[4];

	for (; at + WIDE <= channels; at += WIDE, block += block_size(WIDE, taps)) {
		multiply_wide(p, taps, at, (const int8_t *)block, acc);
		store_block(e, acc, (const float *)(const void *)(block + taps * WIDE), WIDE,
			    c + at * size);
	}
	for (; at < channels; at += NARROW, block += block_size(NARROW, taps)) {
		size_t first;

		block_at(channels, at, &first);
		multiply_narrow(p, taps, first, (const int8_t *)block, acc);
		store_block(e, acc, (const float *)(const void *)(block + taps * NARROW), NARROW,
			    c + first * size);
	}
}

struct products {
	int16x8_t low, high; // of sixteen channels
};

// Two taps' products.
ALWAYS_INLINE struct products multiply_pair(int8x16_t x, int8x16_t w, int8x16_t y, int8x16_t v)
{
	const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(w)), high = vmull_high_s8(x, w);

	return (struct products){vmlal_s8(low, vget_low_s8(y), vget_low_s8(v)),
				 vmlal_high_s8(high, y, v)};
}

ALWAYS_INLINE void begin_sums(int32x4_t *acc, struct products p, struct products q)
{
	acc[0] = vaddl_s16(vget_low_s16(p.low), vget_low_s16(q.low));
	acc[1] = vaddl_high_s16(p.low, q.low);
	acc[2] = vaddl_s16(vget_low_s16(p.high), vget_low_s16(q.high));
	acc[3] = vaddl_high_s16(p.high, q.high);
}

ALWAYS_INLINE void add_products(int32x4_t *acc, struct products p)
{
	acc[0] = vaddw_s16(acc[0], vget_low_s16(p.low));
	acc[1] = vaddw_high_s16(acc[1], p.low);
	acc[2] = vaddw_s16(acc[2], vget_low_s16(p.high));
	acc[3] = vaddw_high_s16(acc[3], p.high);
}

// Nine taps of sixteen channels; the addresses move along, and so does the block of weights.
ALWAYS_INLINE void multiply_3x3(const int8_t **x, const int8_t **b, int32x4_t *acc)
{
	const int8x16x4_t w = take_64(b);
	struct products p, q;
	int8x16x4_t v;
	int8x16_t y, u;

	p = multiply_pair(take_16(&x[0]), w.val[0], take_16(&x[1]), w.val[1]);
	q = multiply_pair(take_16(&x[2]), w.val[2], take_16(&x[3]), w.val[3]);
	begin_sums(acc, p, q);
	v = take_64(b);
	add_products(acc, multiply_pair(take_16(&x[4]), v.val[0], take_16(&x[5]), v.val[1]));
	add_products(acc, multiply_pair(take_16(&x[6]), v.val[2], take_16(&x[7]), v.val[3]));
	y = take_16(&x[8]);
	u = take_16(b);
	add_products(acc, (struct products){vmull_s8(vget_low_s8(y), vget_low_s8(u)),
					    vmull_high_s8(y, u)});
}

ALWAYS_INLINE void store_wide(const struct cay_epilogue *e, const int32x4_t *acc, bool has_high,
			      const int8_t **b, int8_t *c)
{
	float32x4_t scale[4], bias[4];
	int8x16_t q;

	take_floats(b, scale, bias);
	q = vmaxq_s8(epilogue_narrow_16(acc, scale, bias), vdupq_n_s8(e->low));
	vst1q_s8(c, has_high ? vminq_s8(q, vdupq_n_s8(e->high)) : q);
}

// 3x3 and int8 out, the most common by far: the wide blocks of all pixels. The nine addresses stay
// in registers, and a block is one stream.
ALWAYS_INLINE void run_wide_3x3(const struct cay_depthwise_args *args, const struct cay_epilogue *e,
				bool has_high)
{
	const struct cay_depthwise_args fixed = *args; // stores do not reach a copy
	const struct cay_epilogue clamp = *e;
	const int32_t *offsets = fixed.offsets;
	int8_t *row = fixed.c;

	for (size_t i = 0; i < fixed.m; i++, offsets++, row += fixed.ldc) {
		const int8_t *b = (const int8_t *)fixed.packed + HEAD, *x[9];
		int8_t *c = row;

#pragma GCC unroll 9
		for (size_t t = 0; t < 9; t++) {
			const int32_t offset = offsets[t * fixed.offset_stride];

			x[t] = offset < 0 ? fixed.zero : (const int8_t *)fixed.a + offset;
		}
		for (size_t left = fixed.channels / WIDE; left; left--, c += WIDE) {
			int32x4_t acc[4];

			multiply_3x3(x, &b, acc);
			store_wide(&clamp, acc, has_high, &b, c);
		}
	}
}

static void run_3x3(const struct cay_depthwise_args *args, const struct cay_epilogue *e,
		    const struct pixel *p, char *c)
{
	const size_t done = e->fast ? args->channels / WIDE * WIDE : 0;

	run_pixel(args, e, p, 9, done,
		  (const char *)args->packed + HEAD + done / WIDE * block_size(WIDE, 9), c);
}

static void run_5x5(const struct cay_depthwise_args *args, const struct cay_epilogue *e,
		    const struct pixel *p, char *c)
{
	run_pixel(args, e, p, 25, 0, (const char *)args->packed + HEAD, c);
}

static void run_any(const struct cay_depthwise_args *args, const struct cay_epilogue *e,
		    const struct pixel *p, char *c)
{
	run_pixel(args, e, p, args->taps, 0, (const char *)args->packed + HEAD, c);
}

static void run(const struct cay_depthwise_args *args)
{
	const struct cay_epilogue e =
		cay_epilogue_make_neon(&args->act, args->to_f32, *(const int8_t *)args->packed);
	const size_t size = args->to_f32 ? sizeof(float) : 1;
	struct pixel p;

	if (is_plain(args->channels, args->taps)) {
		cay_depthwise_s8_ref.run(args);
		return;
	}
	if (e.fast && args->taps == 9) {
		if (e.has_high)
			run_wide_3x3(args, &e, true);
		else
			run_wide_3x3(args, &e, false);
		if (args->channels % WIDE == 0)
			return;
	}
	for (size_t i = 0; i < args->m; i++) {
		char *c = (char *)args->c + i * args->ldc * size;

		for (size_t t = 0; t < args->taps; t++) {
			const int32_t offset = args->offsets[t * args->offset_stride + i];

			p.tap[t] = offset < 0 ? args->zero : (const int8_t *)args->a + offset;
		}
		(args->taps == 9 ? run_3x3 : args->taps == 25 ? run_5x5 : run_any)(args, &e, &p, c);
	}
}

const struct cay_depthwise cay_depthwise_s8_neon = {
	.name = "depthwise_s8_neon",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
