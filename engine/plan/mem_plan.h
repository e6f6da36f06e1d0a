// Packs buffers whose lifetimes are known into one arena.
#ifndef CAY_ENGINE_PLAN_MEM_PLAN_H
#define CAY_ENGINE_PLAN_MEM_PLAN_H

#include "engine/deadline.h"

#include <stddef.h>
#include <stdint.h>

#define CAY_FOREVER UINT32_MAX // the last step of outputs' buffers

struct cay_buffer {
	size_t size;	      // bytes; rounded up to 64 by the planner
	uint32_t first, last; // steps during which it is alive, both inclusive
	size_t offset;	      // set by cay_mem_plan
};

// Greedy by size ("Efficient memory management for deep neural net inference", Pisarchyk and Lee,
// 2020): the largest first, each in the smallest gap between those alive with it that it fits.
// One with more than a thousand others near its time goes behind all that have their place: the
// work stays linear. Offsets are multiples of 64; buffers of size 0 get none. *ret is the arena's
// size. CAY_ETOOLARGE over limit.
int cay_mem_plan(struct cay_buffer *buffers, size_t count, size_t limit,
		 const struct cay_allowance *allowance, size_t *ret, struct cay_err *err);

#endif
