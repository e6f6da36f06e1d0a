// A thread that reads the numbers of a long JSON body while the HTTP thread receives it.
#include "daemon/json/reader.h"
#include "daemon/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>

// Bytes that it waits for, as to be woken takes time, and that it reads at once.
#define BATCH ((size_t)128 << 10)
#define STEP  ((size_t)32 << 10)

struct cay_reader {
	pthread_mutex_t lock;
	pthread_cond_t more, idle;    // for the thread; for who waits for it
	struct cay_json_ahead *ahead; // lent; NULL: nothing is
	const char *body;
	size_t size, read; // bytes of the body that are there, and that have been read
	bool is_reading;   // now, without the lock
	bool is_running, is_closed;
};

static void read_step(struct cay_reader *r)
{
	struct cay_json_ahead *ahead = r->ahead;

	r->read += STEP;
	r->is_reading = true;
	pthread_mutex_unlock(&r->lock);
	cay_json_ahead_read(ahead, r->body, r->read);
	pthread_mutex_lock(&r->lock);
	r->is_reading = false;
	pthread_cond_broadcast(&r->idle);
}

static void *run(void *context)
{
	struct cay_reader *r = context;

	prctl(PR_SET_NAME, "reader");
	pthread_mutex_lock(&r->lock);
	while (!r->is_closed) {
		if (r->ahead && r->size - r->read >= BATCH)
			while (r->ahead && r->size - r->read >= STEP)
				read_step(r);
		else
			pthread_cond_wait(&r->more, &r->lock);
	}
	r->is_running = false;
	pthread_cond_broadcast(&r->idle);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct cay_reader *cay_reader_new(struct cay_err *err)
{
	struct cay_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		cay_fail_memory(err);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->more, NULL);
	pthread_cond_init(&r->idle, NULL);
	r->is_running = true;
	if (cay_thread_start(run, r, err) < 0) {
		r->is_running = false;
		cay_reader_free(r);
		return NULL;
	}
	return r;
}

void cay_reader_free(struct cay_reader *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_closed = true;
	pthread_cond_signal(&r->more);
	while (r->is_running)
		pthread_cond_wait(&r->idle, &r->lock);
	pthread_mutex_unlock(&r->lock);
	pthread_cond_destroy(&r->more);
	pthread_cond_destroy(&r->idle);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

bool cay_reader_lend(struct cay_reader *r, struct cay_json_ahead *ahead, const char *body)
{
	bool is_free;

	pthread_mutex_lock(&r->lock);
	is_free = !r->ahead && !r->is_reading;
	if (is_free) {
		r->ahead = ahead;
		r->body = body;
		r->size = r->read = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return is_free;
}

void cay_reader_tell(struct cay_reader *r, size_t size)
{
	pthread_mutex_lock(&r->lock);
	r->size = size;
	if (size - r->read >= BATCH)
		pthread_cond_signal(&r->more);
	pthread_mutex_unlock(&r->lock);
}

void cay_reader_take_back(struct cay_reader *r, const struct cay_json_ahead *ahead)
{
	pthread_mutex_lock(&r->lock);
	if (r->ahead == ahead) {
		r->ahead = NULL;
		while (r->is_reading)
			pthread_cond_wait(&r->idle, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
}
