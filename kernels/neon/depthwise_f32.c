// float convolutions of each channel with its own window, sixteen channels at a time.
#include "kernels/neon/activation_f32.h"
#include "kernels/neon/neon.h"
#include "kernels/panels.h"
#include "kernels/rows.h"

#include <string.h>

enum { BLOCK = 16 };

// Packed: panels of 16 channels.
static size_t packed_size(size_t channels, size_t taps)
{
	return cay_panels_size(channels, taps, BLOCK);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	(void)scale;
	cay_panels_pack(packed, b, bias, channels, taps, BLOCK);
}

ALWAYS_INLINE const float *tap_of(const struct cay_pixel *pixel, size_t tap)
{
	return cay_pixel_tap(pixel, tap, sizeof(float));
}

// The first `taps` taps, at most CAY_PIXEL_TAPS.
static inline void add_taps(const struct cay_pixel *pixel, size_t taps, size_t channel,
			    const float *w, float32x4_t sum[4])
{
	for (size_t t = 0; t < taps; t++, w += BLOCK) {
		const float32x4x4_t x = vld1q_f32_x4((const float *)pixel->taps[t] + channel);
		const float32x4x4_t f = vld1q_f32_x4(w);

		for (int v = 0; v < 4; v++)
			sum[v] = vfmaq_f32(sum[v], x.val[v], f.val[v]);
	}
}

static inline void run_block(const struct cay_pixel *pixel, size_t channel, const float *b,
			     float *c, enum range_f32 range)
{
	const struct cay_depthwise_args *args = pixel->args;
	float32x4_t sum[4];

	for (size_t v = 0; v < 4; v++)
		sum[v] = vld1q_f32(b + v * 4);
	add_taps(pixel, args->taps < CAY_PIXEL_TAPS ? args->taps : CAY_PIXEL_TAPS, channel,
		 b + BLOCK, sum);
	for (size_t t = CAY_PIXEL_TAPS; t < args->taps; t++) {
		const float *x = tap_of(pixel, t) + channel;

		for (size_t v = 0; v < 4; v++)
			sum[v] = vfmaq_f32(sum[v], vld1q_f32(x + v * 4),
					   vld1q_f32(b + (t + 1) * BLOCK + v * 4));
	}
	for (size_t v = 0; v < 4; v++)
		sum[v] = store_act_f32(sum[v], &args->act, range);
	vst1q_f32_x4(c, (float32x4x4_t){{sum[0], sum[1], sum[2], sum[3]}});
}

// 3x3, the most common by far: the nine addresses stay in registers and move along. Returns the
// first channel that is left.
static inline size_t run_3x3(const struct cay_pixel *pixel, const float *b, float *c,
			     enum range_f32 range)
{
	const struct cay_depthwise_args *args = pixel->args;
	const float *x[9];
	size_t channel = 0;

	memcpy(x, pixel->taps, sizeof(x));
	for (; channel + BLOCK <= args->channels; channel += BLOCK, c += BLOCK) {
		float32x4x4_t sum = vld1q_f32_x4(b);

		b += BLOCK;
#pragma GCC unroll 9
		for (size_t t = 0; t < 9; t++) {
			const float32x4x4_t value = vld1q_f32_x4(x[t]);
			const float32x4x4_t weight = vld1q_f32_x4(b);

			x[t] += BLOCK;
			b += BLOCK;
			__asm__("" : "+r"(x[t]), "+r"(b)); // the loads themselves move them on
			for (int v = 0; v < 4; v++)
				sum.val[v] = vfmaq_f32(sum.val[v], value.val[v], weight.val[v]);
		}
		for (int v = 0; v < 4; v++)
			sum.val[v] = store_act_f32(sum.val[v], &args->act, range);
		vst1q_f32_x4(c, sum);
	}
	return channel;
}

// The channels that do not fill a block, one by one.
static void run_rest(const struct cay_pixel *pixel, size_t channel, const float *b, float *c)
{
	for (size_t j = channel; j < pixel->args->channels; j++, b++) {
		float sum = *b;

		for (size_t t = 0; t < pixel->args->taps; t++)
			sum = __builtin_fmaf(tap_of(pixel, t)[j], b[(t + 1) * BLOCK], sum);
		*c++ = vgetq_lane_f32(activate_f32(vdupq_n_f32(sum), &pixel->args->act), 0);
	}
}

static void run(const struct cay_depthwise_args *args)
{
	struct cay_pixel pixel = {.args = args};
	const enum range_f32 range = act_range_f32(&args->act);

	for (; pixel.row < args->m; pixel.row++) {
		const float *b = args->packed;
		float *c = (float *)args->c + pixel.row * args->ldc;
		size_t j = 0;

		cay_pixel_find_taps(&pixel, sizeof(float));
		if (args->taps == 9) {
			j = run_3x3(&pixel, b, c, range);
			b += j * 10;
		}
		for (; j + BLOCK <= args->channels; j += BLOCK, b += BLOCK * (1 + args->taps))
			run_block(&pixel, j, b, c + j, range);
		run_rest(&pixel, j, b, c + j);
	}
}

const struct cay_depthwise cay_depthwise_f32_neon = {
	.name = "depthwise_f32_neon",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
