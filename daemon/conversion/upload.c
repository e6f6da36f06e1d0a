// The body of POST /convert on its way to a job's directory: each part of a form becomes a numbered
// file, any other body file 0. Nothing looks into them here. Small parts are gathered: to create a
// file may take half a millisecond, and this is the thread that answers everybody.
#include "daemon/conversion/upload.h"
#include "common/file.h"
#include "common/size.h"
#include "daemon/conversion/file_table.h"
#include "daemon/conversion/jobs.h"
#include "daemon/conversion/gathered_files.h"
#include "daemon/conversion/upload_space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct upload {
	struct cay_upload_space space;
	enum cay_compat compat;
	struct cay_file_table table; // of a form
	struct cay_buf small;	     // records that are not yet in CAY_JOB_SMALL
	size_t record; // where in it that of the part at hand is, as long as that is small
	bool form;
	char file_name[CAY_FILE_NAME_MAX + 2]; // as it came, cut
	uint64_t file_bytes, bytes;
};

// Types of a body that is no form; an archive tells by itself which it is.
static int check_type(const struct cay_request *req, struct cay_err *err)
{
	static const char *const types[] = {
		"multipart/form-data",
		"application/x-tar",
		"application/gzip",
		"application/x-gzip",
		"application/zip",
		"application/x-zip-compressed",
		"application/octet-stream",
		"application/x-www-form-urlencoded", // what curl says if it is told nothing
	};

	if (cay_request_may_be(req, types, CAY_ARRAY_SIZE(types)))
		return 0;
	return cay_fail(err, CAY_EMEDIA,
			"Content-Type: a model comes as multipart/form-data, application/x-tar, "
			"application/gzip or application/zip");
}

static int check_request(const struct cay_request *req, enum cay_compat *ret_compat,
			 struct cay_err *err)
{
	const char *name = cay_request_argument(req, "name"),
		   *compat = cay_request_argument(req, "compat");

	if (!name)
		return cay_fail(err, CAY_EBAD, "name: say ?name=NAME, the model's name");
	if (compat && cay_compat_parse(compat, ret_compat, err) < 0)
		return cay_wrap(err, "compat");
	return cay_model_name_check(name, err) < 0 ? -1 : check_type(req, err);
}

static int begin(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	enum cay_compat compat = CAY_COMPAT_2_9;
	struct upload *u;

	if (check_request(req, &compat, err) < 0)
		return -1;
	u = calloc(1, sizeof(*u));
	if (!u)
		return cay_fail_memory(err);
	u->compat = compat;
	u->form = cay_request_is(req, "multipart/form-data");
	req->upload = u; // whatever fails now, drop follows
	if (cay_upload_space_init(&u->space, app, err) < 0)
		return -1;
	return cay_file_table_init(&u->table, app->conf->upload_files, err);
}

static int write_small(struct upload *u, struct cay_err *err)
{
	const size_t size = u->small.len;

	u->small.len = 0;
	return size ? cay_upload_space_append(&u->space, CAY_JOB_SMALL, u->small.data, size, err)
		    : 0;
}

// Ends the current part of the form, if there is one.
static int end_part(struct upload *u, struct cay_err *err)
{
	if (u->table.count == 0)
		return 0;
	if (u->space.fd >= 0)
		return cay_upload_space_close(&u->space, err);
	cay_gathered_file_end(&u->small, u->record, u->file_bytes);
	return u->small.len < CAY_SMALL_FILE ? 0 : write_small(u, err);
}

// True if the part is the current one: it may be announced twice before its first byte.
static bool is_current(const struct upload *u, const char *file_name)
{
	return u->table.count > 0 && u->file_bytes == 0 &&
	       strncmp(u->file_name, file_name, sizeof(u->file_name) - 1) == 0;
}

