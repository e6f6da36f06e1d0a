// How far a long command is: one line on stderr that is written over, if that is a terminal.
#include "cli/progress.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BAR	24 // columns, at the most a third of the terminal's
#define COLUMNS 80 // of a terminal that does not say

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// The width of the terminal on stderr; 0 if it is none, or cannot go back to a line's begin.
static unsigned terminal_columns(void)
{
	const char *term = getenv("TERM");
	struct winsize size;

	if (!isatty(STDERR_FILENO) || !term || strcmp(term, "dumb") == 0)
		return 0;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : COLUMNS;
}

void cay_progress_begin(struct cay_progress *ret, unsigned delay_ms)
{
	*ret = (struct cay_progress){.columns = terminal_columns(), .from_ms = now_ms() + delay_ms};
}

void cay_progress_line(char ret[CAY_PROGRESS_LINE], unsigned columns, const char *stage,
		       unsigned percent)
{
	const unsigned bar = columns / 3 < BAR ? columns / 3 : BAR;
	const unsigned filled = percent < 100 ? percent * bar / 100 : bar;
	struct cay_buf text = {0};

	cay_buf_text(&text, "[");
	cay_buf_fill(&text, '#', filled);
	cay_buf_fill(&text, ' ', bar - filled);
	cay_buf_printf(&text, "] %3u%% ", percent < 100 ? percent : 100);
	cay_print_name(&text, stage);
	snprintf(ret, columns < CAY_PROGRESS_LINE ? columns : CAY_PROGRESS_LINE, "%s",
		 cay_buf_cstr(&text) ? (const char *)text.data : "");
	cay_buf_finish(&text);
}

void cay_progress_show(struct cay_progress *progress, const char *stage, unsigned percent)
{
	char line[CAY_PROGRESS_LINE];

	if (!progress->columns || (!*progress->shown && now_ms() < progress->from_ms))
		return;
	cay_progress_line(line, progress->columns, stage, percent);
	if (strcmp(line, progress->shown) == 0)
		return;
	strcpy(progress->shown, line);
	fprintf(stderr, "\r\033[K%s", line);
}

bool cay_progress_step(void *progress, const char *stage, float done)
{
	cay_progress_show(progress, stage, (unsigned)(100 * done));
	return true;
}

void cay_progress_end(struct cay_progress *progress)
{
	if (*progress->shown)
		fputs("\r\033[K", stderr);
	*progress->shown = '\0';
}
