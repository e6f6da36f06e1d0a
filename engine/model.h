// A loaded model: packed weights and a small cache of plans, read-only and shared by every session.
#ifndef CAY_ENGINE_MODEL_H
#define CAY_ENGINE_MODEL_H

#include "common/tracker.h"
#include "common/tensor.h"
#include "kernels/kernels.h"

struct cay_model;

struct cay_model_limits {
	size_t arena;			    // bytes of one session's activations
	size_t plans;			    // bytes of cached plans
	size_t weights;			    // bytes of packed weights
	const struct cay_tracker *progress; // told of the weights as they are packed, or NULL
	uint64_t deadline; // of the loading: nanoseconds of CLOCK_MONOTONIC; 0: none
};
#define CAY_MODEL_LIMITS_DEFAULT                                                                   \
	(struct cay_model_limits)                                                                  \
	{                                                                                          \
		.arena = (size_t)256 << 20, .plans = (size_t)16 << 20,                             \
		.weights = (size_t)512 << 20,                                                      \
	}

// Decodes and checks a .nb, chooses kernels and packs the weights. The bytes are not needed
// afterwards. The caller owns the result and lends `kernels` to it; limits NULL: the defaults. NULL
// on failure, with *err set: CAY_EMODEL names op and tensor.
struct cay_model *cay_model_load(const uint8_t *nb, size_t len, const struct cay_kernels *kernels,
				 const struct cay_model_limits *limits, struct cay_err *err);
void cay_model_free(struct cay_model *model); // NULL is fine

// An input or an output of a model. A free dimension is -1.
struct cay_port {
	const char *name;
	enum cay_dtype dtype;
	struct cay_shape shape;
	bool guessed; // the file does not say the shape: others that the ops take will do, too
};
bool cay_port_takes(const struct cay_port *port, const struct cay_shape *shape);
// Borrowed, in the order of the program's feeds and fetches.
const struct cay_port *cay_model_inputs(const struct cay_model *model, size_t *ret_count);
const struct cay_port *cay_model_outputs(const struct cay_model *model, size_t *ret_count);

// Checks that the tensors fit the inputs: by name where they have one, else by position. Sets
// order[i] to the index in `in` of input i. CAY_EMODEL names what was expected and what came.
int cay_model_match_inputs(const struct cay_model *model, const struct cay_tensor *in, size_t count,
			   size_t *order, struct cay_err *err);

// Gives 4-D inputs the batch, height and width of these tensors, which are matched as above,
// instead of those in the file: what it says of them is only what the exporter knew. For users who
// state the shape that they want; before the first session.
void cay_model_resize_inputs(struct cay_model *model, const struct cay_tensor *in, size_t count);

// Every op runs as a step of its own: to watch each one's output, or to time it. Before the first
// session.
void cay_model_keep_steps(struct cay_model *model);

// The converter's version that stands in the file.
const char *cay_model_opt_version(const struct cay_model *model);
size_t cay_model_weight_bytes(const struct cay_model *model); // packed

// What `inspect` and the report show of one op.
struct cay_layer_info {
	const char *type, *name; // op type; name of the first output
	const char *kernel;	 // the variant that runs it: "gemm_s8_4x8_ref"; "": it has no name
	bool int8;		 // int8 arithmetic
};
size_t cay_model_layer_count(const struct cay_model *model);
struct cay_layer_info cay_model_layer(const struct cay_model *model, size_t i);
// Appends `"type": ..., "name": ..., "kernel": ..., "int8": ...`, the members of an object.
void cay_layer_info_put_json(const struct cay_layer_info *op, struct cay_buf *buf);

#endif
