// Tests of daemon/conversion/jobs.c.
#include "daemon/conversion/jobs.h"
#include "common/file.h"
#include "tests/daemon/conversion/service.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static struct cay_err err;

// Submits a job, whose first file has that name, for the model "m".
static void submit(struct service *s, const char *file, char id[CAY_JOB_ID])
{
	char *directory = service_upload(s, file);

	ck_ok(cay_jobs_reserve(s->app.jobs, &err), err);
	ck_ok(cay_jobs_submit(s->app.jobs, "m", CAY_COMPAT_2_9, directory, id, &err), err);
}

// Waits for the end of a job. Its JSON; the client is finished by the caller.
static const char *wait_for(struct service *s, const char *id, bool strict, struct client *c)
{
	int result;

	client_init(c);
	result = cay_jobs_wait(s->app.jobs, id, strict, &c->req, &err);
	ck_assert_msg(result >= 0, "%s", err.msg);
	if (result != CAY_LATER) // else it may have ended meanwhile
		c->finished = true;
	return client_wait(c);
}

static void assert_job(struct service *s, const char *id, const char *says)
{
	struct cay_buf text = {0};

	ck_ok(cay_jobs_describe_json(s->app.jobs, id, &text, &err), err);
	ck_assert_msg(strstr(cay_buf_cstr(&text), says), "'%s' is not in %s", says, text.data);
	cay_buf_finish(&text);
}

// What /metrics says of the conversions.
static void assert_counts(struct service *s, unsigned done, unsigned failed, unsigned cancelled,
			  unsigned pending)
{
	struct cay_buf got = {0};
	char wanted[4][64];

	snprintf(wanted[0], 64, "_total{state=\"done\"} %u\n", done);
	snprintf(wanted[1], 64, "_total{state=\"failed\"} %u\n", failed);
	snprintf(wanted[2], 64, "_total{state=\"cancelled\"} %u\n", cancelled);
	snprintf(wanted[3], 64, "_pending %u\n", pending);
	cay_jobs_metrics(s->app.jobs, &got);
	ck_assert_ptr_nonnull(cay_buf_cstr(&got));
	for (size_t i = 0; i < 4; i++)
		ck_assert_msg(strstr(cay_buf_cstr(&got), wanted[i]), "%s in %s", wanted[i],
			      cay_buf_cstr(&got));
	cay_buf_finish(&got);
}

START_TEST(a_job_becomes_the_next_version_of_its_model)
{
	struct cay_buf models = {0};
	struct service s;
	const char *version[] = {"\"version\":\"1\"", "\"version\":\"2\""};

	service_open(&s, NULL);
	for (int i = 0; i < 2; i++) {
		char id[CAY_JOB_ID];
		struct client c;
		const char *text;

		submit(&s, "__model__", id);
		text = wait_for(&s, id, true, &c);
		ck_assert_ptr_nonnull(strstr(text, id));
		ck_assert_ptr_nonnull(strstr(text, "\"state\":\"done\",\"percent\":100"));
		ck_assert_ptr_nonnull(strstr(text, version[i]));
		ck_assert_ptr_nonnull(strstr(text, "\"report\":{\"topology\":"));
		ck_assert_uint_eq(c.req.reply.status, 200);
		ck_assert_uint_eq(service_count_workspaces(&s), 0);
		client_finish(&c);
	}
	ck_ok(cay_models_describe_json(s.app.models, "m", &models, &err), err);
	ck_assert_ptr_nonnull(strstr(cay_buf_cstr(&models), version[1]));
	cay_buf_finish(&models);
	service_close(&s);
}
END_TEST

START_TEST(a_failure_has_its_status_for_who_is_strict)
{
	static const struct {
		const char *file, *says;
		unsigned status;
	} cases[] = {
		{"bad", "\"error\":\"op 'bad' is not supported\"", 422},
		{"crash", "\"error\":\"conversion: crashed by signal 11", 500},
	};
	struct service s;

	service_open(&s, NULL);
	for (size_t i = 0; i < 2; i++) {
		for (int strict = 0; strict < 2; strict++) {
			char id[CAY_JOB_ID];
			struct client c;
			const char *text;

			submit(&s, cases[i].file, id);
			text = wait_for(&s, id, strict, &c);
			ck_assert_ptr_nonnull(strstr(text, "\"state\":\"failed\""));
			ck_assert_ptr_nonnull(strstr(text, cases[i].says));
			ck_assert_uint_eq(c.req.reply.status, strict ? cases[i].status : 0);
			client_finish(&c);
		}
	}
	assert_counts(&s, 0, 4, 0, 0);
	service_close(&s);
}
END_TEST

