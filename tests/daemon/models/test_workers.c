// Tests of daemon/models/workers.c.
#include "daemon/models/workers.h"
#include "tests/test.h"

#include <pthread.h>
#include <string.h>

// Counts what the workers do; requests wait at the gate while it is shut.
struct site {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool shut, ended;
	unsigned running, most, done; // most: that ran at once
	pthread_t by;		      // who did the last one
};

static void site_init(struct site *site, bool shut)
{
	*site = (struct site){.shut = shut};
	pthread_mutex_init(&site->lock, NULL);
	pthread_cond_init(&site->changed, NULL);
}

static void wait_until(struct site *site, const unsigned *count, unsigned value)
{
	pthread_mutex_lock(&site->lock);
	while (*count != value)
		pthread_cond_wait(&site->changed, &site->lock);
	pthread_mutex_unlock(&site->lock);
}

static void open_gate(struct site *site)
{
	pthread_mutex_lock(&site->lock);
	site->shut = false;
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
}

static void run(void *context, struct cay_request *req)
{
	struct site *site = context;

	(void)req;
	pthread_mutex_lock(&site->lock);
	site->running++;
	if (site->running > site->most)
		site->most = site->running;
	pthread_cond_broadcast(&site->changed);
	while (site->shut)
		pthread_cond_wait(&site->changed, &site->lock);
	site->running--;
	site->done++;
	site->by = pthread_self();
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
}

static void ended(void *context)
{
	struct site *site = context;

	pthread_mutex_lock(&site->lock);
	site->ended = true;
	pthread_cond_broadcast(&site->changed);
	pthread_mutex_unlock(&site->lock);
}

static const struct cay_workers_ops ops = {"site", run, ended};

static void wait_and_free(struct site *site, struct cay_workers *workers)
{
	pthread_mutex_lock(&site->lock);
	while (!site->ended)
		pthread_cond_wait(&site->changed, &site->lock);
	pthread_mutex_unlock(&site->lock);
	cay_workers_free(workers);
}

static void close_and_wait(struct site *site, struct cay_workers *workers)
{
	cay_workers_close(workers);
	wait_and_free(site, workers);
}

// Their tensors are bytes: nothing of them needs reading.
static void make_quick(struct cay_request *req, size_t count)
{
	memset(req, 0, count * sizeof(*req));
	for (size_t i = 0; i < count; i++)
		req[i].content_type = "application/octet-stream";
}

START_TEST(a_full_queue_refuses_at_once)
{
	struct cay_request req[5];
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	make_quick(req, 5);
	site_init(&site, true);
	workers = cay_workers_new(2, 2, &ops, &site, &err);
	ck_assert_msg(workers, "%s", err.msg);
	ck_ok(cay_workers_push(workers, &req[0], &err), err);
	ck_ok(cay_workers_push(workers, &req[1], &err), err);
	wait_until(&site, &site.running, 2);
	ck_ok(cay_workers_push(workers, &req[2], &err), err);
	ck_ok(cay_workers_push(workers, &req[3], &err), err);
	ck_assert_uint_eq(cay_workers_length(workers), 2);
	ck_assert_int_eq(cay_workers_push(workers, &req[4], &err), -1);
	ck_assert_int_eq(err.code, CAY_EBUSY);
	open_gate(&site);
	wait_until(&site, &site.done, 4);
	ck_assert_uint_eq(cay_workers_length(workers), 0);
	close_and_wait(&site, workers);
}
END_TEST

START_TEST(what_is_queued_is_run_before_the_end)
{
	struct cay_request req[10] = {0};
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	site_init(&site, true);
	workers = cay_workers_new(1, 16, &ops, &site, &err);
	for (size_t i = 0; i < 10; i++)
		ck_ok(cay_workers_push(workers, &req[i], &err), err);
	cay_workers_close(workers);
	open_gate(&site);
	wait_and_free(&site, workers);
	ck_assert_uint_eq(site.done, 10);
}
END_TEST

START_TEST(an_unused_queue_ends)
{
	struct cay_err err = {0};
	struct site site;

	site_init(&site, false);
	close_and_wait(&site, cay_workers_new(3, 1, &ops, &site, &err));
	ck_assert_uint_eq(site.done, 0);
}
END_TEST

START_TEST(the_longest_running_request_is_known)
{
	struct cay_request req[3];
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;
	uint64_t before, between;

	make_quick(req, 3);
	site_init(&site, true);
	workers = cay_workers_new(2, 2, &ops, &site, &err);
	ck_assert_uint_eq(cay_workers_oldest(workers), UINT64_MAX);
	before = cay_clock_now();
	ck_ok(cay_workers_push(workers, &req[0], &err), err);
	wait_until(&site, &site.running, 1);
	between = cay_clock_now();
	ck_ok(cay_workers_push(workers, &req[1], &err), err);
	wait_until(&site, &site.running, 2);
	ck_ok(cay_workers_push(workers, &req[2], &err), err); // waits: it has not begun
	ck_assert_uint_ge(cay_workers_oldest(workers), before);
	ck_assert_uint_le(cay_workers_oldest(workers), between);
	open_gate(&site);
	wait_until(&site, &site.done, 3);
	while (cay_workers_oldest(workers) != UINT64_MAX)
		; // the last one is on its way back to the queue
	close_and_wait(&site, workers);
}
END_TEST

