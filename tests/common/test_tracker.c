// Tests of common/tracker.c.
#include "common/tracker.h"
#include "tests/test.h"

struct listener {
	const char *stage;
	float done;
	int calls;
	bool goes_on;
};

static bool listen_to(void *context, const char *stage, float done)
{
	struct listener *l = context;

	l->stage = stage;
	l->done = done;
	l->calls++;
	return l->goes_on;
}

START_TEST(a_part_tells_of_the_whole)
{
	struct listener l = {.goes_on = true};
	const struct cay_tracker whole = cay_tracker_whole(listen_to, &l);
	const struct cay_tracker half = cay_tracker_part(&whole, "write", 0.5f, 1);
	const struct cay_tracker quarter = cay_tracker_part(&half, NULL, 0.5f, 1);
	struct cay_err err = {0};

	ck_ok(cay_tracker_tell(&whole, 1, 4, &err), err);
	ck_assert_str_eq(l.stage, "");
	ck_assert_float_eq(l.done, 0.25f);
	ck_ok(cay_tracker_tell(&half, 0, 10, &err), err);
	ck_assert_str_eq(l.stage, "write");
	ck_assert_float_eq(l.done, 0.5f);
	ck_ok(cay_tracker_tell(&quarter, 5, 10, &err), err);
	ck_assert_str_eq(l.stage, "write");
	ck_assert_float_eq(l.done, 0.875f);
	ck_assert_int_eq(l.calls, 3);
}
END_TEST

START_TEST(no_more_than_all_is_told)
{
	struct listener l = {.goes_on = true};
	const struct cay_tracker whole = cay_tracker_whole(listen_to, &l);
	struct cay_err err = {0};

	ck_ok(cay_tracker_tell(&whole, 12, 10, &err), err);
	ck_assert_float_eq(l.done, 1);
	l.done = 0;
	ck_ok(cay_tracker_tell(&whole, 0, 0, &err), err); // nothing to do is done
	ck_assert_float_eq(l.done, 1);
}
END_TEST

START_TEST(who_is_told_may_end_it)
{
	struct listener l = {.goes_on = false};
	const struct cay_tracker whole = cay_tracker_whole(listen_to, &l);
	struct cay_err err = {0};

	ck_assert_int_eq(cay_tracker_tell(&whole, 1, 2, &err), -1);
	ck_assert_int_eq(err.code, CAY_ECANCELED);
	ck_assert_int_eq(l.calls, 1);
}
END_TEST

START_TEST(nobody_need_be_told)
{
	const struct cay_tracker nobody = {0}, part = cay_tracker_part(&nobody, "x", 0, 1),
				 of_null = cay_tracker_part(NULL, "x", 0, 1);
	struct cay_err err = {0};

	ck_ok(cay_tracker_tell(NULL, 1, 2, &err), err);
	ck_ok(cay_tracker_tell(&nobody, 1, 2, &err), err);
	ck_ok(cay_tracker_tell(&part, 1, 2, &err), err);
	ck_ok(cay_tracker_tell(&of_null, 1, 2, &err), err);
}
END_TEST

TEST_MAIN("tracker", a_part_tells_of_the_whole, no_more_than_all_is_told, who_is_told_may_end_it,
	  nobody_need_be_told)
