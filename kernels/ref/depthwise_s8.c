// int8 convolutions of each channel with its own window.
#include "kernels/ref/epilogue.h"
#include "kernels/ref/ref.h"

#include <string.h>

// Packed: scale[channels], bias[channels], then the weights as [taps][channels].
static size_t packed_size(size_t channels, size_t taps)
{
	return channels * (2 * sizeof(float) + taps);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	const int8_t *from = b;
	float *head = packed;
	int8_t *to = (int8_t *)(head + 2 * channels);

	memcpy(head, scale, channels * sizeof(float));
	for (size_t j = 0; j < channels; j++)
		head[channels + j] = bias ? bias[j] : 0;
	for (size_t t = 0; t < taps; t++)
		for (size_t j = 0; j < channels; j++)
			*to++ = from[j * taps + t];
}

static void multiply(const int8_t *restrict a, const int8_t *restrict b, size_t n,
		     int32_t *restrict acc)
{
	for (size_t j = 0; j < n; j++)
		acc[j] += (int16_t)(a[j] * b[j]); // at most 127 * 128
}

// Output pixel `row`, channels [begin, begin + n).
static void run_block(const struct cay_depthwise_args *args, size_t row, size_t begin, size_t n)
{
	const float *scale = args->packed, *bias = scale + args->channels;
	const int8_t *b = (const int8_t *)(bias + args->channels) + begin;
	const size_t size = args->to_f32 ? sizeof(float) : 1;
	int32_t acc[EPILOGUE_MAX] = {0};

	for (size_t t = 0; t < args->taps; t++, b += args->channels) {
		const int32_t offset = args->offsets[t * args->offset_stride + row];

		if (offset >= 0)
			multiply((const int8_t *)args->a + offset + begin, b, n, acc);
	}
	epilogue_s8(acc, n, scale + begin, bias + begin, &args->act, args->to_f32,
		    (char *)args->c + (row * args->ldc + begin) * size);
}

static void run(const struct cay_depthwise_args *args)
{
	for (size_t i = 0; i < args->m; i++)
		for (size_t j = 0; j < args->channels; j += EPILOGUE_MAX)
			run_block(args, i, j,
				  args->channels - j < EPILOGUE_MAX ? args->channels - j
								    : EPILOGUE_MAX);
}

const struct cay_depthwise cay_depthwise_s8_ref = {
	.name = "depthwise_s8_ref",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
