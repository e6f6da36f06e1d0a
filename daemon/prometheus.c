// Histograms of durations, and the text in which Prometheus reads them.
#include "daemon/prometheus.h"

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

void cay_prometheus_head(struct cay_buf *buf, const char *name, const char *type, const char *help)
{
	cay_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}
