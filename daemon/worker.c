// A bounded queue of requests and the threads that empty it.
#include "daemon/worker.h"
#include "daemon/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

#define SOON (CAY_SECOND / 100) // what other clients may wait for their thread

// What a thread has taken.
struct task {
	uint64_t begun; // UINT64_MAX: nothing
	size_t bytes;	// of the body
};

struct cay_workers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const struct cay_workers_ops *ops;
	void *context;
	size_t threads;	     // that run
	size_t sessions;     // so many of them are enough for what needs no reading
	size_t slots;	     // of tasks that belong to one of them
	struct task *tasks;  // theirs, and in the last place what a thread of HTTP has taken
	size_t task_count;   // places
	size_t busy;	     // tasks that are under way
	size_t soon;	     // bytes: no larger body than this one took SOON of late; 0: who knows
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

// True if there is a request for a thread that has none.
static bool is_next_wanted(const struct cay_workers *w)
{
	return w->count > 0 &&
	       (w->busy < w->sessions || cay_request_needs_reading(w->ring[w->first]));
}

// Takes the first request of the queue, which is not empty.
static struct cay_request *take(struct cay_workers *w, size_t slot)
{
	struct cay_request *req = w->ring[w->first];

	w->first = (w->first + 1) % w->capacity;
	w->count--;
	w->busy++;
	w->tasks[slot] = (struct task){cay_clock_now(), req->body.len};
	if (is_next_wanted(w) || (w->closed && w->count == 0))
		pthread_cond_broadcast(&w->changed);
	return req;
}

// The task of that slot is done: notes whether it was a long one.
static void put_down(struct cay_workers *w, size_t slot)
{
	struct task *task = &w->tasks[slot];

	if (cay_clock_now() - task->begun >= SOON)
		w->soon = task->bytes > w->soon ? w->soon : 0;
	else if (task->bytes > w->soon)
		w->soon = task->bytes;
	task->begun = UINT64_MAX;
	w->busy--;
}

// Ends the last task of the thread of that slot and waits for its next one. NULL: the queue is
// closed and empty.
static struct cay_request *pop(struct cay_workers *w, size_t slot)
{
	struct cay_request *req;

	pthread_mutex_lock(&w->lock);
	if (w->tasks[slot].begun != UINT64_MAX)
		put_down(w, slot);
	while (!is_next_wanted(w) && !(w->closed && w->count == 0))
		pthread_cond_wait(&w->changed, &w->lock);
	req = w->count > 0 ? take(w, slot) : NULL;
	pthread_mutex_unlock(&w->lock);
	return req;
}

// Ends a thread. The lock is held at the call, and released.
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
	size_t slot;

	prctl(PR_SET_NAME, w->ops->name);
	pthread_mutex_lock(&w->lock);
	slot = w->slots++;
	pthread_mutex_unlock(&w->lock);
	while ((req = pop(w, slot)))
		w->ops->run(w->context, req);
	pthread_mutex_lock(&w->lock);
	leave(w);
	return NULL;
}

// Runs a request on the thread that has pushed it, which cay_workers_push counted as one of the
// workers. Does nothing if a worker has taken the request meanwhile.
static void run_one(void *context)
{
	struct cay_workers *w = context;
	const size_t slot = w->task_count - 1;
	struct cay_request *req;

	pthread_mutex_lock(&w->lock);
	req = w->busy == 0 && w->count > 0 ? take(w, slot) : NULL;
	pthread_mutex_unlock(&w->lock);
	if (req)
		w->ops->run(w->context, req);
	pthread_mutex_lock(&w->lock);
	if (req)
		put_down(w, slot);
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

// True if the pushing thread shall run the request itself, which saves waking a worker and being
// woken by it. Not for pictures: their bytes do not say how long they take.
static bool is_for_pusher(const struct cay_workers *w, const struct cay_request *req)
{
	return req->alone && w->busy == 0 && w->count == 1 && req->body.len <= w->soon &&
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
