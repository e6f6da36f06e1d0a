// cayuco convert DIR --to NAME: a model directory to a daemon, which converts and serves it.
#include "cli/client/jobs.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "common/size.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_NB ((size_t)1 << 30) // bytes

struct convert {
	char *path, *name, *compat; // compat NULL: the daemon's default
	bool json;
	struct cay_client *client;
	struct cay_progress progress;
	json_t *job;	 // owned: what the daemon has told last
	bool cancelling; // the daemon has been asked to cancel it
};

// --- Ctrl-C --------------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted; // the signal's number

static void on_signal(int number)
{
	interrupted = number;
}

// The first Ctrl-C asks for a tidy end; the second one kills, as usual.
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

// A shell stops its script only if the signal is what ended this.
static int end(int status)
{
	if (status != CAY_EXIT_DONE && interrupted) {
		fflush(NULL);
		raise(interrupted);
	}
	return status;
}

// --- progress ------------------------------------------------------------------------------------

// An upload that is complete has made a job: its name is waited for, so that it can be cancelled.
static bool on_upload(void *context, uint64_t sent, uint64_t total)
{
	struct convert *c = context;

	if (total)
		cay_progress_show(&c->progress, "upload", (unsigned)(100 * sent / total));
	return !interrupted || (total && sent == total);
}

// --- the job -------------------------------------------------------------------------------------

static json_t *submit(struct convert *c, const struct cay_upload *upload, struct cay_err *err)
{
	struct cay_buf path = {0};
	struct cay_call call = {
		.method = "POST", .upload = upload, .progress = on_upload, .context = c};
	json_t *job;

	cay_buf_text(&path, "/convert?name=");
	cay_client_encode(&path, c->name);
	if (c->compat) {
		cay_buf_text(&path, "&compat=");
		cay_client_encode(&path, c->compat);
	}
	call.path = cay_buf_cstr(&path);
	job = cay_client_call_json(c->client, &call, err);
	cay_buf_finish(&path);
	return job;
}

static bool has_ended(const json_t *job)
{
	const char *state = cay_answer_text(job, "state");

	return strcmp(state, "queued") != 0 && strcmp(state, "running") != 0;
}

static void show_job(struct convert *c)
{
	const char *stage = cay_answer_text(c->job, "stage");
	const long long percent = cay_answer_whole(c->job, "percent");

	cay_progress_show(&c->progress, *stage ? stage : cay_answer_text(c->job, "state"),
			  percent > 0 && percent <= 100 ? (unsigned)percent : 0);
}

// The last line is the whole job.
static void on_event(void *context, const char *line)
{
	struct convert *c = context;
	json_t *job = json_loads(line, 0, NULL);

	if (*cay_answer_text(job, "state")) {
		json_decref(c->job);
		c->job = json_incref(job);
		show_job(c);
	}
	json_decref(job);
}

static bool is_wanted(void *context, uint64_t sent, uint64_t total)
{
	const struct convert *c = context;

	(void)sent;
	(void)total;
	return !interrupted || c->cancelling;
}

// Follows the job's events, and returns when it has ended.
static int watch(struct convert *c, const char *id, struct cay_err *err)
{
	struct cay_buf path = {0};
	struct cay_call call = {.method = "GET",
				.headers = {"Accept: application/x-ndjson"},
				.line = on_event,
				.progress = is_wanted,
				.context = c};
	struct cay_answer answer;
	int result;

	cay_buf_text(&path, "/jobs/");
	cay_client_encode(&path, id);
	cay_buf_text(&path, "/events");
	call.path = cay_buf_cstr(&path);
	result = cay_client_call(c->client, &call, &answer, err);
	cay_answer_finish(&answer);
	cay_buf_finish(&path);
	if (result == 0 && !has_ended(c->job))
		return cay_fail(err, CAY_EIO, "the daemon stopped telling of the job");
	return result;
}

static int cancel(struct convert *c, const char *id, struct cay_err *err)
{
	json_t *job = cay_job_call(c->client, "DELETE", id, err);

	c->cancelling = true;
	if (job) {
		json_decref(c->job);
		c->job = job;
	}
	// CAY_ECONFLICT: it has ended by itself meanwhile, and the events tell how.
	return job || err->code == CAY_ECONFLICT ? 0 : -1;
}

// Until the job has ended.
static int follow(struct convert *c, struct cay_err *err)
{
	char *id = strdup(cay_answer_text(c->job, "job"));
	int result = id ? 0 : cay_fail_memory(err);

	while (result == 0 && !has_ended(c->job)) {
		result = watch(c, id, err);
		if (result < 0 && err->code == CAY_ECANCELED)
			result = cancel(c, id, err);
	}
	free(id);
	return result;
}

