// HTTP: from connections to requests, from replies to connections. Only this and stream.c know
// libmicrohttpd, whose threads (one for each listener) run all of this.
#include "daemon/http/http.h"
#include "common/file.h"
#include "common/size.h"
#include "daemon/http/host.h"
#include "daemon/http/listener.h"
#include "daemon/journal.h"
#include "daemon/http/stream.h"
#include "daemon/systemd.h"
#include "daemon/metrics.h"
#include "daemon/worker.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_MEMORY ((size_t)96 << 10) // bytes: all headers; or, by half, a piece of a body
#define FORM_BUFFER	  ((size_t)32 << 10)
#define TLS_VERSIONS	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define MAX_PEM		  ((size_t)256 << 10)
#define UNREAD_BODY	  ((uint64_t)1 << 20) // of a request that takes none, read and dropped
#define SLOW_START	  (30 * CAY_SECOND)   // a body may take this long, and then
#define SLOW_RATE	  8192		      // bytes a second at the least

// A listener and what answers there.
struct site {
	struct cay_http *http;
	struct cay_listener listener;
	struct MHD_Daemon *daemon;
};

struct cay_http {
	struct cay_app *app;
	struct site sites[CAY_CONF_LIST];
	size_t site_count;
	pthread_mutex_t access_lock; // of access, which a reload replaces
	struct cay_access access;
	bool has_journal;
	struct cay_buf certificate, key; // PEM, with their NULs; empty: no TLS
	atomic_size_t bodies;		 // bytes of bodies in memory
	atomic_uint last_id;
	int idle; // eventfd, see cay_http_quiesce
};

// Where a request is whose handler said CAY_LATER. The HTTP thread suspends the connection and the
// other thread finishes the request; who comes second resumes the connection.
enum stage { STAGE_OPEN, STAGE_SUSPENDED, STAGE_DONE };

struct headers {
	const char *host, *origin, *length, *encoding, *authorization;
	bool twice; // one of these came more than once
};

// A request on a connection, from its headers to the end of its answer.
struct exchange {
	struct cay_request req;
	struct cay_http *http;
	struct MHD_Connection *connection;
	int socket;		   // the connection's
	bool is_unix;		   // of its listener
	const char *method, *path; // as they came; libmicrohttpd's
	struct headers headers;
	const struct cay_route *route;
	struct MHD_PostProcessor *form; // of a multipart upload
	uint64_t started, body_bytes, body_limit;
	size_t held; // bytes of http->bodies
	struct cay_path_names names;
	bool has_body; // according to its headers
	bool drain;    // refused, but its short body is read: who still sends could miss the answer
	bool body_done; // the handler has been called
	bool failed;	// err is the answer
	struct cay_err err;
	atomic_int stage;
};

// --- answers -------------------------------------------------------------------------------------

// Bytes of a path that a terminal could trip over are replaced.
static const char *printable(const char *text, char buffer[128])
{
	size_t i = 0;

	for (; text[i] && i < 127; i++)
		buffer[i] = text[i] > ' ' && text[i] < 127 ? text[i] : '?';
	buffer[i] = '\0';
	return buffer;
}

static void tell(const struct exchange *x)
{
	const struct cay_reply *reply = &x->req.reply;
	char method[128], path[128], text[768];
	const struct cay_journal_request line = {
		.id = x->req.id,
		.method = printable(x->method, method),
		.path = printable(x->path, path),
		.model = x->req.model,
		.status = reply->status,
		.nanoseconds = cay_clock_now() - x->started,
		.text = text,
	};

	cay_metrics_count(x->http->app->metrics, x->route, reply->status);
	if (!cay_log_is_on(CAY_LOG_INFO))
		return;
	snprintf(text, sizeof(text), "%s %s %s %u %zu bytes %.1f ms%s%s", line.id, method, path,
		 line.status, reply->body.len, (double)line.nanoseconds / 1e6,
		 x->failed ? ": " : "", x->failed ? x->err.msg : "");
	if (!x->http->has_journal || !cay_journal_send(&line))
		cay_log(CAY_LOG_INFO, "%s", text);
}

static struct MHD_Response *make_response(struct exchange *x)
{
	const struct cay_reply *reply = &x->req.reply;

