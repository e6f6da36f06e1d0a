// Tests of engine/pool.c.
#include "engine/pool.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

static const char text[] = "input x ?x4\nparam w 4x4 1 2 3 4 5\nfc Input=x W=w > Out=y : "
			   "in_num_col_dims=1\nsoftmax X=y > Out=z : axis=-1\noutput z\n";

struct worker {
	struct cay_pool *pool;
	int seed, failures;
};

// Runs the same input many times, in batches of several sizes, and compares with the first answer.
static void *work(void *argument)
{
	struct worker *w = argument;
	float x[12], want[4] = {0};

	for (int i = 0; i < 12; i++)
		x[i] = (float)((i % 4 + w->seed) % 5) * 0.25f;
	for (int run = 0; run < 200; run++) {
		int64_t batch = 1 + run % 3;
		struct cay_tensor in = {.dtype = CAY_DTYPE_F32,
					.shape = {2, {batch, 4}},
					.data = x,
					.size = (size_t)batch * 16};
		struct cay_err err = {0};
		struct cay_session *s = cay_pool_lease(w->pool, 0, &err);
		const float *y;

		w->failures += cay_session_run(s, &in, 1, 0, &err) < 0;
		y = cay_session_output(s, 0)->data;
		if (run == 0)
			memcpy(want, y, sizeof(want));
		for (int64_t b = 0; b < batch; b++)
			w->failures += memcmp(y + b * 4, want, sizeof(want)) != 0;
		cay_pool_return(w->pool, s);
	}
	return NULL;
}

START_TEST(threads_share_a_model_and_its_plans)
{
	struct cay_model *m = model_from_text(text);
	struct cay_err err = {0};
	struct cay_pool *pool = cay_pool_new(m, 3, 1, &err);
	struct worker workers[6];
	pthread_t threads[6];

	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < 6; i++) {
		workers[i] = (struct worker){pool, i, 0};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(workers[i].failures, 0);
	}
	ck_assert_uint_eq(cay_pool_busy(pool), 0);
	cay_pool_free(pool);
	cay_model_free(m);
}
END_TEST

START_TEST(waiting_ends_at_the_deadline)
{
	struct cay_model *m = model_from_text(text);
	struct cay_err err = {0};
	struct cay_pool *pool = cay_pool_new(m, 1, 1, &err);
	struct cay_session *s = cay_pool_lease(pool, 0, &err);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ck_assert_uint_eq(cay_pool_busy(pool), 1);
	ck_assert_ptr_null(cay_pool_lease(
		pool, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 1000000, &err));
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	cay_pool_return(pool, s);
	ck_assert_ptr_eq(cay_pool_lease(pool, 1, &err), s); // a free one is given even so
	cay_pool_return(pool, s);
	cay_pool_free(pool);
	cay_model_free(m);
}
END_TEST

TEST_MAIN("pool", threads_share_a_model_and_its_plans, waiting_ends_at_the_deadline)
