// How far long work has come: told from within it to whoever asked, who may have it end.
#ifndef CAY_COMMON_TRACKER_H
#define CAY_COMMON_TRACKER_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

// done: the part of all work that is behind, 0 to 1, never less than before. stage: a few words,
// borrowed. False: the work is to end.
typedef bool cay_tracker_fn(void *context, const char *stage, float done);

// Zeroed tells nobody.
struct cay_tracker {
	cay_tracker_fn *tell;
	void *context;
	const char *stage;
	float from, size; // what is told through this one, of all work
};

// All work, told to that function; NULL: to nobody.
struct cay_tracker cay_tracker_whole(cay_tracker_fn *tell, void *context);
// What the part of `whole` (NULL: nobody is told) from one fraction of it to another is told
// through. stage NULL: that of the whole.
struct cay_tracker cay_tracker_part(const struct cay_tracker *whole, const char *stage, float from,
				    float to);
// So much is done of what is told through this one; NULL: nobody is told. -1 with CAY_ECANCELED:
// it is to end.
int cay_tracker_tell(const struct cay_tracker *progress, uint64_t done, uint64_t total,
		     struct cay_err *err);

#endif
