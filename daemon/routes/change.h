// Changes to the repository take longer than HTTP may wait: each runs on a thread of its own.
#ifndef CAY_DAEMON_ROUTES_CHANGE_H
#define CAY_DAEMON_ROUTES_CHANGE_H

#include "daemon/http/router.h"

// Makes the change and writes the reply.
typedef int cay_change_fn(struct cay_app *app, struct cay_request *req, struct cay_err *err);

// Returns CAY_LATER, or -1 with *err set.
int cay_change_start(struct cay_app *app, struct cay_request *req, cay_change_fn *run,
		     struct cay_err *err);

#endif
