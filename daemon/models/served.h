// A version of a model in service: weights, sessions, a queue and its threads.
#ifndef CAY_DAEMON_MODELS_SERVED_H
#define CAY_DAEMON_MODELS_SERVED_H

#include "daemon/conf.h"
#include "daemon/metrics.h"
#include "daemon/models/model_info.h"
#include "daemon/worker.h"
#include "engine/pool.h"

// Where the time of a request goes; cay_served_stages names them.
enum cay_stage { CAY_STAGE_QUEUE, CAY_STAGE_PARSE, CAY_STAGE_INFER, CAY_STAGE_ENCODE, CAY_STAGES };

// Why a request was no answer.
enum cay_failure { CAY_REJECTED, CAY_CANCELED, CAY_BACKEND, CAY_OTHER, CAY_FAILURES };

struct cay_served;
// Answers a request on a worker's thread, and finishes it.
typedef void cay_answer_request(struct cay_served *served, struct cay_request *req);

struct cay_served {
	char name[CAY_MODEL_NAME + 1];
	unsigned version; // set when it is published, before the first request
	const struct cay_conf *conf;
	struct cay_model_info info;
	struct cay_model *model;
	struct cay_pool *pool;
	struct cay_workers *workers;
	cay_answer_request *answer; // what they do
	struct cay_histogram stage[CAY_STAGES];
	uint64_t used;	    // when the last request came; under the lock of the registry
	atomic_ullong last; // milliseconds since 1970 at the last answer
	atomic_ullong failures[CAY_FAILURES], failure_nanoseconds; // and their time
	void (*freed)(void *context); // called when a retired one is gone
	void *context;
};

// Loads, checks, and runs once with zeros, so that the first request is as fast as the others.
// weights: bytes that may be taken. Borrows conf and kernels.
struct cay_served *cay_served_new(const char *name, const struct cay_model_files *files,
				  const struct cay_conf *conf, const struct cay_kernels *kernels,
				  size_t weights, struct cay_err *err);
// Frees one that was never published.
void cay_served_free(struct cay_served *served);
// Starts the threads that answer. `freed` is called only after cay_served_retire.
int cay_served_start(struct cay_served *served, cay_answer_request *answer,
		     void (*freed)(void *context), void *context, struct cay_err *err);
// Queues the request. CAY_EBUSY: the queue is full, and req->reply says when to ask again.
int cay_served_push(struct cay_served *served, struct cay_request *req, struct cay_err *err);
// Whole seconds, 1 to 3600, until so many requests that wait are answered by so many sessions.
unsigned cay_served_retry_after(size_t waiting, uint64_t nanoseconds_each, size_t sessions);
// Counts a request that was no answer, by the reason in err.
void cay_served_fail(struct cay_served *served, const struct cay_err *err);
// No more requests may be pushed: those that wait are answered, then the last thread frees it.
void cay_served_retire(struct cay_served *served);

void cay_served_describe_json(const struct cay_served *served, struct cay_buf *buf);
// As the inference protocol has it: metadata, and an item of its statistics.
void cay_served_metadata_json(const struct cay_served *served, struct cay_buf *buf);
void cay_served_statistics_json(struct cay_served *served, struct cay_buf *buf);

#endif
