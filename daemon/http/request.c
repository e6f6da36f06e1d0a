// Small questions about a request, small answers into a reply.
#define _GNU_SOURCE // strcasestr
#include "daemon/http/request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *cay_request_argument(const struct cay_request *req, const char *name)
{
	for (size_t i = 0; i < req->argument_count; i++)
		if (strcmp(req->arguments[i].name, name) == 0)
			return req->arguments[i].value;
	return NULL;
}

bool cay_request_flag(const struct cay_request *req, const char *name)
{
	const char *value = cay_request_argument(req, name);

	return value && strcmp(value, "0") != 0 && strcasecmp(value, "false") != 0;
}

bool cay_request_is(const struct cay_request *req, const char *type)
{
	size_t len = strlen(type);
	const char *is = req->content_type;

	return is && strncasecmp(is, type, len) == 0 && (!is[len] || strchr("; \t", is[len]));
}

bool cay_request_may_be(const struct cay_request *req, const char *const *types, size_t count)
{
	bool may = !req->content_type;

	for (size_t i = 0; i < count; i++)
		may |= cay_request_is(req, types[i]);
	return may;
}

bool cay_request_needs_reading(const struct cay_request *req)
{
	return !req->ahead && !req->json_length && !cay_request_is(req, "application/octet-stream");
}

bool cay_request_takes_gzip(const struct cay_request *req)
{
	const char *at = req->accept_encoding ? strcasestr(req->accept_encoding, "gzip") : NULL;
	double quality;

	return at && (sscanf(at + strlen("gzip"), " ; q = %lf", &quality) < 1 || quality > 0);
}

bool cay_request_accepts(const struct cay_request *req, const char *type)
{
	size_t len = strlen(type);
	const char *accept = req->accept;

	return accept && strncasecmp(accept, type, len) == 0 &&
	       (!accept[len] || strchr(";, \t", accept[len]));
}

void cay_reply_header(struct cay_reply *reply, const char *name, const char *value)
{
	struct cay_header *header = &reply->headers[reply->header_count];
	const size_t len = strnlen(value, sizeof(header->value) - 1);

	if (reply->header_count == CAY_REPLY_HEADERS)
		return;
	header->name = name;
	memcpy(header->value, value, len);
	header->value[len] = '\0';
	reply->header_count++;
}

static const unsigned statuses[CAY_CODES] = {
	[CAY_OK] = 200,	       [CAY_EBAD] = 400,      [CAY_ENOTFOUND] = 404, [CAY_ECONFLICT] = 409,
	[CAY_ETOOLARGE] = 413, [CAY_EMEDIA] = 415,    [CAY_EMODEL] = 422,    [CAY_EBUSY] = 503,
	[CAY_ETIMEOUT] = 504,  [CAY_ECANCELED] = 409, [CAY_ENOMEM] = 503,    [CAY_ENOSPACE] = 507,
	[CAY_EIO] = 500,
};

unsigned cay_reply_status(enum cay_code code)
{
	assert(code < CAY_CODES);
	return statuses[code];
}

void cay_reply_error(struct cay_reply *reply, const struct cay_err *err)
{
	char seconds[16];

	cay_buf_finish(&reply->body);
	reply->header_count = 0;
	reply->content_type = NULL;
	reply->status = cay_reply_status(err->code);
	cay_buf_text(&reply->body, "{\"error\":");
	cay_buf_json_string(&reply->body, err->msg);
	cay_buf_text(&reply->body, "}\n");
	if (reply->body.failed) // HTTP has a text for that
		reply->status = cay_reply_status(CAY_ENOMEM);
	if (reply->status == 503) {
		snprintf(seconds, sizeof(seconds), "%u",
			 reply->retry_after ? reply->retry_after : 1);
		cay_reply_header(reply, "Retry-After", seconds);
	}
}
