// Sockets that listen.
#ifndef CAY_DAEMON_HTTP_SOCKETS_LISTENER_H
#define CAY_DAEMON_HTTP_SOCKETS_LISTENER_H

#include "common/err.h"

#include <stdbool.h>

struct cay_listener {
	int fd;		// owned
	bool is_unix;	// a web page cannot reach it
	bool is_local;	// nobody reaches it from another machine
	bool inherited; // systemd's: it goes on listening after the daemon's end
	char text[160]; // "http://127.0.0.1:8080", "unix:/run/cayuco.sock"
};

// Opens "ADDRESS:PORT", "[ADDRESS]:PORT" or "unix:PATH". A socket file that nobody listens on any
// more is replaced.
int cay_listener_open(struct cay_listener *ret, const char *where, struct cay_err *err);
// Ends connections, of those that it accepts from now on, whose peer has acknowledged nothing for
// so many seconds. Does nothing for a Unix socket, which needs no such limit.
void cay_listener_set_patience(const struct cay_listener *listener, unsigned seconds);
// Makes its text begin with "https:".
void cay_listener_secure(struct cay_listener *listener);
// Takes over a socket that listens already.
int cay_listener_inherit(struct cay_listener *ret, int fd, struct cay_err *err);
// Takes no more connections. Those that come to an inherited socket wait for the next start.
void cay_listener_quiesce(const struct cay_listener *listener);
// Closes it, and removes its socket file.
void cay_listener_close(struct cay_listener *listener);

#endif
