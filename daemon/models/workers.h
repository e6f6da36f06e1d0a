// A bounded queue of requests and the threads that empty it.
#ifndef CAY_DAEMON_MODELS_WORKERS_H
#define CAY_DAEMON_MODELS_WORKERS_H

#include "daemon/http/request.h"

struct cay_workers;

struct cay_workers_ops {
	const char *name; // what ps and gdb show for the threads; up to 15 characters
	// Runs a request to its end. Called by several threads at once.
	void (*run)(void *context, struct cay_request *req);
	// Called once, after cay_workers_close, by the last thread when nothing uses the context
	// and the workers any more: it may free both.
	void (*ended)(void *context);
};

// sessions: how many sessions the requests share; each leases one while it runs.
// capacity: how many requests may wait besides those that run.
// One thread more than there are sessions is started: while all sessions run, it reads the body of
// the next request (cay_request_needs_reading). Requests without such a body wait until a session
// is free: to hand a session from thread to thread costs more than it gains.
// Returns NULL with *err set on failure; `ended` is not called then.
struct cay_workers *cay_workers_new(size_t sessions, size_t capacity,
				    const struct cay_workers_ops *ops, void *context,
				    struct cay_err *err);
// Lets the threads run what is queued, call `ended` and exit, and returns at once. There may be no
// push during or after this.
void cay_workers_close(struct cay_workers *workers);
// Only after `ended` was called. NULL is fine.
void cay_workers_free(struct cay_workers *workers);

// Queues a request; CAY_EBUSY if the queue is full. A request that nobody else waits with, and that
// is expected to be short because others with such bodies were, gets its `work` set: the caller's
// thread runs it, unless one of the workers has taken it by then.
int cay_workers_push(struct cay_workers *workers, struct cay_request *req, struct cay_err *err);
size_t cay_workers_length(struct cay_workers *workers); // how many requests wait

// The time (cay_clock_now) at which the oldest of the running requests began; UINT64_MAX if none
// runs.
uint64_t cay_workers_oldest(struct cay_workers *workers);

#endif
