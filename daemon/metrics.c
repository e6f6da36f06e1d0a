// Counters and histograms, and the text that Prometheus reads.
#include "daemon/metrics.h"
#include "common/size.h"

#include <stdio.h>
#include <stdlib.h>

// Upper ends of the buckets, in nanoseconds, and as Prometheus writes them, in seconds.
static const struct {
	uint64_t nanoseconds;
	const char *seconds;
} buckets[CAY_HISTOGRAM_BUCKETS] = {
	{100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},  {1000000, "0.001"},
	{2500000, "0.0025"}, {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"},
	{50000000, "0.05"},  {100000000, "0.1"},  {250000000, "0.25"}, {500000000, "0.5"},
	{1000000000, "1"},   {2500000000, "2.5"}, {10000000000, "10"},
};

// The statuses that are counted by themselves; others are counted as their class: 4xx as 400.
static const unsigned statuses[] = {200, 202, 204, 304, 400, 401, 403, 404, 405,
				    408, 409, 413, 415, 422, 500, 503, 504, 507};
#define STATUSES   CAY_ARRAY_SIZE(statuses)
#define MAX_ROUTES 64 // the last one is for what has no route

struct cay_metrics {
	atomic_ullong requests[MAX_ROUTES][STATUSES];
	struct cay_histogram times[MAX_ROUTES];
};

void cay_histogram_add(struct cay_histogram *histogram, uint64_t nanoseconds)
{
	size_t i = 0;

	while (i < CAY_HISTOGRAM_BUCKETS && nanoseconds > buckets[i].nanoseconds)
		i++;
	atomic_fetch_add(&histogram->bucket[i], 1);
	atomic_fetch_add(&histogram->nanoseconds, nanoseconds);
}

unsigned long long cay_histogram_count(struct cay_histogram *histogram)
{
	unsigned long long count = 0;

	for (size_t i = 0; i <= CAY_HISTOGRAM_BUCKETS; i++)
		count += atomic_load(&histogram->bucket[i]);
	return count;
}

void cay_histogram_write(struct cay_histogram *histogram, struct cay_buf *buf, const char *name,
			 const char *labels)
{
	unsigned long long count = 0;

	for (size_t i = 0; i <= CAY_HISTOGRAM_BUCKETS; i++) {
		count += atomic_load(&histogram->bucket[i]);
		cay_buf_printf(buf, "%s_bucket{%s,le=\"%s\"} %llu\n", name, labels,
			       i < CAY_HISTOGRAM_BUCKETS ? buckets[i].seconds : "+Inf", count);
	}
	cay_buf_printf(buf, "%s_sum{%s} %.9f\n", name, labels,
		       (double)atomic_load(&histogram->nanoseconds) / 1e9);
	cay_buf_printf(buf, "%s_count{%s} %llu\n", name, labels, count);
}

struct cay_metrics *cay_metrics_new(struct cay_err *err)
{
	struct cay_metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		cay_fail_memory(err);
	return metrics;
}

void cay_metrics_free(struct cay_metrics *metrics)
{
	free(metrics);
}

static size_t route_index(const struct cay_route *route)
{
	size_t i = route ? (size_t)(route - cay_routes) : MAX_ROUTES;

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

void cay_metrics_count(struct cay_metrics *metrics, const struct cay_route *route, unsigned status)
{
	atomic_fetch_add(&metrics->requests[route_index(route)][status_index(status)], 1);
}

void cay_metrics_time(struct cay_metrics *metrics, const struct cay_route *route,
		      uint64_t nanoseconds)
{
	cay_histogram_add(&metrics->times[route_index(route)], nanoseconds);
}

void cay_metrics_head(struct cay_buf *buf, const char *name, const char *type, const char *help)
{
	cay_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void route_labels(size_t route, char ret[160])
{
	snprintf(ret, 160, "method=\"%s\",route=\"%s\"",
		 route < cay_route_count ? cay_routes[route].method : "",
		 route < cay_route_count ? cay_routes[route].pattern : "");
}

static void write_times(struct cay_metrics *metrics, struct cay_buf *buf)
{
	char labels[160];

	cay_metrics_head(buf, "cayuco_request_seconds", "histogram",
			 "Requests, from the first line to the last byte of the answer.");
	for (size_t r = 0; r < MAX_ROUTES; r++) {
		if (cay_histogram_count(&metrics->times[r]) == 0)
			continue;
		route_labels(r, labels);
		cay_histogram_write(&metrics->times[r], buf, "cayuco_request_seconds", labels);
	}
}

void cay_metrics_write(struct cay_metrics *metrics, struct cay_buf *buf)
{
	char labels[160];

	cay_metrics_head(buf, "cayuco_requests_total", "counter",
			 "Answers by route and HTTP status.");
	for (size_t r = 0; r < MAX_ROUTES; r++) {
		for (size_t s = 0; s < STATUSES; s++) {
			unsigned long long count = atomic_load(&metrics->requests[r][s]);

			if (!count)
				continue;
			route_labels(r, labels);
			cay_buf_printf(buf, "cayuco_requests_total{%s,status=\"%u\"} %llu\n",
				       labels, statuses[s], count);
		}
	}
	write_times(metrics, buf);
}
