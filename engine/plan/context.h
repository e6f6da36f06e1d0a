// A plan that is being made: tensors, buffers and steps, and the layer that is planned now.
#ifndef CAY_ENGINE_PLAN_CONTEXT_H
#define CAY_ENGINE_PLAN_CONTEXT_H

#include "engine/internal.h"
#include "engine/plan/mem_plan.h"

#define CAY_NO_ENTRY UINT32_MAX

// A tensor in one layout, while the plan is made.
struct cay_plan_entry {
	struct cay_tensor tensor; // data: parameters only
	enum cay_layout layout;
	enum cay_place place;
	size_t where; // ARENA: index of its buffer; INPUT: number of the input
};

struct cay_plan_context {
	const struct cay_model *model;
	const struct cay_allowance *allowance;
	struct cay_plan *plan;
	struct cay_arena work; // for the time of planning
	struct cay_plan_entry *entries;
	size_t entry_count, entry_capacity;
	uint32_t (*entry_of)[2]; // [value][layout], CAY_NO_ENTRY where it is not there
	unsigned *wanted;	 // [value], 1 << enum cay_op_layout of those that take it
	struct cay_buffer *buffers;
	size_t buffer_count, buffer_capacity;
	size_t step_capacity;
	// The layer being planned:
	const struct cay_layer *layer;
	uint32_t *in, *out;	// entries
	enum cay_layout layout; // of its 4-D outputs
	const void *plan_state;
	size_t scratch; // bytes
	struct cay_rows rows;
	bool aliased; // some output is an alias
};

// Adds an entry, which has its place already. CAY_NO_ENTRY on failure.
uint32_t cay_plan_add_entry(struct cay_plan_context *p, const struct cay_plan_entry *entry,
			    struct cay_err *err);
// Makes the entry that of `value` in its layout, and in the other one if the bytes are the same.
void cay_plan_set_entry(struct cay_plan_context *p, uint32_t value, uint32_t entry);
// Both layouts are the same bytes unless there are several channels and several pixels.
bool cay_plan_layouts_differ(const struct cay_shape *shape);

// Adds a buffer of `size` bytes that is alive from the next step on. *ret: its index.
int cay_plan_add_buffer(struct cay_plan_context *p, size_t size, size_t *ret, struct cay_err *err);
// Sets size and place of an entry that is to be added: a buffer of its own.
int cay_plan_add_tensor(struct cay_plan_context *p, struct cay_plan_entry *entry,
			struct cay_err *err);
void cay_plan_keep_alive(struct cay_plan_context *p, const struct cay_plan_entry *entry,
			 uint32_t step);

// An ARENA reference holds the number of its buffer until cay_plan_new puts the offset there.
struct cay_ref cay_plan_ref(const struct cay_plan_entry *entry);
// A step on these entries, some of which may be CAY_NO_ENTRY; the caller says what it runs. NULL on
// failure. Lent until the next step is added.
struct cay_step *cay_plan_add_step(struct cay_plan_context *p, const uint32_t *in, size_t in_count,
				   const uint32_t *out, size_t out_count, struct cay_err *err);

#endif
