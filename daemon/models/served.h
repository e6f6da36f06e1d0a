// A version of a model in service: weights, sessions, a queue and its threads.
#ifndef CAY_DAEMON_MODELS_SERVED_H
#define CAY_DAEMON_MODELS_SERVED_H

#include "daemon/conf.h"
#include "daemon/json/memo.h"
#include "daemon/models/model_info.h"
#include "daemon/models/statistics.h"
#include "daemon/models/workers.h"
#include "engine/pool.h"

struct cay_served;
// Answers a request on a worker's thread, and finishes it.
typedef void cay_answer_request(struct cay_served *served, struct cay_request *req);
// On its last thread, when a retired one has answered all: the owner frees it.
typedef void cay_served_ended(void *context, struct cay_served *served);

struct cay_served {
	char name[CAY_MODEL_NAME + 1];
	unsigned
		version; // this and the next are set when it is published, before the first request
	struct cay_statistics *statistics; // shared with its entry
	const struct cay_conf *conf;
	struct cay_model_info info;
	struct cay_model *model;
	struct cay_pool *pool;
	struct cay_workers *workers;
	struct cay_json_memo memo;  // of requests
	cay_answer_request *answer; // what they do
	cay_served_ended *ended;
	void *context;
	uint64_t used;		 // when the last request came; this and the next
	struct cay_served *next; // of all that run are under the lock of the registry
};

// Loads, checks, and runs once with zeros, so that the first request is as fast as the others.
// weights: bytes that may be taken. progress may end it; NULL: nobody's. Borrows conf and kernels.
struct cay_served *cay_served_new(const char *name, const struct cay_model_files *files,
				  const struct cay_conf *conf, const struct cay_kernels *kernels,
				  size_t weights, const struct cay_tracker *progress,
				  struct cay_err *err);
// Frees one that was never started, or has ended.
void cay_served_free(struct cay_served *served);
// Starts the threads that answer. `ended` is called only after cay_served_retire.
int cay_served_start(struct cay_served *served, cay_answer_request *answer, cay_served_ended *ended,
		     void *context, struct cay_err *err);
// Whether it could be queued now; fails as push does.
int cay_served_admit(struct cay_served *served, struct cay_request *req, struct cay_err *err);
// Queues the request. CAY_EBUSY: the queue is full, and req->reply says when to ask again.
int cay_served_push(struct cay_served *served, struct cay_request *req, struct cay_err *err);
// Whole seconds, 1 to 3600, until so many requests that wait are answered by so many sessions.
unsigned cay_served_retry_after(size_t waiting, uint64_t nanoseconds_each, size_t sessions);
// No more requests may be pushed: those that wait are answered, then `ended` is called.
void cay_served_retire(struct cay_served *served);

// Texts in which a model says what it is; an evicted one goes on saying them.
enum cay_view {
	CAY_VIEW_DESCRIPTION,	// members of its object in GET /models, each after a comma
	CAY_VIEW_METADATA,	// the inference protocol's
	CAY_VIEW_CONFIGURATION, // that of its model configuration extension
	CAY_VIEWS
};
void cay_served_put_view(const struct cay_served *served, enum cay_view view, struct cay_buf *buf);

#endif
