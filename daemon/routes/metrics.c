// GET /metrics: the text that Prometheus reads.
#include "common/clusters.h"
#include "daemon/metrics.h"
#include "daemon/models/models.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLUSTERS = 8 };

// Pages that are resident, from /proc; 0 if it cannot be read.
static unsigned long long resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file && fscanf(file, "%*u %llu", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

static void put_process(struct cay_buf *buf)
{
	struct timespec cpu = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	cay_metrics_head(buf, "process_resident_memory_bytes", "gauge", "Resident memory.");
	cay_buf_printf(buf, "process_resident_memory_bytes %llu\n", resident_bytes());
	cay_metrics_head(buf, "process_cpu_seconds_total", "counter", "Time on processors.");
	cay_buf_printf(buf, "process_cpu_seconds_total %.6f\n",
		       (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
}

// Cores that run slower than they could, and the heat that makes them: what is known of both.
static void put_board(struct cay_buf *buf)
{
	struct cay_cluster clusters[MAX_CLUSTERS];
	const size_t count = cay_clusters_read("/sys", clusters, MAX_CLUSTERS);
	const double celsius = cay_clusters_celsius("/sys");

	cay_metrics_head(buf, "cayuco_cpu_hertz", "gauge", "Of the first core of a cluster.");
	for (size_t i = 0; i < count; i++)
		if (clusters[i].mhz)
			cay_buf_printf(buf, "cayuco_cpu_hertz{cluster=\"%zu\"} %ld000000\n", i,
				       clusters[i].mhz);
	cay_metrics_head(buf, "cayuco_cpu_max_hertz", "gauge", "The most that it can have.");
	for (size_t i = 0; i < count; i++)
		if (clusters[i].max_mhz)
			cay_buf_printf(buf, "cayuco_cpu_max_hertz{cluster=\"%zu\"} %ld000000\n", i,
				       clusters[i].max_mhz);
	cay_metrics_head(buf, "cayuco_temperature_celsius", "gauge", "The hottest sensor.");
	if (celsius > -273)
		cay_buf_printf(buf, "cayuco_temperature_celsius %.1f\n", celsius);
}

int cay_route_metrics(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct cay_buf *buf = &req->reply.body;

	req->reply.content_type = "text/plain; version=0.0.4";
	cay_metrics_head(buf, "cayuco_build_info", "gauge", "The version that runs.");
	cay_buf_printf(buf, "cayuco_build_info{version=\"%s\"} 1\n", CAY_VERSION);
	put_process(buf);
	put_board(buf);
	cay_metrics_head(buf, "cayuco_requests_in_flight", "gauge", "Requests, with this one.");
	cay_buf_printf(buf, "cayuco_requests_in_flight %zu\n", atomic_load(&app->in_flight));
	cay_metrics_write(app->metrics, buf);
	cay_models_metrics(app->models, buf);
	return cay_buf_check(buf, err);
}
