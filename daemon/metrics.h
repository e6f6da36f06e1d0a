// What the requests of each route came to, and how long they took: counted, for Prometheus.
#ifndef CAY_DAEMON_METRICS_H
#define CAY_DAEMON_METRICS_H

#include "common/buf.h"

struct cay_metrics;
struct cay_route;

// Borrows the table of routes, of fewer than 64.
struct cay_metrics *cay_metrics_new(const struct cay_route *routes, size_t count,
				    struct cay_err *err);
void cay_metrics_free(struct cay_metrics *metrics);
// route: one of the table; NULL: what has none.
void cay_metrics_count(struct cay_metrics *metrics, const struct cay_route *route, unsigned status);
// How long a request has taken, from its first line to the last byte of its answer.
void cay_metrics_time(struct cay_metrics *metrics, const struct cay_route *route,
		      uint64_t nanoseconds);
// What was counted.
void cay_metrics_write(struct cay_metrics *metrics, struct cay_buf *buf);

#endif