START_TEST(jobs_run_one_after_another)
{
	char first[CAY_JOB_ID], second[CAY_JOB_ID], third[CAY_JOB_ID];
	struct client c;
	struct service s;

	service_open(&s, NULL);
	submit(&s, "wait", first);
	submit(&s, "crash", second);
	submit(&s, "__model__", third);
	service_meet(&s);
	assert_job(&s, first, "\"state\":\"running\"");
	assert_job(&s, second, "\"state\":\"queued\"");
	assert_job(&s, third, "\"state\":\"queued\"");
	service_release(&s);
	wait_for(&s, third, false, &c);
	assert_job(&s, first, "\"version\":\"1\"");
	assert_job(&s, second, "\"state\":\"failed\"");
	assert_job(&s, third, "\"version\":\"2\"");
	client_finish(&c);
	service_close(&s);
}
END_TEST

START_TEST(a_queued_job_is_cancelled_at_once)
{
	char first[CAY_JOB_ID], second[CAY_JOB_ID];
	struct client c;
	struct service s;

	service_open(&s, NULL);
	submit(&s, "wait", first);
	submit(&s, "__model__", second);
	service_meet(&s);
	ck_ok(cay_jobs_cancel(s.app.jobs, second, &err), err);
	assert_job(&s, second, "\"state\":\"cancelled\"");
	assert_counts(&s, 0, 0, 1, 1);
	ck_assert_uint_eq(service_count_workspaces(&s), 1);
	service_release(&s);
	wait_for(&s, first, false, &c);
	assert_job(&s, first, "\"version\":\"1\"");
	assert_counts(&s, 1, 0, 1, 0);
	client_finish(&c);
	service_close(&s);
}
END_TEST

START_TEST(a_running_job_is_cancelled_and_who_waits_is_told)
{
	struct client strict, lenient;
	char id[CAY_JOB_ID];
	struct service s;

	service_open(&s, NULL);
	submit(&s, "wait", id);
	service_meet(&s);
	client_init(&strict);
	ck_assert_int_eq(cay_jobs_wait(s.app.jobs, id, true, &strict.req, &err), CAY_LATER);
	ck_ok(cay_jobs_cancel(s.app.jobs, id, &err), err);
	wait_for(&s, id, false, &lenient);
	ck_assert_ptr_nonnull(strstr(client_wait(&strict), "\"state\":\"cancelled\""));
	ck_assert_uint_eq(strict.req.reply.status, 409);
	ck_assert_uint_eq(lenient.req.reply.status, 0);
	ck_assert_uint_eq(service_count_workspaces(&s), 0);
	ck_assert_int_eq(cay_jobs_cancel(s.app.jobs, id, &err), -1);
	ck_assert_int_eq(err.code, CAY_ECONFLICT);
	client_finish(&strict);
	client_finish(&lenient);
	service_close(&s);
}
END_TEST

START_TEST(a_job_that_never_was_is_not_found)
{
	struct cay_buf text = {0};
	struct client c;
	struct service s;

	service_open(&s, NULL);
	client_init(&c);
	ck_assert_int_eq(cay_jobs_describe_json(s.app.jobs, "1", &text, &err), -1);
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	ck_assert_int_eq(cay_jobs_cancel(s.app.jobs, "1", &err), -1);
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	ck_assert_int_eq(cay_jobs_wait(s.app.jobs, "1", true, &c.req, &err), -1);
	ck_assert_int_eq(err.code, CAY_ENOTFOUND);
	cay_buf_finish(&text);
	client_finish(&c);
	service_close(&s);
}
END_TEST

