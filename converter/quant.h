// What quantized nodes have in common.
#ifndef CAY_CONVERTER_QUANT_H
#define CAY_CONVERTER_QUANT_H

#include "converter/graph.h"

#define CAY_QUANT_RANGE 127 // steps on either side of zero

// Ops that compute on int8 activations and int8 weights.
struct cay_quant_op {
	const char *op, *in, *weight, *out;
	uint32_t axis; // of the weight: its output channels
};
const struct cay_quant_op *cay_quant_op_find(const struct cay_node *node); // NULL: not such an op

// True if the node is one of them and both its inputs are quantized.
bool cay_node_is_int8(const struct cay_node *node);

// Float-held integers in [-128, 127] to int8; an int8 constant stays as it is.
int cay_quant_weight_to_int8(struct cay_graph *graph, struct cay_use *weight, struct cay_err *err);
// Back to fp32, by the constant's own scales.
int cay_quant_weight_to_float(struct cay_graph *graph, struct cay_use *weight, uint32_t axis,
			      struct cay_err *err);

#endif
