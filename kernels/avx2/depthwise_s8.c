// int8 convolutions of each channel with its own window: two taps at a time, as pairs of int16.
//
// The last block of sixteen channels ends with the last channel and may overlap the one before it.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/epilogue.h"
#include "kernels/rows.h"

enum { BLOCK = 16 };

static size_t block_count(size_t channels)
{
	return (channels + BLOCK - 1) / BLOCK;
}

// The first channel of block i: the last block overlaps the one before it, to be a whole one.
static size_t block_at(size_t channels, size_t i)
{
	return (i + 1) * BLOCK <= channels ? i * BLOCK : channels < BLOCK ? 0 : channels - BLOCK;
}

static size_t tap_pairs(size_t taps)
{
	return (taps + 1) / 2;
}

// A block: scale[16], bias[16], then for each pair of taps the int16 weights of 16 channels. All
// stand as unpacklo and unpackhi leave the activations: channels 0-3 and 8-11, then the others.
static size_t block_size(size_t taps)
{
	return BLOCK * (2 * sizeof(float) + tap_pairs(taps) * 2 * sizeof(int16_t));
}

static size_t packed_size(size_t channels, size_t taps)
{
	return block_count(channels) * block_size(taps);
}

static size_t place(size_t channel)
{
	return channel % 8 / 4 * 8 + channel / 8 * 4 + channel % 4;
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	char *to = packed;

	memset(packed, 0, packed_size(channels, taps));
	for (size_t i = 0; i < block_count(channels); i++, to += block_size(taps)) {
		const size_t first = block_at(channels, i);
		float *head = (float *)(void *)to;
		int16_t *weights = (int16_t *)(head + 2 * BLOCK);

		for (size_t j = 0; j < BLOCK && first + j < channels; j++) {
			head[place(j)] = scale[first + j];
			head[BLOCK + place(j)] = bias ? bias[first + j] : 0;
			for (size_t t = 0; t < taps; t++)
				weights[t / 2 * 2 * BLOCK + place(j) * 2 + t % 2] =
					((const int8_t *)b)[(first + j) * taps + t];
		}
	}
}

ALWAYS_INLINE const int8_t *tap_of(const struct cay_pixel *pixel, size_t tap)
{
	return cay_pixel_tap(pixel, tap, 1);
}

ALWAYS_INLINE __m256i widen(const int8_t *a, size_t channels)
{
	int8_t some[BLOCK] = {0};

	if (channels >= BLOCK)
		return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)a));
	if (channels == 8)
		return _mm256_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)a));
	memcpy(some, a, channels);
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)some));
}

// Sums the products of a block; the sums lie in the order of the block's places.
ALWAYS_INLINE void multiply(const struct cay_pixel *pixel, size_t taps, size_t channel,
			    size_t channels, const __m256i *b, __m256i acc[2])
{
	acc[0] = acc[1] = _mm256_setzero_si256();
#pragma GCC unroll 5
	for (size_t t = 0; t < taps; t += 2, b += 2) {
		const __m256i one = widen(tap_of(pixel, t) + channel, channels);
		const __m256i other = t + 1 < taps ? widen(tap_of(pixel, t + 1) + channel, channels)
						   : _mm256_setzero_si256();

		acc[0] = _mm256_add_epi32(acc[0],
					  _mm256_madd_epi16(_mm256_unpacklo_epi16(one, other),
							    _mm256_loadu_si256(b)));
		acc[1] = _mm256_add_epi32(acc[1],
					  _mm256_madd_epi16(_mm256_unpackhi_epi16(one, other),
							    _mm256_loadu_si256(b + 1)));
	}
}

