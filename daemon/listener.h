// Sockets that listen.
#ifndef CAY_DAEMON_LISTENER_H
#define CAY_DAEMON_LISTENER_H

#include "common/err.h"

#include <stdbool.h>

struct cay_listener {
	int fd;		// owned
	bool is_unix;	// a web page cannot reach it
	char text[160]; // "http://127.0.0.1:8080", "unix:/run/cayuco.sock"
};

// Opens "ADDRESS:PORT", "[ADDRESS]:PORT" or "unix:PATH". A socket file that nobody listens on any
// more is replaced.
int cay_listener_open(struct cay_listener *ret, const char *where, struct cay_err *err);
// Closes it, and removes its socket file.
void cay_listener_close(struct cay_listener *listener);

#endif
