// A request on a connection, from its headers to the end of its answer.
#include "daemon/http/exchange.h"
#include "daemon/http/request_metrics.h"
#include "daemon/json/decimal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FULL_BUFFER (CAY_CONNECTION_MEMORY / 2 - 4096) // less the headers, which stay in front

// --- connections ---------------------------------------------------------------------------------

// True if the client has closed its end, and all that it sent before has been read.
static bool has_ended(const struct cay_exchange *x)
{
	char byte;
	ssize_t n = recv(x->socket, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

// Edge-triggered epoll reports the end of a stream once. If the end comes together with the last
// bytes, libmicrohttpd 0.9.75 reads the bytes alone and then waits in vain for another event, until
// the connection times out. This causes that event. To be called after a read that may be the last.
static void tell_end(const struct cay_exchange *x)
{
	if (has_ended(x))
		shutdown(x->socket, SHUT_RD);
}

static int find_socket(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

// What a connection has from its first byte to its last.
struct connection {
	struct cay_waited *waited;
	struct cay_exchange *open; // that libmicrohttpd has not told the end of
};

// libmicrohttpd 0.9.75 never closes a connection that times out in its TLS handshake: until the
// first request it has no timeout of the library's (0), and patience.c ends it.
static void set_timeout(const struct cay_site *site, struct MHD_Connection *connection,
			size_t seconds)
{
	if (site->is_secure)
		MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
					  (unsigned)seconds);
}

static void exchange_free(struct cay_exchange *x);

static void connection_close(struct cay_http *http, struct connection *c)
{
	if (!c)
		return;
	cay_patience_remove(http->patience, c->waited);
	if (c->open) // 0.9.75 may forget it where memory is short
		exchange_free(c->open);
	free(c);
}

// When headers that are waited for from now on must have come.
static uint64_t headers_end(const struct cay_http *http)
{
	return cay_clock_now() + 2 * cay_exchange_time_for(http, 0);
}

void cay_exchange_connection(void *context, struct MHD_Connection *connection, void **state,
			     enum MHD_ConnectionNotificationCode code)
{
	const struct cay_site *site = context;
	struct connection *c = *state;

	if (code != MHD_CONNECTION_NOTIFY_STARTED) {
		connection_close(site->http, c);
		return;
	}
	*state = c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->waited = cay_patience_add(site->http->patience, find_socket(connection),
				     headers_end(site->http));
	if (c->waited)
		set_timeout(site, connection, 0);
}

// NULL: there was no memory for it.
static struct connection *find_connection(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

// --- bodies --------------------------------------------------------------------------------------

static int begin(struct cay_exchange *x, const char *version)
{
	uint64_t length;

	if (cay_exchange_check_headers(x, version, &length) < 0)
		return -1;
	if (atomic_load(&x->http->app->stopping))
		return cay_fail(&x->err, CAY_EBUSY, "the daemon is stopping");
	return cay_exchange_begin_body(x, length);
}

// libmicrohttpd cannot answer in the middle of a body: after a failure the rest is read and
// dropped, but for one that is far too long or too slow, whose connection is cut.
static enum MHD_Result on_body(struct cay_exchange *x, const char *data, size_t size)
{
	uint64_t age = cay_clock_now() - x->started;

	x->body_bytes += size;
	x->cut = x->body_bytes / 2 > x->body_limit + CAY_UNREAD_BODY ||
		 age > cay_exchange_time_for(x->http, x->body_bytes);
	if (x->cut)
		return MHD_NO;
	if (!x->failed && cay_exchange_take_body(x, data, size) < 0)
		x->failed = true;
	if (x->failed)
		cay_exchange_drop_body(x);
	if (size < FULL_BUFFER) // libmicrohttpd reads again by itself after a full one
		tell_end(x);
	return MHD_YES;
}

static int end_body(struct cay_exchange *x)
{
	x->body_done = true;
	if (x->failed || cay_exchange_end_body(x) < 0)
		return -1;
	x->req.received = cay_clock_now();
	x->req.deadline = x->req.received + x->http->app->conf->deadline * CAY_SECOND;
	return x->route->handle(x->http->app, &x->req, &x->err);
}

// --- requests ------------------------------------------------------------------------------------

// From any thread: x is gone as soon as its connection is resumed.
static void on_finish(struct cay_request *req, const struct cay_err *err)
{
	struct cay_exchange *x = (struct cay_exchange *)req; // its first member
	struct MHD_Connection *connection = x->connection;

	x->failed = err != NULL;
	if (err)
		x->err = *err;
	if (atomic_exchange(&x->stage, CAY_EXCHANGE_DONE) == CAY_EXCHANGE_SUSPENDED)
		MHD_resume_connection(connection);
}

// True if this thread has no other connection that could wait for it.
static bool is_alone(const struct cay_exchange *x)
{
	struct MHD_Daemon *daemon =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_DAEMON)->daemon;

	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections ==
	       1;
}

static enum MHD_Result on_body_end(struct cay_exchange *x)
{
	int result, open = CAY_EXCHANGE_OPEN;

	x->req.alone = is_alone(x);
	result = end_body(x);
	if (result != CAY_LATER) {
		x->failed = result < 0;
		return cay_exchange_answer(x);
	}
	if (x->req.work)
		x->req.work(x->req.work_context);
	if (atomic_load(&x->stage) == CAY_EXCHANGE_DONE)
		return cay_exchange_answer(x); // before the connection has been suspended
	MHD_suspend_connection(x->connection);
	if (!atomic_compare_exchange_strong(&x->stage, &open, CAY_EXCHANGE_SUSPENDED))
		MHD_resume_connection(x->connection); // it is done already
	return MHD_YES;
}

// libmicrohttpd does not watch a suspended connection: that its client has gone must be asked.
static bool on_ask(const struct cay_request *req)
{
	return has_ended((const struct cay_exchange *)req); // its first member
}

static void set_id(struct cay_exchange *x)
{
	struct cay_http *http = x->http;
	const unsigned number = atomic_fetch_add(&http->last_id, 1) + 1;
	char *at = stpcpy(x->req.id, http->process);

	at[cay_decimal_print_i64(number, at)] = '\0';
}

// libmicrohttpd 0.9.75 neither answers nor frees a request with more arguments than it has memory
// for. It is shown one more than a request may have, which is enough to refuse it.
static void cut_arguments(char *uri)
{
	char *at = strchr(uri, '?');

	for (size_t i = 0; at && i <= CAY_REQUEST_ARGUMENTS; i++)
		at = strchr(at + 1, '&');
	if (at)
		*at = '\0';
}

void *cay_exchange_open(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct cay_site *site = context;
	struct cay_http *http = site->http;
	struct connection *c = find_connection(connection);
	struct cay_exchange *x = c ? calloc(1, sizeof(*x)) : NULL;

	if (!x)
		return NULL;
	c->open = x;
	set_timeout(site, connection, http->app->conf->idle_timeout);
	x->http = http;
	x->connection = connection;
	x->is_unix = site->listener.is_unix;
	x->is_secure = site->is_secure;
	x->started = cay_clock_now();
	x->socket = find_socket(connection);
	x->waited = c->waited;
	x->req.finish = on_finish;
	x->req.is_gone = on_ask;
	set_id(x);
	x->uri_end = uri && !strchr(uri, ' ') ? uri + strlen(uri) : NULL;
	if (cay_exchange_is_0_9_75()) {
		MHD_set_connection_value(connection, MHD_HEADER_KIND, cay_exchange_no_cookies, "");
		if (uri)
			cut_arguments((char *)(uintptr_t)uri); // it lies in the connection's buffer
	}
	tell_end(x);
	return x;
}

static void exchange_free(struct cay_exchange *x)
{
	const uint64_t took = cay_clock_now() - x->started;
	struct cay_http *http = x->http;
	const uint64_t one = 1;
	ssize_t n = 0;

	if (x->req.sent)
		x->req.sent(&x->req, took);
	x->failed = true; // so that what the form still holds does not go to the upload
	if (x->form)
		MHD_destroy_post_processor(x->form);
	if (x->req.upload)
		x->route->body_ops->drop(&x->req);
	cay_exchange_drop_body(x);
	if (x->req.reply.stream)
		x->req.reply.stream->drop(x->req.reply.stream);
	cay_buf_finish(&x->req.reply.body);
	for (size_t i = 0; i < x->req.argument_count; i++) {
		free((char *)(uintptr_t)x->req.arguments[i].name);
		free((char *)(uintptr_t)x->req.arguments[i].value);
	}
	cay_path_names_finish(&x->names);
	free(x->authority);
	if (!x->method) { // its headers have never come whole: it was not counted
		free(x);
		return;
	}
	cay_request_metrics_time(http->app->metrics, x->route, took);
	free(x);
	if (atomic_fetch_sub(&http->app->in_flight, 1) == 1 && atomic_load(&http->app->stopping))
		n = write(http->idle, &one, sizeof(one));
	(void)n; // it only fails when it is full, and then it is readable
}

enum MHD_Result cay_exchange_step(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **state)
{
	struct cay_exchange *x = *state;

	(void)context;
	(void)connection;
	if (!x)
		return MHD_NO; // there was no memory for it
	if (!x->method) {
		atomic_fetch_add(&x->http->app->in_flight, 1);
		x->method = method;
		x->path = url;
		cay_patience_set(x->http->patience, x->waited, CAY_ALL_TIME);
		x->failed = begin(x, version) < 0;
		return x->failed && x->has_body && !x->drain
			       ? cay_exchange_answer(x)
			       : MHD_YES; // a long body is not read for nothing
	}
	if (*size > 0) {
		size_t taken = *size;

		*size = 0;
		return on_body(x, data, taken);
	}
	if (atomic_load(&x->stage) == CAY_EXCHANGE_DONE)
		return cay_exchange_answer(x);
	return on_body_end(x);
}

// True if the client may still be sending: the body that was not read, or what was malformed.
static bool is_answered_early(const struct cay_exchange *x, enum MHD_RequestTerminationCode code)
{
	if (x->cut)
		return false;
	return code == MHD_REQUEST_TERMINATED_WITH_ERROR ||
	       (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && x->has_body && !x->body_done);
}

void cay_exchange_completed(void *context, struct MHD_Connection *connection, void **state,
			    enum MHD_RequestTerminationCode code)
{
	struct cay_exchange *x = *state;

	(void)context;
	*state = NULL;
	if (!x)
		return;
	cay_patience_set(x->http->patience, x->waited, headers_end(x->http));
	find_connection(connection)->open = NULL;
	if (is_answered_early(x, code))
		cay_linger_take(x->http->linger, x->socket);
	exchange_free(x);
}
