// The daemon without HTTP, for tests of what serves conversions.
#include "tests/daemon/conversion/service.h"
#include "common/file.h"
#include "daemon/inference/predict.h"
#include "daemon/http/request_metrics.h"
#include "tests/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cay_err err;

// Beside the state directory: NAME is "meet" or "release".
static void make_path(char path[PATH_MAX], const char *top, const char *name)
{
	ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", top, name), PATH_MAX);
}

// The directory above STATE/tmp/JOB/0, and STATE above it.
static void find_top(char top[PATH_MAX], const char *file)
{
	snprintf(top, PATH_MAX, "%s", file);
	for (int i = 0; i < 4; i++)
		*strrchr(top, '/') = '\0';
}

// A fifo opens when both sides have come: nobody looks again and again.
static void meet(const char *top, const char *name)
{
	char path[PATH_MAX];
	int fd;

	make_path(path, top, name);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

// In the conversion's process, where a file is what was Check's pipe: without its assertions.
static int meet_there(const char *top, const char *name)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	fd = open(path, O_RDONLY);
	return fd < 0 ? -1 : close(fd);
}

static int convert_wait(const char *file, struct cay_err *ret)
{
	char top[PATH_MAX];

	find_top(top, file);
	return meet_there(top, "meet") < 0 || meet_there(top, "release") < 0
		       ? cay_fail_errno(ret, "cannot meet")
		       : 0;
}

static int convert_crash(void)
{
	signal(SIGSEGV, SIG_DFL); // a sanitizer's own
	return raise(SIGSEGV);
}

static int convert_litter(const char *file)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%.*s/" CAY_JOB_REPORT, (int)(strrchr(file, '/') - file),
		 file);
	return cay_file_write(path, "{\"a\":", 5, &err);
}

static int convert_list(const struct cay_paddle_dir *dir, struct cay_err *ret)
{
	struct cay_buf text = {0}, file = {0};
	int result = 0;

	for (size_t i = 0; i < dir->count && result == 0; i++) {
		result = cay_paddle_file_read(&dir->files[i], SIZE_MAX / 2, NULL, &file, ret);
		cay_buf_printf(&text, "%zu%c ", file.len, file.len ? file.data[file.len - 1] : '-');
		cay_buf_finish(&file);
	}
	if (result == 0)
		result = cay_fail(ret, CAY_EMODEL, "%s", cay_buf_cstr(&text));
	cay_buf_finish(&text);
	return result;
}

static int convert(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		   const struct cay_sink *sink, struct cay_report *report, struct cay_err *ret)
{
	const char *name = dir->files[0].name, *path = dir->files[0].path;
	struct cay_paddle_dir model;
	int result;

	if (strcmp(name, "crash") == 0)
		return convert_crash();
	if (strcmp(name, "bad") == 0)
		return cay_fail(ret, CAY_EMODEL, "op 'bad' is not supported");
	if (strcmp(name, "list") == 0)
		return convert_list(dir, ret);
	if (strcmp(name, "litter") == 0)
		return convert_litter(path);
	if (strcmp(name, "wait") == 0 && convert_wait(path, ret) < 0)
		return -1;
	cay_paddle_dir_init(&model);
	result = cay_paddle_dir_scan(&model, TEST_DATA "softmax/model", ret) < 0
			 ? -1
			 : cay_convert_to(&model, options, sink, report, ret);
	cay_paddle_dir_finish(&model);
	return result;
}

static void load_conf(struct service *s, const char *const *flags)
{
	static char *no_env[] = {NULL};
	enum cay_conf_action action;
	char *argv[16] = {"cayucod"};
	char state[PATH_MAX];
	int argc = 1;

	snprintf(state, sizeof(state), "--state=%s/state", s->top);
	argv[argc++] = state;
	for (; flags && *flags; flags++)
		argv[argc++] = (char *)(uintptr_t)*flags;
	ck_ok(cay_conf_load(&s->conf, argc, argv, no_env, &action, &err), err);
}

void service_open(struct service *s, const char *const *flags)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];

	*s = (struct service){0};
	cay_log_set_level(CAY_LOG_ERROR);
	snprintf(s->top, sizeof(s->top), "%s/service-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(s->top));
	make_path(path, s->top, "meet");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	make_path(path, s->top, "release");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	load_conf(s, flags);
	s->app.conf = &s->conf;
	// Its conversions read what lies beside.
	s->converter = cay_converter_start(&s->conf, convert, CAY_UNSANDBOXED, &err);
	ck_assert_msg(s->converter, "%s", err.msg);
	s->app.models = cay_models_new(&s->conf, cay_predict, NULL, NULL, &err);
	ck_assert_msg(s->app.models, "%s", err.msg);
	s->app.jobs = cay_jobs_new(&s->conf, s->app.models, s->converter, &err);
	ck_assert_msg(s->app.jobs, "%s", err.msg);
}

void service_close(struct service *s)
{
	cay_jobs_free(s->app.jobs);
	ck_assert_uint_eq(service_count_workspaces(s), 0);
	cay_models_free(s->app.models);
	cay_converter_stop(s->converter);
	cay_conf_finish(&s->conf);
	ck_ok(cay_file_remove_tree(s->top, &err), err);
}

void service_meet(struct service *s)
{
	meet(s->top, "meet");
}

void service_release(struct service *s)
{
	meet(s->top, "release");
}

// What is in a directory; *ret_last, if it is not NULL, gets the path of something there.
static size_t count_entries(const char *path, char *ret_last)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		count++;
		if (ret_last)
			ck_assert_int_lt(snprintf(ret_last, PATH_MAX, "%s/%s", path, e->d_name),
					 PATH_MAX);
	}
	closedir(dir);
	return count;
}

size_t service_count_workspaces(const struct service *s)
{
	char path[PATH_MAX];

	make_path(path, s->top, "state/tmp");
	return count_entries(path, NULL);
}

size_t service_count_files(const struct service *s)
{
	char path[PATH_MAX], workspace[PATH_MAX];

	make_path(path, s->top, "state/tmp");
	ck_assert_uint_eq(count_entries(path, workspace), 1);
	return count_entries(workspace, NULL);
}

char *service_upload(struct service *s, const char *name)
{
	char *directory = cay_models_workspace(s->app.models, &err), path[PATH_MAX];

	ck_assert_msg(directory, "%s", err.msg);
	make_path(path, directory, CAY_JOB_NAMES);
	ck_ok(cay_file_write(path, name, strlen(name) + 1, &err), err);
	make_path(path, directory, "0");
	ck_ok(cay_file_write(path, name, strlen(name), &err), err);
	return directory;
}

static void on_finish(struct cay_request *req, const struct cay_err *failure)
{
	struct client *c = (struct client *)req;

	pthread_mutex_lock(&c->lock);
	if (failure)
		c->err = *failure;
	c->finished = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

void client_init(struct client *c)
{
	*c = (struct client){.req.finish = on_finish};
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
}

const char *client_wait(struct client *c)
{
	pthread_mutex_lock(&c->lock);
	while (!c->finished)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	ck_assert_int_eq(c->err.code, CAY_OK);
	return cay_buf_cstr(&c->req.reply.body);
}

void client_finish(struct client *c)
{
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	cay_buf_finish(&c->req.reply.body);
}
