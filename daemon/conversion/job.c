// What a conversion job looks like.
#include "daemon/conversion/job.h"
#include "common/size.h"
#include "common/timestamp.h"
#include "daemon/http/request.h"

static void put_time(struct cay_buf *buf, const char *key, const struct timespec *time)
{
	if (time->tv_sec)
		cay_buf_printf(buf, ",\"%s\":\"%s\"", key, cay_timestamp_of(time).text);
}

static void put_text(struct cay_buf *buf, const char *key, const char *text)
{
	cay_buf_printf(buf, ",\"%s\":", key);
	cay_buf_json_string(buf, text);
}

static void put_head(struct cay_buf *buf, const struct cay_job *job,
		     const struct cay_job_progress *progress)
{
	static const char *const states[] = {
		[CAY_JOB_QUEUED] = "queued",	   [CAY_JOB_RUNNING] = "running",
		[CAY_JOB_DONE] = "done",	   [CAY_JOB_FAILED] = "failed",
		[CAY_JOB_CANCELLED] = "cancelled",
	};

	cay_buf_printf(buf, "{\"job\":\"%s\",\"model\":\"%s\",\"state\":\"%s\",\"percent\":%u",
		       job->id, job->name, states[progress->state], progress->percent);
	if (progress->stage[0] && progress->state != CAY_JOB_DONE)
		put_text(buf, "stage", progress->stage);
	put_time(buf, "created", &job->created);
	if (progress->state != CAY_JOB_QUEUED)
		put_time(buf, "started", &job->started);
}

// What the conversion was confined by; nothing if it had not begun.
static void put_sandbox(struct cay_buf *buf, const struct cay_sandbox *sandbox)
{
	const char *between = ",\"sandbox\":[";
	const struct {
		bool has;
		const char *name;
	} kinds[] = {{sandbox->landlock > 0, "landlock"},
		     {sandbox->seccomp, "seccomp"},
		     {sandbox->limits, "rlimits"}};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(kinds); i++) {
		if (!kinds[i].has)
			continue;
		cay_buf_printf(buf, "%s\"%s\"", between, kinds[i].name);
		between = ",";
	}
	if (between[1] == '\0')
		cay_buf_text(buf, "]");
}

void cay_job_put_progress(struct cay_buf *buf, const struct cay_job *job,
			  const struct cay_job_progress *progress)
{
	put_head(buf, job, progress);
	cay_buf_text(buf, "}");
}

void cay_job_put_json(struct cay_buf *buf, const struct cay_job *job, bool with_report)
{
	const struct cay_job_outcome *outcome = &job->outcome;

	put_head(buf, job, &job->progress);
	put_time(buf, "finished", &job->finished);
	put_sandbox(buf, &outcome->sandbox);
	if (outcome->version)
		cay_buf_printf(buf, ",\"version\":\"%u\"", outcome->version);
	if (outcome->err.code != CAY_OK) {
		put_text(buf, "error", outcome->err.msg);
		cay_buf_printf(buf, ",\"status\":%u", cay_reply_status(outcome->err.code));
	}
	if (with_report && outcome->report.len) {
		cay_buf_text(buf, ",\"report\":");
		cay_buf_put(buf, outcome->report.data, outcome->report.len);
	}
	cay_buf_text(buf, "}");
}
