// Conversion jobs: they wait, run one after another, and are remembered for a while.
#ifndef CAY_DAEMON_CONVERSION_JOBS_H
#define CAY_DAEMON_CONVERSION_JOBS_H

#include "daemon/conversion/converter_process.h"
#include "daemon/models/models.h"

#define CAY_JOB_ID     32 // bytes with the NUL
#define CAY_JOB_PLACES 8  // uploads under way and jobs that have not ended: what fills the disk

struct cay_jobs;

// Borrows all three, and starts a thread.
struct cay_jobs *cay_jobs_new(const struct cay_conf *conf, struct cay_models *models,
			      struct cay_converter *converter, struct cay_err *err);
// Cancels all jobs and takes no more. Requests that wait for one are answered.
void cay_jobs_stop(struct cay_jobs *jobs);
void cay_jobs_free(struct cay_jobs *jobs); // stops, waits for the thread; NULL is fine

// An upload begins: a place is taken, or CAY_EBUSY. Given back by release or, through submit, by
// the end of the job.
int cay_jobs_reserve(struct cay_jobs *jobs, struct cay_err *err);
void cay_jobs_release(struct cay_jobs *jobs);
// Queues a conversion of the directory (see conversion.h) to the next version of the model `name`.
// On success the job owns the path, the directory and the place.
int cay_jobs_submit(struct cay_jobs *jobs, const char *name, enum cay_compat compat,
		    char *directory, char ret_id[CAY_JOB_ID], struct cay_err *err);
// Its files go before it ends, soon, whatever it does. CAY_ECONFLICT: it has ended, or its model
// takes its place in service at this moment.
int cay_jobs_cancel(struct cay_jobs *jobs, const char *id, struct cay_err *err);

// What GET /jobs/ID and GET /jobs answer. CAY_ENOTFOUND: there was no such job, or not lately.
int cay_jobs_describe_json(struct cay_jobs *jobs, const char *id, struct cay_buf *ret,
			   struct cay_err *err);
void cay_jobs_list_json(struct cay_jobs *jobs, struct cay_buf *ret);

// Appends how many have ended since the start, and how, and how many have not, in Prometheus' text
// form.
void cay_jobs_metrics(struct cay_jobs *jobs, struct cay_buf *ret);

// Makes the request's reply a stream: a line of JSON for each change of the job, from its beginning
// on, the last one as cay_jobs_describe_json has it; or events for a browser's EventSource, which
// are numbered and go on after req->last_event. 204: the end has been told before.
int cay_jobs_watch(struct cay_jobs *jobs, const char *id, bool server_sent_events,
		   struct cay_request *req, struct cay_err *err);
// Sends something to all who watch a job that has nothing new. Call it now and then: a watcher that
// has gone, and the connection that it holds, is found by that, after two calls at most.
void cay_jobs_remind(struct cay_jobs *jobs);
// Finishes the request when the job has ended, with the job as its answer; its status is that of
// the job's failure if `strict`, else 200. Returns CAY_LATER, or 0 if the job has ended already.
int cay_jobs_wait(struct cay_jobs *jobs, const char *id, bool strict, struct cay_request *req,
		  struct cay_err *err);

#endif
