// A fixed number of sessions of one model, leased to one thread at a time.
#include "engine/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct cay_pool {
	size_t count, free_count;
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct cay_session **all,
		**free; // free: a stack, so that the warmest caches are used first
};

struct cay_pool *cay_pool_new(struct cay_model *model, size_t count, size_t threads,
			      struct cay_err *err)
{
	struct cay_pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attr;

	if (!pool) {
		cay_fail_memory(err);
		return NULL;
	}
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->returned, &attr);
	pthread_condattr_destroy(&attr);
	pool->all = calloc(count, sizeof(*pool->all));
	pool->free = calloc(count, sizeof(*pool->free));
	if (!pool->all || !pool->free) {
		cay_fail_memory(err);
		goto fail;
	}
	while (pool->count < count) {
		struct cay_session *session = cay_session_new(model, err);

		if (!session)
			goto fail;
		pool->all[pool->count++] = session;
		pool->free[pool->free_count++] = session;
		if (cay_session_set_threads(session, threads, err) < 0)
			goto fail;
	}
	return pool;

fail:
	cay_pool_free(pool);
	return NULL;
}

void cay_pool_free(struct cay_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++)
		cay_session_free(pool->all[i]);
	free(pool->all);
	free(pool->free);
	pthread_cond_destroy(&pool->returned);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

struct cay_session *cay_pool_lease(struct cay_pool *pool, uint64_t deadline, struct cay_err *err)
{
	struct timespec until = {.tv_sec = (time_t)(deadline / 1000000000),
				 .tv_nsec = (long)(deadline % 1000000000)};
	struct cay_session *session = NULL;
	int waited = 0;

	pthread_mutex_lock(&pool->lock);
	while (!pool->free_count && waited != ETIMEDOUT)
		waited = deadline ? pthread_cond_timedwait(&pool->returned, &pool->lock, &until)
				  : pthread_cond_wait(&pool->returned, &pool->lock);
	if (pool->free_count)
		session = pool->free[--pool->free_count];
	pthread_mutex_unlock(&pool->lock);
	if (!session)
		cay_fail(err, CAY_ETIMEOUT,
			 "no instance of the model was free before the deadline");
	return session;
}

void cay_pool_return(struct cay_pool *pool, struct cay_session *session)
{
	pthread_mutex_lock(&pool->lock);
	pool->free[pool->free_count++] = session;
	pthread_cond_signal(&pool->returned);
	pthread_mutex_unlock(&pool->lock);
}

size_t cay_pool_size(const struct cay_pool *pool)
{
	return pool->count;
}

size_t cay_pool_busy(struct cay_pool *pool)
{
	size_t busy;

	pthread_mutex_lock(&pool->lock);
	busy = pool->count - pool->free_count;
	pthread_mutex_unlock(&pool->lock);
	return busy;
}