	if (reply->stream)
		return cay_stream_response(reply->stream, x->connection);
	if (reply->body.data)
		return MHD_create_response_from_buffer(reply->body.len, reply->body.data,
						       MHD_RESPMEM_MUST_FREE);
	return MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue_reply(struct exchange *x)
{
	struct cay_reply *reply = &x->req.reply;
	struct MHD_Response *response = make_response(x);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
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

static enum MHD_Result answer(struct exchange *x)
{
	if (x->failed && x->req.reply.status < 400)
		cay_reply_error(&x->req.reply, &x->err);
	if (x->req.reply.status == 0)
		x->req.reply.status = MHD_HTTP_OK;
	return queue_reply(x);
}

// What the table of error codes has no status for.
static int refuse(struct exchange *x, unsigned status, const char *why)
{
	cay_fail(&x->err, CAY_EBAD, "%s", why);
	cay_reply_error(&x->req.reply, &x->err);
	x->req.reply.status = status;
	return -1;
}

// --- headers -------------------------------------------------------------------------------------

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct exchange *x = context;
	const struct {
		const char *name, **at;
		bool once;
	} known[] = {
		{"Host", &x->headers.host, true},
		{"Origin", &x->headers.origin, true},
		{"Authorization", &x->headers.authorization, true},
		{"Content-Length", &x->headers.length, true},
		{"Transfer-Encoding", &x->headers.encoding, true},
		{"Content-Type", &x->req.content_type, true},
		{"Inference-Header-Content-Length", &x->req.json_length, true},
		{"Accept", &x->req.accept, false},
		{"Accept-Encoding", &x->req.accept_encoding, false},
		{"If-None-Match", &x->req.if_none_match, false},
		{"Last-Event-ID", &x->req.last_event, false},
	};

	(void)kind;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(known); i++) {
		if (strcasecmp(name, known[i].name) != 0)
			continue;
		x->headers.twice |= known[i].once && *known[i].at;
		*known[i].at = value ? value : "";
	}
	return MHD_YES;
}

// What a proxy might read in another way than we do is refused: that is how requests are smuggled.
static int check_framing(struct exchange *x, uint64_t *ret_length)
{
	const struct headers *h = &x->headers;
	char *end;

	*ret_length = 0;
	x->has_body = h->encoding || (h->length && strcmp(h->length, "0") != 0);
	if (h->twice)
		return refuse(x, 400, "a header that may come once came twice");
	if (h->length && h->encoding)
		return refuse(x, 400, "both Content-Length and Transfer-Encoding are there");
	if (h->encoding && strcasecmp(h->encoding, "chunked") != 0)
		return refuse(x, 400, "Transfer-Encoding is not chunked");
	if (h->length) {
		if (!*h->length || strspn(h->length, "0123456789") != strlen(h->length))
			return refuse(x, 400, "Content-Length is not a number");
		*ret_length = strtoull(h->length, &end, 10); // too large a one is ULLONG_MAX
	}
	return 0;
}

static int check_host(struct exchange *x)
{
	const struct headers *h = &x->headers;

	if (!x->is_unix && h->host && !cay_host_is_ours(h->host, x->http->app->conf))
		return refuse(x, 403, "Host is not a name of this daemon; see --hosts");
	if (h->origin && !cay_host_is_origin(h->host ? h->host : "", h->origin))
		return refuse(x, 403, "Origin is another site");
	return 0;
}

// The one place that looks at tokens: before a route is looked for, nothing has been done yet.
static enum cay_access_level find_access(struct exchange *x)
{
	struct cay_http *http = x->http;
	enum cay_access_level level;

	pthread_mutex_lock(&http->access_lock);
	level = cay_access_level(&http->access, x->headers.authorization);
	pthread_mutex_unlock(&http->access_lock);
	return level;
}

// A path that is not there is nothing to tell strangers either.
static int check_access(struct exchange *x, enum cay_access_level has)
{
	const enum cay_access_level wanted = x->route ? x->route->access : CAY_ACCESS_INFER;

	if (has >= wanted)
		return 0;
	x->route = NULL;
	if (has > CAY_ACCESS_NONE && x->headers.authorization)
		return refuse(x, 403, "this wants the token of administration");
	refuse(x, 401, x->headers.authorization ? "the token is wrong" : "this wants a token");
	cay_reply_header(&x->req.reply, "WWW-Authenticate",
			 x->headers.authorization
				 ? "Bearer realm=\"cayuco\", error=\"invalid_token\""
				 : "Bearer realm=\"cayuco\"");
	return -1;
}