// Prints the job and its failure, if it is one.
static int tell(const struct convert *c)
{
	const char *state = cay_answer_text(c->job, "state"),
		   *why = cay_answer_text(c->job, "error");
	struct cay_buf out = {0};
	struct cay_err err;
	int status;

	if (c->json) {
		status = cay_answer_print(c->job);
	} else {
		cay_job_put_text(c->job, false, &out);
		status = cay_print_stdout(&out);
	}
	if (status != CAY_EXIT_DONE || strcmp(state, "done") == 0)
		return status;
	fflush(stdout); // the report first
	if (strcmp(state, "cancelled") == 0)
		cay_fail(&err, CAY_ECANCELED, "cancelled");
	else
		cay_fail(&err, cay_client_code((unsigned)cay_answer_whole(c->job, "status")), "%s",
			 *why ? why : "the conversion has failed");
	return cay_exit_fail(c->path, &err);
}

static int convert(struct convert *c)
{
	struct cay_upload upload;
	struct cay_err err;
	int status, result;

	if (cay_upload_find(&upload, c->path, &err) < 0) {
		cay_upload_finish(&upload);
		return cay_exit_fail(c->path, &err);
	}
	catch_signals();
	cay_progress_begin(&c->progress, 0);
	c->job = submit(c, &upload, &err);
	cay_upload_finish(&upload);
	result = c->job ? follow(c, &err) : -1;
	cay_progress_end(&c->progress);
	status = result < 0 ? cay_client_fail(c->client, c->path, &err) : tell(c);
	json_decref(c->job);
	return status;
}

// --- a ready .nb ---------------------------------------------------------------------------------

static json_t *put_nb(struct convert *c, struct cay_err *err)
{
	struct cay_buf path = {0}, nb = {0};
	struct cay_call call = {.method = "PUT",
				.headers = {"Content-Type: application/octet-stream"},
				.progress = on_upload,
				.context = c};
	json_t *model = NULL;

	cay_buf_text(&path, "/models/");
	cay_client_encode(&path, c->name);
	call.path = cay_buf_cstr(&path);
	if (cay_input_read(c->path, MAX_NB, &nb, err) == 0) {
		call.body = nb.data;
		call.size = nb.len;
		model = cay_client_call_json(c->client, &call, err);
	}
	cay_buf_finish(&path);
	cay_buf_finish(&nb);
	return model;
}

// There is nothing to convert: it goes into service as it is.
static int send_nb(struct convert *c)
{
	struct cay_buf out = {0};
	struct cay_err err;
	json_t *model;
	int status;

	catch_signals();
	cay_progress_begin(&c->progress, 0);
	model = put_nb(c, &err);
	cay_progress_end(&c->progress);
	if (!model)
		return cay_client_fail(c->client, c->path, &err);
	if (c->json) {
		status = cay_answer_print(model);
	} else {
		cay_job_put_line("model", cay_answer_text(model, "name"), &out);
		cay_job_put_line("version", cay_answer_text(model, "version"), &out);
		cay_job_put_line("state", cay_answer_text(model, "state"), &out);
		status = cay_print_stdout(&out);
	}
	json_decref(model);
	return status;
}

static bool is_nb(const char *path)
{
	const char *suffix = strrchr(path, '.');
	struct stat st;

	return suffix && strcmp(suffix, ".nb") == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int cay_client_convert_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct convert c = {0};
	const struct cay_option options[] = {
		{"to", 0, CAY_OPTION_TEXT, &c.name, "NAME", "of the model on the daemon"},
		{"compat", 0, CAY_OPTION_TEXT, &c.compat, "VERSION",
		 "the Paddle-Lite that the file is for: 2.9 or 2.13"},
		{"json", 0, CAY_OPTION_SWITCH, &c.json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_argument argument = {"DIR", &c.path};
	const struct cay_syntax syntax = {
		.command = "convert --to=NAME",
		.about =
			"Sends a Paddle model directory, or a tar, tar.gz or zip of one, to a "
			"daemon,\nwhich converts it and puts it into service; or a .nb, which goes "
			"as it is.",
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!c.name)
		return cay_exit_usage("convert: --to: want the model's name");
	if (c.compat && is_nb(c.path))
		return cay_exit_usage("convert: --compat: a .nb goes as it is");
	status = cay_client_open(&args, &c.client);
	if (status == CAY_EXIT_DONE)
		status = (is_nb(c.path) ? send_nb : convert)(&c);
	cay_client_free(c.client);
	return end(status);
}
