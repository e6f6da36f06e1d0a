// Conversion jobs: they wait, run one after another, and are remembered for a while.
#include "daemon/conversion/job.h"
#include "common/file.h"
#include "common/log.h"
#include "common/size.h"
#include "daemon/http/router.h"
#include "daemon/prometheus.h"
#include "daemon/thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

// A request that waits for the end of a job.
struct cay_job_waiter {
	struct cay_job_waiter *next;
	struct cay_request *req;
	bool strict;
};

struct cay_jobs {
	struct cay_job_tools tools;
	unsigned tag;	      // of this start, in ids
	pthread_mutex_t lock; // of all below
	pthread_cond_t changed;
	struct cay_job *first; // in the order of their numbers
	size_t places;
	unsigned long long ended[CAY_JOB_CANCELLED + 1]; // since the start, by how
	uint64_t last_number;
	bool stopping, has_thread;
};

// --- Ends ---

static void fill_reply(struct cay_reply *reply, const struct cay_job *job, bool strict)
{
	if (strict)
		reply->status = cay_reply_status(job->outcome.err.code);
	cay_job_put_json(&reply->body, job, true);
	cay_buf_text(&reply->body, "\n");
}

// The lock is held. Forgets the oldest jobs that have ended, all but conf->jobs of them.
static void forget_some(struct cay_jobs *jobs)
{
	size_t ended = 0;

	for (const struct cay_job *job = jobs->first; job; job = job->next)
		ended += job->ended;
	for (struct cay_job **at = &jobs->first; *at && ended > jobs->tools.conf->jobs;) {
		struct cay_job *job = *at;

		if (!job->ended) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		cay_job_forget(job);
		ended--;
	}
}

static void answer(struct cay_job_waiter *waiters)
{
	for (struct cay_job_waiter *w = waiters, *next; w; w = next) {
		struct cay_err err;
		bool failed = cay_buf_check(&w->req->reply.body, &err) < 0;

		next = w->next;
		w->req->finish(w->req, failed ? &err : NULL);
		free(w);
	}
}

static void tell(const struct cay_job *job, const struct cay_job_outcome *outcome)
{
	if (outcome->state == CAY_JOB_DONE)
		cay_log(CAY_LOG_INFO, "job %s: model %s version %u", job->id, job->name,
			outcome->version);
	else
		cay_log(CAY_LOG_WARNING, "job %s: model %s: %s", job->id, job->name,
			outcome->err.msg);
}

// Removes the job's files, and then it has ended. One thread does this, once; the job may be gone
// afterwards.
static void end(struct cay_jobs *jobs, struct cay_job *job, const struct cay_job_outcome *outcome)
{
	struct cay_job_waiter *waiters;
	struct cay_err err;

	if (cay_file_remove_tree(job->directory, &err) < 0)
		cay_log(CAY_LOG_ERROR, "job %s: its files: %s", job->id, err.msg);
	tell(job, outcome);
	pthread_mutex_lock(&jobs->lock);
	job->outcome = *outcome;
	job->progress.state = outcome->state;
	job->ended = true;
	jobs->ended[outcome->state]++;
	if (job->progress.state == CAY_JOB_DONE)
		job->progress.percent = 100;
	clock_gettime(CLOCK_REALTIME, &job->finished);
	waiters = job->waiters;
	job->waiters = NULL;
	for (struct cay_job_waiter *w = waiters; w; w = w->next)
		fill_reply(&w->req->reply, job, w->strict);
	cay_job_tell(job);
	jobs->places--;
	forget_some(jobs);
	pthread_mutex_unlock(&jobs->lock);
	answer(waiters);
}

static void end_cancelled(struct cay_jobs *jobs, struct cay_job *job)
{
	struct cay_job_outcome outcome = {.state = CAY_JOB_CANCELLED};

	cay_fail(&outcome.err, CAY_ECANCELED, "conversion: cancelled");
	end(jobs, job, &outcome);
}

// --- Jobs run, one after another ---

// The oldest job that waits; the lock is held.
static struct cay_job *find_queued(const struct cay_jobs *jobs)
{
	struct cay_job *job = jobs->first;

	while (job && job->progress.state != CAY_JOB_QUEUED)
		job = job->next;
	return job;
}

