// What the files of engine/ share of a model and its plans; ops see engine/op.h only.
#ifndef CAY_ENGINE_INTERNAL_H
#define CAY_ENGINE_INTERNAL_H

#include "engine/model.h"
#include "engine/op.h"

#include <pthread.h>

#define CAY_NO_ENTRY  UINT32_MAX
#define CAY_MAX_PORTS 64	 // inputs, and as many outputs
#define CAY_FOREVER   UINT32_MAX // the last step of outputs' buffers

struct cay_model {
	struct cay_arena arena;		   // all of the below, packed weights included
	const struct cay_kernels *kernels; // borrowed
	struct cay_model_limits limits;
	char opt_version[17];
	struct cay_value **values; // [value_count], by their index
	size_t value_count;
	struct cay_layer *layers; // in execution order
	void **states;		  // of the layers' prepare
	size_t layer_count;
	struct cay_port *inputs, *outputs;
	uint32_t *input_values, *output_values; // indices of values
	size_t input_count, output_count;

	bool no_fusion;
	pthread_mutex_t lock;	// over the list of plans and their reference counts
	struct cay_plan *plans; // most recently used first
	size_t plan_bytes;
};

// Where a tensor's bytes are while a plan runs.
enum cay_place {
	CAY_PLACE_ABSENT,
	CAY_PLACE_ARENA, // at `offset` of the session's arena
	CAY_PLACE_INPUT, // the caller's tensor number `offset`
	CAY_PLACE_CONST	 // at `data`, in the model
};
struct cay_ref {
	enum cay_place place;
	size_t offset;
	const void *data;
	struct cay_shape shape;
	enum cay_layout layout;
	size_t element; // bytes
};

struct cay_step {
	const struct cay_layer *layer; // NULL: the planner's own step
	const char *type, *name, *kernel;
	int (*run)(const struct cay_io *io, struct cay_err *err);
	const void *state, *plan;
	struct cay_ref *refs; // in_count inputs, then out_count outputs
	size_t in_count, out_count;
	size_t scratch;	   // offset in the arena
	cay_rows_fn *rows; // NULL: not by rows
	struct cay_rows shape;
};

// How a model runs for one set of input shapes. Read-only once made.
struct cay_plan {
	struct cay_arena arena;
	struct cay_shape *input_shapes;
	struct cay_step *steps;
	size_t step_count, ref_count; // all refs of all steps
	struct cay_ref *outputs;      // of the model
	size_t arena_bytes;	      // that a session needs
	// Guarded by the model's lock:
	struct cay_plan *next;
	unsigned references; // one of the cache's own while it is in the list
};

// Builds a plan; nothing is shared yet. NULL on failure. (engine/plan.c)
struct cay_plan *cay_plan_new(const struct cay_model *model, const struct cay_shape *inputs,
			      struct cay_err *err);
void cay_plan_free(struct cay_plan *plan);

// The model's plan for these input shapes, made if there is none; counts one more reference.
struct cay_plan *cay_model_plan(struct cay_model *model, const struct cay_shape *inputs,
				struct cay_err *err);
void cay_model_plan_release(struct cay_model *model, struct cay_plan *plan); // NULL is fine

#endif
