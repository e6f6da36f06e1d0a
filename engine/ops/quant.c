// What the int8 ops read of their scales and fused activation.
#include "engine/ops/quant.h"
#include "common/size.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float *find_scale(const struct cay_layer *layer, const char *slot, size_t *ret_count)
{
	char name[48];

	snprintf(name, sizeof(name), "%s0_scale", slot);
	return cay_layer_floats(layer, name, ret_count);
}

static int one_scale(const struct cay_layer *layer, const char *slot, float *ret,
		     struct cay_err *err)
{
	size_t count;
	const float *scale = find_scale(layer, slot, &count);

	if (!scale || count < 1)
		return cay_layer_fail(layer, err, "has no %s0_scale", slot);
	if (!isfinite(scale[0]) || scale[0] <= 0)
		return cay_layer_fail(layer, err, "%s0_scale is %g, want a positive number", slot,
				      (double)scale[0]);
	*ret = scale[0];
	return 0;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && strcmp(text + n - m, suffix) == 0;
}

static bool all_equal(const float *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (values[i] != values[0])
			return false;
	return count > 0;
}

int cay_quant_read(struct cay_prepare *p, struct cay_layer *layer, const char *input,
		   const char *weight, const char *output, struct cay_value *bias, size_t n,
		   float factor, struct cay_quant *ret, struct cay_err *err)
{
	struct cay_quant q = {.out_scale = 1};
	size_t count;
	const float *weights = find_scale(layer, weight, &count), *real = NULL;
	float in_scale = 0, *scale = cay_prepare_alloc(p, n * sizeof(float), err), *scaled = NULL;

	// Aliases: int8_out, fp32_out (conv2d); int8out, fp32out (fc on ARM); def (mul and matmul).
	q.to_f32 = !has_suffix(layer->alias, "int8_out") && !has_suffix(layer->alias, "int8out");
	if (!scale || one_scale(layer, input, &in_scale, err) < 0 ||
	    (!q.to_f32 && one_scale(layer, output, &q.out_scale, err) < 0))
		return -1;
	if (weights && count != n && all_equal(weights, count))
		count = 1; // opt counts the other dimension of a transposed weight
	if (!weights || (count != n && count != 1))
		return cay_layer_fail(layer, err, "has %zu of %s0_scale, want %zu", count, weight,
				      n);
	if (bias) {
		real = cay_prepare_floats(p, layer, bias, n, err);
		scaled = cay_prepare_alloc(p, n * sizeof(float), err);
		if (!real || !scaled)
			return -1;
	}
	for (size_t c = 0; c < n; c++) {
		float w = weights[count == 1 ? 0 : c];

		if (!isfinite(w) || w < 0) // 0: a channel whose weights are all zero
			return cay_layer_fail(layer, err, "%s0_scale[%zu] is %g", weight, c,
					      (double)w);
		scale[c] = w * in_scale * factor;
		if (!q.to_f32)
			scale[c] /= q.out_scale;
		if (scaled)
			scaled[c] = q.to_f32 ? real[c] : real[c] / q.out_scale;
		if (!isfinite(scale[c]) || (scaled && !isfinite(scaled[c])))
			return cay_layer_fail(layer, err,
					      "channel %zu: scale or bias is not finite", c);
	}
	if (!q.to_f32)
		layer->out[0]->scale = q.out_scale;
	q.scale = scale;
	q.bias = scaled;
	*ret = q;
	return 0;
}

int cay_act_read(const struct cay_layer *layer, const char *kind, const char *limit,
		 float out_scale, struct cay_act *ret, struct cay_err *err)
{
	static const struct {
		const char *name;
		enum cay_act_kind kind;
	} kinds[] = {
		{"", CAY_ACT_NONE},
		{"relu", CAY_ACT_RELU},
		{"relu6", CAY_ACT_RELU6},
		{"leaky_relu", CAY_ACT_LEAKY_RELU},
		{"hard_swish", CAY_ACT_HARD_SWISH},
	};
	struct cay_act act = {0};
	size_t i = 0;

	while (i < CAY_ARRAY_SIZE(kinds) && strcmp(kinds[i].name, kind) != 0)
		i++;
	if (i == CAY_ARRAY_SIZE(kinds))
		return cay_layer_fail(layer, err, "activation '%.40s' is not supported", kind);
	act.kind = kinds[i].kind;
	act.alpha = cay_layer_float(layer, "leaky_relu_alpha", 0.01f);
	act.limit = cay_layer_float(
		layer, act.kind == CAY_ACT_HARD_SWISH ? "hard_swish_threshold" : limit, 6);
	act.scale = cay_layer_float(layer, "hard_swish_scale", 6);
	act.offset = cay_layer_float(layer, "hard_swish_offset", 3);
	if (!isfinite(act.alpha) || !isfinite(act.limit) || !isfinite(act.offset) ||
	    !isfinite(act.scale) || act.scale == 0)
		return cay_layer_fail(layer, err, "a parameter of its %s is not a number", kind);
	act.limit /= out_scale;
	act.scale /= out_scale;
	act.offset /= out_scale;
	*ret = act;
	return 0;
}