static void *work(void *context)
{
	struct cay_jobs *jobs = context;
	struct cay_job_outcome outcome;
	struct cay_job *job;

	pthread_mutex_lock(&jobs->lock);
	while (!jobs->stopping) {
		job = find_queued(jobs);
		if (!job) {
			pthread_cond_wait(&jobs->changed, &jobs->lock);
			continue;
		}
		job->progress.state = CAY_JOB_RUNNING;
		clock_gettime(CLOCK_REALTIME, &job->started);
		cay_job_tell(job);
		pthread_mutex_unlock(&jobs->lock);
		cay_job_run(job, &jobs->tools, &outcome);
		end(jobs, job, &outcome);
		pthread_mutex_lock(&jobs->lock);
	}
	jobs->has_thread = false;
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

// --- Start and stop ---

struct cay_jobs *cay_jobs_new(const struct cay_conf *conf, struct cay_models *models,
			      struct cay_converter *converter, struct cay_err *err)
{
	struct cay_jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs) {
		cay_fail_memory(err);
		return NULL;
	}
	jobs->tools = (struct cay_job_tools){conf, models, converter};
	if (getrandom(&jobs->tag, sizeof(jobs->tag), 0) < 0)
		jobs->tag = (unsigned)time(NULL);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->changed, NULL);
	jobs->has_thread = true;
	if (cay_thread_start(work, jobs, err) < 0) {
		jobs->has_thread = false;
		cay_jobs_free(jobs);
		return NULL;
	}
	return jobs;
}

