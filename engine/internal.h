// What the files of engine/ share of a model; ops see engine/op.h only.
#ifndef CAY_ENGINE_INTERNAL_H
#define CAY_ENGINE_INTERNAL_H

#include "engine/model.h"
#include "engine/plan/plan.h"

#include <pthread.h>

#define CAY_MAX_PORTS 64 // inputs, and as many outputs

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

// The model's plan for these input shapes, made if there is none; counts one more reference.
struct cay_plan *cay_model_plan(struct cay_model *model, const struct cay_shape *inputs,
				const struct cay_allowance *allowance, struct cay_err *err);
void cay_model_plan_release(struct cay_model *model, struct cay_plan *plan); // NULL is fine

#endif
