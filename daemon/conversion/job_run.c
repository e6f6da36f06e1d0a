// The work of one job: what was uploaded is converted, and what comes of that put into service.
#include "common/file.h"
#include "daemon/conversion/job.h"
#include "daemon/json/json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX   ((size_t)64 << 10) // bytes
#define REPORT_DEPTH 8
// As measured for a model of several 100 MB:
#define CONVERTED 0.6F // the share of a job's work that is the conversion
#define READ	  0.1F // the share of what follows that is reading its result

// Per cent never fall, whatever a conversion says. When all is done it is too late to cancel.
static bool on_progress(void *context, const char *stage, float done)
{
	struct cay_job *job = context;
	struct cay_job_progress *p = &job->progress;
	const unsigned percent = done < 1 ? (unsigned)(100 * done) : 99; // 100 is the end's
	bool goes_on;

	pthread_mutex_lock(job->lock);
	goes_on = !job->cancel;
	job->is_late = goes_on && done >= 1;
	if (goes_on && (percent > p->percent || strncmp(p->stage, stage, sizeof(p->stage) - 1))) {
		snprintf(p->stage, sizeof(p->stage), "%s", stage);
		p->percent = percent > p->percent ? percent : p->percent;
		cay_job_tell(job);
	}
	pthread_mutex_unlock(job->lock);
	return goes_on;
}

static int read_file(const struct cay_job *job, const char *name, size_t limit,
		     const struct cay_tracker *progress, struct cay_buf *ret, struct cay_err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", job->directory, name) >= PATH_MAX)
		return cay_fail(err, CAY_EIO, "the path of the state directory is too long");
	return cay_file_read_tracked(path, limit, progress, ret, err) < 0
		       ? cay_wrap(err, "%s", name)
		       : 0;
}

static int read_optional(const struct cay_job *job, const char *name, struct cay_buf *ret,
			 struct cay_err *err)
{
	if (read_file(job, name, CAY_JOB_TEXT_MAX, NULL, ret, err) == 0 ||
	    err->code == CAY_ENOTFOUND)
		return 0;
	return -1;
}

// A report that is no JSON, from a conversion that somebody has taken over, is left out.
static void read_report(const struct cay_job *job, struct cay_buf *ret)
{
	struct cay_err err;
	const char *text = NULL;
	json_t *tree = NULL;

	if (read_file(job, CAY_JOB_REPORT, REPORT_MAX, NULL, ret, &err) == 0)
		text = cay_buf_cstr(ret);
	if (text)
		tree = cay_json_parse(text, ret->len, REPORT_DEPTH, NULL, &err);
	if (!tree)
		cay_buf_finish(ret);
	json_decref(tree);
}

static int install(const struct cay_job *job, const struct cay_job_tools *tools,
		   const struct cay_tracker *progress, unsigned *ret_version, struct cay_err *err)
{
	const struct cay_tracker reading = cay_tracker_part(progress, "read model", 0, READ),
				 installing = cay_tracker_part(progress, NULL, READ, 1);
	struct cay_buf nb = {0}, json = {0}, labels = {0};
	int result = -1;

	if (read_file(job, CAY_JOB_MODEL, tools->conf->upload_limit, &reading, &nb, err) == 0 &&
	    read_optional(job, CAY_JOB_JSON, &json, err) == 0 &&
	    read_optional(job, CAY_JOB_LABELS, &labels, err) == 0) {
		const struct cay_model_files files = {
			.nb = nb.data,
			.nb_size = nb.len,
			.json = (const char *)json.data,
			.json_size = json.len,
			.labels = (const char *)labels.data,
			.labels_size = labels.len,
		};

		result = cay_models_install(tools->models, job->name, &files, &installing,
					    ret_version, err);
	}
	cay_buf_finish(&nb);
	cay_buf_finish(&json);
	cay_buf_finish(&labels);
	return result;
}

void cay_job_run(struct cay_job *job, const struct cay_job_tools *tools,
		 struct cay_job_outcome *ret)
{
	const struct cay_tracker all = cay_tracker_whole(on_progress, job),
				 converting = cay_tracker_part(&all, NULL, 0, CONVERTED),
				 installing = cay_tracker_part(&all, NULL, CONVERTED, 1);
	int result;

	*ret = (struct cay_job_outcome){.state = CAY_JOB_DONE};
	result = cay_converter_run(tools->converter, job->number, job->directory, job->compat,
				   &converting, &ret->sandbox, &ret->err);
	read_report(job, &ret->report);
	if (result == 0)
		result = install(job, tools, &installing, &ret->version, &ret->err);
	if (result == 0)
		ret->err = (struct cay_err){0}; // optional files that are not there are no failure
	else
		ret->state = ret->err.code == CAY_ECANCELED ? CAY_JOB_CANCELLED : CAY_JOB_FAILED;
}
