// What became of a model's requests. It outlives the weights: an evicted model comes back to it.
#ifndef CAY_DAEMON_MODELS_STATISTICS_H
#define CAY_DAEMON_MODELS_STATISTICS_H

#include "daemon/prometheus.h"

// Where the time of a request goes.
enum cay_stage { CAY_STAGE_QUEUE, CAY_STAGE_PARSE, CAY_STAGE_INFER, CAY_STAGE_ENCODE, CAY_STAGES };

// Why a request was no answer.
enum cay_failure { CAY_REJECTED, CAY_CANCELED, CAY_BACKEND, CAY_OTHER, CAY_FAILURES };

// Of one version of a model. Any thread may add.
struct cay_statistics {
	atomic_size_t users;
	unsigned version;
	struct cay_histogram stage[CAY_STAGES]; // of what was answered
	struct cay_histogram whole;		// the same with its transfer, both ways
	atomic_ullong inferences;		// items of batches that were answered
	atomic_ullong last;			// milliseconds since 1970 at the last answer
	atomic_ullong failures[CAY_FAILURES], failure_nanoseconds; // and their time
};

// Zeros, with one user; NULL on failure.
struct cay_statistics *cay_statistics_new(unsigned version, struct cay_err *err);
struct cay_statistics *cay_statistics_share(struct cay_statistics *statistics); // one user more
void cay_statistics_drop(struct cay_statistics *statistics); // the last user frees it; NULL is fine

// Counts a request that was no answer, by the reason in err.
void cay_statistics_fail(struct cay_statistics *statistics, const struct cay_err *err);
// Nanoseconds that an answer took on average, without its time in the queue; 0: there was none.
uint64_t cay_statistics_mean(struct cay_statistics *statistics);
// An item of the inference protocol's statistics.
void cay_statistics_json(struct cay_statistics *statistics, const char *model, struct cay_buf *buf);

#endif
