// A bounded queue of requests and the threads that empty it.
#ifndef CAY_DAEMON_WORKER_H
#define CAY_DAEMON_WORKER_H

#include "daemon/http/request.h"

struct cay_workers;

struct cay_workers_ops {
	const char *name; // of the threads, for who looks at them; up to 15 characters
	// Must finish the request.
	void (*run)(void *context, struct cay_request *req);
	// The last that the last thread does, after cay_workers_close: nothing uses context and
	// workers any more, and the owner frees them.
	void (*ended)(void *context);
};

// sessions: that the requests will lease, one each. So many threads are made and one more, which
// takes what needs reading (cay_request_needs_reading) while all sessions run. What needs none
// waits till one of them is done: threads that hand a session on cost more than they gain.
// capacity: requests that may wait besides those that run. NULL with *err set on failure; `ended`
// is not called then.
struct cay_workers *cay_workers_new(size_t sessions, size_t capacity,
				    const struct cay_workers_ops *ops, void *context,
				    struct cay_err *err);
// From now on the threads are on their own: they run what is queued, call ended and are gone. There
// may be no push during or after this.
void cay_workers_close(struct cay_workers *workers);
void cay_workers_free(struct cay_workers *workers); // that have ended; NULL is fine

// A request that came alone, and that will be done soon by all that is known of requests with such
// bodies, gets its `work` set: it is for the caller to run, unless a thread has taken it by then.
int cay_workers_push(struct cay_workers *workers, struct cay_request *req, struct cay_err *err);
size_t cay_workers_length(struct cay_workers *workers); // requests that wait

// When the request began that has run longest of those that run; UINT64_MAX: none runs.
uint64_t cay_workers_oldest(struct cay_workers *workers);

#endif
