// One line of log on stderr.
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum cay_log_level log_level = CAY_LOG_INFO;

void cay_log_set_level(enum cay_log_level level)
{
	log_level = level;
}

bool cay_log_is_on(enum cay_log_level level)
{
	return level <= log_level;
}

void cay_log(enum cay_log_level level, const char *fmt, ...)
{
	// The prefix is the journal's: <3> error, <4> warning, <6> info, <7> debug.
	static const int priority[] = {3, 4, 6, 7};
	char line[1024];
	va_list ap;

	if (!cay_log_is_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "<%d>%s\n", priority[level], line); // one write: lines never mix
}
