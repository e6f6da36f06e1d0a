// PUT /models/NAME: a ready .nb, streamed to the disk and put into service.
#include "common/file.h"
#include "common/size.h"
#include "daemon/conf.h"
#include "daemon/conversion/jobs.h"
#include "daemon/routes/change.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The file on its way. It has one of the places of uploads (see jobs.h): they bound the disk used.
struct upload {
	struct cay_app *app;
	char *directory;
	int fd;
	size_t bytes;
};

static void drop(struct cay_request *req)
{
	struct upload *u = req->upload;
	struct cay_err ignored;

	if (u->fd >= 0)
		close(u->fd);
	if (u->directory)
		cay_file_remove_tree(u->directory, &ignored);
	free(u->directory);
	cay_jobs_release(u->app->jobs);
	free(u);
	req->upload = NULL;
}

static int file_path(const struct upload *u, char path[PATH_MAX], struct cay_err *err)
{
	return snprintf(path, PATH_MAX, "%s/model.nb", u->directory) < PATH_MAX
		       ? 0
		       : cay_fail(err, CAY_EIO, "the path of the state directory is too long");
}

static int check_type(const struct cay_request *req, struct cay_err *err)
{
	static const char *const types[] = {
		"application/octet-stream",
		"application/x-www-form-urlencoded", // what curl says if it is told nothing
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(types); i++)
		if (!req->content_type || cay_request_is(req, types[i]))
			return 0;
	return cay_fail(err, CAY_EMEDIA,
			"a .nb comes as application/octet-stream; for a Paddle model see "
			"POST /convert");
}

static int begin(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	char path[PATH_MAX];
	struct upload *u;

	if (cay_model_name_check(req->name, err) < 0 || check_type(req, err) < 0 ||
	    cay_jobs_reserve(app->jobs, err) < 0)
		return -1;
	u = calloc(1, sizeof(*u));
	if (!u) {
		cay_jobs_release(app->jobs);
		return cay_fail_memory(err);
	}
	u->app = app;
	u->fd = -1;
	req->upload = u; // whatever fails now, drop follows
	u->directory = cay_models_workspace(app->models, err);
	if (!u->directory || file_path(u, path, err) < 0)
		return -1;
	u->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return u->fd < 0 ? cay_fail_errno(err, "upload: cannot create a file") : 0;
}

static int take_piece(struct cay_request *req, const struct cay_piece *piece, struct cay_err *err)
{
	struct upload *u = req->upload;

	u->bytes += piece->size;
	if (cay_file_append(u->fd, piece->data, piece->size, err) == 0)
		return 0;
	drop(req); // a full disk is not full any longer when the answer goes out
	return cay_wrap(err, "upload");
}

const struct cay_upload_ops cay_model_upload_ops = {begin, take_piece, drop};

static int install(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct upload *u = req->upload;
	struct cay_buf nb = {0};
	struct cay_model_files files = {0};
	char path[PATH_MAX];
	unsigned version;
	int result = -1;

	if (file_path(u, path, err) == 0 &&
	    cay_file_read(path, app->conf->upload_limit, &nb, err) == 0) {
		files.nb = nb.data;
		files.nb_size = nb.len;
		result = cay_models_install(app->models, req->name, &files, NULL, &version, err);
	}
	cay_buf_finish(&nb);
	drop(req);
	if (result == 0)
		result = cay_models_describe_json(app->models, req->name, &req->reply.body, err);
	return result < 0 ? -1 : cay_buf_check(&req->reply.body, err);
}

int cay_route_model_put(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct upload *u = req->upload;

	if (u->bytes == 0)
		return cay_fail(err, CAY_EBAD, "upload: the body is empty");
	return cay_change_start(app, req, install, err);
}
