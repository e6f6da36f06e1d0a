// Changes to the repository take longer than HTTP may wait: each runs on a thread of its own.
#include "daemon/routes/change.h"
#include "daemon/thread.h"

#include <stdlib.h>

struct change {
	struct cay_app *app;
	struct cay_request *req;
	cay_change_fn *run;
};

static void *run_change(void *context)
{
	struct change change = *(struct change *)context;
	struct cay_err err = {0};
	int result;

	free(context);
	result = change.run(change.app, change.req, &err);
	change.req->finish(change.req, result < 0 ? &err : NULL);
	return NULL;
}

int cay_change_start(struct cay_app *app, struct cay_request *req, cay_change_fn *run,
		     struct cay_err *err)
{
	struct change *change = malloc(sizeof(*change));

	if (!change)
		return cay_fail_memory(err);
	*change = (struct change){app, req, run};
	if (cay_thread_start(run_change, change, err) < 0) {
		free(change);
		return -1;
	}
	return CAY_LATER;
}
