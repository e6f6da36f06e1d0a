// HTTP: where it listens, its start and its end. libmicrohttpd's threads, one for each listener,
// run all of this folder.
#include "daemon/http/http.h"
#include "common/file.h"
#include "common/size.h"
#include "daemon/http/exchange.h"
#include "daemon/http/request_metrics.h"
#include "daemon/journal.h"
#include "daemon/systemd.h"
#include "daemon/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TLS_VERSIONS  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define MAX_PEM	      ((size_t)256 << 10)
#define LIMIT_REACHED "Server reached connection limit" // as libmicrohttpd's log words it
#define TELL_EVERY    (10 * CAY_SECOND)

// Leaves paths encoded: the router splits them first and then decodes, so that %2f is no slash.
static size_t leave_encoded(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

// libmicrohttpd closes a connection over the limits without an answer. They come in crowds: the log
// has a line of them now and then, and /metrics their number.
static void tell_refused(struct cay_http *http)
{
	const struct cay_conf *conf = http->app->conf;
	const uint64_t now = cay_clock_now();
	uint64_t told = atomic_load(&http->refused_told);

	cay_request_metrics_refused(http->app->metrics);
	if ((told && now - told < TELL_EVERY) ||
	    !atomic_compare_exchange_strong(&http->refused_told, &told, now))
		return;
	cay_log(CAY_LOG_WARNING,
		"a client is not let in: it has connections_per_address (%zu) open, or all "
		"together have connections (%zu)",
		conf->connections_per_address, conf->connections);
}

CAY_PRINTF(2, 0)
static void on_log(void *context, const char *fmt, va_list ap)
{
	char line[256];

	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	cay_log(CAY_LOG_DEBUG, "microhttpd: %s", line);
	if (strncmp(line, LIMIT_REACHED, sizeof(LIMIT_REACHED) - 1) == 0)
		tell_refused(context);
}

// Strict for clients: not with 0.9.75, which then answers a bad request twice; headers.c and
// lines.c check instead. Epoll: a wait costs the same for many connections. Turbo: a new connection
// is read before it is waited for. Its epoll is edge-triggered: see tell_end in exchange.c.
static int start_site(struct cay_site *site, struct cay_err *err)
{
	const struct cay_conf *conf = site->http->app->conf;
	const struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, site->http->certificate.data},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, site->http->key.data},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (char *)(uintptr_t)TLS_VERSIONS},
		end,
	};

	site->is_secure = tls[0].ptr_value && !site->listener.is_unix;
	cay_listener_set_patience(&site->listener, (unsigned)conf->idle_timeout);

	site->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME |
			MHD_USE_ERROR_LOG | (site->is_secure ? MHD_USE_TLS : 0),
		0, NULL, NULL, cay_exchange_step, site, MHD_OPTION_EXTERNAL_LOGGER, on_log,
		site->http, MHD_OPTION_URI_LOG_CALLBACK, cay_exchange_open, site,
		MHD_OPTION_LISTEN_SOCKET, site->listener.fd, MHD_OPTION_NOTIFY_COMPLETED,
		cay_exchange_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, cay_exchange_connection,
		site, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CAY_CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)conf->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)conf->connections_per_address,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)conf->idle_timeout,
		MHD_OPTION_STRICT_FOR_CLIENT, cay_exchange_is_0_9_75() ? 0 : 1,
		MHD_OPTION_THREAD_STACK_SIZE, CAY_THREAD_STACK, MHD_OPTION_ARRAY,
		site->is_secure ? tls : (struct MHD_OptionItem[]){end}, MHD_OPTION_END);
	if (!site->daemon && site->is_secure) {
		cay_fail(err, CAY_EBAD, "the certificate or the key cannot be used");
		return cay_conf_blame(conf, &conf->tls_certificate, err);
	}
	if (!site->daemon)
		return cay_fail(err, CAY_EIO, "cannot serve %s", site->listener.text);
	printf("listening on %s\n", site->listener.text);
	fflush(stdout);
	return 0;
}

// Opens socket i: of those that systemd has handed over, if any, else of the settings.
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

// A socket that other machines can reach wants a token.
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

// Reads a PEM file as a C string.
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

// Opens all sockets before one is served: the daemon does not start with a part of them.
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
	snprintf(http->process, sizeof(http->process), "%08x-", (unsigned)getpid());
	http->has_journal = cay_journal_is_there();
	pthread_mutex_init(&http->access_lock, NULL);
	http->idle = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (http->idle < 0)
		cay_fail_errno(err, "cannot make an eventfd");
	http->reader = http->idle < 0 ? NULL : cay_reader_new(err);
	http->linger = http->reader ? cay_linger_new(err) : NULL;
	http->patience = cay_patience_new();
	if (http->linger && !http->patience)
		cay_fail_memory(err);
	if (!http->linger || !http->patience ||
	    cay_access_load(&http->access, app->conf, err) < 0 || start(http, err) < 0) {
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

void cay_http_end_slow(struct cay_http *http)
{
	cay_patience_end(http->patience);
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
	cay_linger_free(http->linger);
	cay_patience_free(http->patience);
	cay_reader_free(http->reader);
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