static enum MHD_Result on_argument(void *context, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct exchange *x = context;
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

static int find_route(struct exchange *x)
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
		refuse(x, 405, "this path does not take this method");
		cay_reply_header(&x->req.reply, "Allow", cay_buf_cstr(&allow));
	}
	cay_buf_finish(&allow);
	if (!x->route)
		return -1;
	MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, on_argument, x);
	return x->failed ? -1 : 0;
}

// A piece of a form goes to the upload; the field "file" need not be called so.
static enum MHD_Result on_part(void *context, enum MHD_ValueKind kind, const char *key,
			       const char *file_name, const char *content_type,
			       const char *transfer_encoding, const char *data, uint64_t offset,
			       size_t size)
{
	struct exchange *x = context;
	const struct cay_piece piece = {key, file_name, offset, (const uint8_t *)data, size};

	(void)kind;
	(void)content_type;
	(void)transfer_encoding;
	if (!x->failed && x->route->upload->write(&x->req, &piece, &x->err) < 0)
		x->failed = true;
	return x->failed ? MHD_NO : MHD_YES;
}

static int begin_upload(struct exchange *x)
{
	if (cay_request_is(&x->req, "multipart/form-data")) {
		x->form = MHD_create_post_processor(x->connection, FORM_BUFFER, on_part, x);
		if (!x->form)
			return cay_fail(&x->err, CAY_EBAD, "the form has no boundary");
	}
	return x->route->upload->begin(x->http->app, &x->req, &x->err);
}

static int begin_body(struct exchange *x, uint64_t length)
{
	const struct cay_conf *conf = x->http->app->conf;
	const uint64_t limits[] = {
		[CAY_BODY_NONE] = UNREAD_BODY,
		[CAY_BODY_MEMORY] = conf->body_limit,
		[CAY_BODY_UPLOAD] = conf->upload_limit,
	};

	x->body_limit = limits[x->route->body];
	if (length > x->body_limit)
		return cay_fail(&x->err, CAY_ETOOLARGE,
				"the body has %llu bytes, at most %llu can be",
				(unsigned long long)length, (unsigned long long)x->body_limit);
	if (x->route->body == CAY_BODY_MEMORY) // not counted before it comes, nor resident
		cay_buf_reserve(&x->req.body, (size_t)length + 1);
	return x->route->body == CAY_BODY_UPLOAD ? begin_upload(x) : 0;
}

static int begin(struct exchange *x)
{
	uint64_t length;

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_header, x);
	if (check_framing(x, &length) < 0 || check_host(x) < 0)
		return -1;
	if (find_route(x) < 0) {
		x->drain = !x->headers.encoding && length <= UNREAD_BODY;
		return -1;
	}
	if (atomic_load(&x->http->app->stopping))
		return cay_fail(&x->err, CAY_EBUSY, "the daemon is stopping");
	return begin_body(x, length);
}

// --- bodies --------------------------------------------------------------------------------------

static void drop_body(struct exchange *x)
{
	atomic_fetch_sub(&x->http->bodies, x->held);
	x->held = 0;
	cay_buf_finish(&x->req.body);
}

static int hold(struct exchange *x, const char *data, size_t size)
{
	size_t limit = x->http->app->conf->bodies_limit;

	x->held += size;
	if (atomic_fetch_add(&x->http->bodies, size) + size > limit)
		return cay_fail(&x->err, CAY_EBUSY, "bodies of other requests fill the memory");
	cay_buf_put(&x->req.body, data, size);
	return cay_buf_check(&x->req.body, &x->err);
}

static int take_body(struct exchange *x, const char *data, size_t size)
{
	const struct cay_piece piece = {
		.offset = x->body_bytes - size, .data = (const uint8_t *)data, .size = size};

	if (x->body_bytes > x->body_limit)
		return cay_fail(&x->err, CAY_ETOOLARGE, "the body has more than %llu bytes",
				(unsigned long long)x->body_limit);
	if (x->route->body == CAY_BODY_NONE)
		return 0;
	if (x->route->body == CAY_BODY_MEMORY)
		return hold(x, data, size);
	if (!x->form)
		return x->route->upload->write(&x->req, &piece, &x->err);
	if (MHD_post_process(x->form, data, size) == MHD_NO && !x->failed)
		return cay_fail(&x->err, CAY_EBAD, "the form is malformed");
	return x->failed ? -1 : 0;
}

