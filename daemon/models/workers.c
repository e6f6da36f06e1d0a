// A bounded queue of requests and the threads that empty it.
#include "daemon/models/workers.h"
#include "daemon/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

// A request that takes less may run on the thread that received it, which serves no other
// connection meanwhile.
#define SHORT (CAY_SECOND / 100)

// The request that a thread runs.
struct task {
	uint64_t begun; // UINT64_MAX: it runs none
	size_t bytes;	// of the request's body
};

struct cay_workers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct cay_workers_ops *ops;
	void *context;
	size_t threads;	    // alive, with a thread of HTTP that is to run a request (run_one)
	size_t sessions;    // requests that need no reading run on so many threads at once
	struct task *tasks; // one for each thread; the last one is for a thread of HTTP
	size_t task_count;
	size_t given;	     // tasks that a thread has for its own
	size_t busy;	     // tasks that run
	size_t short_bytes;  // requests with bodies up to this length were SHORT lately; 0: unknown
	bool closed, failed; // failed: not all threads could be started
	size_t capacity, first, count;
	struct cay_request *ring[];
};

void cay_workers_free(struct cay_workers *w)
{
	if (!w)
		return;
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w->tasks);
	free(w);
}

// True if an idle thread should take the next request now.
static bool is_next_wanted(const struct cay_workers *w)
{
	return w->count > 0 &&
	       (w->busy < w->sessions || cay_request_needs_reading(w->ring[w->first]));
}

// Takes the next request, which must exist, for the task of that number. Wakes the others if there
// is more for them to do.
static struct cay_request *take(struct cay_workers *w, size_t number)
{
	struct cay_request *req = w->ring[w->first];

	w->first = (w->first + 1) % w->capacity;
	w->count--;
	w->busy++;
	w->tasks[number] = (struct task){cay_clock_now(), req->body.len};
	if (is_next_wanted(w) || (w->closed && w->count == 0))
		pthread_cond_broadcast(&w->changed);
	return req;
}

// Ends a task, and learns from the time it took which bodies make short requests.
static void end_task(struct cay_workers *w, struct task *task)
{
	if (cay_clock_now() - task->begun >= SHORT)
		w->short_bytes = task->bytes > w->short_bytes ? w->short_bytes : 0;
	else if (task->bytes > w->short_bytes)
		w->short_bytes = task->bytes;
	task->begun = UINT64_MAX;
	w->busy--;
}

// Ends the thread's task, if it has one, and waits for its next request. NULL when the queue is
// closed and empty.
static struct cay_request *pop(struct cay_workers *w, size_t number)
{
	struct cay_request *req;

	pthread_mutex_lock(&w->lock);
	if (w->tasks[number].begun != UINT64_MAX)
		end_task(w, &w->tasks[number]);
	while (!is_next_wanted(w) && !(w->closed && w->count == 0))
		pthread_cond_wait(&w->changed, &w->lock);
	req = w->count > 0 ? take(w, number) : NULL;
	pthread_mutex_unlock(&w->lock);
	return req;
}

// The last that a thread does here. The lock is held, and is released.
static void leave(struct cay_workers *w)
{
	const bool last = --w->threads == 0, failed = w->failed;

	if (last && failed)
		pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	if (last && !failed)
		w->ops->ended(w->context);
}

static void *work(void *context)
{
	struct cay_workers *w = context;
	struct cay_request *req;
	size_t number;

	prctl(PR_SET_NAME, w->ops->name);
	pthread_mutex_lock(&w->lock);
	number = w->given++;
	pthread_mutex_unlock(&w->lock);
	while ((req = pop(w, number)))
		w->ops->run(w->context, req);
	pthread_mutex_lock(&w->lock);
	leave(w);
	return NULL;
}

// Runs on the thread of HTTP that pushed a request. cay_workers_push has counted it among the
// threads, so that `ended` waits for it. One of the workers may have taken the request meanwhile.
static void run_one(void *context)
{
	struct cay_workers *w = context;
	const size_t number = w->task_count - 1;
	struct cay_request *req;

	pthread_mutex_lock(&w->lock);
	req = w->busy == 0 && w->count > 0 ? take(w, number) : NULL;
	pthread_mutex_unlock(&w->lock);
	if (req)
		w->ops->run(w->context, req);
	pthread_mutex_lock(&w->lock);
	if (req)
		end_task(w, &w->tasks[number]);
	if (is_next_wanted(w))
		pthread_cond_signal(&w->changed);
	leave(w);
}

static int start_threads(struct cay_workers *w, size_t threads, struct cay_err *err)
{
	int result = 0;

	pthread_mutex_lock(&w->lock);
	while (result == 0 && w->threads < threads) {
		result = cay_thread_start(work, w, err);
		w->threads += result == 0;
	}
	if (result < 0) {
		w->closed = w->failed = true;
		pthread_cond_broadcast(&w->changed);
		while (w->threads > 0)
			pthread_cond_wait(&w->changed, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return result;
}

struct cay_workers *cay_workers_new(size_t sessions, size_t capacity,
				    const struct cay_workers_ops *ops, void *context,
				    struct cay_err *err)
{
	const size_t threads = sessions + 1, tasks = threads + 1;
	struct cay_workers *w = calloc(1, sizeof(*w) + capacity * sizeof(struct cay_request *));

	if (w)
		w->tasks = malloc(tasks * sizeof(*w->tasks));
	if (!w || !w->tasks) {
		free(w);
		cay_fail_memory(err);
		return NULL;
	}
	for (size_t i = 0; i < tasks; i++)
		w->tasks[i].begun = UINT64_MAX;
	w->task_count = tasks;
	w->ops = ops;
	w->context = context;
	w->capacity = capacity;
	w->sessions = sessions;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	if (start_threads(w, threads, err) < 0) {
		cay_workers_free(w);
		return NULL;
	}
	return w;
}

void cay_workers_close(struct cay_workers *w)
{
	pthread_mutex_lock(&w->lock);
	w->closed = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

// True if the pushing thread should run the request itself: to wake a worker and be woken by it
// takes longer than most of what HTTP does for a request. Pictures are left to the workers, as
// their bytes do not tell how long they take.
static bool is_for_pusher(const struct cay_workers *w, const struct cay_request *req)
{
	return req->alone && w->busy == 0 && w->count == 1 && req->body.len <= w->short_bytes &&
	       (cay_request_is(req, "application/json") || !cay_request_needs_reading(req));
}

int cay_workers_push(struct cay_workers *w, struct cay_request *req, struct cay_err *err)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = w->count == w->capacity;
	if (!full) {
		w->ring[(w->first + w->count) % w->capacity] = req;
		w->count++;
		if (is_for_pusher(w, req)) {
			req->work = run_one;
			req->work_context = w;
			w->threads++;
		} else if (is_next_wanted(w)) {
			pthread_cond_signal(&w->changed);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return full ? cay_fail(err, CAY_EBUSY, "%zu requests wait already", w->capacity) : 0;
}

uint64_t cay_workers_oldest(struct cay_workers *w)
{
	uint64_t oldest = UINT64_MAX;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->task_count; i++)
		if (w->tasks[i].begun < oldest)
			oldest = w->tasks[i].begun;
	pthread_mutex_unlock(&w->lock);
	return oldest;
}

size_t cay_workers_length(struct cay_workers *w)
{
	size_t count;

	pthread_mutex_lock(&w->lock);
	count = w->count;
	pthread_mutex_unlock(&w->lock);
	return count;
}
