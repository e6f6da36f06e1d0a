// float convolutions of each channel with its own window, sixteen channels at a time.
#include "kernels/avx2/activation_f32.h"
#include "kernels/avx2/avx2.h"
#include "kernels/panels.h"
#include "kernels/rows.h"

enum { BLOCK = 16, HALF = 8 };

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

ALWAYS_INLINE void run_block(const struct cay_pixel *pixel, size_t taps, size_t channel,
			     const float *b, float *c)
{
	const struct cay_act *act = &pixel->args->act;
	__m256 low = _mm256_loadu_ps(b), high = _mm256_loadu_ps(b + HALF);

#pragma GCC unroll 9
	for (size_t t = 0; t < taps; t++) {
		const float *x = tap_of(pixel, t) + channel, *w = b + (1 + t) * BLOCK;

		low = _mm256_fmadd_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(w), low);
		high = _mm256_fmadd_ps(_mm256_loadu_ps(x + HALF), _mm256_loadu_ps(w + HALF), high);
	}
	_mm256_storeu_ps(c, activate_f32(low, act));
	_mm256_storeu_ps(c + HALF, activate_f32(high, act));
}

// The channels that do not fill a block: eight by masked loads and stores.
static void run_rest(const struct cay_pixel *pixel, size_t channel, const float *b, float *c)
{
	const struct cay_depthwise_args *args = pixel->args;
	const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

	for (size_t j = channel; j < args->channels; j += HALF, b += HALF, c += HALF) {
		const __m256i some =
			_mm256_cmpgt_epi32(_mm256_set1_epi32((int)(args->channels - j)), lanes);
		__m256 sum = _mm256_loadu_ps(b);

		for (size_t t = 0; t < args->taps; t++)
			sum = _mm256_fmadd_ps(_mm256_maskload_ps(tap_of(pixel, t) + j, some),
					      _mm256_loadu_ps(b + (1 + t) * BLOCK), sum);
		_mm256_maskstore_ps(c, some, activate_f32(sum, &args->act));
	}
}

ALWAYS_INLINE void run_pixel(const struct cay_pixel *pixel, size_t taps, float *c)
{
	const size_t channels = pixel->args->channels;
	const float *b = pixel->args->packed;
	size_t j = 0;

	for (; j + BLOCK <= channels; j += BLOCK, b += BLOCK * (1 + taps))
		run_block(pixel, taps, j, b, c + j);
	run_rest(pixel, j, b, c + j);
}

static void run(const struct cay_depthwise_args *args)
{
	struct cay_pixel pixel = {.args = args};
	float *c = args->c;

	for (; pixel.row < args->m; pixel.row++, c += args->ldc) {
		cay_pixel_find_taps(&pixel, sizeof(float));
		if (args->taps == 9)
			run_pixel(&pixel, 9, c);
		else
			run_pixel(&pixel, args->taps, c);
	}
}

const struct cay_depthwise cay_depthwise_f32_avx2 = {
	.name = "depthwise_f32_avx2",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
