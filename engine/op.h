// What an op is: prepare once per model, plan once per set of input shapes, run many times.
#ifndef CAY_ENGINE_OP_H
#define CAY_ENGINE_OP_H

#include "common/arena.h"
#include "common/tensor.h"
#include "common/tracker.h"
#include "engine/team.h"
#include "kernels/kernels.h"
#include "nb/program.h"

// How the elements of a 4-D activation lie in memory. Shapes are NCHW always; only bytes move.
enum cay_layout { CAY_LAYOUT_NCHW, CAY_LAYOUT_NHWC };
// What an op takes and gives for 4-D activations. Ranks other than 4 have one layout.
enum cay_op_layout {
	CAY_OP_ANY,  // whatever comes, the same for all 4-D operands; outputs alike
	CAY_OP_NHWC, // inputs and outputs NHWC
	CAY_OP_NCHW,
};

// One definition of a tensor: a parameter, an input, or an op's output. (Several definitions may
// share a variable's name: opt reuses names.)
struct cay_value {
	const char *name;
	enum cay_dtype dtype;	// prepare of the producing op sets it; F32 before
	struct cay_shape shape; // parameters: theirs; inputs: declared, -1 is free
	const void *data;	// parameters: row-major, unaligned, and during prepare only (see
				// cay_prepare_keep); else NULL
	const void *kept;	// the copy that cay_prepare_keep made: what data is after prepare
	size_t size;		// bytes of data
	uint32_t index;		// in the model's list
	float scale; // of int8 values that an op computes, set by its prepare; 0: unknown
};

#define CAY_OP_MAX_SLOTS 8

// An op of the model as its functions see it: operands by position of op->in and op->out.
struct cay_layer {
	const struct cay_op *op;
	const char *type;
	const char *name; // the first output's, for messages
	struct cay_value **in,
		**out; // NULL: absent. The last slot may hold several: in_count - slots + 1
	size_t in_count, out_count;
	const struct cay_attr *attrs;
	size_t attr_count;
	bool int8;	    // the .nb names an int8 kernel for it
	const char *alias;  // the kernel's alias: "int8_out", "fp32_to_int8", "def"
	const char *kernel; // prepare may name the variant that will run
};
int64_t cay_layer_int(const struct cay_layer *layer, const char *name, int64_t absent);
float cay_layer_float(const struct cay_layer *layer, const char *name, float absent);
bool cay_layer_bool(const struct cay_layer *layer, const char *name, bool absent);
const char *cay_layer_string(const struct cay_layer *layer, const char *name, const char *absent);
const int64_t *cay_layer_ints(const struct cay_layer *layer, const char *name, size_t *ret_count);
const float *cay_layer_floats(const struct cay_layer *layer, const char *name, size_t *ret_count);
// CAY_EMODEL, "conv2d 'y': ..." in front. Returns -1.
int cay_layer_fail(const struct cay_layer *layer, struct cay_err *err, const char *fmt, ...)
	CAY_PRINTF(3, 4);

#define cay_layer_fail(...)                                                                        \
	({                                                                                         \
		(cay_layer_fail)(__VA_ARGS__);                                                     \
		-1;                                                                                \
	}) // see common/err.h

// --- prepare: weights are checked and packed; no input shape is known yet ----------------------
struct cay_prepare {
	const struct cay_kernels *kernels;
	struct cay_arena *arena; // lives as long as the model
	const struct cay_tracker *progress;
	size_t begin, bytes; // arena->used at the begin, and how much it is expected to grow
};
// For the middle of long work: tells how far the loading has come. -1: it must stop.
int cay_prepare_tell(const struct cay_prepare *p, struct cay_err *err);
// Both zeroed and alive as long as the model. State is what plan and run get.
void *cay_prepare_alloc(struct cay_prepare *p, size_t size, struct cay_err *err);
// Keeps a parameter's values, as they are in the file but aligned, for plan and run; all its users
// share one copy. Those of a layer's first operand are kept without this call.
const void *cay_prepare_keep(struct cay_prepare *p, struct cay_value *value, struct cay_err *err);
// The same parameter as floats, [count]; fails for a layer whose parameter has another dtype or
// count.
const float *cay_prepare_floats(struct cay_prepare *p, const struct cay_layer *layer,
				struct cay_value *value, size_t count, struct cay_err *err);

