// float convolutions of each channel with its own window.
#include "kernels/panels.h"
#include "kernels/ref/epilogue.h"
#include "kernels/ref/ref.h"

#include <string.h>

// Packed: one panel of all channels.
static size_t packed_size(size_t channels, size_t taps)
{
	return cay_panels_size(channels, taps, channels);
}

static void pack(void *packed, const void *b, const float *scale, const float *bias,
		 size_t channels, size_t taps)
{
	(void)scale;
	cay_panels_pack(packed, b, bias, channels, taps, channels);
}

static void multiply(const float *restrict a, const float *restrict b, size_t n,
		     float *restrict acc)
{
	for (size_t j = 0; j < n; j++)
		acc[j] += a[j] * b[j];
}

static void run(const struct cay_depthwise_args *args)
{
	const float *bias = args->packed;

	for (size_t i = 0; i < args->m; i++) {
		const float *b = bias + args->channels;
		float *c = (float *)args->c + i * args->ldc;

		memcpy(c, bias, args->channels * sizeof(float));
		for (size_t t = 0; t < args->taps; t++, b += args->channels) {
			const int32_t offset = args->offsets[t * args->offset_stride + i];

			if (offset >= 0)
				multiply((const float *)args->a + offset, b, args->channels, c);
		}
		epilogue_act(c, args->channels, &args->act);
	}
}

const struct cay_depthwise cay_depthwise_f32_ref = {
	.name = "depthwise_f32_ref",
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
