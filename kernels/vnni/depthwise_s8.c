// int8 convolutions of each channel with its own window: two taps at a time, as pairs of int16.
#include "kernels/vnni/epilogue.h"
#include "kernels/vnni/vnni.h"

#include <string.h>

enum { BLOCK = 32 }; // channels

static size_t padded_channels(size_t channels)
{
	return (channels + BLOCK - 1) / BLOCK * BLOCK;
}

static size_t tap_pairs(size_t taps)
{
	return (taps + 1) / 2;
}

// Packed: scale and bias of the padded channels, then for each block and pair of taps the int16
// weights of 32 channels. All stand as unpacklo and unpackhi leave the activations: a block's
// channels 0-3, 8-11, 16-19, 24-27 in one register, the others in a second.
static size_t packed_size(size_t channels, size_t taps)
{
	return padded_channels(channels) *
	       (2 * sizeof(float) + tap_pairs(taps) * 2 * sizeof(int16_t));
}

static size_t place(size_t channel)
{
	const size_t c = channel % BLOCK;

	return channel - c + c % 8 / 4 * 16 + c / 8 * 4 + c % 4;
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	const size_t padded = padded_channels(channels);
	const int8_t *from = b;
	float *head = packed;
	int16_t *weights = (int16_t *)(head + 2 * padded);

	memset(packed, 0, packed_size(channels, taps));
	for (size_t j = 0; j < channels; j++) {
		int16_t *block = weights + j / BLOCK * tap_pairs(taps) * 2 * BLOCK;

		head[place(j)] = scale[j];
		head[padded + place(j)] = bias ? bias[j] : 0;
		for (size_t t = 0; t < taps; t++)
			block[t / 2 * 2 * BLOCK + place(j % BLOCK) * 2 + t % 2] =
				from[j * taps + t];
	}
}

static const int8_t *tap_address(const struct cay_depthwise_args *args, size_t tap, size_t row)
{
	const int32_t offset = args->offsets[tap * args->offset_stride + row];

	return offset < 0 ? args->zero : (const int8_t *)args->a + offset;
}

static __m512i widen(const int8_t *a, __mmask32 channels)
{
	return _mm512_cvtepi8_epi16(channels == UINT32_MAX ? _mm256_loadu_si256((const __m256i *)a)
							   : _mm256_maskz_loadu_epi8(channels, a));
}

// A pixel's taps; those beyond MAX_TAPS are looked up when they are needed.
enum { MAX_TAPS = 49 };
struct pixel {
	const struct cay_depthwise_args *args;
	size_t row;
	const int8_t *taps[MAX_TAPS];
};

static const int8_t *tap_of(const struct pixel *pixel, size_t tap)
{
	return tap < MAX_TAPS ? pixel->taps[tap] : tap_address(pixel->args, tap, pixel->row);
}

// The sums of a block of channels, in their places.
static inline void multiply(const struct pixel *pixel, size_t channel, const int16_t *b,
			    __mmask32 channels, __m512i *ret_low, __m512i *ret_high)
{
	const size_t taps = pixel->args->taps;
	__m512i low = _mm512_setzero_si512(), high = low;

	for (size_t t = 0; t < taps; t += 2, b += 2 * BLOCK) {
		const __m512i one = widen(tap_of(pixel, t) + channel, channels);
		const __m512i other = t + 1 < taps ? widen(tap_of(pixel, t + 1) + channel, channels)
						   : _mm512_setzero_si512();

		low = _mm512_dpwssd_epi32(low, _mm512_unpacklo_epi16(one, other),
					  _mm512_loadu_si512(b));
		high = _mm512_dpwssd_epi32(high, _mm512_unpackhi_epi16(one, other),
					   _mm512_loadu_si512(b + BLOCK));
	}
	*ret_low = low;
	*ret_high = high;
}

// Back into the order of the channels, 16 and 16.
static void store_block(const struct pixel *pixel, size_t channel, __m512 low, __m512 high)
{
	const struct cay_depthwise_args *args = pixel->args;
	const __m512i first =
		_mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
	const __m512i second =
		_mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
	const __m512 halves[] = {_mm512_permutex2var_ps(low, first, high),
				 _mm512_permutex2var_ps(low, second, high)};
	const size_t size = args->to_f32 ? sizeof(float) : 1;

	for (size_t i = 0; i < 2 && channel < args->channels; i++, channel += 16)
		store_outputs((char *)args->c + (pixel->row * args->ldc + channel) * size,
			      halves[i], args->to_f32, first_lanes(args->channels - channel));
}

static void store_s8(int8_t *c, __m256i y, __mmask32 channels)
{
	if (channels == UINT32_MAX)
		_mm256_storeu_si256((__m256i *)c, y);
	else
		_mm256_mask_storeu_epi8(c, channels, y);
}

// range: NULL, or the activation's, for int8 outputs.
static inline void run_pixel(const struct pixel *pixel, const struct range *range)
{
	const struct cay_depthwise_args *args = pixel->args;
	const size_t padded = padded_channels(args->channels);
	const float *scale = args->packed, *bias = scale + padded;
	const int16_t *b = (const int16_t *)(bias + padded);
	int8_t *c = (int8_t *)args->c + pixel->row * args->ldc;

	for (size_t j = 0; j < args->channels; j += BLOCK, b += tap_pairs(args->taps) * 2 * BLOCK) {
		const size_t left = args->channels - j;
		const __mmask32 channels = left >= BLOCK ? UINT32_MAX : (1u << left) - 1;
		__m512i low, high;

		multiply(pixel, j, b, channels, &low, &high);
		if (!range) {
			store_block(pixel, j, requantize(low, scale + j, bias + j, &args->act),
				    requantize(high, scale + j + 16, bias + j + 16, &args->act));
			continue;
		}
		low = requantize_range(low, _mm512_loadu_ps(scale + j), _mm512_loadu_ps(bias + j),
				       range);
		high = requantize_range(high, _mm512_loadu_ps(scale + j + 16),
					_mm512_loadu_ps(bias + j + 16), range);
		// packs puts the channels in order
		store_s8(c + j, _mm512_cvtepi16_epi8(_mm512_packs_epi32(low, high)), channels);
	}
}

static void run(const struct cay_depthwise_args *args)
{
	struct pixel pixel = {.args = args};
	struct range range;
	const bool in_range = act_range(&args->act, &range) && !args->to_f32;

	for (; pixel.row < args->m; pixel.row++) {
		for (size_t t = 0; t < args->taps && t < MAX_TAPS; t++)
			pixel.taps[t] = tap_address(args, t, pixel.row);
		run_pixel(&pixel, in_range ? &range : NULL);
	}
}

const struct cay_depthwise cay_depthwise_s8_vnni = {
	.name = "depthwise_s8_vnni",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
