// Deadlines: nanoseconds of CLOCK_MONOTONIC, 0 for none.
#ifndef CAY_ENGINE_DEADLINE_H
#define CAY_ENGINE_DEADLINE_H

#include "common/tracker.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t cay_deadline_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// Checks that there is time for piece `index` of `count` pieces of work, named as in "planning op".
// CAY_ETIMEOUT: the deadline has passed.
static inline int cay_deadline_check(uint64_t deadline, const char *work, size_t index,
				     size_t count, struct cay_err *err)
{
	if (!deadline || cay_deadline_now() <= deadline)
		return 0;
	return cay_fail(err, CAY_ETIMEOUT, "the deadline passed before %s %zu of %zu", work,
			index + 1, count);
}

// The time that long work may take, and the tracker that is told of it and may stop it.
struct cay_allowance {
	uint64_t deadline;
	const struct cay_tracker *progress; // NULL: nobody
};

// Checks the deadline, and tells the tracker; CAY_ECANCELED: it wants the work to stop.
static inline int cay_allowance_check(const struct cay_allowance *allowance, const char *work,
				      size_t index, size_t count, struct cay_err *err)
{
	if (cay_deadline_check(allowance->deadline, work, index, count, err) < 0)
		return -1;
	return cay_tracker_tell(allowance->progress, index, count, err);
}

#endif
