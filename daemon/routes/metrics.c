// GET /metrics: the text that Prometheus reads.
#include "daemon/metrics.h"
#include "daemon/models/models.h"

#include <stdio.h>
#include <unistd.h>

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

int cay_route_metrics(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct cay_buf *buf = &req->reply.body;

	req->reply.content_type = "text/plain; version=0.0.4";
	cay_metrics_head(buf, "cayuco_build_info", "gauge", "The version that runs.");
	cay_buf_printf(buf, "cayuco_build_info{version=\"%s\"} 1\n", CAY_VERSION);
	cay_metrics_head(buf, "process_resident_memory_bytes", "gauge", "Resident memory.");
	cay_buf_printf(buf, "process_resident_memory_bytes %llu\n", resident_bytes());
	cay_metrics_head(buf, "cayuco_requests_in_flight", "gauge", "Requests, with this one.");
	cay_buf_printf(buf, "cayuco_requests_in_flight %zu\n", atomic_load(&app->in_flight));
	cay_metrics_write(app->metrics, buf);
	cay_models_metrics(app->models, buf);
	return cay_buf_check(buf, err);
}
