// Tests of engine/team.c.
#include "engine/team.h"
#include "tests/test.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PARTS = 100 };

struct loop {
	_Atomic unsigned done[PARTS];
};

static void count(void *context, size_t part)
{
	struct loop *loop = context;

	atomic_fetch_add(&loop->done[part], 1);
}

static void expect_each(struct loop *loop, size_t parts, unsigned times)
{
	for (size_t i = 0; i < PARTS; i++)
		ck_assert_uint_eq(atomic_load(&loop->done[i]), i < parts ? times : 0);
}

START_TEST(every_part_is_done_once)
{
	static const size_t threads[] = {1, 2, 3, 8};
	static const size_t parts[] = {0, 1, 2, 7, PARTS};

	for (size_t t = 0; t < 4; t++) {
		struct cay_err err;
		struct cay_team *team = cay_team_new(threads[t], &err);

		ck_assert_ptr_nonnull(team);
		ck_assert_uint_eq(cay_team_size(team), threads[t]);
		for (size_t p = 0; p < 5; p++) {
			struct loop loop = {0};

			cay_team_run(team, parts[p], count, &loop);
			expect_each(&loop, parts[p], 1);
		}
		cay_team_free(team);
	}
}
END_TEST

START_TEST(many_short_loops_follow_each_other)
{
	struct cay_err err;
	struct cay_team *team = cay_team_new(4, &err);
	struct loop loop = {0};

	for (unsigned i = 0; i < 2000; i++)
		cay_team_run(team, 5, count, &loop);
	expect_each(&loop, 5, 2000);
	cay_team_free(team);
}
END_TEST

START_TEST(no_team_is_the_caller_alone)
{
	struct loop loop = {0};

	ck_assert_uint_eq(cay_team_size(NULL), 1);
	cay_team_run(NULL, PARTS, count, &loop);
	expect_each(&loop, PARTS, 1);
	cay_team_free(NULL);
}
END_TEST

TEST_MAIN("team", every_part_is_done_once, many_short_loops_follow_each_other,
	  no_team_is_the_caller_alone)
