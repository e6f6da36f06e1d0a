// How a model runs for one set of input shapes: steps, and where their operands are.
#ifndef CAY_ENGINE_PLAN_PLAN_H
#define CAY_ENGINE_PLAN_PLAN_H

#include "engine/deadline.h"
#include "engine/op.h"

struct cay_model;

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
	size_t scratch;	       // offset in the arena
	cay_rows_fn *run_rows; // NULL: not by rows
	struct cay_rows rows;
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

// Builds a plan; nothing is shared yet. NULL on failure.
struct cay_plan *cay_plan_new(const struct cay_model *model, const struct cay_shape *inputs,
			      const struct cay_allowance *allowance, struct cay_err *err);
void cay_plan_free(struct cay_plan *plan);

#endif