// libmicrohttpd cannot answer before the end of a body: after a failure the rest is read and
// dropped, within reason.
static enum MHD_Result on_body(struct exchange *x, const char *data, size_t size)
{
	uint64_t age = cay_clock_now() - x->started;

	x->body_bytes += size;
	if (age > SLOW_START && age - SLOW_START > x->body_bytes / SLOW_RATE * CAY_SECOND)
		return MHD_NO;
	if (!x->failed && take_body(x, data, size) < 0)
		x->failed = true;
	if (x->failed)
		drop_body(x);
	return x->body_bytes / 2 > x->body_limit + UNREAD_BODY ? MHD_NO : MHD_YES;
}

static int end_form(struct exchange *x)
{
	struct MHD_PostProcessor *form = x->form;

	x->form = NULL;
	if (form && MHD_destroy_post_processor(form) == MHD_NO && !x->failed)
		return cay_fail(&x->err, CAY_EBAD, "the form is malformed");
	return x->failed ? -1 : 0;
}

static int end_body(struct exchange *x)
{
	x->body_done = true;
	if (x->failed || end_form(x) < 0)
		return -1;
	x->req.received = cay_clock_now();
	x->req.deadline = x->req.received + x->http->app->conf->deadline * CAY_SECOND;
	if (x->route->body == CAY_BODY_MEMORY && !cay_buf_cstr(&x->req.body))
		return cay_fail_memory(&x->err);
	return x->route->handle(x->http->app, &x->req, &x->err);
}

// --- requests ------------------------------------------------------------------------------------

// From any thread: x is gone as soon as its connection is resumed.
static void on_finish(struct cay_request *req, const struct cay_err *err)
{
	struct exchange *x = (struct exchange *)req; // its first member
	struct MHD_Connection *connection = x->connection;

	x->failed = err != NULL;
	if (err)
		x->err = *err;
	if (atomic_exchange(&x->stage, STAGE_DONE) == STAGE_SUSPENDED)
		MHD_resume_connection(connection);
}

static enum MHD_Result on_body_end(struct exchange *x)
{
	int result = end_body(x), open = STAGE_OPEN;

	if (result != CAY_LATER) {
		x->failed = result < 0;
		return answer(x);
	}
	MHD_suspend_connection(x->connection);
	if (!atomic_compare_exchange_strong(&x->stage, &open, STAGE_SUSPENDED))
		MHD_resume_connection(x->connection); // it is done already
	return MHD_YES;
}

