// Threads of the daemon.
#ifndef CAY_DAEMON_THREAD_H
#define CAY_DAEMON_THREAD_H

#include "common/err.h"

// A detached thread with a small stack. All threads but the watch of the state directory and those
// of libmicrohttpd are made here.
#define CAY_THREAD_STACK ((size_t)256 << 10)
int cay_thread_start(void *(*run)(void *), void *context, struct cay_err *err);

#endif
