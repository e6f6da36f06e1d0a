// How a subcommand fails: one line on stderr and an exit status.
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

static const enum cay_exit statuses[CAY_CODES] = {
	[CAY_OK] = CAY_EXIT_DONE,	  [CAY_EBAD] = CAY_EXIT_INPUT,
	[CAY_ENOTFOUND] = CAY_EXIT_INPUT, [CAY_ECONFLICT] = CAY_EXIT_INPUT,
	[CAY_ETOOLARGE] = CAY_EXIT_INPUT, [CAY_EMEDIA] = CAY_EXIT_INPUT,
	[CAY_EMODEL] = CAY_EXIT_INPUT,	  [CAY_EBUSY] = CAY_EXIT_SYSTEM,
	[CAY_ETIMEOUT] = CAY_EXIT_SYSTEM, [CAY_ECANCELED] = CAY_EXIT_SYSTEM,
	[CAY_ENOMEM] = CAY_EXIT_SYSTEM,	  [CAY_ENOSPACE] = CAY_EXIT_SYSTEM,
	[CAY_EIO] = CAY_EXIT_SYSTEM,
};

enum cay_exit cay_exit_status(enum cay_code code)
{
	return statuses[code];
}

int cay_exit_fail(const char *file, const struct cay_err *err)
{
	fprintf(stderr, "cayuco: %s: %s\n", *file ? file : "''", err->msg);
	return (int)cay_exit_status(err->code);
}

int cay_exit_usage(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "cayuco: %s\n", line);
	return CAY_EXIT_USAGE;
}
