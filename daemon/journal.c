// The log's line of a request: with fields in systemd's journal, as text on stderr elsewhere.
#include "daemon/journal.h"

#if CAY_HAVE_LIBSYSTEMD
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#define SD_JOURNAL_SUPPRESS_LOCATION // places in the source are no use to readers of a log
#include <systemd/sd-journal.h>
#include <unistd.h>

// systemd says which stream the journal reads: DEVICE:INODE.
bool cay_journal_is_there(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

bool cay_journal_send(const struct cay_journal_request *r)
{
	return sd_journal_send("MESSAGE=%s", r->text, "PRIORITY=%d",
			       r->level == CAY_LOG_DEBUG ? 7 : 6, "REQUEST_ID=%s", r->id,
			       "METHOD=%s", r->method, "PATH=%s", r->path, "MODEL=%s", r->model,
			       "STATUS=%u", r->status, "LATENCY_US=%" PRIu64, r->nanoseconds / 1000,
			       NULL) == 0;
}
#else
bool cay_journal_is_there(void)
{
	return false;
}

bool cay_journal_send(const struct cay_journal_request *request)
{
	(void)request;
	return false;
}
#endif
