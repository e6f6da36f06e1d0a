// cayuco jobs: what a daemon's conversions do, and an end to one.
#include "cli/client/jobs.h"
#include "cli/client/table.h"
#include "cli/options.h"
#include "common/size.h"

static void put_jobs(const json_t *jobs, struct cay_buf *out)
{
	static const char *const head[] = {"job", "model", "state", "%", "created", "about"};
	struct cay_table table = {.columns = "lllrll"};
	const json_t *job;
	size_t i;

	if (json_array_size(json_object_get(jobs, "jobs")) == 0) {
		cay_buf_text(out, "no conversions: 'cayuco convert DIR --to NAME' begins one\n");
		return;
	}
	for (i = 0; i < CAY_ARRAY_SIZE(head); i++)
		cay_table_text(&table, head[i]);
	json_array_foreach(json_object_get(jobs, "jobs"), i, job)
	{
		cay_table_text(&table, cay_answer_text(job, "job"));
		cay_table_text(&table, cay_answer_text(job, "model"));
		cay_table_text(&table, cay_answer_text(job, "state"));
		cay_table_printf(&table, "%lld", cay_answer_whole(job, "percent"));
		cay_table_text(&table, cay_answer_text(job, "created"));
		cay_table_text(
			&table,
			cay_answer_text(job, json_object_get(job, "error") ? "error" : "stage"));
	}
	cay_table_end(&table, out);
}

static void put_op_table(const json_t *ops, struct cay_buf *out)
{
	struct cay_table table = {.columns = "lrr"};
	const json_t *op;
	size_t i;

	cay_table_text(&table, "op");
	cay_table_text(&table, "int8");
	cay_table_text(&table, "fp32");
	json_array_foreach(ops, i, op)
	{
		cay_table_text(&table, cay_answer_text(op, "type"));
		cay_table_printf(&table, "%lld", cay_answer_whole(op, "int8"));
		cay_table_printf(&table, "%lld", cay_answer_whole(op, "fp32"));
	}
	cay_table_end(&table, out);
}

void cay_job_put_line(const char *label, const char *text, struct cay_buf *out)
{
	if (!*text)
		return;
	cay_buf_printf(out, "%-12s", label);
	cay_print_name(out, text);
	cay_buf_text(out, "\n");
}

static void put_missing(const json_t *missing, struct cay_buf *out)
{
	const json_t *op;
	size_t i;

	json_array_foreach(missing, i, op)
	{
		const long long count = cay_answer_whole(op, "count");

		cay_buf_text(out, "missing     ");
		cay_print_name(out, cay_answer_text(op, "type"));
		if (count == 1)
			cay_buf_text(out, ", once\n");
		else
			cay_buf_printf(out, ", %lld times\n", count);
	}
	if (json_array_size(missing))
		cay_buf_text(out,
			     "hint: export the model for inference, without these ops; 'cayuco "
			     "convert --print_supported_ops' lists what there is\n");
}

// Which files were read as topology and parameters, in the words of a report of `cayuco convert`.
static void put_files(const json_t *report, struct cay_buf *out)
{
	const char *topology = cay_answer_text(report, "topology"),
		   *parameters = cay_answer_text(report, "parameters"),
		   *paddle = cay_answer_text(report, "paddle_version");

	if (!*topology)
		return;
	cay_buf_text(out, "topology    \"");
	cay_print_name(out, topology);
	cay_buf_text(out, *paddle ? "\", by Paddle " : "\"");
	cay_print_name(out, paddle);
	cay_buf_text(out, *parameters ? "\nparameters  \"" : "");
	cay_print_name(out, parameters);
	cay_buf_printf(out, "%s\nquantized   %s\n", *parameters ? "\"" : "",
		       json_is_true(json_object_get(report, "quantized")) ? "yes" : "no");
}

void cay_job_put_text(const json_t *job, bool kept, struct cay_buf *out)
{
	static const char *const lines[] = {"job", "model", "version", "state"},
				 *const kept_lines[] = {"stage", "error", "created", "finished"};
	const json_t *report = json_object_get(job, "report"), *note;
	size_t i;

	for (i = 0; i < CAY_ARRAY_SIZE(lines); i++)
		cay_job_put_line(lines[i], cay_answer_text(job, lines[i]), out);
	for (i = 0; kept && i < CAY_ARRAY_SIZE(kept_lines); i++)
		cay_job_put_line(kept_lines[i], cay_answer_text(job, kept_lines[i]), out);
	if (!report)
		return;
	put_files(report, out);
	if (cay_answer_whole(report, "bytes_after") > 0)
		cay_buf_printf(out, "bytes       %lld -> %lld\nseconds     %.3f\n",
			       cay_answer_whole(report, "bytes_before"),
			       cay_answer_whole(report, "bytes_after"),
			       cay_answer_number(report, "seconds"));
	if (json_array_size(json_object_get(report, "ops"))) {
		cay_buf_text(out, "\n");
		put_op_table(json_object_get(report, "ops"), out);
	}
	put_missing(json_object_get(report, "missing"), out);
	json_array_foreach(json_object_get(report, "notes"), i, note)
	{
		const char *text = json_string_value(note);

		cay_buf_text(out, "note: ");
		cay_print_name(out, text ? text : "");
		cay_buf_text(out, "\n");
	}
}

json_t *cay_job_call(struct cay_client *client, const char *method, const char *id,
		     struct cay_err *err)
{
	struct cay_buf path = {0};
	struct cay_call call = {.method = method};
	json_t *job;

	cay_buf_text(&path, "/jobs/");
	cay_client_encode(&path, id);
	call.path = cay_buf_cstr(&path);
	job = cay_client_call_json(client, &call, err);
	cay_buf_finish(&path);
	return job;
}

struct jobs {
	struct cay_client *client;
	char *id; // NULL: all of them
	bool cancel, json;
};

static int run(const struct jobs *jobs)
{
	const char *id = jobs->id;
	struct cay_buf out = {0};
	struct cay_err err;
	json_t *root = id ? cay_job_call(jobs->client, jobs->cancel ? "DELETE" : "GET", id, &err)
			  : cay_client_get_json(jobs->client, "/jobs", &err);
	int status;

	if (!root)
		return cay_client_fail(jobs->client, id ? id : cay_client_url(jobs->client), &err);
	if (jobs->json) {
		status = cay_answer_print(root);
	} else {
		if (id)
			cay_job_put_text(root, true, &out);
		else
			put_jobs(root, &out);
		status = cay_print_stdout(&out);
	}
	json_decref(root);
	return status;
}

int cay_jobs_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct jobs jobs = {0};
	const struct cay_option options[] = {
		{"cancel", 0, CAY_OPTION_SWITCH, &jobs.cancel, NULL, "end that job"},
		{"json", 0, CAY_OPTION_SWITCH, &jobs.json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_argument argument = {"JOB", &jobs.id};
	const struct cay_syntax syntax = {
		.command = "jobs",
		.about = "Lists the conversions of a daemon, oldest first, or shows one with its "
			 "report.",
		.arguments = &argument,
		.argument_count = 1,
		.arguments_optional = true,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (jobs.cancel && !jobs.id)
		return cay_exit_usage("jobs --cancel: want the job, as 'cayuco jobs' lists it");
	status = cay_client_open(&args, &jobs.client);
	if (status == CAY_EXIT_DONE)
		status = run(&jobs);
	cay_client_free(jobs.client);
	return status;
}