// A suspended connection is watched by nobody: who has closed it shows only when it is asked.
static bool on_ask(const struct cay_request *req)
{
	const struct exchange *x = (const struct exchange *)req; // its first member
	char byte;
	ssize_t n = recv(x->socket, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static struct exchange *exchange_new(struct site *site, struct MHD_Connection *connection)
{
	struct cay_http *http = site->http;
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->http = http;
	x->connection = connection;
	x->is_unix = site->listener.is_unix;
	x->started = cay_clock_now();
	x->socket =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	x->req.finish = on_finish;
	x->req.is_gone = on_ask;
	snprintf(x->req.id, sizeof(x->req.id), "%08x-%u", (unsigned)getpid(),
		 atomic_fetch_add(&http->last_id, 1) + 1);
	atomic_fetch_add(&http->app->in_flight, 1);
	return x;
}

static void exchange_free(struct exchange *x)
{
	struct cay_http *http = x->http;
	const uint64_t one = 1;
	ssize_t n = 0;

	x->failed = true; // what the form still has is not for the upload
	if (x->form)
		MHD_destroy_post_processor(x->form);
	if (x->req.upload)
		x->route->upload->drop(&x->req);
	drop_body(x);
	if (x->req.reply.stream)
		x->req.reply.stream->drop(x->req.reply.stream);
	cay_buf_finish(&x->req.reply.body);
	for (size_t i = 0; i < x->req.argument_count; i++) {
		free((char *)(uintptr_t)x->req.arguments[i].name);
		free((char *)(uintptr_t)x->req.arguments[i].value);
	}
	cay_path_names_finish(&x->names);
	free(x);
	if (atomic_fetch_sub(&http->app->in_flight, 1) == 1 && atomic_load(&http->app->stopping))
		n = write(http->idle, &one, sizeof(one));
	(void)n; // it only fails when it is full, and then it is readable
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url,
				 const char *method, const char *version, const char *data,
				 size_t *size, void **state)
{
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = x = exchange_new(context, connection);
		if (!x)
			return MHD_NO;
		x->method = method;
		x->path = url;
		x->failed = begin(x) < 0;
		return x->failed && x->has_body && !x->drain
			       ? answer(x)
			       : MHD_YES; // a long body is not read for nothing
	}
	if (*size > 0) {
		size_t taken = *size;

		*size = 0;
		return on_body(x, data, taken);
	}
	if (atomic_load(&x->stage) == STAGE_DONE)
		return answer(x);
	return on_body_end(x);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	if (*state)
		exchange_free(*state);
	*state = NULL;
}

// The router splits paths before it decodes them, so that %2f is no slash.
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

CAY_PRINTF(2, 0)
static void on_log(void *context, const char *fmt, va_list ap)
{
	char line[256];

	(void)context;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	cay_log(CAY_LOG_DEBUG, "microhttpd: %s", line);
}

// --- start and stop ------------------------------------------------------------------------------

// poll, not epoll: 0.9.75 waits for an edge that has passed when a client sends and closes at once.
static int start_site(struct site *site, struct cay_err *err)
{
	const struct cay_conf *conf = site->http->app->conf;
	const struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, site->http->certificate.data},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, site->http->key.data},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (char *)(uintptr_t)TLS_VERSIONS},
		end,
	};
	const bool is_secure = tls[0].ptr_value && !site->listener.is_unix;

	site->daemon = MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			(is_secure ? MHD_USE_TLS : 0),
		0, NULL, NULL, on_access, site, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, site->listener.fd, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)conf->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)conf->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)conf->idle_timeout, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_THREAD_STACK_SIZE, CAY_THREAD_STACK, MHD_OPTION_ARRAY,
		is_secure ? tls : (struct MHD_OptionItem[]){end}, MHD_OPTION_END);
	if (!site->daemon && is_secure) {
		cay_fail(err, CAY_EBAD, "the certificate or the key cannot be used");
		return cay_conf_blame(conf, &conf->tls_certificate, err);
	}
	if (!site->daemon)
		return cay_fail(err, CAY_EIO, "cannot serve %s", site->listener.text);
	printf("listening on %s\n", site->listener.text);
	fflush(stdout);
	return 0;
}

// Number i of the sockets: systemd's, if it has handed any over, else those of the settings.
static int open_site(struct cay_http *http, size_t i, struct cay_err *err)
{
	struct cay_listener *listener = &http->sites[i].listener;
	const struct cay_conf *conf = http->app->conf;

	http->sites[i].http = http;
	if (cay_systemd_sockets())
		return cay_listener_inherit(listener, CAY_SYSTEMD_FIRST_FD + (int)i, err);
	return cay_listener_open(listener, conf->listen.item[i], err) < 0
		       ? cay_conf_blame(conf, &conf->listen.item[i], err)
		       : 0;
}

// Who can be reached from other machines must know whom to answer.
static int check_reach(const struct cay_http *http, const struct cay_conf *conf,
		       const struct cay_access *access, struct cay_err *err)
{
	for (size_t i = 0; i < http->site_count; i++) {
		const struct cay_listener *listener = &http->sites[i].listener;

		if (listener->is_local || access->infer.len > 0)
			continue;
		cay_fail(err, CAY_EBAD, "%s: an address beyond loopback wants a token_file",
			 listener->text);
		return listener->inherited ? cay_wrap(err, "socket %d of systemd",
						      CAY_SYSTEMD_FIRST_FD + (int)i)
					   : cay_conf_blame(conf, &conf->listen.item[i], err);
	}
	return 0;
}

