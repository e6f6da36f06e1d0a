// Connections that are closed while their clients send: to be reset would cost them the answer.
#ifndef CAY_DAEMON_HTTP_SOCKETS_LINGER_H
#define CAY_DAEMON_HTTP_SOCKETS_LINGER_H

#include "common/err.h"

struct cay_linger;

struct cay_linger *cay_linger_new(struct cay_err *err);
void cay_linger_free(struct cay_linger *linger); // closes what it has; NULL is fine

// After all of the answer: tells the client that no more follows, and drops what it sends until it
// ends, too, or for a while. The socket remains the caller's, who closes it. Does nothing if too
// many linger already.
void cay_linger_take(struct cay_linger *linger, int socket);

#endif
