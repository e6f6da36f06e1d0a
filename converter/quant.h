// Quantized nodes: which ops can be, scales and thresholds, and constants to int8 and back.
#ifndef CAY_CONVERTER_QUANT_H
#define CAY_CONVERTER_QUANT_H

#include "converter/graph.h"

#include <string.h>

#define CAY_QUANT_RANGE 127 // steps on either side of zero
// The least threshold, for an activation that was zero on all of the training data: with it all
// values stay zero, as in Paddle's simulation.
#define CAY_QUANT_MIN_THRESHOLD 1e-30F

// Element i of a constant of FP32, INT8 or INT16; 0 for other types. The constant's bytes are those
// of a file, and may be unaligned.
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
	uint32_t axis; // of the weight's output channels
	uint32_t rank; // how many dimensions the weight has
	bool has_int8; // there is a kernel that computes on int8
};
const struct cay_quant_op *cay_quant_op_find(const struct cay_node *node); // NULL: not such an op
// True if the node could compute on int8, once its inputs are quantized.
bool cay_node_can_int8(const struct cay_node *node);
// True if the node computes on int8: both its inputs are quantized.
bool cay_node_is_int8(const struct cay_node *node);

// True if the use is the weight of such an op, an int8 constant with its scales.
bool cay_use_is_int8_weight(const struct cay_use *use);
// The weight of such an op that computes in fp32, if it is stored as integers with scales; or NULL.
struct cay_use *cay_node_stored_weight(const struct cay_node *node);

// Reads a parameter of `count` thresholds, floats that must be finite and not negative.
int cay_quant_read_thresholds(const struct cay_node *node, const struct cay_value *value,
			      size_t count, float *ret, struct cay_err *err);
// The scale of an activation, the real value of one step, by its threshold.
float cay_quant_scale(float threshold);

// Adds two nodes before `before` that quantize x with this scale and dequantize it again; returns
// the rounded value.
struct cay_value *cay_quant_round(struct cay_graph *graph, struct cay_node *before,
				  struct cay_value *x, float scale, struct cay_err *err);
// Makes a node that was to compute on int8 compute the same numbers in fp32.
int cay_quant_node_to_float(struct cay_graph *graph, struct cay_node *node, struct cay_err *err);
// Adds a node before `before` that quantizes x with this scale, and returns it.
struct cay_node *cay_quant_to_int8(struct cay_graph *graph, struct cay_node *before,
				   struct cay_value *x, float scale, struct cay_err *err);

// Makes int8 of a constant of floats that are whole numbers in [-128, 127]; one of int8 stays.
int cay_quant_weight_to_int8(struct cay_graph *graph, struct cay_use *weight, struct cay_err *err);
// Makes fp32 of an integer constant again, by its own scales along `axis`.
int cay_quant_weight_to_float(struct cay_graph *graph, struct cay_use *weight, uint32_t axis,
			      struct cay_err *err);

#endif
