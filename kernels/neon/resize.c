// Rows of a picture of another size: the formula of kernels/ref/resize.c.
#include "kernels/neon/floats.h"
#include "kernels/neon/neon.h"

// Where the four values around one output pixel are, and what they weigh.
struct corners {
	const float *top_left, *top_right, *bottom_left, *bottom_right;
	float x, y;
};

ALWAYS_INLINE float32x4_t between(float32x4_t from, float32x4_t to, float weight)
{
	return vaddq_f32(from, vmulq_n_f32(vsubq_f32(to, from), weight));
}

ALWAYS_INLINE float32x4_t blend(const struct corners *c, size_t channel)
{
	const float32x4_t top =
		between(vld1q_f32(c->top_left + channel), vld1q_f32(c->top_right + channel), c->x);
	const float32x4_t bottom = between(vld1q_f32(c->bottom_left + channel),
					   vld1q_f32(c->bottom_right + channel), c->x);

	return between(top, bottom, c->y);
}

ALWAYS_INLINE float blend_one(const struct corners *c, size_t channel)
{
	const float a = c->top_left[channel], b = c->bottom_left[channel];
	const float top = a + (c->top_right[channel] - a) * c->x;
	const float bottom = b + (c->bottom_right[channel] - b) * c->x;

	return top + (bottom - top) * c->y;
}

ALWAYS_INLINE void run_row(const struct cay_resize_args *args, size_t n)
{
	float *y = args->y;

	for (size_t i = 0; i < args->out_w; i++, y += n) {
		const struct cay_resize_source *column = &args->columns[i];
		const size_t left = (size_t)column->first * n, right = (size_t)column->second * n;
		const struct corners corners = {args->top + left,    args->top + right,
						args->bottom + left, args->bottom + right,
						column->weight,	     args->weight};
		size_t c = 0;

		for (; c + 8 <= n; c += 8) {
			vst1q_f32(y + c, blend(&corners, c));
			vst1q_f32(y + c + 4, blend(&corners, c + 4));
		}
		if (c + 4 <= n) {
			vst1q_f32(y + c, blend(&corners, c));
			c += 4;
		}
		for (; c < n; c++)
			y[c] = blend_one(&corners, c);
	}
}

// One channel, as of a mask, is a loop of its own.
void cay_resize_f32_neon(const struct cay_resize_args *args)
{
	if (args->channels == 1)
		run_row(args, 1);
	else
		run_row(args, args->channels);
}
