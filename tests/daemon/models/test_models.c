// Tests of daemon/models/models.c, model_store.c and served.c, on a state directory of their own.
#include "daemon/app.h"
#include "daemon/inference/predict.h"
#include "daemon/models/registry.h"
#include "common/file.h"
#include "nb/nb.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// y = relu(x), and y = relu6(x)
#define RELU  "input x ?x2\nrelu X=x > Out=y\noutput y\n"
#define RELU6 "input x ?x2\nrelu6 X=x > Out=y : threshold=6.0\noutput y\n"

// 16 KiB of weights, and so many that one such model fits and two do not.
static const char fc[] = "input x ?x64\nparam w 64x64 0.5\n"
			 "mul X=x Y=w > Out=y : x_num_col_dims=1 y_num_col_dims=1\noutput y\n";
#define ONE_FC ((size_t)24 << 10)

struct state {
	char path[32];
	struct cay_conf conf;
	struct cay_app app; // in_flight: see is_stopping
	struct cay_models *models;
	struct cay_err err;
};

// 0: it is not. Else it is from that question on.
static bool is_stopping(struct cay_app *app)
{
	const size_t questions = atomic_load(&app->in_flight);

	if (questions > 1)
		atomic_store(&app->in_flight, questions - 1);
	return questions == 1;
}

static void state_open(struct state *s)
{
	s->models = cay_models_new(&s->conf, cay_predict, is_stopping, &s->app, &s->err);
	ck_assert_msg(s->models, "%s", s->err.msg);
}

