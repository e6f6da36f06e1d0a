// What every handler may need: made in main, alive until all threads have ended.
#ifndef CAY_DAEMON_APP_H
#define CAY_DAEMON_APP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cay_conf;
struct cay_models;
struct cay_request_metrics;
struct cay_jobs;

struct cay_app {
	const struct cay_conf *conf;
	struct cay_models *models;
	struct cay_request_metrics *metrics;
	struct cay_jobs *jobs;
	uint64_t started;	 // by cay_clock_now
	struct timespec since;	 // the same moment by the calendar
	atomic_size_t in_flight; // requests, from their headers to the last byte of their answer
	atomic_bool stopping;	 // not ready any more: what is in flight is finished
};

#endif
