// Tests of daemon/http/access.c.
#include "daemon/http/access.h"
#include "common/size.h"
#include "tests/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INFER "inference-0123456789"
#define ADMIN "administration-01234"

// Writes a file of that mode; the caller unlinks the path.
static char *write_token(char path[32], const char *text, mode_t mode)
{
	int fd;

	strcpy(path, "/tmp/cay_token_XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

// NULL: no such file is named.
static int load(struct cay_access *ret, const char *infer, const char *admin, struct cay_err *err)
{
	char paths[2][32];
	struct cay_conf conf = {
		.token_file = infer ? write_token(paths[0], infer, 0640) : NULL,
		.admin_token_file = admin ? write_token(paths[1], admin, 0600) : NULL,
	};
	int result = cay_access_load(ret, &conf, err);

	if (infer)
		unlink(paths[0]);
	if (admin)
		unlink(paths[1]);
	return result;
}

START_TEST(levels_are_those_of_the_files)
{
	static const struct {
		const char *infer, *admin, *header;
		enum cay_access_level level;
	} rows[] = {
		{NULL, NULL, NULL, CAY_ACCESS_ADMIN},
		{NULL, NULL, "Bearer anything", CAY_ACCESS_ADMIN},
		{INFER, NULL, NULL, CAY_ACCESS_NONE},
		{INFER "\r\n", NULL, "Bearer " INFER, CAY_ACCESS_ADMIN},
		{INFER "\n", ADMIN "\n", "Bearer " INFER, CAY_ACCESS_INFER},
		{INFER, ADMIN, "bearer  " ADMIN, CAY_ACCESS_ADMIN},
		{NULL, ADMIN, NULL, CAY_ACCESS_INFER},
		{NULL, ADMIN, "Bearer " ADMIN, CAY_ACCESS_ADMIN},
		{NULL, ADMIN, "Bearer " INFER, CAY_ACCESS_NONE},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(rows); i++) {
		struct cay_access access;
		struct cay_err err = {0};

		ck_ok(load(&access, rows[i].infer, rows[i].admin, &err), err);
		ck_assert_msg(cay_access_level(&access, rows[i].header) == rows[i].level, "row %zu",
			      i);
	}
}
END_TEST

START_TEST(what_is_not_the_token_opens_nothing)
{
	char million[1000016] = "Bearer ", longer[512] = "Bearer ";
	const char *const headers[] = {
		"",
		"Bearer",
		"Bearer ",
		INFER,
		"Basic " INFER,
		"Bearer inference-012345678",
		"Bearer nference-0123456789",
		"Bearer Inference-0123456789",
		"Bearer " INFER "0",
		"Bearer " INFER " ",
		"Bearer \x80\xff",
		million,
		longer,
	};
	struct cay_access access;
	struct cay_err err = {0};

	memset(million + 7, 'x', 1000000);
	memset(longer + 7, 'x', CAY_TOKEN_MAX);
	ck_ok(load(&access, INFER, ADMIN, &err), err);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(headers); i++)
		ck_assert_msg(cay_access_level(&access, headers[i]) == CAY_ACCESS_NONE, "%zu", i);
}
END_TEST

START_TEST(a_bad_token_file_is_refused)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"", "the token has 0 letters"},
		{"\n", "the token has 0 letters"},
		{"fifteen-letters\n", "the token has 15 letters"},
		{"two words, that is not one", "a token is one line"},
		{"line-one-is-here\nline-two-is-here\n", "a token is one line"},
		{"d\xc3\xbcsseldorf-am-rhein", "a token is one line"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(bad); i++) {
		struct cay_access access;
		struct cay_err err = {0};

		ck_assert_int_eq(load(&access, bad[i].text, NULL, &err), -1);
		ck_assert_msg(strstr(err.msg, bad[i].message) != NULL, "%s", err.msg);
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
}
END_TEST

START_TEST(both_tokens_must_differ)
{
	struct cay_access access;
	struct cay_err err = {0};

	ck_assert_int_eq(load(&access, INFER, INFER "\n", &err), -1);
	ck_assert_str_eq(err.msg, "admin_token_file: the token is that of token_file");
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
	static const mode_t modes[] = {0644, 0604, 0602, 0666};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(modes); i++) {
		char path[32];
		struct cay_conf conf = {.token_file = write_token(path, INFER, modes[i])};
		struct cay_access access;
		struct cay_err err = {0};

		ck_assert_int_eq(cay_access_load(&access, &conf, &err), -1);
		ck_assert_msg(strstr(err.msg, "others may read or write it") != NULL, "%s",
			      err.msg);
		unlink(path);
	}
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
#define IS_INSTRUMENTED true // many more, and not those that are released
#else
#define IS_INSTRUMENTED false
#endif

// Instructions that cay_access_level takes, by ptrace in a process of its own; -1 where there is no
// ptrace, as in an emulator, and under a sanitizer. What the header opens must be nothing.
static long count_instructions(const struct cay_access *access, const char *header)
{
	const pid_t pid = fork();
	long count = 0;
	int status;

	if (pid == 0) {
		if (IS_INSTRUMENTED)
			_exit(77);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(errno == ENOSYS ? 77 : 1);
		raise(SIGSTOP);
		_exit(cay_access_level(access, header) != CAY_ACCESS_NONE);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		count++;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return -1;
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return count;
}

START_TEST(a_wrong_token_takes_as_many_instructions_as_another)
{
	static const char secret[] = "0123456789abcdefghij";
	static const size_t places[] = {0, 9, sizeof(secret) - 2};
	static const size_t lengths[] = {sizeof(secret), CAY_TOKEN_MAX, 2 * CAY_TOKEN_MAX - 1};
	static char header[2 * CAY_TOKEN_MAX + sizeof("Bearer ")] = "Bearer ";
	char *const sent = header + strlen(header);
	struct cay_access access;
	struct cay_err err = {0};
	long wanted;

	ck_ok(load(&access, secret, ADMIN, &err), err);
	strcpy(sent, "x");
	wanted = count_instructions(&access, header);
	ck_assert(wanted == -1 || wanted > CAY_TOKEN_MAX / 16); // of one vector at a time
	for (size_t i = 0; i < CAY_ARRAY_SIZE(places); i++) {	// differs there, and is cut there
		strcpy(sent, secret);
		sent[places[i]] = 'x';
		ck_assert_int_eq(count_instructions(&access, header), wanted);
		sent[places[i]] = '\0';
		ck_assert_int_eq(count_instructions(&access, header), wanted);
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(lengths); i++) {
		memset(sent, 'x', lengths[i]);
		memcpy(sent, secret, strlen(secret));
		sent[lengths[i]] = '\0';
		ck_assert_int_eq(count_instructions(&access, header), wanted);
	}
}
END_TEST

TEST_MAIN("access", levels_are_those_of_the_files, what_is_not_the_token_opens_nothing,
	  a_bad_token_file_is_refused, both_tokens_must_differ,
	  a_file_that_others_may_read_is_refused,
	  a_wrong_token_takes_as_many_instructions_as_another)
