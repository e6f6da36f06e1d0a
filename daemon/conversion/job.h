// One conversion job: jobs.c keeps it, job_run.c does it, job.c shows it, job_events.c tells of it.
#ifndef CAY_DAEMON_CONVERSION_JOB_H
#define CAY_DAEMON_CONVERSION_JOB_H

#include "daemon/conversion/jobs.h"

#include <pthread.h>
#include <time.h>

#define CAY_JOB_STAGE  32  // bytes with the NUL
#define CAY_JOB_EVENTS 192 // told of one job: each stage, each per cent; no more of what is told

// CANCELLED before it has ended: somebody is about to end it.
enum cay_job_state {
	CAY_JOB_QUEUED,
	CAY_JOB_RUNNING,
	CAY_JOB_DONE,
	CAY_JOB_FAILED,
	CAY_JOB_CANCELLED,
};

// How a job has ended.
struct cay_job_outcome {
	enum cay_job_state state;
	struct cay_err err;	    // of FAILED and CANCELLED
	unsigned version;	    // of DONE
	struct cay_sandbox sandbox; // of the conversion, if it had begun
	struct cay_buf report;
};

// How far a job is: all that changes until its end.
struct cay_job_progress {
	enum cay_job_state state;
	unsigned percent;
	char stage[CAY_JOB_STAGE];
};

// All that follows is guarded by the lock, which all jobs have in common.
struct cay_job {
	struct cay_job *next; // a younger one
	pthread_mutex_t *lock;
	uint64_t number;
	char id[CAY_JOB_ID], name[CAY_MODEL_NAME + 1];
	enum cay_compat compat;	     // of the file that comes out
	char *directory;	     // of its files, until it ends
	bool ended, cancel, is_late; // cancel: is asked for; is_late: it is too late for that
	struct cay_job_progress progress;
	struct cay_job_outcome outcome; // when it has ended
	struct timespec created, started, finished;
	struct cay_job_waiter *waiters;	  // requests that wait for its end
	struct cay_job_watcher *watchers; // streams of its events
	struct cay_job_progress *events;  // all values that `progress` has had
	size_t event_count, event_capacity;
	bool forgotten; // goes with the last watcher
};

// What the work of a job needs; borrowed.
struct cay_job_tools {
	const struct cay_conf *conf;
	struct cay_models *models;
	struct cay_converter *converter;
};
// Converts and installs, without the lock, on one thread at a time; *ret says what has come of it.
void cay_job_run(struct cay_job *job, const struct cay_job_tools *tools,
		 struct cay_job_outcome *ret);

// Appends {"job": ..., "state": ...}, without a line's end.
void cay_job_put_json(struct cay_buf *buf, const struct cay_job *job, bool with_report);
// The same, with another progress than the job's present one.
void cay_job_put_progress(struct cay_buf *buf, const struct cay_job *job,
			  const struct cay_job_progress *progress);

// Call it when job->progress has changed or the job has ended: keeps the event, wakes the watchers.
void cay_job_tell(struct cay_job *job);
// Has watchers with nothing new send something: only by that a client is found to have gone.
void cay_job_remind(struct cay_job *job);
// Frees the job now, or as soon as nobody watches it any more.
void cay_job_forget(struct cay_job *job);

// As cay_jobs_watch; the lock is held.
int cay_job_watch(struct cay_job *job, bool server_sent_events, struct cay_request *req,
		  struct cay_err *err);

#endif