void cay_jobs_stop(struct cay_jobs *jobs)
{
	struct cay_job *job;

	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	while ((job = find_queued(jobs))) {
		job->progress.state = CAY_JOB_CANCELLED;
		pthread_mutex_unlock(&jobs->lock);
		end_cancelled(jobs, job);
		pthread_mutex_lock(&jobs->lock);
	}
	for (job = jobs->first; job; job = job->next) {
		if (job->progress.state == CAY_JOB_RUNNING && !job->cancel) {
			job->cancel = true;
			cay_converter_cancel(jobs->tools.converter, job->number);
		}
	}
	pthread_cond_broadcast(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
}

void cay_jobs_free(struct cay_jobs *jobs)
{
	if (!jobs)
		return;
	cay_jobs_stop(jobs);
	pthread_mutex_lock(&jobs->lock);
	while (jobs->has_thread)
		pthread_cond_wait(&jobs->changed, &jobs->lock);
	pthread_mutex_unlock(&jobs->lock);
	for (struct cay_job *job = jobs->first, *next; job; job = next) {
		next = job->next;
		cay_job_forget(job);
	}
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}

// --- Requests ---

int cay_jobs_reserve(struct cay_jobs *jobs, struct cay_err *err)
{
	int result = 0;

	pthread_mutex_lock(&jobs->lock);
	if (jobs->stopping)
		result = cay_fail(err, CAY_EBUSY, "the daemon is stopping");
	else if (jobs->places == CAY_JOB_PLACES)
		result = cay_fail(err, CAY_EBUSY, "%d conversions are under way", CAY_JOB_PLACES);
	else
		jobs->places++;
	pthread_mutex_unlock(&jobs->lock);
	return result;
}

void cay_jobs_release(struct cay_jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->places--;
	pthread_mutex_unlock(&jobs->lock);
}

// The lock is held.
static void append(struct cay_jobs *jobs, struct cay_job *job)
{
	struct cay_job **at = &jobs->first;

	while (*at)
		at = &(*at)->next;
	*at = job;
	job->number = ++jobs->last_number;
	snprintf(job->id, sizeof(job->id), "%06x-%llu", jobs->tag & 0xffffff,
		 (unsigned long long)job->number);
	cay_job_tell(job);
	pthread_cond_broadcast(&jobs->changed);
}

int cay_jobs_submit(struct cay_jobs *jobs, const char *name, enum cay_compat compat,
		    char *directory, char ret_id[CAY_JOB_ID], struct cay_err *err)
{
	struct cay_job *job;
	int result = 0;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	job = calloc(1, sizeof(*job));
	if (!job)
		return cay_fail_memory(err);
	job->lock = &jobs->lock;
	strcpy(job->name, name);
	job->compat = compat;
	clock_gettime(CLOCK_REALTIME, &job->created);
	pthread_mutex_lock(&jobs->lock);
	if (jobs->stopping) {
		result = cay_fail(err, CAY_EBUSY, "the daemon is stopping");
		cay_job_forget(job);
	} else {
		job->directory = directory;
		append(jobs, job);
		strcpy(ret_id, job->id);
	}
	pthread_mutex_unlock(&jobs->lock);
	return result;
}

// The lock is held. CAY_ENOTFOUND: there is none of that id any more.
static struct cay_job *find(const struct cay_jobs *jobs, const char *id, struct cay_err *err)
{
	struct cay_job *job = jobs->first;

	while (job && strcmp(job->id, id) != 0)
		job = job->next;
	if (!job)
		cay_fail(err, CAY_ENOTFOUND,
			 "no job '%.32s': GET /jobs lists those that are remembered", id);
	return job;
}

int cay_jobs_cancel(struct cay_jobs *jobs, const char *id, struct cay_err *err)
{
	struct cay_job *job, *queued = NULL;
	int result = -1;

	pthread_mutex_lock(&jobs->lock);
	job = find(jobs, id, err);
	if (job && (job->ended || job->is_late))
		cay_fail(err, CAY_ECONFLICT, "job '%s' has ended", id);
	else if (job)
		result = 0;
	if (result == 0 && job->progress.state == CAY_JOB_QUEUED) {
		job->progress.state = CAY_JOB_CANCELLED;
		queued = job;
	} else if (result == 0 && job->progress.state == CAY_JOB_RUNNING && !job->cancel) {
		job->cancel = true;
		cay_converter_cancel(jobs->tools.converter, job->number);
	}
	pthread_mutex_unlock(&jobs->lock);
	if (queued)
		end_cancelled(jobs, queued);
	return result;
}

int cay_jobs_describe_json(struct cay_jobs *jobs, const char *id, struct cay_buf *ret,
			   struct cay_err *err)
{
	const struct cay_job *job;

	pthread_mutex_lock(&jobs->lock);
	job = find(jobs, id, err);
	if (job)
		cay_job_put_json(ret, job, true);
	pthread_mutex_unlock(&jobs->lock);
	cay_buf_text(ret, "\n");
	return job ? cay_buf_check(ret, err) : -1;
}

void cay_jobs_list_json(struct cay_jobs *jobs, struct cay_buf *ret)
{
	pthread_mutex_lock(&jobs->lock);
	cay_buf_text(ret, "{\"jobs\":[");
	for (const struct cay_job *job = jobs->first; job; job = job->next) {
		cay_job_put_json(ret, job, false);
		cay_buf_text(ret, job->next ? ",\n" : "");
	}
	cay_buf_text(ret, "]}\n");
	pthread_mutex_unlock(&jobs->lock);
}

int cay_jobs_watch(struct cay_jobs *jobs, const char *id, bool server_sent_events,
		   struct cay_request *req, struct cay_err *err)
{
	struct cay_job *job;
	int result = -1;

	pthread_mutex_lock(&jobs->lock);
	job = find(jobs, id, err);
	if (job)
		result = cay_job_watch(job, server_sent_events, req, err);
	pthread_mutex_unlock(&jobs->lock);
	return result;
}

void cay_jobs_remind(struct cay_jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	for (struct cay_job *job = jobs->first; job; job = job->next)
		cay_job_remind(job);
	pthread_mutex_unlock(&jobs->lock);
}

int cay_jobs_wait(struct cay_jobs *jobs, const char *id, bool strict, struct cay_request *req,
		  struct cay_err *err)
{
	struct cay_job_waiter *waiter = malloc(sizeof(*waiter));
	struct cay_job *job;
	int result = -1;

	if (!waiter)
		return cay_fail_memory(err);
	pthread_mutex_lock(&jobs->lock);
	job = find(jobs, id, err);
	if (job && job->ended) {
		fill_reply(&req->reply, job, strict);
		result = cay_buf_check(&req->reply.body, err);
	} else if (job) {
		*waiter =
			(struct cay_job_waiter){.next = job->waiters, .req = req, .strict = strict};
		job->waiters = waiter;
		result = CAY_LATER;
	}
	pthread_mutex_unlock(&jobs->lock);
	if (result != CAY_LATER)
		free(waiter);
	return result;
}

void cay_jobs_metrics(struct cay_jobs *jobs, struct cay_buf *ret)
{
	static const struct {
		enum cay_job_state state;
		const char *name;
	} ends[] = {
		{CAY_JOB_DONE, "done"},
		{CAY_JOB_FAILED, "failed"},
		{CAY_JOB_CANCELLED, "cancelled"},
	};
	size_t pending = 0;

	pthread_mutex_lock(&jobs->lock);
	for (const struct cay_job *job = jobs->first; job; job = job->next)
		pending += !job->ended;
	cay_prometheus_head(ret, "cayuco_conversions_total", "counter",
			    "Conversions that have ended, by how: done, failed or cancelled.");
	for (size_t i = 0; i < CAY_ARRAY_SIZE(ends); i++)
		cay_buf_printf(ret, "cayuco_conversions_total{state=\"%s\"} %llu\n", ends[i].name,
			       jobs->ended[ends[i].state]);
	cay_prometheus_head(ret, "cayuco_conversions_pending", "gauge",
			    "Conversions that run, or wait for their turn.");
	cay_buf_printf(ret, "cayuco_conversions_pending %zu\n", pending);
	pthread_mutex_unlock(&jobs->lock);
}