// A file of PEM that becomes a C string.
static int load_pem(struct cay_buf *ret, const struct cay_conf *conf, char *const *path,
		    int (*read)(const char *, size_t, struct cay_buf *, struct cay_err *),
		    struct cay_err *err)
{
	if (read(*path, MAX_PEM, ret, err) < 0 || !cay_buf_cstr(ret)) {
		cay_wrap(err, "%s", *path);
		return cay_conf_blame(conf, path, err);
	}
	return 0;
}

static int load_tls(struct cay_http *http, struct cay_err *err)
{
	const struct cay_conf *conf = http->app->conf;

	if (!conf->tls_certificate && !conf->tls_key)
		return 0;
	if (!conf->tls_certificate || !conf->tls_key) {
		cay_fail(err, CAY_EBAD, "tls_certificate and tls_key belong together");
		return cay_conf_blame(conf, conf->tls_key ? &conf->tls_key : &conf->tls_certificate,
				      err);
	}
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return cay_fail(err, CAY_EBAD, "this libmicrohttpd has no TLS");
	if (load_pem(&http->certificate, conf, &conf->tls_certificate, cay_file_read, err) < 0 ||
	    load_pem(&http->key, conf, &conf->tls_key, cay_file_read_secret, err) < 0)
		return -1;
	for (size_t i = 0; i < http->site_count; i++)
		if (!http->sites[i].listener.is_unix)
			cay_listener_secure(&http->sites[i].listener);
	return 0;
}

// All sockets first: nothing is served if one cannot be had.
static int start(struct cay_http *http, struct cay_err *err)
{
	size_t inherited = cay_systemd_sockets(),
	       count = inherited ? inherited : http->app->conf->listen.count;

	for (; http->site_count < count; http->site_count++)
		if (open_site(http, http->site_count, err) < 0)
			return -1;
	if (load_tls(http, err) < 0 || check_reach(http, http->app->conf, &http->access, err) < 0)
		return -1;
	for (size_t i = 0; i < http->site_count; i++)
		if (start_site(&http->sites[i], err) < 0)
			return -1;
	return 0;
}

struct cay_http *cay_http_new(struct cay_app *app, struct cay_err *err)
{
	struct cay_http *http = calloc(1, sizeof(*http));

	if (!http) {
		cay_fail_memory(err);
		return NULL;
	}
	http->app = app;
	http->has_journal = cay_journal_is_there();
	pthread_mutex_init(&http->access_lock, NULL);
	http->idle = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (http->idle < 0)
		cay_fail_errno(err, "cannot make an eventfd");
	if (http->idle < 0 || cay_access_load(&http->access, app->conf, err) < 0 ||
	    start(http, err) < 0) {
		cay_http_free(http);
		return NULL;
	}
	return http;
}

int cay_http_reload(struct cay_http *http, const struct cay_conf *conf, struct cay_err *err)
{
	struct cay_access access;

	if (cay_access_load(&access, conf, err) < 0 || check_reach(http, conf, &access, err) < 0)
		return -1;
	pthread_mutex_lock(&http->access_lock);
	http->access = access;
	pthread_mutex_unlock(&http->access_lock);
	explicit_bzero(&access, sizeof(access));
	return 0;
}

int cay_http_quiesce(struct cay_http *http)
{
	const uint64_t one = 1;
	ssize_t n = 0;

	atomic_store(&http->app->stopping, true);
	for (size_t i = 0; i < http->site_count; i++) {
		MHD_quiesce_daemon(http->sites[i].daemon);
		cay_listener_quiesce(&http->sites[i].listener);
	}
	if (atomic_load(&http->app->in_flight) == 0)
		n = write(http->idle, &one, sizeof(one));
	(void)n;
	return http->idle;
}

void cay_http_free(struct cay_http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < http->site_count; i++) {
		if (http->sites[i].daemon)
			MHD_stop_daemon(http->sites[i].daemon);
		cay_listener_close(&http->sites[i].listener);
	}
	if (http->idle >= 0)
		close(http->idle);
	pthread_mutex_destroy(&http->access_lock);
	if (http->key.data)
		explicit_bzero(http->key.data, http->key.capacity);
	cay_buf_finish(&http->key);
	cay_buf_finish(&http->certificate);
	explicit_bzero(&http->access, sizeof(http->access));
	free(http);
}
