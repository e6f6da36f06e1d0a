// What the simple ops ask of their operands.
#ifndef CAY_ENGINE_OPS_OPERANDS_H
#define CAY_ENGINE_OPS_OPERANDS_H

#include "engine/op.h"

// Fails unless operand i, which must be there, has this element type.
int cay_operand_want(const struct cay_layer *layer, size_t i, enum cay_dtype dtype,
		     struct cay_err *err);
// Fails unless all operands are float. Parameters among them are kept for run.
int cay_operands_want_f32(struct cay_prepare *p, struct cay_layer *layer, struct cay_err *err);
// Takes any element type, the same for all operands; the first output has it too.
int cay_operands_want_alike(struct cay_prepare *p, struct cay_layer *layer, struct cay_err *err);

// Fails unless the operands from `first` on are integers. Parameters among them are kept for plan.
int cay_operands_want_ints(struct cay_prepare *p, struct cay_layer *layer, size_t first,
			   struct cay_err *err);

// A few numbers: an attribute's, or those that operands hold while a plan is made.
struct cay_numbers {
	size_t count;
	int64_t value[CAY_MAX_RANK];
};
// The numbers of an attribute; none if it is absent.
int cay_numbers_of_attr(const struct cay_layer *layer, const char *name, struct cay_numbers *ret,
			struct cay_err *err);
// The numbers that operands [begin, end) hold, one operand's behind the other's. Those that are
// absent hold none.
int cay_numbers_of_operands(const struct cay_plan_context *p, const struct cay_layer *layer,
			    size_t begin, size_t end, struct cay_numbers *ret, struct cay_err *err);
// Numbers that a file may give as the operands from `tensor` + 1 on, a list of tensors in the last
// slot; else as the operand `tensor`; else only as an attribute: *ret stays as it is then.
int cay_numbers_of_list(const struct cay_plan_context *p, const struct cay_layer *layer,
			size_t tensor, struct cay_numbers *ret, struct cay_err *err);

// Says that each element of the output is computed from the one at its place of the input alone.
// tile: elements that a thread's share is a multiple of, to be whole cache lines.
void cay_plan_elements(struct cay_plan_context *p, const struct cay_shape *shape, size_t tile);

// Counts an axis from the end where it is negative. Fails unless it is in [0, end).
int cay_axis_resolve(const struct cay_layer *layer, int64_t axis, uint32_t end, uint32_t *ret,
		     struct cay_err *err);

// The dimensions of a shape in the order of its bytes: order[0] is the outermost.
void cay_layout_order(enum cay_layout layout, uint32_t rank, uint32_t order[CAY_MAX_RANK]);

#endif
