// What the headers of a request ask for, and whether they may.
#include "common/size.h"
#include "daemon/http/exchange.h"
#include "daemon/http/host.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Makes the reply an error that the table of error codes has no status for.
static int refuse(struct cay_exchange *x, unsigned status, const char *why)
{
	cay_fail(&x->err, CAY_EBAD, "%s", why);
	cay_reply_error(&x->req.reply, &x->err);
	x->req.reply.status = status;
	return -1;
}

#define HEADER(name, member, once)                                                                 \
	{                                                                                          \
		name, sizeof(name) - 1, offsetof(struct cay_exchange, member), once                \
	}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
				 size_t len, const char *value, size_t value_len)
{
	static const struct {
		const char *name;
		size_t len, member;
		bool once;
	} known[] = {
		HEADER("Host", headers.host, true),
		HEADER("Origin", headers.origin, true),
		HEADER("Authorization", headers.authorization, true),
		HEADER("Content-Length", headers.length, true),
		HEADER("Transfer-Encoding", headers.encoding, true),
		HEADER("Content-Encoding", headers.content_encoding, true),
		HEADER("Content-Type", req.content_type, true),
		HEADER("Inference-Header-Content-Length", req.json_length, true),
		HEADER("Expect", headers.expect, false),
		HEADER("Accept", req.accept, false),
		HEADER("Accept-Encoding", req.accept_encoding, false),
		HEADER("If-None-Match", req.if_none_match, false),
		HEADER("Last-Event-ID", req.last_event, false),
	};

	struct cay_exchange *x = context;

	(void)kind;
	(void)value_len;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(known); i++) {
		const char **at = (const char **)((char *)x + known[i].member);

		if (len != known[i].len || strcasecmp(name, known[i].name) != 0)
			continue;
		x->headers.twice |= known[i].once && *at;
		*at = value ? value : "";
	}
	return MHD_YES;
}

