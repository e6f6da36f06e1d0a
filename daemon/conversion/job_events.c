// How a job goes, told as it goes: a line for each change, to any number of clients of any speed.
// All that a watcher has of its own is how far it has been told; the job remembers what there was.
#include "common/size.h"
#include "daemon/conversion/job.h"
#include "daemon/http/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct cay_job_watcher {
	struct cay_stream stream; // the first member: a stream's address is its watcher's
	struct cay_job_watcher *next;
	struct cay_job *job;
	size_t told; // events; one more when the end has been told
	bool asleep, reminded, server_sent_events;
};

// --- the job's side ------------------------------------------------------------------------------

static void job_free(struct cay_job *job)
{
	cay_buf_finish(&job->outcome.report);
	free(job->events);
	free(job->directory);
	free(job);
}

void cay_job_forget(struct cay_job *job)
{
	job->forgotten = true;
	if (!job->watchers)
		job_free(job);
}

// Without memory, or from a conversion that tells too much, an event is lost; the end never is.
static void remember(struct cay_job *job)
{
	size_t capacity = job->event_capacity ? 2 * job->event_capacity : 8;

	if (job->event_count == CAY_JOB_EVENTS)
		return;
	if (job->event_count == job->event_capacity) {
		void *events = realloc(job->events, capacity * sizeof(*job->events));

		if (!events)
			return;
		job->events = events;
		job->event_capacity = capacity;
	}
	job->events[job->event_count++] = job->progress;
}

static void wake(struct cay_job_watcher *w)
{
	if (w->asleep)
		w->stream.wake(&w->stream);
	w->asleep = false;
}

void cay_job_tell(struct cay_job *job)
{
	if (!job->ended)
		remember(job);
	for (struct cay_job_watcher *w = job->watchers; w; w = w->next)
		wake(w);
}

void cay_job_remind(struct cay_job *job)
{
	for (struct cay_job_watcher *w = job->watchers; w; w = w->next) {
		w->reminded = w->asleep;
		wake(w);
	}
}

// --- the watcher's side --------------------------------------------------------------------------

static void begin_line(const struct cay_job_watcher *w, struct cay_buf *ret)
{
	if (w->server_sent_events)
		cay_buf_printf(ret, "id: %zu\ndata: ", w->told);
}

static void end_line(const struct cay_job_watcher *w, struct cay_buf *ret)
{
	cay_buf_text(ret, w->server_sent_events ? "\n\n" : "\n");
}

// Nothing new. A browser drops a comment; who reads lines reads the last one again.
static void put_reminder(const struct cay_job_watcher *w, struct cay_buf *ret)
{
	if (w->server_sent_events)
		cay_buf_text(ret, ":");
	else
		cay_job_put_progress(ret, w->job, &w->job->progress);
	end_line(w, ret);
}

static bool next(struct cay_stream *stream, struct cay_buf *ret)
{
	struct cay_job_watcher *w = (struct cay_job_watcher *)stream;
	const struct cay_job *job = w->job;
	bool is_asleep;

	pthread_mutex_lock(job->lock);
	if (w->told < job->event_count) {
		w->told++;
		begin_line(w, ret);
		cay_job_put_progress(ret, job, &job->events[w->told - 1]);
		end_line(w, ret);
	} else if (!job->ended && w->reminded) {
		put_reminder(w, ret);
	} else if (!job->ended) {
		w->asleep = true;
	} else if (w->told == job->event_count) {
		w->told++;
		begin_line(w, ret);
		cay_job_put_json(ret, job, true);
		end_line(w, ret);
	}
	w->reminded = false;
	is_asleep = w->asleep; // it may be woken as soon as the lock is free
	pthread_mutex_unlock(job->lock);
	return !is_asleep;
}

static void drop(struct cay_stream *stream)
{
	struct cay_job_watcher *w = (struct cay_job_watcher *)stream;
	pthread_mutex_t *lock = w->job->lock; // which outlives the job

	pthread_mutex_lock(lock);
	for (struct cay_job_watcher **at = &w->job->watchers; *at; at = &(*at)->next) {
		if (*at == w) {
			*at = w->next;
			break;
		}
	}
	if (w->job->forgotten)
		cay_job_forget(w->job);
	pthread_mutex_unlock(lock);
	free(w);
}

// How many events a browser that connects again says it has been told.
static size_t count_told(const struct cay_job *job, const char *last_event)
{
	unsigned long told = 0;

	if (last_event && isdigit((unsigned char)last_event[0]))
		told = strtoul(last_event, NULL, 10);
	return told <= job->event_count + job->ended ? told : 0;
}

int cay_job_watch(struct cay_job *job, bool server_sent_events, struct cay_request *req,
		  struct cay_err *err)
{
	const size_t told = count_told(job, req->last_event);
	struct cay_job_watcher *w;

	if (told > job->event_count) { // all of it: a browser would come again for ever
		req->reply.status = 204;
		return 0;
	}
	w = malloc(sizeof(*w));
	if (!w)
		return cay_fail_memory(err);
	*w = (struct cay_job_watcher){
		.stream = {.next = next, .drop = drop},
		.next = job->watchers,
		.job = job,
		.told = told,
		.server_sent_events = server_sent_events,
	};
	job->watchers = w;
	req->reply.stream = &w->stream;
	return 0;
}
