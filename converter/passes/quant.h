// What quantized nodes have in common.
#ifndef CAY_CONVERTER_PASSES_QUANT_H
#define CAY_CONVERTER_PASSES_QUANT_H

#include "converter/graph.h"

#include <string.h>

#define CAY_QUANT_RANGE 127 // steps on either side of zero
// Of an activation that was zero on all of the training data. Paddle's simulation makes it zero
// too.
#define CAY_QUANT_MIN_THRESHOLD 1e-30F

// Element i of a constant of FP32, INT8 or INT16; 0 of others. Its bytes may be unaligned: they are
// a file's.
static inline float cay_quant_element(const struct cay_value *value, size_t i)
{
	const char *data = value->data;
	int16_t s16 = 0;
	float f32;

	if (value->dtype == CAY_DTYPE_F32) {
		memcpy(&f32, data + i * sizeof(f32), sizeof(f32));
		return f32;
	}
	if (value->dtype == CAY_DTYPE_S8)
		return (signed char)data[i];
	if (value->dtype == CAY_DTYPE_S16)
		memcpy(&s16, data + i * sizeof(s16), sizeof(s16));
	return s16;
}

// Ops whose weights are quantized.
struct cay_quant_op {
	const char *op, *in, *weight, *out;
	uint32_t axis, rank; // of the weight: its output channels, its dimensions
	bool has_int8;	     // a kernel
};
const struct cay_quant_op *cay_quant_op_find(const struct cay_node *node); // NULL: not such an op
bool cay_node_can_int8(const struct cay_node *node); // if its inputs are quantized

// True if the node computes on int8: both its inputs are quantized.
bool cay_node_is_int8(const struct cay_node *node);

// True if the use is the weight of such an op, an int8 constant with its scales.
bool cay_use_is_int8_weight(const struct cay_use *use);
// The weight of such an op that computes in fp32, if it is stored as integers with scales; or NULL.
struct cay_use *cay_node_stored_weight(const struct cay_node *node);

// The parameter `value`, count floats that are finite and not negative.
int cay_quant_read_thresholds(const struct cay_node *node, const struct cay_value *value,
			      size_t count, float *ret, struct cay_err *err);
// Of an activation's threshold.
float cay_quant_scale(float threshold);

// What int8 steps of this size leave of x: to int8 and back by two new nodes before `before`.
struct cay_value *cay_quant_round(struct cay_graph *graph, struct cay_node *before,
				  struct cay_value *x, float scale, struct cay_err *err);
// A node that is to compute on int8 computes the same numbers in fp32 instead.
int cay_quant_node_to_float(struct cay_graph *graph, struct cay_node *node, struct cay_err *err);
// The new node that makes int8 of x.
struct cay_node *cay_quant_to_int8(struct cay_graph *graph, struct cay_node *before,
				   struct cay_value *x, float scale, struct cay_err *err);

// Float-held integers in [-128, 127] to int8; an int8 constant stays as it is.
int cay_quant_weight_to_int8(struct cay_graph *graph, struct cay_use *weight, struct cay_err *err);
// Back to fp32, by the constant's own scales.
int cay_quant_weight_to_float(struct cay_graph *graph, struct cay_use *weight, uint32_t axis,
			      struct cay_err *err);

#endif
