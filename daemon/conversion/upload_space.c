// Where an upload goes.
#include "daemon/conversion/upload_space.h"
#include "common/file.h"
#include "daemon/conversion/jobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int cay_upload_space_init(struct cay_upload_space *ret, struct cay_app *app, struct cay_err *err)
{
	*ret = (struct cay_upload_space){.app = app, .fd = -1};
	if (cay_jobs_reserve(app->jobs, err) < 0)
		return -1;
	ret->has_place = true;
	ret->directory = cay_models_workspace(app->models, err);
	return ret->directory ? 0 : -1;
}

void cay_upload_space_finish(struct cay_upload_space *space)
{
	struct cay_err ignored;

	if (space->fd >= 0)
		close(space->fd);
	if (space->directory)
		cay_file_remove_tree(space->directory, &ignored);
	if (space->has_place)
		cay_jobs_release(space->app->jobs);
	free(space->directory);
	*space = (struct cay_upload_space){.app = space->app, .fd = -1};
}

int cay_upload_space_path(const struct cay_upload_space *space, const char *name,
			  char ret[PATH_MAX], struct cay_err *err)
{
	if (snprintf(ret, PATH_MAX, "%s/%s", space->directory, name) >= PATH_MAX)
		return cay_fail(err, CAY_EIO, "the path of the state directory is too long");
	return 0;
}

static int open_file(struct cay_upload_space *space, const char *name, int flag,
		     struct cay_err *err)
{
	char path[PATH_MAX];

	if (cay_upload_space_path(space, name, path, err) < 0)
		return -1;
	space->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flag, 0600);
	return space->fd < 0 ? cay_fail_errno(err, "upload: cannot create a file") : 0;
}

int cay_upload_space_open(struct cay_upload_space *space, const char *name, struct cay_err *err)
{
	return open_file(space, name, O_EXCL, err);
}

int cay_upload_space_close(struct cay_upload_space *space, struct cay_err *err)
{
	const int fd = space->fd;

	space->fd = -1;
	return fd >= 0 && close(fd) < 0 ? cay_fail_errno(err, "upload: cannot close a file") : 0;
}

int cay_upload_space_append(struct cay_upload_space *space, const char *name, const void *data,
			    size_t size, struct cay_err *err)
{
	if (open_file(space, name, O_APPEND, err) < 0)
		return -1;
	if (cay_file_append(space->fd, data, size, err) < 0)
		return cay_wrap(err, "upload"); // finish closes it
	return cay_upload_space_close(space, err);
}
