// One line of log on stderr.
#include "common/log.h"
#include "common/timestamp.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int log_level = CAY_LOG_INFO; // a reload sets it while others log
static bool log_has_journal;

void cay_log_set_level(enum cay_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

void cay_log_set_journal(bool has_journal)
{
	log_has_journal = has_journal;
}

bool cay_log_is_on(enum cay_log_level level)
{
	return (int)level <= atomic_load_explicit(&log_level, memory_order_relaxed);
}

void cay_log(enum cay_log_level level, const char *fmt, ...)
{
	static const struct {
		int priority; // of the journal
		const char *name;
	} levels[] = {{3, "error"}, {4, "warning"}, {6, "info"}, {7, "debug"}};
	char line[1024];
	struct timespec now;
	va_list ap;

	if (!cay_log_is_on(level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	// One write: lines never mix.
	if (log_has_journal) {
		fprintf(stderr, "<%d>%s\n", levels[level].priority, line);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		fprintf(stderr, "%s %s: %s\n", cay_timestamp_of(&now).text, levels[level].name,
			line);
	}
}