// Refuses what a proxy might read in another way than we do: that is how requests are smuggled.
static int check_framing(struct cay_exchange *x, const char *version, uint64_t *ret_length)
{
	const struct cay_headers *h = &x->headers;
	char *end;

	*ret_length = 0;
	x->has_body = h->encoding || (h->length && strcmp(h->length, "0") != 0);
	if (h->twice)
		return refuse(x, 400, "a header that may come once came twice");
	if (h->length && h->encoding)
		return refuse(x, 400, "both Content-Length and Transfer-Encoding are there");
	if (h->encoding && strcmp(version, MHD_HTTP_VERSION_1_0) == 0)
		return refuse(x, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (h->encoding && strcasecmp(h->encoding, "chunked") != 0)
		return refuse(x, 400, "Transfer-Encoding is not chunked");
	if (h->content_encoding && strcasecmp(h->content_encoding, "identity") != 0)
		return refuse(x, 415,
			      "Content-Encoding is not supported: do not compress the body");
	if (h->length) {
		if (!*h->length || strspn(h->length, "0123456789") != strlen(h->length))
			return refuse(x, 400, "Content-Length is not a number");
		*ret_length = strtoull(h->length, &end, 10); // too large a one is ULLONG_MAX
	}
	return 0;
}

// Who asks as one asks a proxy ("GET http://board:8080/models"; RFC 9112, section 3.2.2) says there
// what Host is for others, and is asked for the path alone.
static int take_authority(struct cay_exchange *x)
{
	static const char http[] = "http://", https[] = "https://";
	const bool wants_tls = strncasecmp(x->path, https, sizeof(https) - 1) == 0;
	const char *at = x->path + (wants_tls ? sizeof(https) : sizeof(http)) - 1;
	size_t len;

	if (!wants_tls && strncasecmp(x->path, http, sizeof(http) - 1) != 0)
		return 0;
	if (wants_tls && !x->is_secure)
		return refuse(x, 421, "https is asked for where there is no TLS");
	len = strcspn(at, "/");
	x->authority = strndup(at, len);
	if (!x->authority)
		return cay_fail_memory(&x->err);
	x->path = at[len] ? at + len : "/";
	x->headers.host = x->authority;
	return 0;
}

static int check_host(struct cay_exchange *x, const char *version)
{
	const struct cay_headers *h = &x->headers;

	if (!h->host && strcmp(version, MHD_HTTP_VERSION_1_0) != 0)
		return refuse(x, 400, "Host is missing");
	if (take_authority(x) < 0)
		return -1;
	if (!x->is_unix && h->host && !cay_host_is_ours(h->host, x->http->app->conf))
		return refuse(x, 403, "Host is not a name of this daemon; see --hosts");
	if (h->origin && !cay_host_is_origin(h->host ? h->host : "", h->origin))
		return refuse(x, 403, "Origin is another site");
	return 0;
}

// The only place that checks tokens, before anything is done for the request.
static enum cay_access_level find_access(struct cay_exchange *x)
{
	struct cay_http *http = x->http;
	enum cay_access_level level;

	pthread_mutex_lock(&http->access_lock);
	level = cay_access_level(&http->access, x->headers.authorization);
	pthread_mutex_unlock(&http->access_lock);
	return level;
}

// Whether a path exists is not told to those who have no token.
static int check_access(struct cay_exchange *x, enum cay_access_level has)
{
	const enum cay_access_level wanted = x->route ? x->route->access : CAY_ACCESS_INFER;

	if (has >= wanted)
		return 0;
	x->route = NULL;
	if (has > CAY_ACCESS_NONE && x->headers.authorization)
		return refuse(x, 403, "this wants the token of administration");
	refuse(x, 401,
	       x->headers.authorization ? "the token is wrong"
					: "this wants a token: Authorization: Bearer TOKEN");
	cay_reply_header(&x->req.reply, "WWW-Authenticate",
			 x->headers.authorization
				 ? "Bearer realm=\"cayuco\", error=\"invalid_token\""
				 : "Bearer realm=\"cayuco\"");
	return -1;
}

static enum MHD_Result on_argument(void *context, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct cay_exchange *x = context;
	struct cay_request *req = &x->req;
	struct cay_argument *argument = &req->arguments[req->argument_count];

	(void)kind;
	if (req->argument_count == CAY_REQUEST_ARGUMENTS) {
		x->failed = cay_fail(&x->err, CAY_EBAD, "too many arguments in the URL") < 0;
		return MHD_NO;
	}
	value = value ? value : "";
	argument->name = cay_router_decode(name, strlen(name), &x->err);
	argument->value = cay_router_decode(value, strlen(value), &x->err);
	req->argument_count++;
	x->failed = !argument->name || !argument->value;
	return x->failed ? MHD_NO : MHD_YES;
}

static int find_route(struct cay_exchange *x)
{
	const enum cay_access_level access = find_access(x);
	struct cay_buf allow = {0};

	x->route = cay_router_find(x->method, x->path, &x->names, &allow, &x->err);
	x->req.name = x->names.name;
	x->req.version = x->names.version;
	if (check_access(x, access) < 0) {
		cay_buf_finish(&allow);
		return -1;
	}
	if (!x->route && allow.len > 0) {
		cay_reply_error(&x->req.reply, &x->err);
		x->req.reply.status = 405;
		cay_reply_header(&x->req.reply, "Allow", cay_buf_cstr(&allow));
	}
	cay_buf_finish(&allow);
	if (!x->route)
		return -1;
	MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, on_argument, x);
	return x->failed ? -1 : 0;
}

int cay_exchange_check_headers(struct cay_exchange *x, const char *version, uint64_t *ret_length)
{
	x->has_body = true; // who knows what follows
	if (!cay_exchange_has_plain_lines(x, version))
		return refuse(x, 400, "the headers are not made of plain lines");
	MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, on_header, x);
	if (check_framing(x, version, ret_length) < 0 || check_host(x, version) < 0)
		return -1;
	if (find_route(x) == 0)
		return 0;
	x->drain = !x->headers.encoding && !x->headers.expect && *ret_length <= CAY_UNREAD_BODY;
	return -1;
}
