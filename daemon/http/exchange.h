// A request on a connection: what the files of this folder share that know libmicrohttpd.
#ifndef CAY_DAEMON_HTTP_EXCHANGE_H
#define CAY_DAEMON_HTTP_EXCHANGE_H

#include "daemon/conf.h"
#include "daemon/http/access.h"
#include "daemon/http/sockets/linger.h"
#include "daemon/http/sockets/listener.h"
#include "daemon/http/sockets/patience.h"
#include "daemon/http/router.h"
#include "daemon/json/reader.h"

#include <microhttpd.h>
#include <pthread.h>
#include <string.h>

// Bytes of libmicrohttpd's buffer of a connection, resident from its first answer on. All headers
// of a request fit into it; a piece of a body takes half of it.
#define CAY_CONNECTION_MEMORY ((size_t)192 << 10)
// Bytes of a body where none is expected: they are read and dropped.
#define CAY_UNREAD_BODY ((uint64_t)1 << 20)

struct cay_http;

// A listener and what answers there.
struct cay_site {
	struct cay_http *http;
	struct cay_listener listener;
	struct MHD_Daemon *daemon;
	bool is_secure; // TLS
};

struct cay_http {
	struct cay_app *app;
	struct cay_site sites[CAY_CONF_LIST];
	size_t site_count;
	pthread_mutex_t access_lock; // of access, which a reload replaces
	struct cay_access access;
	bool has_journal;
	struct cay_buf certificate, key; // PEM, with their NULs; empty: no TLS
	atomic_size_t bodies;		 // bytes of bodies in memory
	atomic_size_t most_bodies;	 // the largest value of `bodies` since it was 0 last
	char process[10];		 // the process id, which begins the id of every request
	atomic_uint last_id;
	_Atomic uint64_t refused_told; // when the log told of refused clients last; 0: never
	struct cay_reader *reader;
	struct cay_linger *linger;
	struct cay_patience *patience;
	int idle; // eventfd, see cay_http_quiesce
};

// The stages of a request whose handler returned CAY_LATER. The HTTP thread suspends its
// connection, another thread finishes the request; whichever of the two is second resumes the
// connection.
enum cay_exchange_stage { CAY_EXCHANGE_OPEN, CAY_EXCHANGE_SUSPENDED, CAY_EXCHANGE_DONE };

struct cay_headers {
	const char *host, *origin, *length, *encoding, *content_encoding, *authorization;
	const char *expect;
	bool twice; // one of these came more than once
};

// A request on a connection, from its headers to the end of its answer.
struct cay_exchange {
	struct cay_request req;
	struct cay_http *http;
	struct MHD_Connection *connection;
	int socket;		   // of the connection
	struct cay_waited *waited; // its limit of time; or NULL
	bool is_unix, is_secure;   // of its listener
	const char *method, *path; // libmicrohttpd's
	char *authority;	   // of a path that came in absolute form, instead of Host; or NULL
	const char *uri_end; // where the path with its arguments ends; NULL: it contains blanks
	struct cay_headers headers;
	const struct cay_route *route;
	struct MHD_PostProcessor *form; // of a multipart upload
	uint64_t started, body_bytes, body_limit;
	size_t held;	     // bytes of http->bodies
	struct cay_buf body; // what has come of it, behind body_lead bytes that are not part of it
	size_t body_lead;
	struct cay_json_ahead *ahead; // of a long JSON body, lent to http->reader; or NULL
	struct cay_path_names names;
	bool has_body; // according to its headers
	bool drain; // refused, but its body is read: a client that sends on could miss the answer
	bool body_done; // the handler has been called
	bool cut;	// it has been too slow or too long, and gets no answer
	bool failed;	// err is the answer
	struct cay_err err;
	atomic_int stage;
};

// What libmicrohttpd calls at the first line of a request, and for each step of it; context is its
// site.
void *cay_exchange_open(void *context, const char *uri, struct MHD_Connection *connection);
enum MHD_Result cay_exchange_step(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **state);
// Of a connection, in the same way: it begins, it ends.
void cay_exchange_connection(void *context, struct MHD_Connection *connection, void **state,
			     enum MHD_ConnectionNotificationCode code);
void cay_exchange_completed(void *context, struct MHD_Connection *connection, void **state,
			    enum MHD_RequestTerminationCode code);

// Reads the headers and finds the route; *ret_length is what Content-Length says, or 0. On failure
// the answer is in the exchange. headers.c
int cay_exchange_check_headers(struct cay_exchange *exchange, const char *version,
			       uint64_t *ret_length);
// True for the libmicrohttpd of Debian 12: what later versions check by themselves is ours there.
static inline bool cay_exchange_is_0_9_75(void)
{
	return strncmp(MHD_get_version(), "0.9.75", 6) == 0;
}
// Nanoseconds that a client may take for so many bytes: idle_timeout and a second for each 8 KiB.
static inline uint64_t cay_exchange_time_for(const struct cay_http *http, uint64_t bytes)
{
	return (http->app->conf->idle_timeout + bytes / 8192) * CAY_SECOND;
}
// The name of an empty header that is put before all others: 0.9.75 then reads the cookies of no
// other, for which it may have no memory, and it would answer that twice at once.
extern const char cay_exchange_no_cookies[];
// Part of cay_exchange_check_headers: true if the lines of the head are plain ones. lines.c
bool cay_exchange_has_plain_lines(const struct cay_exchange *exchange, const char *version);
// A body: makes room for its length, or 0 where that is not known; takes a piece of it; ends it,
// which sets req->body; drops it, after a failure or when it is not needed any more. body.c
int cay_exchange_begin_body(struct cay_exchange *exchange, uint64_t length);
int cay_exchange_take_body(struct cay_exchange *exchange, const char *data, size_t size);
int cay_exchange_end_body(struct cay_exchange *exchange);
void cay_exchange_drop_body(struct cay_exchange *exchange);
// Queues the answer: the error where the request has failed, else its reply. answer.c
enum MHD_Result cay_exchange_answer(struct cay_exchange *exchange);

#endif
