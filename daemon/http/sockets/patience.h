// When a connection must have sent its headers, or read its answer: libmicrohttpd's timeout begins
// anew with each byte, so that a byte now and then would hold a connection for ever.
#ifndef CAY_DAEMON_HTTP_SOCKETS_PATIENCE_H
#define CAY_DAEMON_HTTP_SOCKETS_PATIENCE_H

#include <stdint.h>

#define CAY_ALL_TIME UINT64_MAX

struct cay_patience; // of all connections
struct cay_waited;   // one of them

struct cay_patience *cay_patience_new(void);	       // NULL: there is no memory
void cay_patience_free(struct cay_patience *patience); // without connections; NULL is fine

// Adds a connection, which has time until then, by cay_clock_now. It must be removed before its
// socket is closed. NULL: there was no memory, and it has no limit.
struct cay_waited *cay_patience_add(struct cay_patience *patience, int socket, uint64_t until);
void cay_patience_remove(struct cay_patience *patience, struct cay_waited *waited); // NULL is fine
// It has time until then. NULL is fine.
void cay_patience_set(struct cay_patience *patience, struct cay_waited *waited, uint64_t until);

// Shuts down the connections whose time is over.
void cay_patience_end(struct cay_patience *patience);

#endif
