// The planner's own steps: from one layout to the other, and copies.
#ifndef CAY_ENGINE_PLAN_OWN_STEPS_H
#define CAY_ENGINE_PLAN_OWN_STEPS_H

#include "engine/plan/context.h"

// The entry of `value` in a layout; a step that makes it is added if there is none. CAY_NO_ENTRY on
// failure.
uint32_t cay_plan_relayout(struct cay_plan_context *p, uint32_t value, enum cay_layout layout,
			   struct cay_err *err);
// A copy of an entry in the arena: for an output that is the caller's own input under another name.
uint32_t cay_plan_copy(struct cay_plan_context *p, uint32_t from, struct cay_err *err);

#endif
