// Joins steps of a plan that can follow each other block by block, while the rows are in the cache.
#ifndef CAY_ENGINE_PLAN_FUSE_H
#define CAY_ENGINE_PLAN_FUSE_H

#include "engine/plan/mem_plan.h"
#include "engine/plan/plan.h"

// Makes one step of a step and those that take its output element by element (a residual sum, an
// activation, a calib); tensors between them need no buffer any more. Every kernel does what it did
// before, so the numbers stay the same. References must still hold the indices of their buffers.
int cay_plan_fuse(struct cay_plan *plan, struct cay_buffer *buffers, size_t buffer_count,
		  struct cay_arena *work, struct cay_err *err);

#endif
