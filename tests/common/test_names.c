// Tests of common/names.c.
#include "common/names.h"
#include "tests/test.h"

START_TEST(names_keep_their_last_index)
{
	struct cay_arena arena;
	struct cay_names names;
	struct cay_err err = {0};

	cay_arena_init(&arena, 0);
	cay_names_init(&names, &arena);
	ck_assert_uint_eq(cay_names_get(&names, "x"), CAY_NO_INDEX);
	for (uint32_t i = 0; i < 5000; i++)
		ck_ok(cay_names_set(&names, cay_arena_printf(&arena, &err, "v%u", i % 2500), i,
				    &err),
		      err);
	ck_assert_uint_eq(names.count, 2500);
	ck_assert_uint_eq(cay_names_get(&names, "v0"), 2500);
	ck_assert_uint_eq(cay_names_get(&names, "v2499"), 4999);
	ck_assert_uint_eq(cay_names_get(&names, "v2500"), CAY_NO_INDEX);
	cay_arena_finish(&arena);
}
END_TEST

TEST_MAIN("names", names_keep_their_last_index)
