// Counters and histograms, and the text that Prometheus reads.
#ifndef CAY_DAEMON_METRICS_H
#define CAY_DAEMON_METRICS_H

#include "daemon/http/router.h"

#define CAY_HISTOGRAM_BUCKETS 15

// Of durations. Zeroed is empty; any thread may add.
struct cay_histogram {
	atomic_ullong bucket[CAY_HISTOGRAM_BUCKETS + 1]; // the last one is for all that is longer
	atomic_ullong nanoseconds;			 // the sum
};

void cay_histogram_add(struct cay_histogram *histogram, uint64_t nanoseconds);
unsigned long long cay_histogram_count(struct cay_histogram *histogram);
// Its lines; labels as in `model="a",stage="infer"`.
void cay_histogram_write(struct cay_histogram *histogram, struct cay_buf *buf, const char *name,
			 const char *labels);

struct cay_metrics;
struct cay_metrics *cay_metrics_new(struct cay_err *err);
void cay_metrics_free(struct cay_metrics *metrics);
void cay_metrics_count(struct cay_metrics *metrics, const struct cay_route *route, unsigned status);
// How long a request has taken, from its first line to the last byte of its answer.
void cay_metrics_time(struct cay_metrics *metrics, const struct cay_route *route,
		      uint64_t nanoseconds);
// What was counted.
void cay_metrics_write(struct cay_metrics *metrics, struct cay_buf *buf);

// "# HELP" and "# TYPE" lines.
void cay_metrics_head(struct cay_buf *buf, const char *name, const char *type, const char *help);

#endif
