// GET /, /web/NAME and /web/panels/NAME: the page and its files, which are part of the program.
#include "daemon/page.h"
#include "daemon/http/router.h"

#include <string.h>

// Nothing comes from elsewhere, nothing is inline, and text never becomes HTML or a script.
static const char policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'; trusted-types 'none'";

static const struct cay_page_file *find(const char *folder, const char *name)
{
	for (size_t i = 0; i < cay_page_file_count; i++)
		if (strcmp(cay_page_files[i].folder, folder) == 0 &&
		    strcmp(cay_page_files[i].name, name) == 0)
			return &cay_page_files[i];
	return NULL;
}

// A browser asks each time, and gets 304 if its copy is the current one.
static int answer(struct cay_request *req, const char *folder, const char *name,
		  struct cay_err *err)
{
	const struct cay_page_file *file = find(folder, name);
	const struct cay_page_bytes *bytes;
	struct cay_reply *reply = &req->reply;
	bool packed;

	if (!file)
		return cay_fail(err, CAY_ENOTFOUND, "no such file of the page");
	packed = cay_request_takes_gzip(req);
	bytes = packed ? &file->gzip : &file->plain;
	reply->content_type = file->content_type;
	cay_reply_header(reply, "Content-Security-Policy", policy);
	cay_reply_header(reply, "Referrer-Policy", "no-referrer");
	cay_reply_header(reply, "Cache-Control", "no-cache");
	cay_reply_header(reply, "Vary", "Accept-Encoding");
	cay_reply_header(reply, "ETag", file->etag);
	if (req->if_none_match && strstr(req->if_none_match, file->etag)) {
		reply->status = 304;
		return 0;
	}
	if (packed)
		cay_reply_header(reply, "Content-Encoding", "gzip");
	cay_buf_put(&reply->body, bytes->data, bytes->size);
	return cay_buf_check(&reply->body, err);
}

int cay_route_page(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	return answer(req, "", "index.html", err);
}

int cay_route_page_file(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	return answer(req, "", req->name, err);
}

int cay_route_page_panel(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	return answer(req, "panels/", req->name, err);
}