static void state_init(struct state *s)
{
	*s = (struct state){.path = "/tmp/cay_models_XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(s->path));
	s->conf = (struct cay_conf){.state = s->path,
				    .instances = 1,
				    .queue = 4,
				    .json_depth = 32,
				    .versions = 2,
				    .arena_limit = 1 << 20,
				    .models_limit = 1 << 20,
				    .load_timeout = 300,
				    .state_limit = 1 << 20};
	state_open(s);
}

static void state_finish(struct state *s)
{
	cay_models_free(s->models);
	ck_ok(cay_file_remove_tree(s->path, &s->err), s->err);
}

static int install_told(struct state *s, const char *name, const char *text,
			const struct cay_tracker *progress, unsigned *ret_version)
{
	struct cay_model_files files = {0};
	struct cay_program program;
	struct cay_buf nb = {0};
	int result;

	program_from_text(text, &program);
	ck_ok(cay_nb_write(&program, &nb, &s->err), s->err);
	cay_program_finish(&program);
	files.nb = nb.data;
	files.nb_size = nb.len;
	result = cay_models_install(s->models, name, &files, progress, ret_version, &s->err);
	cay_buf_finish(&nb);
	return result;
}

static int install(struct state *s, const char *name, const char *text, unsigned *ret_version)
{
	return install_told(s, name, text, NULL, ret_version);
}

static bool exists(const struct state *s, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", s->path, path);
	return access(full, F_OK) == 0;
}

// A request whose end can be waited for.
struct asked {
	struct cay_request req; // first: finish is given a pointer to it
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done, failed;
	struct cay_err err;
};

static void on_finish(struct cay_request *req, const struct cay_err *err)
{
	struct asked *a = (struct asked *)req;

	pthread_mutex_lock(&a->lock);
	a->done = true;
	a->failed = err != NULL;
	if (err)
		a->err = *err;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static void asked_init(struct asked *a)
{
	static const float body[] = {-1, 7};

	*a = (struct asked){.req = {.content_type = "application/octet-stream",
				    .accept = "application/octet-stream",
				    .body = {(const uint8_t *)body, sizeof(body)},
				    .deadline = UINT64_MAX,
				    .finish = on_finish}};
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
}

static void asked_wait(struct asked *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->done)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

static void asked_finish(struct asked *a)
{
	if (a->req.sent)
		a->req.sent(&a->req, 0);
	cay_buf_finish(&a->req.reply.body);
}

// What the model makes of {-1, 7}: its second number.
static float answer(struct state *s, const char *name)
{
	struct asked a;
	float y[2];

	asked_init(&a);
	ck_ok(cay_models_submit(s->models, name, NULL, &a.req, &s->err), s->err);
	asked_wait(&a);
	ck_assert_msg(!a.failed, "%s", a.err.msg);
	ck_assert_uint_eq(a.req.reply.body.len, sizeof(y));
	memcpy(y, a.req.reply.body.data, sizeof(y));
	ck_assert(y[0] == 0);
	asked_finish(&a);
	return y[1];
}

START_TEST(names_are_checked)
{
	static const char *const good[] = {"a", "Z9", "a.b-c_d", "0"};
	static const char *const bad[] = {"",	  ".",	 "..",	".a",	    "-a", "_a",	  "a/b",
					  "a\\b", "a b", "a\n", "\xc3\xa9", "a%", "a\x01"};
	char name[66] = {0};
	struct cay_err err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_int_eq(cay_model_name_check(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(cay_model_name_check(bad[i], &err), -1);
	memset(name, 'x', 64);
	ck_assert_int_eq(cay_model_name_check(name, &err), 0);
	name[64] = 'x';
	ck_assert_int_eq(cay_model_name_check(name, &err), -1);
}
END_TEST

START_TEST(an_installed_model_answers_and_survives)
{
	struct state s;
	unsigned version;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	ck_assert_uint_eq(version, 1);
	ck_assert(answer(&s, "m") == 7 && answer(&s, NULL) == 7);
	ck_assert(exists(&s, "models/m/1/model.nb") && !exists(&s, "models/m/1/labels.txt"));
	cay_models_free(s.models);
	state_open(&s);
	ck_assert(answer(&s, "m") == 7);
	state_finish(&s);
}
END_TEST

START_TEST(the_next_version_replaces_and_old_ones_go)
{
	struct state s;
	unsigned version;

	state_init(&s);
	for (unsigned i = 1; i <= 4; i++) {
		ck_ok(install(&s, "m", i % 2 ? RELU : RELU6, &version), s.err);
		ck_assert_uint_eq(version, i);
		ck_assert(answer(&s, "m") == (i % 2 ? 7 : 6));
	}
	ck_assert(!exists(&s, "models/m/1") && !exists(&s, "models/m/2"));
	ck_assert(exists(&s, "models/m/3/model.nb") && exists(&s, "models/m/4/model.nb"));
	state_finish(&s);
}
END_TEST

START_TEST(a_bad_version_changes_nothing)
{
	const struct cay_model_files junk = {.nb = (const uint8_t *)"junk", .nb_size = 4};
	struct state s;
	unsigned version = 77;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	version = 77;
	ck_assert_int_eq(cay_models_install(s.models, "m", &junk, NULL, &version, &s.err), -1);
	ck_assert_int_eq(s.err.code, CAY_EMODEL);
	ck_assert_int_eq(cay_models_install(s.models, "new", &junk, NULL, &version, &s.err), -1);
	ck_assert_int_eq(cay_models_install(s.models, "../m", &junk, NULL, &version, &s.err), -1);
	ck_assert_int_eq(s.err.code, CAY_EBAD);
	ck_assert_uint_eq(version, 77);
	ck_assert(answer(&s, "m") == 7);
	ck_assert(!exists(&s, "models/m/2") && !exists(&s, "models/new"));
	state_finish(&s);
}
END_TEST

START_TEST(a_model_that_takes_too_long_to_load_changes_nothing)
{
	struct state s;
	unsigned version = 77;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	s.conf.load_timeout = 0;
	ck_assert_int_eq(install(&s, "m", RELU6, &version), -1);
	ck_assert_int_eq(s.err.code, CAY_EMODEL);
	ck_assert_str_eq(s.err.msg, "loading takes more than 0 seconds");
	ck_assert_uint_eq(version, 1);
	ck_assert(answer(&s, "m") == 7);
	state_finish(&s);
}
END_TEST

START_TEST(a_full_state_directory_is_told_and_left_clean)
{
	struct state s;
	unsigned version;

	state_init(&s);
	s.conf.state_limit = 10;
	cay_models_free(s.models);
	state_open(&s);
	ck_assert_int_eq(install(&s, "m", RELU, &version), -1);
	ck_assert_int_eq(s.err.code, CAY_ENOSPACE);
	ck_assert(!exists(&s, "models/m"));
	s.conf.state_limit = 1 << 20;
	cay_models_free(s.models);
	state_open(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	state_finish(&s);
}
END_TEST

struct teller {
	unsigned calls, last;
	float done;
};

static bool end_at_last(void *context, const char *stage, float done)
{
	struct teller *t = context;

	(void)stage;
	ck_assert_float_ge(done, t->done);
	t->done = done;
	return ++t->calls != t->last;
}

static void check_nothing_is_left(const struct state *s)
{
	char path[64];

	ck_assert(!exists(s, "models/m"));
	snprintf(path, sizeof(path), "%s/tmp", s->path);
	ck_assert_int_eq(rmdir(path), 0); // fails unless it is empty
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

START_TEST(an_installation_ends_wherever_the_daemon_is_stopping_and_leaves_nothing)
{
	struct state s;
	unsigned version = 0;
	size_t question = 1;

	state_init(&s);
	for (;; question++) {
		atomic_store(&s.app.in_flight, question);
		if (install(&s, "m", RELU, &version) == 0)
			break;
		ck_assert_int_eq(s.err.code, CAY_EBUSY);
		ck_assert_str_eq(s.err.msg, "the daemon is stopping");
		check_nothing_is_left(&s);
	}
	ck_assert_uint_gt(question, 3); // packing, planning, a step
	ck_assert_uint_eq(version, 1);
	state_finish(&s);
}
END_TEST

START_TEST(a_start_that_is_to_end_ends_within_a_model)
{
	struct state s;
	unsigned version = 0;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	for (size_t question = 1; question <= 3; question++) {
		cay_models_free(s.models);
		atomic_store(&s.app.in_flight, question);
		state_open(&s);
		ck_assert_uint_eq(cay_models_in_service(s.models), 0);
	}
	cay_models_free(s.models);
	atomic_store(&s.app.in_flight, 0);
	state_open(&s);
	ck_assert(answer(&s, "m") == 7);
	state_finish(&s);
}
END_TEST

START_TEST(an_installation_ends_wherever_it_is_told_to_and_leaves_nothing)
{
	struct teller t = {.last = 1};
	struct state s;
	unsigned version = 0;
	int result;

	state_init(&s);
	for (;; t = (struct teller){.last = t.last + 1}) {
		const struct cay_tracker progress = cay_tracker_whole(end_at_last, &t);

		result = install_told(&s, "m", RELU, &progress, &version);
		if (result == 0)
			break;
		ck_assert_int_eq(s.err.code, CAY_ECANCELED);
		ck_assert_uint_eq(t.calls, t.last);
		check_nothing_is_left(&s);
	}
	ck_assert_uint_gt(t.last, 3); // packing, a step, the disk
	ck_assert_float_eq(t.done, 1);
	ck_assert_uint_eq(version, 1);
	state_finish(&s);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_told_and_left_clean)
{
	struct state s;
	char path[64];
	unsigned version;

	state_init(&s);
	snprintf(path, sizeof(path), "%s/models/m", s.path);
	fclose(fopen(path, "w")); // a file where a directory belongs
	ck_assert_int_eq(install(&s, "m", RELU, &version), -1);
	ck_assert_msg(s.err.code == CAY_EIO, "%s", s.err.msg);
	ck_assert_ptr_null(strstr(s.err.msg, s.path));
	snprintf(path, sizeof(path), "%s/tmp", s.path);
	ck_assert_int_eq(rmdir(path), 0); // fails unless it is empty
	ck_assert_int_eq(mkdir(path, 0755), 0);
	state_finish(&s);
}
END_TEST

START_TEST(requests_that_wait_are_answered_by_the_version_that_they_came_to)
{
	struct asked a[4];
	struct state s;
	unsigned version;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	for (size_t i = 0; i < 4; i++) {
		asked_init(&a[i]);
		ck_ok(cay_models_submit(s.models, "m", NULL, &a[i].req, &s.err), s.err);
	}
	ck_ok(cay_models_remove(s.models, "m", &s.err), s.err);
	ck_assert_int_eq(cay_models_submit(s.models, "m", NULL, &a[0].req, &s.err), -1);
	ck_assert_int_eq(s.err.code, CAY_ENOTFOUND);
	for (size_t i = 0; i < 4; i++) {
		asked_wait(&a[i]);
		ck_assert(!a[i].failed && a[i].req.reply.body.len == 8);
		asked_finish(&a[i]);
	}
	ck_assert(!exists(&s, "models/m"));
	state_finish(&s);
}
END_TEST

START_TEST(a_deadline_that_has_passed_is_told)
{
	struct asked a;
	struct state s;
	unsigned version;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	asked_init(&a);
	a.req.deadline = 1;
	ck_ok(cay_models_submit(s.models, "m", NULL, &a.req, &s.err), s.err);
	asked_wait(&a);
	ck_assert(a.failed);
	ck_assert_int_eq(a.err.code, CAY_EBUSY); // it never began: it may be sent again
	asked_finish(&a);
	state_finish(&s);
}
END_TEST

START_TEST(models_are_described)
{
	struct cay_buf buf = {0};
	struct state s;
	unsigned version;

	state_init(&s);
	ck_ok(install(&s, "m", RELU, &version), s.err);
	ck_ok(cay_models_describe_json(s.models, "m", &buf, &s.err), s.err);
	ck_assert_ptr_nonnull(
		strstr(cay_buf_cstr(&buf),
		       "{\"name\":\"m\",\"version\":\"1\",\"state\":\"READY\",\"inputs\":[{"
		       "\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,2]}]"));
	ck_assert_int_eq(cay_models_describe_json(s.models, "n", &buf, &s.err), -1);
	ck_assert_str_eq(s.err.msg, "no model 'n'");
	cay_buf_finish(&buf);
	state_finish(&s);
}
END_TEST

START_TEST(weights_of_all_models_have_a_limit)
{
	struct cay_buf index = {0}, metadata = {0};
	struct state s;
	unsigned version;

	state_init(&s);
	s.conf.models_limit = ONE_FC;
	ck_ok(install(&s, "a", fc, &version), s.err);
	ck_ok(install(&s, "a", fc, &version), s.err); // in the place of the first one
	ck_ok(install(&s, "b", fc, &version), s.err); // for which that makes room
	cay_models_index_json(s.models, false, &index);
	ck_assert_ptr_nonnull(
		strstr(cay_buf_cstr(&index),
		       "\"a\",\"version\":\"2\",\"state\":\"UNAVAILABLE\",\"reason\":\"evicted"));
	ck_ok(cay_models_ready(s.models, "a", NULL, &s.err), s.err); // it would answer
	ck_ok(cay_models_view_json(s.models, CAY_VIEW_METADATA, "a", "2", &metadata, &s.err),
	      s.err);
	ck_assert_ptr_nonnull(strstr(cay_buf_cstr(&metadata), "\"versions\":[\"2\"]"));
	ck_assert_int_eq(
		cay_models_view_json(s.models, CAY_VIEW_METADATA, "a", "1", &metadata, &s.err), -1);
	s.conf.models_limit = 8 << 10;
	ck_assert_int_eq(install(&s, "c", fc, &version), -1);
	ck_assert_int_eq(s.err.code, CAY_ETOOLARGE);
	cay_buf_finish(&metadata);
	cay_buf_finish(&index);
	state_finish(&s);
}
END_TEST

// Installs a and b, of which a is evicted.
static void install_two(struct state *s)
{
	unsigned version;

	s->conf.models_limit = ONE_FC;
	ck_ok(install(s, "a", fc, &version), s->err);
	ck_ok(install(s, "b", fc, &version), s->err);
}

static void asked_fc(struct asked *a)
{
	static const float body[64] = {1};

	asked_init(a);
	a->req.body = (struct cay_body){(const uint8_t *)body, sizeof(body)};
}

static bool has_metric(struct state *s, const char *line)
{
	struct cay_buf buf = {0};
	bool found;

	cay_models_metrics(s->models, &buf);
	found = strstr(cay_buf_cstr(&buf), line) != NULL;
	cay_buf_finish(&buf);
	return found;
}

START_TEST(requests_for_an_evicted_model_wait_in_its_queue)
{
	struct asked a[5];
	struct state s;

	state_init(&s);
	install_two(&s);
	pthread_mutex_lock(&s.models->load); // it cannot be loaded yet
	for (size_t i = 0; i < 5; i++) {
		asked_fc(&a[i]);
		ck_assert_int_eq(cay_models_admit(s.models, "a", "1", &a[i].req, &s.err),
				 i < 4 ? 0 : -1);
		if (i < 4)
			ck_ok(cay_models_submit(s.models, "a", "1", &a[i].req, &s.err), s.err);
	}
	ck_assert_int_eq(s.err.code, CAY_EBUSY);
	ck_assert_uint_eq(a[4].req.reply.retry_after, 1);
	ck_assert(has_metric(&s, "\ncayuco_queue_length{model=\"a\"} 4\n"));
	ck_assert(has_metric(&s, "model=\"a\",version=\"1\",reason=\"REJECTED\"} 1\n"));
	ck_assert_int_eq(cay_models_submit(s.models, "a", "2", &a[4].req, &s.err), -1);
	ck_assert_int_eq(s.err.code, CAY_ENOTFOUND);
	pthread_mutex_unlock(&s.models->load);
	for (size_t i = 0; i < 5; i++) {
		if (i < 4)
			asked_wait(&a[i]);
		ck_assert(!a[i].failed && (i == 4 || a[i].req.reply.body.len == 256));
		asked_finish(&a[i]);
	}
	ck_assert(has_metric(&s, "\ncayuco_queue_length{model=\"a\"} 0\n"));
	ck_assert(has_metric(&s, "\ncayuco_model_reloads_total 1\n"));
	state_finish(&s);
}
END_TEST

START_TEST(a_request_for_an_evicted_model_is_answered_before_the_end)
{
	struct asked a;
	struct state s;

	state_init(&s);
	install_two(&s);
	atomic_store(&s.app.in_flight, 1); // it is stopping
	asked_fc(&a);
	ck_ok(cay_models_submit(s.models, "a", NULL, &a.req, &s.err), s.err);
	asked_wait(&a);
	ck_assert_msg(!a.failed, "%s", a.err.msg);
	asked_finish(&a);
	state_finish(&s);
}
END_TEST

START_TEST(a_request_that_waits_for_a_removed_model_is_told)
{
	struct asked a;
	struct state s;

	state_init(&s);
	install_two(&s);
	pthread_mutex_lock(&s.models->load);
	asked_fc(&a);
	ck_ok(cay_models_submit(s.models, "a", NULL, &a.req, &s.err), s.err);
	ck_ok(cay_models_remove(s.models, "a", &s.err), s.err);
	pthread_mutex_unlock(&s.models->load);
	asked_wait(&a);
	ck_assert(a.failed && a.err.code == CAY_ENOTFOUND);
	asked_finish(&a);
	state_finish(&s);
}
END_TEST

// However far the reload has come.
START_TEST(the_end_does_not_wait_for_what_a_reload_would_put_into_service)
{
	for (int i = 0; i < 20; i++) {
		struct asked a;
		struct state s;

		state_init(&s);
		install_two(&s);
		asked_fc(&a);
		if (i == 0)
			pthread_mutex_lock(&s.models->load);
		ck_ok(cay_models_submit(s.models, "a", NULL, &a.req, &s.err), s.err);
		if (i == 0) { // certainly behind the end
			pthread_mutex_lock(&s.models->lock);
			s.models->closing = true;
			pthread_mutex_unlock(&s.models->lock);
			pthread_mutex_unlock(&s.models->load);
		}
		cay_models_free(s.models);
		asked_wait(&a);
		ck_assert(i > 0 || a.failed);
		asked_finish(&a);
		ck_ok(cay_file_remove_tree(s.path, &s.err), s.err);
	}
}
END_TEST

START_TEST(counters_outlive_the_weights)
{
	struct asked a;
	struct cay_buf buf = {0};
	struct state s;

	state_init(&s);
	install_two(&s);
	for (int i = 0; i < 4; i++) { // each evicts the other
		asked_fc(&a);
		ck_ok(cay_models_submit(s.models, i % 2 ? "b" : "a", NULL, &a.req, &s.err), s.err);
		asked_wait(&a);
		asked_finish(&a);
	}
	ck_ok(cay_models_statistics_json(s.models, NULL, NULL, &buf, &s.err), s.err);
	for (const char *at = cay_buf_cstr(&buf), *name = "ab"; *name; name++) {
		at = strstr(at, "\"inference_count\":");
		ck_assert_ptr_nonnull(at);
		ck_assert_int_eq(strncmp(at, "\"inference_count\":2,", 20), 0);
		at++;
	}
	cay_buf_finish(&buf);
	state_finish(&s);
}
END_TEST

START_TEST(a_full_queue_says_when_to_ask_again)
{
	ck_assert_uint_eq(cay_served_retry_after(64, 1000000000, 2), 32);
	ck_assert_uint_eq(cay_served_retry_after(64, 1020000000, 2), 33);
	ck_assert_uint_eq(cay_served_retry_after(64, 4000000, 2), 1);
	ck_assert_uint_eq(cay_served_retry_after(64, 0, 1), 1);
	ck_assert_uint_eq(cay_served_retry_after(SIZE_MAX, UINT64_MAX, 1), 3600);
}
END_TEST

TEST_MAIN("models", names_are_checked, an_installed_model_answers_and_survives,
	  the_next_version_replaces_and_old_ones_go, a_bad_version_changes_nothing,
	  a_model_that_takes_too_long_to_load_changes_nothing,
	  a_full_state_directory_is_told_and_left_clean,
	  an_installation_ends_wherever_it_is_told_to_and_leaves_nothing,
	  an_installation_ends_wherever_the_daemon_is_stopping_and_leaves_nothing,
	  a_start_that_is_to_end_ends_within_a_model,
	  a_place_that_cannot_be_written_is_told_and_left_clean,
	  requests_that_wait_are_answered_by_the_version_that_they_came_to,
	  a_deadline_that_has_passed_is_told, models_are_described,
	  weights_of_all_models_have_a_limit, requests_for_an_evicted_model_wait_in_its_queue,
	  a_request_for_an_evicted_model_is_answered_before_the_end,
	  a_request_that_waits_for_a_removed_model_is_told,
	  the_end_does_not_wait_for_what_a_reload_would_put_into_service,
	  counters_outlive_the_weights, a_full_queue_says_when_to_ask_again)