// Stores outputs of any type and activation, through memory, where they get the channels' order.
static void store_slow(const struct epilogue *e, const __m256i acc[2], const float *scale, char *c,
		       size_t channels)
{
	const size_t size = e->to_f32 ? sizeof(float) : 1;
	char y[BLOCK * sizeof(float)];

	for (size_t i = 0; i < 2; i++) {
		char half[8 * sizeof(float)];

		store_outputs(e, acc[i], _mm256_loadu_ps(scale + 8 * i),
			      _mm256_loadu_ps(scale + BLOCK + 8 * i), half, 8);
		memcpy(y + 4 * i * size, half, 4 * size);
		memcpy(y + (8 + 4 * i) * size, half + 4 * size, 4 * size);
	}
	memcpy(c, y, channels * size);
}

ALWAYS_INLINE void store_fast(const struct epilogue *e, const __m256i acc[2], const float *scale,
			      char *c, size_t channels, bool from_zero)
{
	const __m256 high = _mm256_set1_ps(e->high);
	// packs puts the channels in order
	const __m256i words =
		_mm256_packs_epi32(round_sums(acc[0], _mm256_loadu_ps(scale),
					      _mm256_loadu_ps(scale + BLOCK), high, from_zero),
				   round_sums(acc[1], _mm256_loadu_ps(scale + 8),
					      _mm256_loadu_ps(scale + BLOCK + 8), high, from_zero));
	const __m128i bytes = _mm_max_epi8(
		_mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)),
		_mm_set1_epi8(e->low));
	char some[BLOCK];

	if (channels >= BLOCK) {
		_mm_storeu_si128((__m128i *)c, bytes);
	} else {
		_mm_storeu_si128((__m128i *)some, bytes);
		memcpy(c, some, channels);
	}
}

ALWAYS_INLINE void run_block(const struct cay_pixel *pixel, const struct epilogue *e, size_t taps,
			     size_t channel, size_t channels, const char *block, char *c)
{
	const float *scale = (const float *)(const void *)block;
	__m256i acc[2];

	multiply(pixel, taps, channel, channels, (const __m256i *)(scale + 2 * BLOCK), acc);
	if (!e->fast)
		store_slow(e, acc, scale, c, channels);
	else if (e->from_zero)
		store_fast(e, acc, scale, c, channels, true);
	else
		store_fast(e, acc, scale, c, channels, false);
}

ALWAYS_INLINE void run_pixel(const struct cay_pixel *pixel, const struct epilogue *e, size_t taps)
{
	const struct cay_depthwise_args *args = pixel->args;
	const size_t channels = args->channels, size = args->to_f32 ? sizeof(float) : 1;
	const char *block = args->packed;
	char *c = (char *)args->c + pixel->row * args->ldc * size;

	if (channels < BLOCK) {
		run_block(pixel, e, taps, 0, channels, block, c);
		return;
	}
	for (size_t i = 0; i < block_count(channels); i++, block += block_size(taps)) {
		const size_t at = block_at(channels, i);

		run_block(pixel, e, taps, at, BLOCK, block, c + at * size);
	}
}

// What the epilogue may assume of all blocks' scales and biases.
static struct epilogue find_epilogue(const struct cay_depthwise_args *args)
{
	const char *block = args->packed;
	struct epilogue e = {0};
	bool fast = true;

	for (size_t i = 0; i < block_count(args->channels); i++, block += block_size(args->taps)) {
		const float *scale = (const float *)(const void *)block;

		e = make_epilogue(&args->act, args->to_f32, scale, scale + BLOCK, BLOCK);
		fast = fast && e.fast;
	}
	e.fast = fast;
	return e;
}

static void run(const struct cay_depthwise_args *args)
{
	const struct epilogue epilogue = find_epilogue(args);
	struct cay_pixel pixel = {.args = args};

	for (; pixel.row < args->m; pixel.row++) {
		cay_pixel_find_taps(&pixel, 1);
		if (args->taps == 9)
			run_pixel(&pixel, &epilogue, 9);
		else
			run_pixel(&pixel, &epilogue, args->taps);
	}
}

const struct cay_depthwise cay_depthwise_s8_avx2 = {
	.name = "depthwise_s8_avx2",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
