// Tests of common/file.c.
#include "common/file.h"
#include "common/size.h"
#include "tests/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/cayuco-test-XXXXXX";

// A new one each time: mkdtemp writes over the last six letters.
static void make_dir(void)
{
	memset(dir + sizeof(dir) - 7, 'X', 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

START_TEST(what_is_written_is_read)
{
	struct cay_err err = {0};
	struct cay_buf buf = {0};

	make_dir();
	ck_ok(cay_file_write(in_dir("a"), "hello", 5, &err), err);
	ck_ok(cay_file_write(in_dir("a"), "hello2", 6, &err), err);
	ck_ok(cay_file_read(in_dir("a"), 6, &buf, &err), err);
	ck_assert_uint_eq(buf.len, 6);
	ck_assert_int_eq(memcmp(buf.data, "hello2", 6), 0);
	cay_buf_finish(&buf);
	ck_assert_int_eq(cay_file_read(in_dir("a"), 5, &buf, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	cay_buf_finish(&buf);
}
END_TEST

START_TEST(what_is_no_file_is_an_error)
{
	struct cay_err err = {0};
	struct cay_buf buf = {0};

	ck_assert_int_eq(cay_file_read(in_dir("missing"), 100, &buf, &err), -1);
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	ck_assert_int_eq(cay_file_read(dir, 100, &buf, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	ck_assert_int_eq(mkfifo(in_dir("fifo"), 0600), 0);
	ck_assert_int_eq(cay_file_read(in_dir("fifo"), 100, &buf, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	ck_assert_int_eq(cay_file_write(in_dir("no/such/dir"), "x", 1, &err), -1);
	cay_buf_finish(&buf);
}
END_TEST

static mode_t mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(the_mode_is_that_of_the_umask_or_of_what_is_replaced)
{
	static const mode_t masks[] = {0, 022, 027, 077};
	struct cay_err err = {0};
	mode_t before = umask(0);

	for (size_t i = 0; i < CAY_ARRAY_SIZE(masks); i++) {
		umask(masks[i]);
		ck_ok(cay_file_write(in_dir("mode"), "x", 1, &err), err);
		ck_assert_uint_eq(mode_of(in_dir("mode")), 0666 & ~masks[i]);
		ck_assert_int_eq(unlink(in_dir("mode")), 0);
	}
	umask(022);
	ck_ok(cay_file_write(in_dir("secret"), "x", 1, &err), err);
	ck_assert_int_eq(chmod(in_dir("secret"), 0600), 0);
	ck_ok(cay_file_write(in_dir("secret"), "y", 1, &err), err);
	ck_assert_uint_eq(mode_of(in_dir("secret")), 0600);
	umask(before);
}
END_TEST

START_TEST(a_tree_is_removed_but_not_what_links_point_to)
{
	struct cay_err err = {0};

	ck_assert_int_eq(mkdir(in_dir("keep"), 0700), 0);
	ck_ok(cay_file_write(in_dir("keep/x"), "x", 1, &err), err);
	ck_assert_int_eq(mkdir(in_dir("gone"), 0700), 0);
	ck_assert_int_eq(symlink("../keep", in_dir("gone/link")), 0);
	ck_ok(cay_file_remove_tree(in_dir("gone"), &err), err);
	ck_assert_int_eq(access(in_dir("gone"), F_OK), -1);
	ck_assert_int_eq(access(in_dir("keep/x"), F_OK), 0);
	ck_ok(cay_file_remove_tree(in_dir("gone"), &err), err);
}
END_TEST

static void make_nested_tree(void)
{
	struct cay_err err = {0};

	ck_assert_int_eq(mkdir(in_dir("tree"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir("tree/a"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir("tree/a/b"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir("tree/empty"), 0700), 0);
	ck_ok(cay_file_write(in_dir("tree/x"), "x", 1, &err), err);
	ck_ok(cay_file_write(in_dir("tree/a/y"), "y", 1, &err), err);
	ck_ok(cay_file_write(in_dir("tree/a/b/z"), "z", 1, &err), err);
	ck_assert_int_eq(mkfifo(in_dir("tree/a/b/fifo"), 0600), 0);
}

START_TEST(a_nested_tree_is_removed)
{
	static const char *const forms[] = {"tree", "tree/"};
	struct cay_err err = {0};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(forms); i++) {
		make_nested_tree();
		ck_ok(cay_file_remove_tree(in_dir(forms[i]), &err), err);
		ck_assert_int_eq(access(in_dir("tree"), F_OK), -1);
	}
	ck_ok(cay_file_remove_tree(dir, &err), err);
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

// What may not be written to keeps what is in it; what may not be read is not listed.
START_TEST(what_cannot_be_removed_is_named)
{
	static const struct {
		mode_t mode; // of tree/a/b
		const char *message;
	} cases[] = {
		{0500, "cannot remove 'a/b/"}, // either one of the two
		{0300, "cannot remove 'a/b': Permission denied"},
	};
	const bool is_root = geteuid() == 0;
	struct cay_err err = {0};

	ck_assert(!is_root || seteuid(65534) == 0); // nothing is forbidden to root
	make_dir();
	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		make_nested_tree();
		ck_assert_int_eq(chmod(in_dir("tree/a/b"), cases[i].mode), 0);
		ck_assert_int_eq(cay_file_remove_tree(in_dir("tree"), &err), -1);
		ck_assert_int_eq(err.code, CAY_EIO);
		ck_assert_msg(strncmp(err.msg, cases[i].message, strlen(cases[i].message)) == 0,
			      "%s", err.msg);
		ck_assert_ptr_nonnull(strstr(err.msg, ": Permission denied"));
		ck_assert_int_eq(access(in_dir("tree/a"), F_OK), 0);
		ck_assert_int_eq(chmod(in_dir("tree/a/b"), 0700), 0);
		ck_ok(cay_file_remove_tree(in_dir("tree"), &err), err);
	}
	ck_ok(cay_file_remove_tree(dir, &err), err);
	ck_assert(!is_root || seteuid(0) == 0);
}
END_TEST

TEST_MAIN("file", what_is_written_is_read, what_is_no_file_is_an_error,
	  the_mode_is_that_of_the_umask_or_of_what_is_replaced,
	  a_tree_is_removed_but_not_what_links_point_to, a_nested_tree_is_removed,
	  what_cannot_be_removed_is_named)
