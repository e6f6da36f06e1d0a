// Tests of common/names.c.
#include "common/names.h"
#include "tests/test.h"

#include <string.h>

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

START_TEST(a_mistyped_name_is_told_from_another_word)
{
	static const char *const names[] = {"listen",	 "ls",	    "load", "unload",
					    "log_level", "convert", "runs"};
	static const struct {
		const char *typed, *name;
	} cases[] = {
		{"lisen", "listen"},
		{"lisetn", "listen"},
		{"lod", "load"},
		{"unlod", "unload"},
		{"loglevel", "log_level"},
		{"conver", "convert"},
		{"convrrt", "convert"},
		{"rnus", "runs"},
		{"lload", "load"},
		{"convetr", "convert"},
		{"snur", NULL},
		{"help", NULL},
		{"rm", NULL},
		{"", NULL},
		{"l", NULL},
		{"a_name_that_is_longer_than_any_of_those_that_there_are", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_guess guess = {0};

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			cay_guess_try(&guess, names[k], cases[i].typed, strlen(cases[i].typed));
		ck_assert_pstr_eq(guess.name, cases[i].name);
	}
}
END_TEST

TEST_MAIN("names", names_keep_their_last_index, a_mistyped_name_is_told_from_another_word)