START_TEST(what_needs_reading_has_a_thread_while_all_sessions_run)
{
	struct cay_request quick[4], text = {.content_type = "application/json"};
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	make_quick(quick, 4);
	site_init(&site, true);
	workers = cay_workers_new(2, 4, &ops, &site, &err);
	for (size_t i = 0; i < 2; i++)
		ck_ok(cay_workers_push(workers, &quick[i], &err), err);
	wait_until(&site, &site.running, 2);
	ck_ok(cay_workers_push(workers, &text, &err), err);
	wait_until(&site, &site.running, 3);
	for (size_t i = 2; i < 4; i++)
		ck_ok(cay_workers_push(workers, &quick[i], &err), err);
	ck_assert_uint_eq(cay_workers_length(workers), 2);
	open_gate(&site);
	wait_until(&site, &site.done, 5);
	close_and_wait(&site, workers);
	ck_assert_uint_eq(site.most, 3);
}
END_TEST

START_TEST(bytes_run_on_no_more_threads_than_there_are_sessions)
{
	struct cay_request quick[16];
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	make_quick(quick, 16);
	site_init(&site, true);
	workers = cay_workers_new(2, 16, &ops, &site, &err);
	for (size_t i = 0; i < 16; i++)
		ck_ok(cay_workers_push(workers, &quick[i], &err), err);
	wait_until(&site, &site.running, 2);
	cay_workers_close(workers);
	open_gate(&site);
	wait_and_free(&site, workers);
	ck_assert_uint_eq(site.done, 16);
	ck_assert_uint_eq(site.most, 2);
}
END_TEST

// Pushes it. True if it is for the caller; if not, a worker has done it.
static bool is_for_caller(struct cay_workers *workers, struct site *site, struct cay_request *req)
{
	const unsigned done = site->done;
	struct cay_err err = {0};

	ck_ok(cay_workers_push(workers, req, &err), err);
	if (req->work)
		return true;
	wait_until(site, &site->done, done + 1);
	while (cay_workers_oldest(workers) != UINT64_MAX)
		; // the worker is on its way back to the queue
	return false;
}

START_TEST(what_comes_alone_and_is_soon_done_is_for_the_caller)
{
	struct cay_request req = {.content_type = "application/json", .body.len = 100}, others[3];
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	site_init(&site, false);
	workers = cay_workers_new(2, 4, &ops, &site, &err);
	req.alone = true;
	for (size_t i = 0; i < 3; i++)
		others[i] = req;
	others[0].content_type = "image/png";
	others[1].alone = false;
	others[2].body.len = 101;
	ck_assert(!is_for_caller(workers, &site, &req)); // who knows how long it takes
	while (!is_for_caller(workers, &site, &req))
		; // now and then a machine is too slow to do nothing soon
	req.work(req.work_context);
	ck_assert(pthread_equal(site.by, pthread_self()));
	for (size_t i = 0; i < 3; i++)
		ck_assert(!is_for_caller(workers, &site, &others[i]));
	close_and_wait(&site, workers);
}
END_TEST

START_TEST(a_caller_that_comes_late_finds_nothing_to_do)
{
	struct cay_request req = {.alone = true, .content_type = "application/json"}, next;
	struct cay_workers *workers;
	struct cay_err err = {0};
	struct site site;

	site_init(&site, false);
	workers = cay_workers_new(2, 4, &ops, &site, &err);
	next = req;
	ck_assert(is_for_caller(workers, &site, &req)); // no body: it is known to be wrong
	ck_ok(cay_workers_push(workers, &next, &err), err);
	if (next.work) // a worker has taken the first one already
		next.work(next.work_context);
	wait_until(&site, &site.done, 2);
	cay_workers_close(workers);
	ck_assert(!site.ended); // the caller has been counted
	req.work(req.work_context);
	wait_and_free(&site, workers);
	ck_assert_uint_eq(site.done, 2);
}
END_TEST

TEST_MAIN("worker", what_comes_alone_and_is_soon_done_is_for_the_caller,
	  a_caller_that_comes_late_finds_nothing_to_do,
	  what_needs_reading_has_a_thread_while_all_sessions_run,
	  bytes_run_on_no_more_threads_than_there_are_sessions,
	  the_longest_running_request_is_known, a_full_queue_refuses_at_once,
	  what_is_queued_is_run_before_the_end, an_unused_queue_ends)
