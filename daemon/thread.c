// Threads of the daemon.
#include "daemon/thread.h"

#include <errno.h>
#include <pthread.h>

int cay_thread_start(void *(*run)(void *), void *context, struct cay_err *err)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, CAY_THREAD_STACK);
	error = pthread_create(&thread, &attr, run, context);
	pthread_attr_destroy(&attr);
	errno = error;
	return error ? cay_fail_errno(err, "cannot start a thread") : 0;
}
