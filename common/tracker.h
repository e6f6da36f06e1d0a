// How far long work has come: the work tells it to whoever asked, who may stop the work by it.
#ifndef CAY_COMMON_TRACKER_H
#define CAY_COMMON_TRACKER_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

// done: the share of all work that is done, 0 to 1, never less than before. stage: a few words that
// name what is being done, borrowed. Returns false to stop the work.
typedef bool cay_tracker_fn(void *context, const char *stage, float done);

// The tracker of a part of the work. A zeroed one tells nobody.
struct cay_tracker {
	cay_tracker_fn *tell;
	void *context;
	const char *stage;
	float from, size; // where the part begins and how large it is, as shares of all work
};

// The tracker of all work, which calls that function; NULL: it tells nobody.
struct cay_tracker cay_tracker_whole(cay_tracker_fn *tell, void *context);
// The tracker of a part of `whole`, from one fraction of it to another. whole NULL: it tells
// nobody. stage NULL: the same as that of the whole.
struct cay_tracker cay_tracker_part(const struct cay_tracker *whole, const char *stage, float from,
				    float to);
// Tells that `done` of `total` units of the tracker's part are done. A tracker that is NULL tells
// nobody. -1 with CAY_ECANCELED: the work must stop.
int cay_tracker_tell(const struct cay_tracker *progress, uint64_t done, uint64_t total,
		     struct cay_err *err);

#endif
