// Histograms of durations, and the text in which Prometheus reads them.
#ifndef CAY_DAEMON_PROMETHEUS_H
#define CAY_DAEMON_PROMETHEUS_H

#include "common/buf.h"

#include <stdatomic.h>
#include <stdint.h>

#define CAY_HISTOGRAM_BUCKETS 15

// A histogram of durations. A zeroed one is empty; any thread may add to it.
struct cay_histogram {
	atomic_ullong bucket[CAY_HISTOGRAM_BUCKETS + 1]; // the last one is for all that is longer
	atomic_ullong nanoseconds;			 // the sum
};

void cay_histogram_add(struct cay_histogram *histogram, uint64_t nanoseconds);
unsigned long long cay_histogram_count(struct cay_histogram *histogram);
// Appends the histogram's lines; labels as in `model="a",stage="infer"`.
void cay_histogram_write(struct cay_histogram *histogram, struct cay_buf *buf, const char *name,
			 const char *labels);

// Appends a family's "# HELP" and "# TYPE" lines.
void cay_prometheus_head(struct cay_buf *buf, const char *name, const char *type, const char *help);

#endif
