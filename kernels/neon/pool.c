// Pooling of one NHWC image: sixteen channels of a window stay in registers.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

// The window of one output pixel.
struct window {
	const float *x; // its first pixel
	size_t rows, columns, channels, pitch;
	const float *inverse_area; // NULL: maximum
};

ALWAYS_INLINE float32x4_t combine(float32x4_t y, float32x4_t x, bool average)
{
	return average ? vaddq_f32(y, x) : vbslq_f32(vcgtq_f32(x, y), x, y);
}

// `vectors` times four channels from `channel` on; `some` of a single vector are there.
ALWAYS_INLINE void pool_channels(const struct window *w, size_t channel, size_t vectors,
				 size_t some, bool average, float *y)
{
	float32x4_t acc[4];

#pragma GCC unroll 4
	for (size_t i = 0; i < vectors; i++) // the maximum takes the first pixel twice
		acc[i] = average ? vdupq_n_f32(0) : load_up_to_4_f32(w->x + channel + 4 * i, some);
	for (size_t r = 0; r < w->rows; r++) {
		const float *x = w->x + r * w->pitch + channel;

		for (size_t c = 0; c < w->columns; c++, x += w->channels)
#pragma GCC unroll 4
			for (size_t i = 0; i < vectors; i++)
				acc[i] =
					combine(acc[i], load_up_to_4_f32(x + 4 * i, some), average);
	}
#pragma GCC unroll 4
	for (size_t i = 0; i < vectors; i++) {
		if (average)
			acc[i] = vmulq_n_f32(acc[i], *w->inverse_area);
		store_up_to_4_f32(y + channel + 4 * i, acc[i], some);
	}
}

ALWAYS_INLINE void pool_pixel(const struct window *w, bool average, float *y)
{
	size_t c = 0;

	for (; c + 16 <= w->channels; c += 16)
		pool_channels(w, c, 4, 4, average, y);
	for (; c + 4 <= w->channels; c += 4)
		pool_channels(w, c, 1, 4, average, y);
	if (c < w->channels)
		pool_channels(w, c, 1, w->channels - c, average, y);
}

void cay_pool_f32_neon(const struct cay_pool_args *args)
{
	struct window w = {.channels = args->channels,
			   .pitch = args->in_w * args->channels,
			   .inverse_area = args->inverse_area};
	float *y = args->y;

	for (size_t i = 0; i < args->out_h; i++)
		for (size_t j = 0; j < args->out_w; j++, y += w.channels) {
			const int32_t *row = args->row + 2 * i, *column = args->column + 2 * j;

			w.x = args->x + (size_t)row[0] * w.pitch + (size_t)column[0] * w.channels;
			w.rows = (size_t)(row[1] - row[0]);
			w.columns = (size_t)(column[1] - column[0]);
			if (!args->inverse_area) {
				pool_pixel(&w, false, y);
				continue;
			}
			pool_pixel(&w, true, y);
			w.inverse_area++;
		}
}