static int begin_part(struct upload *u, const struct cay_piece *piece, struct cay_err *err)
{
	if (!piece->file_name)
		return cay_fail(err, CAY_EBAD, "form: the part '%.64s' has no file name",
				piece->field ? piece->field : ""); // it may have no name either
	if (is_current(u, piece->file_name))
		return 0;
	if (end_part(u, err) < 0)
		return -1;
	if (cay_file_table_add(&u->table, piece->file_name, err) < 0)
		return cay_wrap(err, "form");
	snprintf(u->file_name, sizeof(u->file_name), "%s", piece->file_name);
	u->file_bytes = 0;
	u->record = u->small.len;
	return cay_gathered_file_begin(&u->small, u->table.count - 1, err);
}

// Moves the current part, which is too large to be gathered, to a file of its own.
static int move_part(struct upload *u, struct cay_err *err)
{
	const uint8_t *data = cay_gathered_file_data(&u->small, u->record);
	char number[24];

	snprintf(number, sizeof(number), "%zu", u->table.count - 1);
	if (cay_upload_space_open(&u->space, number, err) < 0)
		return -1;
	u->small.len = u->record;
	return cay_file_append(u->space.fd, data, u->file_bytes, err) < 0 ? cay_wrap(err, "upload")
									  : 0;
}

static int append(struct upload *u, const struct cay_piece *piece, struct cay_err *err)
{
	if (u->space.fd < 0 && piece->size <= CAY_SMALL_FILE - u->file_bytes) {
		cay_buf_put(&u->small, piece->data, piece->size);
		return cay_buf_check(&u->small, err);
	}
	if (u->space.fd < 0 && move_part(u, err) < 0)
		return -1;
	return cay_file_append(u->space.fd, piece->data, piece->size, err) < 0
		       ? cay_wrap(err, "upload")
		       : 0;
}

static int write_piece(struct upload *u, const struct cay_piece *piece, struct cay_err *err)
{
	size_t limit = u->space.app->conf->upload_limit;

	if (piece->size > limit - u->bytes)
		return cay_fail(err, CAY_ETOOLARGE, "upload: more than %zu bytes", limit);
	u->bytes += piece->size;
	if (piece->offset == 0 && u->form && begin_part(u, piece, err) < 0)
		return -1;
	if (piece->offset == 0 && !u->form && cay_upload_space_open(&u->space, "0", err) < 0)
		return -1;
	if (append(u, piece, err) < 0)
		return -1;
	u->file_bytes += piece->size;
	return 0;
}

// A full disk is not full any longer when the answer goes out.
static int take_piece(struct cay_request *req, const struct cay_piece *piece, struct cay_err *err)
{
	int result = write_piece(req->upload, piece, err);

	if (result < 0)
		cay_upload_space_finish(&((struct upload *)req->upload)->space);
	return result;
}

static void drop(struct cay_request *req)
{
	struct upload *u = req->upload;

	cay_upload_space_finish(&u->space);
	cay_file_table_finish(&u->table);
	cay_buf_finish(&u->small);
	free(u);
	req->upload = NULL;
}

const struct cay_body_ops cay_upload_ops = {.begin = begin, .write = take_piece, .drop = drop};

static int write_names(struct upload *u, struct cay_err *err)
{
	struct cay_buf names = {0};
	int result = -1;

	cay_file_table_write(&u->table, &names);
	if (cay_buf_check(&names, err) == 0)
		result = cay_upload_space_append(&u->space, CAY_JOB_NAMES, names.data, names.len,
						 err);
	cay_buf_finish(&names);
	return result;
}

static int end_form(struct upload *u, struct cay_err *err)
{
	return end_part(u, err) < 0 || write_small(u, err) < 0 ? -1 : write_names(u, err);
}

int cay_upload_submit(struct cay_request *req, const char *name, char ret_id[], struct cay_err *err)
{
	struct upload *u = req->upload;

	if (u->bytes == 0 && u->table.count == 0)
		return cay_fail(err, CAY_EBAD, "upload: the body is empty");
	if ((u->form ? end_form(u, err) : cay_upload_space_close(&u->space, err)) < 0 ||
	    cay_jobs_submit(u->space.app->jobs, name, u->compat, u->space.directory, ret_id, err) <
		    0)
		return -1;
	u->space.directory = NULL;
	u->space.has_place = false;
	drop(req);
	return 0;
}
