// One line of log on stderr.
#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int log_level = CAY_LOG_INFO; // a reload sets it while others log

void cay_log_set_level(enum cay_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

bool cay_log_is_on(enum cay_log_level level)
{
	return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
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
