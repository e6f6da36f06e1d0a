// Connections whose request is not whole yet, and for how long: libmicrohttpd's timeout begins anew
// with each byte, so that a byte now and then would hold a connection for ever.
#ifndef CAY_DAEMON_HTTP_SOCKETS_PATIENCE_H
#define CAY_DAEMON_HTTP_SOCKETS_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct cay_patience; // of all connections
struct cay_waited;   // one of them

struct cay_patience *cay_patience_new(void);	       // NULL: there is no memory
void cay_patience_free(struct cay_patience *patience); // without connections; NULL is fine

// Adds a connection, whose headers are waited for from now on. It must be removed before its socket
// is closed. NULL: there was no memory, and it has no limit.
struct cay_waited *cay_patience_add(struct cay_patience *patience, int socket);
void cay_patience_remove(struct cay_patience *patience, struct cay_waited *waited); // NULL is fine
// is_waited false: its headers are whole, it has all time. True, after an answer: the next ones are
// waited for. NULL is fine.
void cay_patience_set(struct cay_patience *patience, struct cay_waited *waited, bool is_waited);

// Shuts down the connections that have been waited for longer than that.
void cay_patience_end(struct cay_patience *patience, uint64_t nanoseconds);

#endif
