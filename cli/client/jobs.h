// A conversion of a daemon: how it is asked for, and how it is shown.
#ifndef CAY_CLI_CLIENT_JOBS_H
#define CAY_CLI_CLIENT_JOBS_H

#include "cli/client/client.h"

// GET or DELETE /jobs/ID. The caller owns the job. NULL: *err is set.
json_t *cay_job_call(struct cay_client *client, const char *method, const char *id,
		     struct cay_err *err);
// Appends "LABEL       TEXT", or nothing for "".
void cay_job_put_line(const char *label, const char *text, struct cay_buf *out);
// Appends what a job has come to, with its report; kept: and when that was, and why it failed.
void cay_job_put_text(const json_t *job, bool kept, struct cay_buf *out);

#endif
