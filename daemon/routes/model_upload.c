// PUT /models/NAME: a ready .nb, streamed to the disk and put into service.
#include "common/file.h"
#include "common/size.h"
#include "daemon/conf.h"
#include "daemon/conversion/upload_space.h"
#include "daemon/models/models.h"
#include "daemon/routes/change.h"

#include <limits.h>
#include <stdlib.h>

#define FILE_NAME "model.nb"

struct upload {
	struct cay_upload_space space;
	size_t bytes;
};

static void drop(struct cay_request *req)
{
	struct upload *u = req->upload;

	cay_upload_space_finish(&u->space);
	free(u);
	req->upload = NULL;
}

static int check_type(const struct cay_request *req, struct cay_err *err)
{
	static const char *const types[] = {
		"application/octet-stream",
		"application/x-www-form-urlencoded", // what curl says if it is told nothing
	};

	if (cay_request_may_be(req, types, CAY_ARRAY_SIZE(types)))
		return 0;
	return cay_fail(err, CAY_EMEDIA,
			"a .nb comes as application/octet-stream; for a Paddle model see "
			"POST /convert");
}

static int begin(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct upload *u;

	if (cay_model_name_check(req->name, err) < 0 || check_type(req, err) < 0)
		return -1;
	u = calloc(1, sizeof(*u));
	if (!u)
		return cay_fail_memory(err);
	req->upload = u; // whatever fails now, drop follows
	if (cay_upload_space_init(&u->space, app, err) < 0)
		return -1;
	return cay_upload_space_open(&u->space, FILE_NAME, err);
}

static int take_piece(struct cay_request *req, const struct cay_piece *piece, struct cay_err *err)
{
	struct upload *u = req->upload;

	u->bytes += piece->size;
	if (cay_file_append(u->space.fd, piece->data, piece->size, err) == 0)
		return 0;
	drop(req); // a full disk is not full any longer when the answer goes out
	return cay_wrap(err, "upload");
}

const struct cay_body_ops cay_model_upload_ops = {begin, take_piece, drop};

static int install(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct upload *u = req->upload;
	struct cay_buf nb = {0};
	struct cay_model_files files = {0};
	char path[PATH_MAX];
	unsigned version;
	int result = -1;

	if (cay_upload_space_path(&u->space, FILE_NAME, path, err) == 0 &&
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
