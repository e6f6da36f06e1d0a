// How many requests each route answered with which status, and how long they took, for Prometheus.
#ifndef CAY_DAEMON_HTTP_REQUEST_METRICS_H
#define CAY_DAEMON_HTTP_REQUEST_METRICS_H

#include "common/buf.h"

struct cay_request_metrics;
struct cay_route;

// Borrows the table of routes, which has fewer than 64. All functions may be called by several
// threads at once.
struct cay_request_metrics *cay_request_metrics_new(const struct cay_route *routes, size_t count,
						    struct cay_err *err);
void cay_request_metrics_free(struct cay_request_metrics *metrics);
// Counts an answer. route: one of the table, or NULL where no route matched the request.
void cay_request_metrics_count(struct cay_request_metrics *metrics, const struct cay_route *route,
			       unsigned status);
// Adds the time of a request, from its first line to the last byte of its answer.
void cay_request_metrics_time(struct cay_request_metrics *metrics, const struct cay_route *route,
			      uint64_t nanoseconds);
// Counts a connection that was closed at once: there were as many as there may be.
void cay_request_metrics_refused(struct cay_request_metrics *metrics);
// Appends all of it in Prometheus' text form.
void cay_request_metrics_write(struct cay_request_metrics *metrics, struct cay_buf *buf);

#endif
