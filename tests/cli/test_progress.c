// Tests for the line that says how far a command is.
#include "cli/progress.h"
#include "tests/test.h"

#include <string.h>

static const char *line(unsigned columns, const char *stage, unsigned percent)
{
	static char text[CAY_PROGRESS_LINE];

	cay_progress_line(text, columns, stage, percent);
	return text;
}

START_TEST(the_bar_fills_from_the_left)
{
	ck_assert_str_eq(line(80, "upload", 0), "[                        ]   0% upload");
	ck_assert_str_eq(line(80, "upload", 50), "[############            ]  50% upload");
	ck_assert_str_eq(line(80, "upload", 100), "[########################] 100% upload");
	ck_assert_str_eq(line(80, "upload", 4000000000), line(80, "upload", 100));
}
END_TEST

START_TEST(the_line_is_narrower_than_the_terminal)
{
	ck_assert_str_eq(line(40, "fuse convolutions", 50),
			 "[######       ]  50% fuse convolutions");
	ck_assert_str_eq(line(24, "fuse convolutions", 50), "[####    ]  50% fuse co");
	ck_assert_str_eq(line(2, "x", 50), "[");
	ck_assert_str_eq(line(1, "x", 50), "");
	for (unsigned columns = 1; columns < 200; columns++)
		ck_assert_uint_lt(strlen(line(columns,
					      "of a model with a very long name, and on "
					      "and on and on and on and on and on and on "
					      "and on and on and on and on and on and on",
					      7)),
				  columns);
}
END_TEST

START_TEST(a_stage_does_not_drive_the_terminal)
{
	ck_assert_str_eq(line(80, "a\x1b[2J\r\nb", 0),
			 "[                        ]   0% a\\u001b[2J\\u000d\\u000ab");
}
END_TEST

START_TEST(nothing_is_shown_too_early_or_without_a_terminal)
{
	struct cay_progress early = {.columns = 80, .from_ms = INT64_MAX}, none = {0},
			    shown = {.columns = 80};

	cay_progress_show(&early, "x", 50);
	cay_progress_show(&none, "x", 50);
	cay_progress_show(&shown, "x", 50);
	ck_assert_str_eq(early.shown, "");
	ck_assert_str_eq(none.shown, "");
	ck_assert_str_eq(shown.shown, line(80, "x", 50));
	cay_progress_end(&shown);
	ck_assert_str_eq(shown.shown, "");
}
END_TEST

TEST_MAIN("progress", the_bar_fills_from_the_left, the_line_is_narrower_than_the_terminal,
	  a_stage_does_not_drive_the_terminal, nothing_is_shown_too_early_or_without_a_terminal)
