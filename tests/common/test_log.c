// Lines of the log, for the journal and for people.
#include "common/log.h"
#include "tests/test.h"

#include <regex.h>
#include <stdlib.h>
#include <unistd.h>

static char text[4096];

// What a function wrote to stderr.
static const char *written_by(void (*function)(void))
{
	char path[] = "/tmp/cayuco-log-XXXXXX";
	const int file = mkstemp(path), old = dup(STDERR_FILENO);
	ssize_t length;

	ck_assert_int_ge(file, 0);
	unlink(path);
	dup2(file, STDERR_FILENO);
	function();
	dup2(old, STDERR_FILENO);
	length = pread(file, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	close(file);
	close(old);
	return text;
}

static void log_each_level(void)
{
	cay_log(CAY_LOG_ERROR, "a %d", 1);
	cay_log(CAY_LOG_WARNING, "b");
	cay_log(CAY_LOG_INFO, "c");
	cay_log(CAY_LOG_DEBUG, "d");
}

START_TEST(the_journal_is_told_the_priority)
{
	cay_log_set_journal(true);
	cay_log_set_level(CAY_LOG_DEBUG);
	ck_assert_str_eq(written_by(log_each_level), "<3>a 1\n<4>b\n<6>c\n<7>d\n");
}
END_TEST

START_TEST(people_are_told_the_time_and_the_level)
{
#define STAMP "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.][0-9]{3}Z "
	regex_t wanted;

	ck_assert_int_eq(regcomp(&wanted,
				 "^" STAMP "error: a 1\n" STAMP "warning: b\n" STAMP "info: c\n$",
				 REG_EXTENDED | REG_NOSUB),
			 0);
	cay_log_set_journal(false);
	cay_log_set_level(CAY_LOG_INFO);
	ck_assert_msg(regexec(&wanted, written_by(log_each_level), 0, NULL, 0) == 0, "%s", text);
	regfree(&wanted);
}
END_TEST

START_TEST(levels_below_the_one_that_is_set_are_not_written)
{
	cay_log_set_journal(true);
	cay_log_set_level(CAY_LOG_WARNING);
	ck_assert_str_eq(written_by(log_each_level), "<3>a 1\n<4>b\n");
	ck_assert(!cay_log_is_on(CAY_LOG_INFO));
}
END_TEST

TEST_MAIN("log", the_journal_is_told_the_priority, people_are_told_the_time_and_the_level,
	  levels_below_the_one_that_is_set_are_not_written)
