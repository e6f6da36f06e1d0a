// cayuco convert DIR --to NAME: a model directory to a daemon, which converts and serves it.
#include "cli/client/jobs.h"
#include "cli/options.h"
#include "common/size.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 100
#define BAR	24 // columns

struct convert {
	char *path, *name;
	struct cay_client *client;
	bool terminal, json;
};

// --- Ctrl-C --------------------------------------------------------------------------------------

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

// The first one asks for a tidy end, the second one is as usual.
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

// --- progress ------------------------------------------------------------------------------------

// One line that is written over, on a terminal.
static void show(const struct convert *c, const char *stage, unsigned percent)
{
	struct cay_buf line = {0};
	const unsigned filled = percent * BAR / 100;

	if (!c->terminal)
		return;
	cay_buf_text(&line, "\r\033[K[");
	cay_buf_fill(&line, '#', filled);
	cay_buf_fill(&line, ' ', BAR - filled);
	cay_buf_printf(&line, "] %3u%% ", percent);
	cay_print_name(&line, stage);
	if (cay_buf_cstr(&line))
		fputs(cay_buf_cstr(&line), stderr);
	cay_buf_finish(&line);
}

static void show_end(const struct convert *c)
{
	if (c->terminal)
		fputs("\r\033[K", stderr);
}

// An upload that is complete has made a job: its name is waited for, so that it can be cancelled.
static bool on_upload(void *context, uint64_t sent, uint64_t total)
{
	if (total)
		show(context, "upload", (unsigned)(100 * sent / total));
	return !interrupted || (total && sent == total);
}

static void show_job(const struct convert *c, const json_t *job)
{
	const char *stage = cay_answer_text(job, "stage");
	const long long percent = cay_answer_whole(job, "percent");

	show(c, *stage ? stage : cay_answer_text(job, "state"),
	     percent < 0     ? 0
	     : percent > 100 ? 100
			     : (unsigned)percent);
}

// --- the job -------------------------------------------------------------------------------------

static json_t *submit(struct convert *c, const struct cay_upload *upload, struct cay_err *err)
{
	struct cay_buf path = {0};
	struct cay_call call = {
		.method = "POST", .upload = upload, .progress = on_upload, .context = c};
	json_t *job = NULL;

	cay_buf_text(&path, "/convert?name=");
	cay_client_encode(&path, c->name);
	call.path = cay_buf_cstr(&path);
	if (call.path)
		job = cay_client_call_json(c->client, &call, err);
	else
		cay_fail_memory(err);
	cay_buf_finish(&path);
	return job;
}

static bool has_ended(const json_t *job)
{
	const char *state = cay_answer_text(job, "state");

	return strcmp(state, "queued") != 0 && strcmp(state, "running") != 0;
}

// Asks until the job has ended. Takes the job that it is given. NULL: *err is set.
static json_t *follow(struct convert *c, json_t *job, struct cay_err *err)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	while (job && !has_ended(job)) {
		json_t *last = job;
		bool cancel;

		show_job(c, last);
		if (!interrupted)
			nanosleep(&pause, NULL); // a signal ends it
		cancel = interrupted;
		interrupted = 0;
		job = cay_job_call(c->client, cancel ? "DELETE" : "GET",
				   cay_answer_text(last, "job"), err);
		if (!job && cancel && err->code == CAY_EBAD)
			job = json_incref(last); // too late: it is about to end by itself
		json_decref(last);
	}
	return job;
}

// Prints the job and its failure, if it is one.
static int tell(const struct convert *c, const json_t *job)
{
	const char *state = cay_answer_text(job, "state"), *why = cay_answer_text(job, "error");
	struct cay_buf out = {0};
	struct cay_err err;
	int status;

	if (c->json) {
		status = cay_answer_print(job);
	} else {
		cay_job_put_text(job, &out);
		status = cay_print_stdout(&out);
	}
	if (status != CAY_EXIT_DONE || strcmp(state, "done") == 0)
		return status;
	fflush(stdout); // the report first
	if (strcmp(state, "cancelled") == 0)
		cay_fail(&err, CAY_ECANCELED, "cancelled");
	else
		cay_fail(&err, CAY_EMODEL, "%s", *why ? why : "the conversion has failed");
	return cay_exit_fail(c->path, &err);
}

static int convert(struct convert *c)
{
	struct cay_upload upload;
	struct cay_err err;
	json_t *job;
	int status;

	if (cay_upload_find(&upload, c->path, &err) < 0) {
		cay_upload_finish(&upload);
		return cay_exit_fail(c->path, &err);
	}
	catch_signals();
	job = submit(c, &upload, &err);
	cay_upload_finish(&upload);
	job = follow(c, job, &err);
	show_end(c);
	if (!job)
		return cay_client_fail(c->client, c->path, &err);
	status = tell(c, job);
	json_decref(job);
	return status;
}

int cay_client_convert_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct convert c = {.terminal = isatty(STDERR_FILENO)};
	const struct cay_option options[] = {
		{"to", 0, CAY_OPTION_TEXT, &c.name, "NAME", "of the model on the daemon"},
		{"json", 0, CAY_OPTION_SWITCH, &c.json, NULL, "print the job as JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_argument argument = {"DIR", &c.path};
	const struct cay_syntax syntax = {
		.command = "convert",
		.about = "Sends a Paddle model directory, or a tar, tar.gz or zip of one, to a "
			 "daemon,\nwhich converts it and puts it into service.",
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
	status = cay_client_open(&args, &c.client);
	if (status == CAY_EXIT_DONE)
		status = convert(&c);
	cay_client_free(c.client);
	return status;
}
