// A fixed number of sessions of one model, leased to one thread at a time.
#ifndef CAY_ENGINE_POOL_H
#define CAY_ENGINE_POOL_H

#include "engine/session.h"

struct cay_pool;

// Makes `count` sessions (at least 1) of so many threads each. Borrows model, which must outlive
// the pool.
struct cay_pool *cay_pool_new(struct cay_model *model, size_t count, size_t threads,
			      struct cay_err *err);
void cay_pool_free(struct cay_pool *pool); // no lease may be out; NULL is fine

// Waits for a free session until deadline (CLOCK_MONOTONIC nanoseconds, 0: for ever), then NULL
// with CAY_ETIMEOUT. Give it back with cay_pool_return.
struct cay_session *cay_pool_lease(struct cay_pool *pool, uint64_t deadline, struct cay_err *err);
void cay_pool_return(struct cay_pool *pool, struct cay_session *session);
size_t cay_pool_size(const struct cay_pool *pool);
size_t cay_pool_busy(struct cay_pool *pool); // leases that are out now

#endif
