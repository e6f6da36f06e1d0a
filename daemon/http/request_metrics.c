// How many requests each route answered with which status, and how long they took, for Prometheus.
#include "daemon/http/request_metrics.h"
#include "common/size.h"
#include "daemon/http/router.h"
#include "daemon/prometheus.h"

#include <stdio.h>
#include <stdlib.h>

// The statuses that are counted by themselves; others are counted as their class: 4xx as 400.
static const unsigned statuses[] = {200, 202, 204, 304, 400, 401, 403, 404, 405,
				    408, 409, 413, 415, 422, 500, 503, 504, 507};
#define STATUSES   CAY_ARRAY_SIZE(statuses)
#define MAX_ROUTES 64 // the last one counts requests that no route matched

struct cay_request_metrics {
	const struct cay_route *routes;
	size_t route_count;
	atomic_ullong requests[MAX_ROUTES][STATUSES];
	struct cay_histogram times[MAX_ROUTES];
	atomic_ullong refused; // connections
};

struct cay_request_metrics *cay_request_metrics_new(const struct cay_route *routes, size_t count,
						    struct cay_err *err)
{
	struct cay_request_metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics) {
		cay_fail_memory(err);
		return NULL;
	}
	metrics->routes = routes;
	metrics->route_count = count;
	return metrics;
}

void cay_request_metrics_free(struct cay_request_metrics *metrics)
{
	free(metrics);
}

static size_t route_index(const struct cay_request_metrics *metrics, const struct cay_route *route)
{
	size_t i = route ? (size_t)(route - metrics->routes) : MAX_ROUTES;

	return i < MAX_ROUTES - 1 ? i : MAX_ROUTES - 1;
}

static size_t status_index(unsigned status)
{
	for (size_t i = 0; i < STATUSES; i++)
		if (statuses[i] == status)
			return i;
	for (size_t i = 0; i < STATUSES; i++)
		if (statuses[i] == status / 100 * 100)
			return i;
	return 0;
}

void cay_request_metrics_count(struct cay_request_metrics *metrics, const struct cay_route *route,
			       unsigned status)
{
	atomic_fetch_add(&metrics->requests[route_index(metrics, route)][status_index(status)], 1);
}

void cay_request_metrics_time(struct cay_request_metrics *metrics, const struct cay_route *route,
			      uint64_t nanoseconds)
{
	cay_histogram_add(&metrics->times[route_index(metrics, route)], nanoseconds);
}

void cay_request_metrics_refused(struct cay_request_metrics *metrics)
{
	atomic_fetch_add(&metrics->refused, 1);
}

static void route_labels(const struct cay_request_metrics *metrics, size_t route, char ret[160])
{
	snprintf(ret, 160, "method=\"%s\",route=\"%s\"",
		 route < metrics->route_count ? metrics->routes[route].method : "",
		 route < metrics->route_count ? metrics->routes[route].pattern : "");
}

static void write_times(struct cay_request_metrics *metrics, struct cay_buf *buf)
{
	char labels[160];

	cay_prometheus_head(
		buf, "cayuco_request_seconds", "histogram",
		"Time of a request by route, from its first line to the last byte of its answer.");
	for (size_t r = 0; r < MAX_ROUTES; r++) {
		if (cay_histogram_count(&metrics->times[r]) == 0)
			continue;
		route_labels(metrics, r, labels);
		cay_histogram_write(&metrics->times[r], buf, "cayuco_request_seconds", labels);
	}
}

void cay_request_metrics_write(struct cay_request_metrics *metrics, struct cay_buf *buf)
{
	char labels[160];

	cay_prometheus_head(buf, "cayuco_requests_total", "counter",
			    "Requests that were answered, by route and HTTP status.");
	for (size_t r = 0; r < MAX_ROUTES; r++) {
		for (size_t s = 0; s < STATUSES; s++) {
			unsigned long long count = atomic_load(&metrics->requests[r][s]);

			if (!count)
				continue;
			route_labels(metrics, r, labels);
			cay_buf_printf(buf, "cayuco_requests_total{%s,status=\"%u\"} %llu\n",
				       labels, statuses[s], count);
		}
	}
	write_times(metrics, buf);
	cay_prometheus_head(buf, "cayuco_connections_refused_total", "counter",
			    "Connections that were closed at once, as connections or "
			    "connections_per_address were reached.");
	cay_buf_printf(buf, "cayuco_connections_refused_total %llu\n",
		       atomic_load(&metrics->refused));
}
