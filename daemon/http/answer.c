// The answer to a request: bounded, counted, logged, and handed to libmicrohttpd.
#include "daemon/http/exchange.h"
#include "daemon/http/request_metrics.h"
#include "daemon/http/stream.h"
#include "daemon/journal.h"

#include <stdio.h>
#include <string.h>

#define LONG_ANSWER ((size_t)64 << 10) // bytes from which on an answer is counted

// For the log: bytes that could steer a terminal are replaced.
static const char *printable(const char *text, char buffer[128])
{
	size_t i = 0;

	for (; text[i] && i < 127; i++)
		buffer[i] = text[i] > ' ' && text[i] < 127 ? text[i] : '?';
	buffer[i] = '\0';
	return buffer;
}

// A request that only read, as a monitor and the page do every few seconds: `journalctl -p info`
// leaves these out.
static bool has_only_read(const struct cay_exchange *x)
{
	return x->req.reply.status < MHD_HTTP_BAD_REQUEST && x->route &&
	       strcmp(x->route->method, "GET") == 0;
}

static void tell(const struct cay_exchange *x)
{
	const struct cay_reply *reply = &x->req.reply;
	char method[128], path[128], text[768];
	const struct cay_journal_request line = {
		.id = x->req.id,
		.method = printable(x->method, method),
		.path = printable(x->path, path),
		.model = x->req.model,
		.level = has_only_read(x) ? CAY_LOG_DEBUG : CAY_LOG_INFO,
		.status = reply->status,
		.nanoseconds = cay_clock_now() - x->started,
		.text = text,
	};

	snprintf(text, sizeof(text), "%s %s %s %u %zu bytes %.1f ms%s%s", line.id, method, path,
		 line.status, reply->body.len, (double)line.nanoseconds / 1e6,
		 x->failed ? ": " : "", x->failed ? x->err.msg : "");
	if (!x->http->has_journal || !cay_journal_send(&line))
		cay_log(CAY_LOG_INFO, "%s", text);
}

static struct MHD_Response *make_response(struct cay_exchange *x)
{
	static char no_memory[] = "{\"error\":\"out of memory\"}\n";
	struct cay_reply *reply = &x->req.reply;

	if (reply->stream)
		return cay_stream_response(reply->stream, x->connection);
	if (reply->body.failed) {
		cay_buf_finish(&reply->body);
		return MHD_create_response_from_buffer(sizeof(no_memory) - 1, no_memory,
						       MHD_RESPMEM_PERSISTENT);
	}
	if (reply->body.data)
		return MHD_create_response_from_buffer(reply->body.len, reply->body.data,
						       MHD_RESPMEM_MUST_FREE);
	return MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue_reply(struct cay_exchange *x)
{
	struct cay_reply *reply = &x->req.reply;
	struct MHD_Response *response = make_response(x);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	cay_request_metrics_count(x->http->app->metrics, x->route, reply->status);
	if (cay_log_is_on(CAY_LOG_INFO))
		tell(x);
	reply->body = (struct cay_buf){0}; // the response's now
	reply->stream = NULL;
	if (reply->status != MHD_HTTP_NO_CONTENT)
		MHD_add_response_header(response, "Content-Type",
					reply->content_type ? reply->content_type
							    : "application/json");
	MHD_add_response_header(response, "X-Request-Id", x->req.id);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	if ((x->has_body && !x->body_done) || atomic_load(&x->http->app->stopping))
		MHD_add_response_header(response, "Connection", "close");
	result = MHD_queue_response(x->connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

// An answer stays in memory until its client has read it: a long one counts against bodies_limit,
// as bodies do, until it is sent. If nothing else is held its length does not matter. False: there
// is no room for it.
static bool hold_answer(struct cay_exchange *x)
{
	struct cay_http *http = x->http;
	const size_t size = x->req.reply.body.len, own = x->held + size;

	if (size < LONG_ANSWER)
		return true;
	if (atomic_fetch_add(&http->bodies, size) + size > http->app->conf->bodies_limit &&
	    atomic_load(&http->bodies) != own) {
		atomic_fetch_sub(&http->bodies, size);
		return false;
	}
	x->held = own;
	cay_patience_set(http->patience, x->waited,
			 cay_clock_now() + cay_exchange_time_for(http, size));
	return true;
}

// Drops the reply as it stands and makes it an error.
static void replace_answer(struct cay_exchange *x, enum cay_code code, const char *why)
{
	struct cay_reply *reply = &x->req.reply;

	if (reply->stream)
		reply->stream->drop(reply->stream);
	cay_buf_finish(&reply->body);
	*reply = (struct cay_reply){0};
	x->failed = true;
	cay_fail(&x->err, code, "%s", why);
	cay_reply_error(reply, &x->err);
}

enum MHD_Result cay_exchange_answer(struct cay_exchange *x)
{
	if (x->failed && x->req.reply.status < 400)
		cay_reply_error(&x->req.reply, &x->err);
	if (!hold_answer(x))
		replace_answer(x, CAY_EBUSY, "answers that are not read fill the memory");
	if (x->req.reply.stream && strcmp(x->method, "HEAD") == 0) {
		// 0.9.75 would send the end mark of a body, which the client takes for an answer.
		replace_answer(x, CAY_EBAD, "a stream has no HEAD");
		x->req.reply.status = MHD_HTTP_METHOD_NOT_ALLOWED;
		cay_reply_header(&x->req.reply, "Allow", "GET");
	}
	if (x->req.reply.status == 0)
		x->req.reply.status = MHD_HTTP_OK;
	return queue_reply(x);
}