START_TEST(places_are_bounded_and_come_back)
{
	char id[CAY_JOB_ID];
	struct client c;
	struct service s;

	service_open(&s, NULL);
	for (int round = 0; round < 2; round++) {
		submit(&s, "bad", id);
		for (int i = 1; i < CAY_JOB_PLACES; i++)
			ck_ok(cay_jobs_reserve(s.app.jobs, &err), err);
		wait_for(&s, id, false, &c);
		client_finish(&c);
		ck_ok(cay_jobs_reserve(s.app.jobs, &err), err); // the place of the job
		ck_assert_int_eq(cay_jobs_reserve(s.app.jobs, &err), -1);
		ck_assert_int_eq(err.code, CAY_EBUSY);
		for (int i = 0; i < CAY_JOB_PLACES; i++)
			cay_jobs_release(s.app.jobs);
	}
	service_close(&s);
}
END_TEST

START_TEST(old_jobs_are_forgotten_and_waiting_ones_are_not)
{
	static const char *const flags[] = {"--jobs=1", NULL};
	char waiting[CAY_JOB_ID], ended[2][CAY_JOB_ID];
	struct cay_buf text = {0};
	struct client c;
	struct service s;

	service_open(&s, flags);
	for (int i = 0; i < 2; i++) {
		submit(&s, "bad", ended[i]);
		wait_for(&s, ended[i], false, &c);
		client_finish(&c);
	}
	submit(&s, "wait", waiting);
	service_meet(&s);
	ck_assert_int_eq(cay_jobs_describe_json(s.app.jobs, ended[0], &text, &err), -1);
	assert_job(&s, ended[1], "failed");
	assert_job(&s, waiting, "running");
	service_release(&s);
	wait_for(&s, waiting, false, &c);
	client_finish(&c);
	cay_buf_finish(&text);
	cay_jobs_list_json(s.app.jobs, &text);
	ck_assert_ptr_nonnull(strstr(cay_buf_cstr(&text), waiting));
	ck_assert_ptr_null(strstr(cay_buf_cstr(&text), ended[1]));
	cay_buf_finish(&text);
	service_close(&s);
}
END_TEST

START_TEST(stopping_answers_all_who_wait)
{
	char id[2][CAY_JOB_ID], *directory;
	struct client c[2];
	struct service s;

	service_open(&s, NULL);
	submit(&s, "wait", id[0]);
	submit(&s, "__model__", id[1]);
	service_meet(&s);
	for (int i = 0; i < 2; i++) {
		client_init(&c[i]);
		ck_assert_int_eq(cay_jobs_wait(s.app.jobs, id[i], true, &c[i].req, &err),
				 CAY_LATER);
	}
	directory = service_upload(&s, "bad");
	cay_jobs_stop(s.app.jobs);
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_nonnull(strstr(client_wait(&c[i]), "\"state\":\"cancelled\""));
		client_finish(&c[i]);
	}
	ck_assert_int_eq(cay_jobs_reserve(s.app.jobs, &err), -1);
	ck_assert_int_eq(err.code, CAY_EBUSY);
	ck_assert_int_eq(cay_jobs_submit(s.app.jobs, "m", CAY_COMPAT_2_9, directory, id[0], &err),
			 -1);
	ck_assert_int_eq(err.code, CAY_EBUSY);
	ck_ok(cay_file_remove_tree(directory, &err), err);
	free(directory);
	service_close(&s);
}
END_TEST

START_TEST(a_report_that_is_no_json_is_left_out)
{
	char id[CAY_JOB_ID];
	struct client c;
	struct service s;
	const char *text;

	service_open(&s, NULL);
	submit(&s, "litter", id);
	text = wait_for(&s, id, false, &c);
	ck_assert_ptr_nonnull(strstr(text, "\"state\":\"failed\""));
	ck_assert_ptr_null(strstr(text, "report"));
	client_finish(&c);
	service_close(&s);
}
END_TEST

TEST_MAIN("jobs", a_job_becomes_the_next_version_of_its_model,
	  a_failure_has_its_status_for_who_is_strict, jobs_run_one_after_another,
	  a_queued_job_is_cancelled_at_once, a_running_job_is_cancelled_and_who_waits_is_told,
	  a_job_that_never_was_is_not_found, places_are_bounded_and_come_back,
	  old_jobs_are_forgotten_and_waiting_ones_are_not, stopping_answers_all_who_wait,
	  a_report_that_is_no_json_is_left_out)
