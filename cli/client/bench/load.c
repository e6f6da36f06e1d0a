// Many requests of one kind at a daemon, over several connections at once, and their times.
#include "cli/client/bench/load.h"
#include "cli/measure.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 2 // requests of each connection

const char *const cay_part_names[CAY_PARTS] = {"queue", "input", "infer", "output"};

struct run {
	const struct cay_call *call;
	size_t count;
	sem_t warm;	      // posted by each worker
	pthread_mutex_t gate; // held until all are warm
	atomic_size_t next;   // number of the request that is sent next
	atomic_bool stop;     // somebody has failed
	double *ms;	      // of each request; negative: refused
	struct cay_board board;
};

struct worker {
	pthread_t thread;
	struct run *run;
	struct cay_client *client;
	size_t timed; // answers with parts
	double parts[CAY_PARTS];
	double begin, end; // of its requests
	bool warm, failed;
	struct cay_err err;
};

// "queue;dur=0.1, input;dur=0.2": names and milliseconds.
static void add_parts(struct worker *w, const char *timing)
{
	bool found = false;

	for (size_t i = 0; i < CAY_PARTS; i++) {
		const size_t len = strlen(cay_part_names[i]);
		const char *at = strstr(timing, cay_part_names[i]);

		if (!at || strncmp(at + len, ";dur=", 5) != 0)
			continue;
		w->parts[i] += strtod(at + len + 5, NULL);
		found = true;
	}
	w->timed += found;
}

// Sends one request: 0 if it was answered, 1 if it was refused, -1 if it has failed.
static int ask(struct worker *w, struct cay_answer *answer)
{
	int result = cay_client_call(w->client, w->run->call, answer, &w->err);

	if (result < 0 && answer->status == 503)
		return 1;
	w->failed |= result < 0;
	return result;
}

static void warm_up(struct worker *w)
{
	for (int i = 0; i < WARM_UP && !w->failed; i++) {
		struct cay_answer answer;

		ask(w, &answer);
		cay_answer_finish(&answer);
	}
	w->warm = !w->failed;
	if (w->failed)
		atomic_store(&w->run->stop, true);
}

// Asks for the board half way through; the time that it takes is in no answer's.
static void look_at_board(struct worker *w)
{
	struct cay_err unknown;
	json_t *board = cay_client_get_json(w->client, "/board", &unknown);

	cay_board_parse(&w->run->board, board);
	json_decref(board);
}

static void *work(void *context)
{
	struct worker *w = context;
	struct run *run = w->run;
	size_t i;

	warm_up(w);
	sem_post(&run->warm);
	pthread_mutex_lock(&run->gate);
	pthread_mutex_unlock(&run->gate);
	w->begin = cay_measure_now();
	while (!atomic_load(&run->stop) && (i = atomic_fetch_add(&run->next, 1)) < run->count) {
		struct cay_answer answer;
		double start = cay_measure_now();
		int result = ask(w, &answer);

		run->ms[i] = result == 0 ? cay_measure_now() - start : -1;
		if (result < 0)
			atomic_store(&run->stop, true);
		else if (result == 0)
			add_parts(w, answer.timing);
		cay_answer_finish(&answer);
		if (i == run->count / 2)
			look_at_board(w);
	}
	w->end = cay_measure_now();
	return NULL;
}

static void sum_up(struct cay_load *ret, const struct run *run, const struct worker *workers)
{
	double begin = workers[0].begin, end = workers[0].end;
	size_t timed = 0;

	cay_measure_sort(run->ms, run->count); // the refused ones first
	while (ret->refused < run->count && run->ms[ret->refused] < 0)
		ret->refused++;
	ret->answered = run->count - ret->refused;
	ret->p50 = cay_measure_percentile(run->ms + ret->refused, ret->answered, 50);
	ret->p95 = cay_measure_percentile(run->ms + ret->refused, ret->answered, 95);
	ret->p99 = cay_measure_percentile(run->ms + ret->refused, ret->answered, 99);
	for (size_t i = 0; i < ret->connections; i++) {
		begin = workers[i].begin < begin ? workers[i].begin : begin;
		end = workers[i].end > end ? workers[i].end : end;
		timed += workers[i].timed;
		for (size_t k = 0; k < CAY_PARTS; k++)
			ret->parts[k] += workers[i].parts[k];
	}
	ret->seconds = (end - begin) / 1e3;
	ret->has_parts = timed > 0;
	for (size_t k = 0; k < CAY_PARTS && timed; k++)
		ret->parts[k] /= (double)timed;
	ret->board = run->board;
}

// The first failure that there was, or none. A connection that ends at once is what a daemon does
// that has enough of them, and its answer cannot say so.
static int report(struct worker *workers, size_t count, const char *what)
{
	struct worker *failed = NULL;
	size_t warm = 0;

	for (size_t i = 0; i < count; i++) {
		if (!failed && workers[i].failed)
			failed = &workers[i];
		warm += workers[i].warm;
	}
	if (!failed)
		return CAY_EXIT_DONE;
	if (!failed->warm && warm > 0 && failed->err.code == CAY_EIO)
		cay_wrap(&failed->err,
			 "of %zu connections at once the daemon took %zu (see its "
			 "connections_per_address and connections)",
			 count, warm);
	return cay_client_fail(failed->client, what, &failed->err);
}

static void wait_until_warm(struct run *run, size_t count)
{
	while (count > 0)
		if (sem_wait(&run->warm) == 0) // else a signal came
			count--;
}

// All workers begin at once, when the last of them is warm.
static int run_workers(struct run *run, struct worker *workers, size_t count, const char *what)
{
	size_t started = 0;
	struct cay_err err;

	sem_init(&run->warm, 0, 0);
	pthread_mutex_init(&run->gate, NULL);
	pthread_mutex_lock(&run->gate);
	while (started < count &&
	       pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
		started++;
	if (started < count)
		atomic_store(&run->stop, true);
	wait_until_warm(run, started);
	pthread_mutex_unlock(&run->gate);
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_mutex_destroy(&run->gate);
	sem_destroy(&run->warm);
	if (started == count)
		return report(workers, count, what);
	cay_fail(&err, CAY_EIO, "cannot start %zu threads", count);
	return cay_exit_fail(what, &err);
}

int cay_load_run(struct cay_load *ret, struct cay_client *const *clients, size_t connections,
		 const struct cay_call *call, size_t count, const char *what)
{
	struct run run = {.call = call, .count = count, .board = {.celsius = CAY_CELSIUS_UNKNOWN}};
	struct worker *workers = calloc(connections, sizeof(*workers));
	struct cay_err err;
	int status;

	*ret = (struct cay_load){.connections = connections};
	run.ms = calloc(count, sizeof(*run.ms));
	if (workers && run.ms) {
		for (size_t i = 0; i < connections; i++)
			workers[i] = (struct worker){.run = &run, .client = clients[i]};
		status = run_workers(&run, workers, connections, what);
	} else {
		cay_fail_memory(&err);
		status = cay_exit_fail(what, &err);
	}
	if (status == CAY_EXIT_DONE)
		sum_up(ret, &run, workers);
	free(workers);
	free(run.ms);
	return status;
}
