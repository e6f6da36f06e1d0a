// Tests of engine/plan/mem_plan.c.
#include "engine/plan/mem_plan.h"
#include "tests/test.h"

#include <stdbool.h>
#include <string.h>

static const struct cay_allowance all_time;

START_TEST(buffers_of_different_times_share_memory)
{
	struct cay_buffer b[] = {{.size = 100, .first = 0, .last = 1},
				 {.size = 100, .first = 1, .last = 2},
				 {.size = 100, .first = 2, .last = 3}};
	struct cay_err err = {0};
	size_t total = 0;

	ck_ok(cay_mem_plan(b, 3, 1000, &all_time, &total, &err), err);
	ck_assert_uint_eq(total, 2 * 128);
	ck_assert_uint_eq(b[0].offset, b[2].offset);
	ck_assert_uint_ne(b[0].offset, b[1].offset);
}
END_TEST

START_TEST(the_smallest_gap_that_fits_is_taken)
{
	// Alive with b[3]: b[0] at 0 and b[1] behind b[2], whose time is over: a gap of 512.
	struct cay_buffer b[] = {{.size = 2048, .first = 0, .last = 9},
				 {.size = 512, .first = 0, .last = 9},
				 {.size = 1024, .first = 0, .last = 2},
				 {.size = 64, .first = 3, .last = 4}};
	struct cay_err err = {0};
	size_t total = 0;

	ck_ok(cay_mem_plan(b, 4, 1 << 20, &all_time, &total, &err), err);
	ck_assert_uint_eq(total, 2048 + 1024 + 512);
	ck_assert_uint_eq(b[3].offset, 2048);
}
END_TEST

START_TEST(what_is_alive_together_never_overlaps)
{
	enum { N = 200 };
	static struct cay_buffer b[N];
	struct cay_err err = {0};
	size_t total = 0;
	uint32_t random = 1;

	for (int i = 0; i < N; i++) {
		random = random * 1664525 + 1013904223;
		b[i].size = (random >> 8) % 5000;
		b[i].first = (random >> 16) % 50;
		b[i].last = b[i].first + random % 10;
	}
	ck_ok(cay_mem_plan(b, N, 1 << 30, &all_time, &total, &err), err);
	for (int i = 0; i < N; i++) {
		ck_assert_uint_le(b[i].offset + b[i].size, total);
		ck_assert_uint_eq(b[i].offset % 64, 0);
		for (int k = 0; k < i; k++)
			ck_assert(b[i].first > b[k].last || b[k].first > b[i].last ||
				  b[i].offset >= b[k].offset + b[k].size ||
				  b[k].offset >= b[i].offset + b[i].size);
	}
}
END_TEST

// The plain form: every buffer against all that have a place.
static size_t plain_offset(const struct cay_buffer *b, const bool *placed, size_t count, size_t at)
{
	size_t end = 0, best = SIZE_MAX, best_size = SIZE_MAX;

	for (;;) {
		const struct cay_buffer *next = NULL;

		for (size_t i = 0; i < count; i++)
			if (placed[i] && b[i].first <= b[at].last && b[at].first <= b[i].last &&
			    b[i].offset + b[i].size > end && (!next || b[i].offset < next->offset))
				next = &b[i];
		if (!next)
			return best != SIZE_MAX ? best : end;
		if (next->offset >= end + b[at].size && next->offset - end < best_size) {
			best = end;
			best_size = next->offset - end;
		}
		end = next->offset + next->size;
	}
}

