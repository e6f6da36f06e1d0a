// The log's line of a request: with fields in systemd's journal, as text on stderr elsewhere.
#ifndef CAY_DAEMON_JOURNAL_H
#define CAY_DAEMON_JOURNAL_H

#include "common/log.h"

#include <stdbool.h>
#include <stdint.h>

struct cay_journal_request {
	const char *id, *method, *path; // printable
	const char *model;		// "": none was asked for, or not by name
	enum cay_log_level level;	// of the journal's entry: info or debug
	unsigned status;
	uint64_t nanoseconds;
	const char *text; // the whole line
};

// True if stderr is the journal's stream, and this build has libsystemd.
bool cay_journal_is_there(void);
// Sends MESSAGE, PRIORITY, REQUEST_ID, METHOD, PATH, MODEL, STATUS and LATENCY_US to it. False if
// it could not be.
bool cay_journal_send(const struct cay_journal_request *request);

#endif
