// HTTP: from connections to requests, from replies to connections.
#ifndef CAY_DAEMON_HTTP_HTTP_H
#define CAY_DAEMON_HTTP_HTTP_H

#include "daemon/app.h"
#include "common/err.h"

struct cay_conf;
struct cay_http;

// Listens where app->conf says, prints `listening on ...` for each, and answers on threads of its
// own. Borrows app.
struct cay_http *cay_http_new(struct cay_app *app, struct cay_err *err);
// Reads the token files that conf names, after the settings were read again. On failure the old
// tokens stay.
int cay_http_reload(struct cay_http *http, const struct cay_conf *conf, struct cay_err *err);
// To be called now and then: closes connections whose clients send their headers a byte at a time,
// and have done so for twice idle_timeout, or read a long answer as slowly.
void cay_http_end_slow(struct cay_http *http);
// Accepts no more connections, and answers new requests with 503. Returns a descriptor that becomes
// readable when no request is in flight any more.
int cay_http_quiesce(struct cay_http *http);
// After that. NULL is fine.
void cay_http_free(struct cay_http *http);

#endif