START_TEST(each_gap_is_the_one_of_the_plain_form)
{
	enum { N = 700 };
	static struct cay_buffer b[N];
	static bool placed[N];
	struct cay_err err = {0};
	size_t total = 0;
	uint32_t random = 7;

	for (int i = 0; i < N; i++) {
		random = random * 1664525 + 1013904223;
		b[i].size = (random >> 8) % 3 ? (random >> 8) % 5000 + 1 : 0;
		b[i].first = (random >> 16) % 500;
		b[i].last = b[i].first + random % (2U << (random >> 8) % 9);
		if (i % 100 == 0)
			b[i].last = CAY_FOREVER;
	}
	ck_ok(cay_mem_plan(b, N, 1 << 30, &all_time, &total, &err), err);
	for (;;) {
		size_t largest = N;

		for (size_t i = 0; i < N; i++)
			if (!placed[i] && b[i].size &&
			    (largest == N || b[i].size > b[largest].size))
				largest = i;
		if (largest == N)
			break;
		ck_assert_uint_eq(b[largest].offset, plain_offset(b, placed, N, largest));
		placed[largest] = true;
	}
}
END_TEST

START_TEST(a_crowd_never_overlaps)
{
	enum { N = 3000 };
	static struct cay_buffer b[N];
	struct cay_err err = {0};
	size_t total = 0, sum = 0;

	for (uint32_t i = 0; i < N; i++) {
		b[i] = (struct cay_buffer){.size = 64, .first = i, .last = CAY_FOREVER};
		sum += b[i].size;
	}
	ck_ok(cay_mem_plan(b, N, 1 << 30, &all_time, &total, &err), err);
	ck_assert_uint_eq(total, sum);
	for (size_t i = 0; i < N; i++)
		ck_assert_uint_eq(b[i].offset, 64 * i);
}
END_TEST

// Were each looked at beside all that have their place, this would take until the test is ended.
START_TEST(a_million_in_a_chain_take_work_in_proportion)
{
	enum { N = 1000000 };
	static struct cay_buffer b[N];
	struct cay_err err = {0};
	size_t total = 0;

	for (uint32_t i = 0; i < N; i++)
		b[i] = (struct cay_buffer){.size = 64 * (1 + i % 7), .first = i, .last = i + 1};
	ck_ok(cay_mem_plan(b, N, 1 << 30, &all_time, &total, &err), err);
	ck_assert_uint_le(total, 2 * 64 * 7);
}
END_TEST

START_TEST(the_limit_is_an_error_and_huge_sizes_too)
{
	struct cay_buffer b[] = {{.size = 600, .first = 0, .last = 1},
				 {.size = 600, .first = 1, .last = 2}};
	struct cay_buffer huge = {.size = SIZE_MAX - 3};
	struct cay_err err = {0};
	size_t total = 7;

	ck_assert_int_eq(cay_mem_plan(b, 2, 1000, &all_time, &total, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "1000"));
	ck_assert_int_eq(cay_mem_plan(&huge, 1, 1000, &all_time, &total, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_uint_eq(total, 7);
}
END_TEST

static bool end_at_second(void *context, const char *stage, float done)
{
	unsigned *calls = context;

	(void)stage;
	ck_assert_float_eq(done, (float)*calls / 3);
	return ++*calls < 2;
}

START_TEST(placing_ends_where_it_is_told_to_and_at_its_deadline)
{
	unsigned calls = 0;
	const struct cay_tracker progress = cay_tracker_whole(end_at_second, &calls);
	const struct cay_allowance told = {.progress = &progress}, late = {.deadline = 1};
	struct cay_buffer b[3] = {{.size = 1}, {.size = 1}, {.size = 1}};
	struct cay_err err = {0};
	size_t total = 7;

	ck_assert_int_eq(cay_mem_plan(b, 3, 1000, &told, &total, &err), -1);
	ck_assert_int_eq(err.code, CAY_ECANCELED);
	ck_assert_uint_eq(calls, 2);
	ck_assert_int_eq(cay_mem_plan(b, 3, 1000, &late, &total, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	ck_assert_uint_eq(total, 7);
}
END_TEST

TEST_MAIN("mem_plan", buffers_of_different_times_share_memory, the_smallest_gap_that_fits_is_taken,
	  what_is_alive_together_never_overlaps, each_gap_is_the_one_of_the_plain_form,
	  a_crowd_never_overlaps, a_million_in_a_chain_take_work_in_proportion,
	  the_limit_is_an_error_and_huge_sizes_too,
	  placing_ends_where_it_is_told_to_and_at_its_deadline)
