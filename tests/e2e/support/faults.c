// Faults on order, preloaded into a daemon under test: an allocation fails, a call of the system
// fails, the clock jumps. The test says which in a file that both have mapped ($CAYUCO_FAULTS).
#undef _FILE_OFFSET_BITS // else mmap would be called mmap64
#define _GNU_SOURCE	 // RTLD_NEXT, asprintf's kin
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// tests/e2e/support/faults.py writes the same.
struct orders {
	atomic_llong countdown; // the allocation that makes it 0 fails
	atomic_llong lasting;	// so do this many that follow
	atomic_llong failed;	// how many have failed
	atomic_llong clock;	// seconds by which CLOCK_REALTIME is off
	atomic_llong calls;	// the call of `name` that makes it 0 fails
	char name[32];
	char stage[32]; // a conversion stops itself, as by SIGSTOP, when it has told of this stage
};

static struct orders *orders;
// The sanitizer's own calls must not fail.
static _Thread_local bool exempt __attribute__((tls_model("initial-exec")));

// The functions of that name that come next: libc's, or the sanitizer's.
#define NEXT(name)                                                                                 \
	static __typeof__(&name) next;                                                             \
	if (!next)                                                                                 \
	next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void map_orders(void)
{
	const char *path = getenv("CAYUCO_FAULTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at;

	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		orders = at;
}

static bool allocation_fails(void)
{
	long long before;

	if (!orders || exempt ||
	    atomic_load(&orders->countdown) + atomic_load(&orders->lasting) <= 1)
		return false;
	before = atomic_fetch_sub(&orders->countdown, 1);
	if (before > 1 || before + atomic_load(&orders->lasting) <= 1)
		return false;
	atomic_fetch_add(&orders->failed, 1);
	errno = ENOMEM;
	return true;
}

static bool call_fails(const char *name, int error)
{
	if (!orders || strcmp(name, orders->name) != 0 || atomic_fetch_sub(&orders->calls, 1) != 1)
		return false;
	atomic_fetch_add(&orders->failed, 1);
	errno = error;
	return true;
}

void *malloc(size_t size)
{
	NEXT(malloc);
	return allocation_fails() ? NULL : next(size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc);
	return allocation_fails() ? NULL : next(count, size);
}

void *realloc(void *old, size_t size)
{
	NEXT(realloc);
	return allocation_fails() ? NULL : next(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	NEXT(aligned_alloc);
	return allocation_fails() ? NULL : next(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	NEXT(posix_memalign);
	return allocation_fails() ? ENOMEM : next(ret, alignment, size);
}

char *strdup(const char *text)
{
	NEXT(strdup);
	return allocation_fails() ? NULL : next(text);
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *ret) // of a sanitizer's new thread
{
	NEXT(pthread_getattr_np);
	int result;

	exempt = true;
	result = next(thread, ret);
	exempt = false;
	return result;
}

#define CALL(type, name, error, failure, parameters, ...)                                          \
	type name parameters                                                                       \
	{                                                                                          \
		NEXT(name);                                                                        \
		return call_fails(#name, error) ? (failure) : next(__VA_ARGS__);                   \
	}

CALL(int, pthread_create, EAGAIN, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *context), thread,
     attr, run, context)
CALL(int, eventfd, EMFILE, -1, (unsigned count, int flags), count, flags)
CALL(int, signalfd, EMFILE, -1, (int fd, const sigset_t *set, int flags), fd, set, flags)
CALL(int, epoll_create1, EMFILE, -1, (int flags), flags)
CALL(int, inotify_init1, EMFILE, -1, (int flags), flags)
CALL(int, socketpair, EMFILE, -1, (int domain, int type, int protocol, int pair[2]), domain, type,
     protocol, pair)
CALL(int, bind, EADDRINUSE, -1, (int fd, const struct sockaddr *at, socklen_t size), fd, at, size)
CALL(int, listen, EADDRINUSE, -1, (int fd, int backlog), fd, backlog)
CALL(pid_t, fork, EAGAIN, -1, (void), )
CALL(void *, mmap, ENOMEM, MAP_FAILED,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset), at, size, protection,
     flags, fd, offset)
CALL(int, mkdir, EROFS, -1, (const char *path, mode_t mode), path, mode)
CALL(int, rename, EIO, -1, (const char *from, const char *to), from, to)
CALL(int, fdatasync, EIO, -1, (int fd), fd)

// The progress of a conversion to its parent, who sends the same on: the first one is meant.
ssize_t send(int fd, const void *data, size_t size, int flags)
{
	NEXT(send);
	const bool meant = orders && orders->stage[0] &&
			   memmem(data, size, orders->stage, strlen(orders->stage) + 1);
	ssize_t n;

	if (meant)
		orders->stage[0] = '\0'; // before its parent can send it on
	n = next(fd, data, size, flags);
	if (meant)
		raise(SIGSTOP);
	return n;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	NEXT(clock_gettime);
	int result = next(id, ret);

	if (result == 0 && id == CLOCK_REALTIME && orders)
		ret->tv_sec += (time_t)atomic_load(&orders->clock);
	return result;
}

time_t time(time_t *ret)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
