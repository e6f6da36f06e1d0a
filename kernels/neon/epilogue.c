// From int32 sums in memory to stored outputs, whatever the activation.
#include "kernels/neon/epilogue.h"
#include "kernels/requant.h"

struct cay_epilogue cay_epilogue_make_neon(const struct cay_act *act, bool to_f32, bool finite)
{
	const bool clamp = act->kind == CAY_ACT_NONE || act->kind == CAY_ACT_RELU ||
			   (act->kind == CAY_ACT_RELU6 && isfinite(act->limit));

	return (struct cay_epilogue){
		.act = act,
		.to_f32 = to_f32,
		.fast = !to_f32 && finite && clamp,
		.has_high = act->kind == CAY_ACT_RELU6 && cay_saturate_s8(act->limit) < 127,
		.fast_floats = to_f32 && (act->kind == CAY_ACT_NONE || act->kind == CAY_ACT_RELU),
		.relu = act->kind == CAY_ACT_RELU,
		.low = act->kind == CAY_ACT_NONE ? -127 : 0,
		.high = act->kind == CAY_ACT_RELU6 ? cay_saturate_s8(act->limit) : 127,
	};
}

enum { LANES = 4, BLOCK = 8 * LANES }; // sums that are worked on together

static float32x4_t select_below_zero(float32x4_t y, float32x4_t below)
{
	return vbslq_f32(vcltzq_f32(y), below, y);
}

static float32x4_t hard_swish(float32x4_t y, const struct cay_act *act, float inverse_scale)
{
	const float32x4_t limit = vdupq_n_f32(act->limit);
	float32x4_t gate =
		select_below_zero(vaddq_f32(y, vdupq_n_f32(act->offset)), vdupq_n_f32(0));

	gate = vbslq_f32(vcgtq_f32(gate, limit), limit, gate);
	return vmulq_f32(vmulq_n_f32(y, inverse_scale), gate);
}

// The same selections as in kernels/requant.h, so that NaN takes the same way.
static void activate(float32x4_t *y, size_t n, const struct cay_act *act)
{
	const float32x4_t zero = vdupq_n_f32(0), limit = vdupq_n_f32(act->limit);

	switch (act->kind) {
	case CAY_ACT_NONE:
		break;
	case CAY_ACT_RELU:
		for (size_t j = 0; j < n; j++)
			y[j] = select_below_zero(y[j], zero);
		break;
	case CAY_ACT_RELU6:
		for (size_t j = 0; j < n; j++) {
			y[j] = select_below_zero(y[j], zero);
			y[j] = vbslq_f32(vcgtq_f32(y[j], limit), limit, y[j]);
		}
		break;
	case CAY_ACT_LEAKY_RELU:
		for (size_t j = 0; j < n; j++)
			y[j] = select_below_zero(y[j], vmulq_n_f32(y[j], act->alpha));
		break;
	case CAY_ACT_HARD_SWISH: {
		const float inverse_scale = 1 / act->scale;

		for (size_t j = 0; j < n; j++)
			y[j] = hard_swish(y[j], act, inverse_scale);
		break;
	}
	}
}

// NaN compares as a number below: it gives -127.
static int8x8_t saturate(float32x4_t low, float32x4_t high)
{
	const float32x4_t least = vdupq_n_f32(-127);
	const int32x4_t a = vcvtaq_s32_f32(vmaxnmq_f32(low, least));
	const int32x4_t b = vcvtaq_s32_f32(vmaxnmq_f32(high, least));

	return vqmovn_s16(vqmovn_high_s32(vqmovn_s32(a), b));
}

// n <= BLOCK outputs of one row; all of them are computed, and n stored.
static void store(const float32x4_t *y, size_t n, bool to_f32, void *c)
{
	int8_t bytes[BLOCK];

	if (to_f32) {
		memcpy(c, y, n * sizeof(float));
		return;
	}
	for (size_t j = 0; j < n; j += 2 * LANES)
		vst1_s8(bytes + j, saturate(y[j / LANES], y[j / LANES + 1]));
	memcpy(c, bytes, n);
}

static void load(const void *from, size_t n, void *to)
{
	memcpy(to, from, n * sizeof(float));
}

static void run_block(const struct cay_epilogue *e, const int32_t *acc, const float *scale,
		      const float *bias, size_t n, void *c)
{
	int32x4_t sums[BLOCK / LANES] = {0};
	float32x4_t s[BLOCK / LANES] = {0}, y[BLOCK / LANES] = {0};

	load(acc, n, sums);
	load(scale, n, s);
	load(bias, n, y);
	for (size_t j = 0; j < BLOCK / LANES; j++)
		y[j] = vfmaq_f32(y[j], vcvtq_f32_s32(sums[j]), s[j]);
	activate(y, BLOCK / LANES, e->act);
	store(y, n, e->to_f32, c);
}

// A row of floats, four at a time. Returns how many it has stored.
static size_t store_floats(const struct cay_epilogue *e, const int32_t *acc, const float *scale,
			   const float *bias, size_t n, float *c)
{
	const bool is_plain = e->act->kind == CAY_ACT_NONE;
	size_t j = 0;

	for (; j + LANES <= n; j += LANES) {
		float32x4_t y = vfmaq_f32(vld1q_f32(bias + j), vcvtq_f32_s32(vld1q_s32(acc + j)),
					  vld1q_f32(scale + j));

		if (!is_plain)
			activate(&y, 1, e->act);
		vst1q_f32(c + j, y);
	}
	return j;
}

void cay_epilogue_s8_neon(const struct cay_epilogue *e, const int32_t *acc, size_t acc_stride,
			  const float *scale, const float *bias, size_t rows, size_t n, void *c,
			  size_t ldc)
{
	const size_t size = e->to_f32 ? sizeof(float) : 1;

	for (size_t i = 0; i < rows; i++, acc += acc_stride) {
		char *row = (char *)c + i * ldc * size;
		size_t j =
			e->to_f32 ? store_floats(e, acc, scale, bias, n, (float *)(void *)row) : 0;

		for (; j < n; j += BLOCK)
			run_block(e, acc + j, scale + j, bias + j, n - j < BLOCK ? n - j : BLOCK,
				  row + j * size);
	}
}
