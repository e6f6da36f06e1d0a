// Each model of tests/data converts to the very bytes that converted.txt tells, on every machine.
//
// A change that is meant to write other files writes that list, too:
//   build/release/tests/goldens/test_converted --list > tests/data/converted.txt
#include "common/file.h"
#include "converter/convert.h"
#include "tests/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define LIST	TEST_DATA "converted.txt"
#define VERSION 18 // bytes: meta and opt_version, which is ours and changes

static const struct {
	const char *name;
	enum cay_compat compat;
} forms[] = {{"2.9", CAY_COMPAT_2_9}, {"2.13", CAY_COMPAT_2_13}};

// FNV-1a, of 64 bits.
static unsigned long long digest(const uint8_t *data, size_t size)
{
	unsigned long long hash = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 1099511628211u;
	return hash;
}

// A line for each form of the model, "NAME FORM BYTES DIGEST" or "NAME FORM: what is wrong".
static void describe(const char *name, struct cay_buf *ret)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct cay_convert_options options = {.compat = forms[i].compat};
		struct cay_paddle_dir dir;
		struct cay_report report = {0};
		struct cay_buf nb = {0}, path = {0};
		struct cay_err err = {0};

		cay_buf_printf(&path, TEST_DATA "%s/model", name);
		cay_paddle_dir_init(&dir);
		cay_buf_printf(ret, "%s %s", name, forms[i].name);
		if (cay_paddle_dir_scan(&dir, cay_buf_cstr(&path), &err) < 0 ||
		    cay_convert(&dir, &options, &nb, &report, &err) < 0)
			cay_buf_printf(ret, ": %s\n", err.msg);
		else
			cay_buf_printf(ret, " %zu %016llx\n", nb.len,
				       digest(nb.data + VERSION, nb.len - VERSION));
		cay_report_finish(&report);
		cay_paddle_dir_finish(&dir);
		cay_buf_finish(&path);
		cay_buf_finish(&nb);
	}
}

static int has_model(const struct dirent *entry)
{
	struct cay_buf path = {0};
	DIR *model;

	cay_buf_printf(&path, TEST_DATA "%s/model", entry->d_name);
	model = *entry->d_name == '.' ? NULL : opendir(cay_buf_cstr(&path));
	cay_buf_finish(&path);
	return model ? closedir(model) == 0 : 0;
}

static void describe_all(struct cay_buf *ret)
{
	struct dirent **found;
	int count = scandir(TEST_DATA, &found, has_model, alphasort);

	for (int i = 0; i < count; i++) {
		describe(found[i]->d_name, ret);
		free(found[i]);
	}
	if (count >= 0)
		free(found);
}

START_TEST(models_convert_to_the_same_bytes_everywhere)
{
	struct cay_buf got = {0}, list = {0};
	struct cay_err err = {0};
	const char *want, *is;

	ck_ok(cay_file_read(LIST, 1 << 20, &list, &err), err);
	describe_all(&got);
	want = cay_buf_cstr(&list);
	is = cay_buf_cstr(&got);
	while (*want && *is) {
		const int wanted = (int)strcspn(want, "\n"), length = (int)strcspn(is, "\n");

		ck_assert_msg(wanted == length && memcmp(want, is, (size_t)length) == 0,
			      "want %.*s, got %.*s", wanted, want, length, is);
		want += wanted + (want[wanted] == '\n');
		is += length + (is[length] == '\n');
	}
	ck_assert_str_eq(is, want); // as long
	cay_buf_finish(&got);
	cay_buf_finish(&list);
}
END_TEST

static int print_list(void)
{
	struct cay_buf list = {0};

	describe_all(&list);
	fputs(cay_buf_cstr(&list), stdout);
	cay_buf_finish(&list);
	return 0;
}

int main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase;
	SRunner *runner;
	int failed;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return print_list();
	suite = suite_create("converted");
	tcase = tcase_create("converted");
	runner = srunner_create(suite);
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, models_convert_to_the_same_bytes_everywhere);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
