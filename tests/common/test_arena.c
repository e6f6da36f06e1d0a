// Tests of common/arena.c.
#include "common/arena.h"
#include "tests/test.h"

#include <stdint.h>
#include <string.h>

START_TEST(memory_is_zeroed_aligned_and_apart)
{
	struct cay_arena arena;
	struct cay_err err = {0};
	unsigned char *previous = NULL;

	cay_arena_init(&arena, 0);
	for (size_t size = 0; size < 40000; size = size * 2 + 1) {
		unsigned char *p = cay_arena_alloc(&arena, size, &err);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % (size < 64 ? 16 : 64), 0);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xff, size);
		ck_assert_ptr_ne(p, previous);
		previous = p;
	}
	cay_arena_finish(&arena);
	cay_arena_finish(&arena);
}
END_TEST

START_TEST(the_limit_is_an_error_with_the_figure)
{
	struct cay_arena arena;
	struct cay_err err = {0};

	cay_arena_init(&arena, 200);
	ck_assert_ptr_nonnull(cay_arena_alloc(&arena, 128, &err));
	ck_assert_ptr_null(cay_arena_alloc(&arena, 73, &err)); // 128 are taken
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "200"));
	ck_assert_ptr_nonnull(cay_arena_alloc(&arena, 63, &err));
	ck_assert_ptr_null(cay_arena_alloc(&arena, 0, &err)); // 8 are left
	arena.limit = 100;
	ck_assert_ptr_null(cay_arena_alloc(&arena, 1, &err));
	ck_assert_ptr_nonnull(strstr(err.msg, "100"));
	cay_arena_finish(&arena);
}
END_TEST

START_TEST(pieces_count_as_the_memory_that_they_take)
{
	static const struct {
		size_t size, taken;
	} cases[] = {{0, 16},  {1, 16},	 {16, 16},  {17, 32},
		     {63, 64}, {64, 64}, {65, 128}, {20000, 20032}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_arena arena;
		struct cay_err err = {0};
		size_t pieces = 0;

		cay_arena_init(&arena, 100 * cases[i].taken);
		while (cay_arena_raw(&arena, cases[i].size, &err))
			pieces++;
		ck_assert_int_eq(err.code, CAY_ETOOLARGE);
		ck_assert_uint_eq(pieces, 100);
		ck_assert_uint_eq(arena.used, 100 * cases[i].taken);
		cay_arena_finish(&arena);
	}
}
END_TEST

START_TEST(an_overflowing_array_is_an_error)
{
	struct cay_arena arena;
	struct cay_err err = {0};

	cay_arena_init(&arena, 0);
	ck_assert_ptr_null(cay_arena_array(&arena, SIZE_MAX / 2, 3, &err));
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_ptr_null(cay_arena_alloc(&arena, SIZE_MAX - 8, &err));
	ck_assert_int_eq(err.code, CAY_ENOMEM);
	ck_assert_ptr_null(cay_arena_alloc(&arena, SIZE_MAX - 100, &err)); // rounded, it fits
	ck_assert_int_eq(err.code, CAY_ENOMEM);
	ck_assert_uint_eq(arena.used, 0);
	cay_arena_finish(&arena);
}
END_TEST

START_TEST(an_array_grows_and_keeps_its_items)
{
	struct cay_arena arena;
	struct cay_err err = {0};
	size_t capacity = 0;
	uint16_t *items = NULL, *bigger;

	cay_arena_init(&arena, 1000);
	for (uint16_t i = 0; i < 100; i++) {
		items = cay_arena_grow(&arena, items, i, sizeof(*items), &capacity, &err);
		ck_assert_ptr_nonnull(items);
		items[i] = i;
	}
	for (uint16_t i = 0; i < 100; i++)
		ck_assert_uint_eq(items[i], i);
	ck_assert_uint_eq(capacity, 128);
	bigger = cay_arena_grow(&arena, items, 127, sizeof(*items), &capacity, &err);
	ck_assert_ptr_eq(bigger, items);
	ck_assert_ptr_null(cay_arena_grow(&arena, items, 128, sizeof(*items) * 4, &capacity, &err));
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_uint_eq(capacity, 128);
	cay_arena_finish(&arena);
}
END_TEST

START_TEST(text_is_copied)
{
	struct cay_arena arena;
	struct cay_err err = {0};
	char name[] = "conv2d_0";
	char *copy, *longer;

	cay_arena_init(&arena, 0);
	copy = cay_arena_strdup(&arena, name, &err);
	longer = cay_arena_printf(&arena, &err, "%s/%d", name, 7);
	name[0] = 'X';
	ck_assert_str_eq(copy, "conv2d_0");
	ck_assert_str_eq(longer, "conv2d_0/7");
	cay_arena_finish(&arena);
}
END_TEST

TEST_MAIN("arena", memory_is_zeroed_aligned_and_apart, the_limit_is_an_error_with_the_figure,
	  pieces_count_as_the_memory_that_they_take, an_overflowing_array_is_an_error,
	  an_array_grows_and_keeps_its_items, text_is_copied)
