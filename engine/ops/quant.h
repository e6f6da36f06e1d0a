// What the int8 ops read of their scales and fused activation.
#ifndef CAY_ENGINE_OPS_QUANT_H
#define CAY_ENGINE_OPS_QUANT_H

#include "engine/op.h"

#define CAY_MAX_DEPTH 131072 // products in one sum: 127 * 128 * depth stays below 2^31

// The scales of an int8 op with n output channels, and whether it requantizes.
struct cay_quant {
	const float *scale; // [n] the value of one unit of the int32 sum in the output's domain
	const float *bias;  // [n] in the output's domain, or NULL
	float out_scale;    // 1 if the output is real
	bool to_f32;
};
// weight and input name the slots ("Filter", "Input"). bias may be NULL; it is in real units.
// factor multiplies the sum (matmul's alpha). Fails for scales that are not finite and positive.
int cay_quant_read(struct cay_prepare *p, struct cay_layer *layer, const char *input,
		   const char *weight, const char *output, struct cay_value *bias, size_t n,
		   float factor, struct cay_quant *ret, struct cay_err *err);

// Reads a fused activation. kind: its name ("relu"), "" for none. limit: the attribute that has
// relu6's limit; the other parameters have the same names in all ops. Those in the output's domain
// are divided by out_scale. Fails for parameters that are not finite.
int cay_act_read(const struct cay_layer *layer, const char *kind, const char *limit,
		 float out_scale, struct cay_act *ret, struct cay_err *err);

#endif
