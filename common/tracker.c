// How far long work has come: the work tells it to whoever asked, who may stop the work by it.
#include "common/tracker.h"

#include <stddef.h>

struct cay_tracker cay_tracker_whole(cay_tracker_fn *tell, void *context)
{
	return (struct cay_tracker){.tell = tell, .context = context, .stage = "", .size = 1};
}

struct cay_tracker cay_tracker_part(const struct cay_tracker *whole, const char *stage, float from,
				    float to)
{
	struct cay_tracker part = whole ? *whole : (struct cay_tracker){0};

	part.stage = stage ? stage : part.stage;
	part.from += part.size * from;
	part.size *= to - from;
	return part;
}

int cay_tracker_tell(const struct cay_tracker *progress, uint64_t done, uint64_t total,
		     struct cay_err *err)
{
	const float part = done < total ? (float)done / (float)total : 1;

	if (!progress || !progress->tell ||
	    progress->tell(progress->context, progress->stage,
			   progress->from + progress->size * part))
		return 0;
	return cay_fail(err, CAY_ECANCELED, "cancelled");
}
