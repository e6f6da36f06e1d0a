// What every unit test file shares: Check, and a main that runs one suite.
#ifndef CAY_TESTS_TEST_H
#define CAY_TESTS_TEST_H

#include <check.h>
#include <stdlib.h>

// TEST_MAIN("arena", first_test, second_test): each test becomes a case of its own name's suite.
#define TEST_MAIN(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = {__VA_ARGS__};                                        \
		Suite *suite = suite_create(name);                                                 \
		TCase *tcase = tcase_create(name);                                                 \
		SRunner *runner = srunner_create(suite);                                           \
		int failed;                                                                        \
                                                                                                   \
		tcase_set_timeout(tcase, 0); /* meson has one; emulation is slow */                \
		for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                      \
			tcase_add_test(tcase, tests[i]);                                           \
		suite_add_tcase(suite, tcase);                                                     \
		srunner_set_fork_status(runner, CK_NOFORK);                                        \
		srunner_run_all(runner, CK_NORMAL);                                                \
		failed = srunner_ntests_failed(runner);                                            \
		srunner_free(runner);                                                              \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                       \
	}

#define ck_ok(call, err) ck_assert_msg((call) >= 0, "%s", (err).msg)

#endif
