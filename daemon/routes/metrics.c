// GET /metrics: the text that Prometheus reads.
#include "board/board.h"
#include "board/clusters.h"
#include "board/throttled.h"
#include "common/size.h"
#include "daemon/conversion/jobs.h"
#include "daemon/http/router.h"
#include "daemon/http/request_metrics.h"
#include "daemon/prometheus.h"
#include "daemon/models/models.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// The daemon's resident memory, from /proc; 0 if that cannot be read.
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

static size_t count_descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	while (open && readdir(open))
		count++;
	if (open)
		closedir(open);
	return count > 3 ? count - 3 : 0; // ".", ".." and its own
}

// Appends what every exporter of Prometheus has, by the same names.
static void put_process(const struct cay_app *app, struct cay_buf *buf)
{
	struct timespec cpu = {0};
	struct rlimit most = {0};

	getrlimit(RLIMIT_NOFILE, &most);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	cay_prometheus_head(buf, "process_resident_memory_bytes", "gauge",
			    "Resident memory of the daemon, in bytes.");
	cay_buf_printf(buf, "process_resident_memory_bytes %llu\n", resident_bytes());
	cay_prometheus_head(buf, "process_cpu_seconds_total", "counter",
			    "Time that the daemon has had on processors, in seconds.");
	cay_buf_printf(buf, "process_cpu_seconds_total %.6f\n",
		       (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
	cay_prometheus_head(buf, "process_start_time_seconds", "gauge",
			    "When the daemon was started, in seconds since 1970, UTC.");
	cay_buf_printf(buf, "process_start_time_seconds %lld.%03ld\n", (long long)app->since.tv_sec,
		       app->since.tv_nsec / 1000000);
	cay_prometheus_head(buf, "process_open_fds", "gauge",
			    "File descriptors that the daemon has open.");
	cay_buf_printf(buf, "process_open_fds %zu\n", count_descriptors());
	cay_prometheus_head(buf, "process_max_fds", "gauge",
			    "File descriptors that the daemon may have open.");
	cay_buf_printf(buf, "process_max_fds %llu\n", (unsigned long long)most.rlim_cur);
}

// Appends one gauge for each cluster of which it is known. member: offset in struct cay_cluster.
static void put_hertz(struct cay_buf *buf, const char *name, const char *help,
		      const struct cay_cluster *clusters, size_t count, size_t member)
{
	bool headed = false;

	for (size_t i = 0; i < count; i++) {
		const long mhz = *(const long *)((const char *)&clusters[i] + member);

		if (mhz && !headed)
			cay_prometheus_head(buf, name, "gauge", help);
		headed |= mhz != 0;
		if (mhz)
			cay_buf_printf(buf, "%s{cluster=\"%zu\"} %ld000000\n", name, i, mhz);
	}
}

static void put_throttled(struct cay_buf *buf)
{
	static const struct {
		const char *name, *help;
		unsigned shift;
	} families[] = {
		{"cayuco_throttled", "1 for what the board's firmware slows it down for now.", 0},
		{"cayuco_throttled_since_boot",
		 "1 for what the board's firmware has slowed it down for since its start.",
		 CAY_THROTTLED_SINCE},
	};
	const long throttled = cay_throttled_read("/sys");

	for (size_t f = 0; throttled >= 0 && f < CAY_ARRAY_SIZE(families); f++) {
		cay_prometheus_head(buf, families[f].name, "gauge", families[f].help);
		for (size_t i = 0; i < CAY_THROTTLES; i++)
			cay_buf_printf(buf, "%s{reason=\"%s\"} %d\n", families[f].name,
				       cay_throttles[i].reason,
				       (throttled >> families[f].shift & cay_throttles[i].bit) !=
					       0);
	}
}

// Appends what is known of cores that run slower than they could, and of the reasons.
static void put_board(struct cay_buf *buf)
{
	struct cay_cluster clusters[CAY_CLUSTERS];
	const size_t count = cay_clusters_read("/sys", clusters);
	const double celsius = cay_board_celsius("/sys");

	put_hertz(buf, "cayuco_cpu_hertz", "Clock of the first core of a cluster of cores, now.",
		  clusters, count, offsetof(struct cay_cluster, mhz));
	put_hertz(
		buf, "cayuco_cpu_limit_hertz",
		"Highest clock that the first core of a cluster may have now: less when it is hot.",
		clusters, count, offsetof(struct cay_cluster, limit_mhz));
	put_hertz(buf, "cayuco_cpu_max_hertz",
		  "Highest clock that the first core of a cluster can have.", clusters, count,
		  offsetof(struct cay_cluster, max_mhz));
	put_throttled(buf);
	if (celsius > -273) {
		cay_prometheus_head(buf, "cayuco_temperature_celsius", "gauge",
				    "Temperature at the board's hottest sensor.");
		cay_buf_printf(buf, "cayuco_temperature_celsius %.1f\n", celsius);
	}
}

int cay_route_metrics(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct cay_buf *buf = &req->reply.body;

	req->reply.content_type = "text/plain; version=0.0.4";
	cay_prometheus_head(buf, "cayuco_build_info", "gauge",
			    "1; its label is the version of cayuco that runs.");
	cay_buf_printf(buf, "cayuco_build_info{version=\"%s\"} 1\n", CAY_VERSION);
	put_process(app, buf);
	put_board(buf);
	cay_prometheus_head(buf, "cayuco_requests_in_flight", "gauge",
			    "HTTP requests that are being answered, this one among them.");
	cay_buf_printf(buf, "cayuco_requests_in_flight %zu\n", atomic_load(&app->in_flight));
	cay_request_metrics_write(app->metrics, buf);
	cay_models_metrics(app->models, buf);
	cay_jobs_metrics(app->jobs, buf);
	return cay_buf_check(buf, err);
}