// --- plan: shapes are known --------------------------------------------------------------------
struct cay_plan_context; // engine/plan/context.h
// Shape and dtype of operand i; layout of its bytes. `data` is there for parameters that were kept,
// and for what has been computed from shapes and parameters alone; else NULL.
const struct cay_tensor *cay_plan_in(const struct cay_plan_context *p, size_t i);
enum cay_layout cay_plan_in_layout(const struct cay_plan_context *p, size_t i);
enum cay_layout cay_plan_layout(const struct cay_plan_context *p); // of the op's 4-D outputs
// Every output needs this call once. dtype is the value's.
int cay_plan_output(struct cay_plan_context *p, size_t i, const struct cay_shape *shape,
		    struct cay_err *err);
// The output is the input under another shape: same bytes, no step. For reshape, flatten, dropout.
int cay_plan_alias(struct cay_plan_context *p, size_t out, size_t in, const struct cay_shape *shape,
		   struct cay_err *err);
// Both alive as long as the plan and zeroed. The first is the step's state, run's io->plan, and is
// asked for once; tables hang on it.
void *cay_plan_alloc(struct cay_plan_context *p, size_t size, struct cay_err *err);
void *cay_plan_table(struct cay_plan_context *p, size_t size, struct cay_err *err);
// How rows of the output, elements that lie side by side, can be computed apart from the others.
struct cay_rows {
	size_t count, width; // rows, and elements of each
	size_t tile;	     // rows that are best computed together
	size_t work;	     // products or bytes that one costs
	// An element of the output needs only the elements at its place of inputs of the same
	// shape, and may be written over one of them if both have as many bytes.
	bool elementwise;
};
// Without this call the op's `rows` is not used. For F32 and S8, and one output.
void cay_plan_rows(struct cay_plan_context *p, const struct cay_rows *rows);
// Bytes of the arena during this step only: io->scratch.
void cay_plan_scratch(struct cay_plan_context *p, size_t size);
const struct cay_kernels *cay_plan_kernels(const struct cay_plan_context *p);

// --- run ---------------------------------------------------------------------------------------
// An operand while a step runs. Unlike cay_tensor its data may be written, and may be NHWC.
struct cay_operand {
	void *data;
	const struct cay_shape *shape;
};
struct cay_io {
	const struct cay_kernels *kernels;
	const void *state;		    // of prepare
	const void *plan;		    // of plan
	const struct cay_operand *in, *out; // absent ones have data NULL
	size_t in_count, out_count;
	void *scratch;
	struct cay_team *team; // NULL: one thread. See engine/rows.h
};

typedef void cay_rows_fn(const void *context, size_t first, size_t count);

struct cay_op {
	const char *in[CAY_OP_MAX_SLOTS];  // the .nb's slot names, required and optional, in order
	const char *out[CAY_OP_MAX_SLOTS]; // outputs that nobody needs (XShape) are left out
	uint8_t required;		   // so many of `in` must be there
	bool variadic;			   // the last slot of `in` takes any number
	bool variadic_out;		   // likewise of `out`
	bool shape_only;		   // run reads its inputs' shapes, never their elements
	bool relayouts;			   // of ANY: outputs may have the other layout than inputs
	enum cay_op_layout layout;
	// Returns 0 or -1. *state may stay NULL. Sets the outputs' dtypes where they are not F32.
	int (*prepare)(struct cay_prepare *p, struct cay_layer *layer, void **state,
		       struct cay_err *err);
	int (*plan)(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		    struct cay_err *err);
	// Allocates nothing, fails for data only. NULL: the op only ever aliases.
	int (*run)(const struct cay_io *io, struct cay_err *err);
	// The same for rows [first, first + count), so that steps can be fused; context is an io.
	// NULL: not by rows.
	cay_rows_fn *rows;
};

// All ops that the engine has: one line each in common/ops.def.
#define OP(name) extern const struct cay_op cay_op_##name;
#include "common/ops.def"
#undef OP

const struct cay_op *cay_op_find(const char *type); // NULL if the engine has no such op

#endif
