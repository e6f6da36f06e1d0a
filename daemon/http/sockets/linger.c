// Connections that are closed while their clients send. A socket that is closed with bytes unread
// resets its connection, and the client, which still sends, sees that before it sees the answer.
#include "daemon/http/sockets/linger.h"
#include "daemon/clock.h"
#include "daemon/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS 64
#define SILENCE (10 * CAY_SECOND) // without a byte
#define AT_MOST (30 * CAY_SECOND) // of all
#define PIECE	((size_t)64 << 10)

struct guest {
	int fd;
	uint64_t begun, heard;
};

struct cay_linger {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_running, is_closed;
	int wake;		      // eventfd
	struct guest guests[SOCKETS]; // the first `count`
	size_t count;
	char piece[PIECE]; // the thread's
};

static uint64_t find_end(const struct guest *guest)
{
	const uint64_t silence = guest->heard + SILENCE, all = guest->begun + AT_MOST;

	return silence < all ? silence : all;
}

// Milliseconds until the first of them has had its time; -1: there is none. With the lock.
static int choose_nap(const struct cay_linger *l, uint64_t now)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < l->count; i++)
		if (find_end(&l->guests[i]) < first)
			first = find_end(&l->guests[i]);
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int)((first - now) / (CAY_SECOND / 1000)) + 1;
}

// Drops a piece of what it sends. False: it has ended.
static bool hear(struct cay_linger *l, struct guest *guest, uint64_t now)
{
	const ssize_t n = recv(guest->fd, l->piece, PIECE, MSG_DONTWAIT);

	if (n > 0)
		guest->heard = now;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

// With the lock.
static void visit(struct cay_linger *l, const struct pollfd *fds, size_t count)
{
	const uint64_t now = cay_clock_now();

	for (size_t i = count; i-- > 0;) { // the last one takes the place of one that goes
		struct guest *guest = &l->guests[i];

		if ((!fds[i].revents || hear(l, guest, now)) && now < find_end(guest))
			continue;
		close(guest->fd);
		*guest = l->guests[--l->count];
	}
}

static void *run(void *context)
{
	struct cay_linger *l = context;
	struct pollfd fds[SOCKETS + 1];
	uint64_t woken;
	size_t count;
	int nap;

	prctl(PR_SET_NAME, "linger");
	pthread_mutex_lock(&l->lock);
	while (!l->is_closed) {
		count = l->count;
		for (size_t i = 0; i < count; i++)
			fds[i] = (struct pollfd){.fd = l->guests[i].fd, .events = POLLIN};
		fds[count] = (struct pollfd){.fd = l->wake, .events = POLLIN};
		nap = choose_nap(l, cay_clock_now());
		pthread_mutex_unlock(&l->lock);
		if (poll(fds, count + 1, nap) < 0)
			count = 0;
		else if (fds[count].revents && read(l->wake, &woken, sizeof(woken)) < 0)
			count = 0;
		pthread_mutex_lock(&l->lock);
		visit(l, fds, count);
	}
	l->is_running = false;
	pthread_cond_signal(&l->ended);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

struct cay_linger *cay_linger_new(struct cay_err *err)
{
	struct cay_linger *l = calloc(1, sizeof(*l));

	if (!l) {
		cay_fail_memory(err);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->ended, NULL);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake < 0)
		cay_fail_errno(err, "cannot make an eventfd");
	l->is_running = true;
	if (l->wake < 0 || cay_thread_start(run, l, err) < 0) {
		l->is_running = false;
		cay_linger_free(l);
		return NULL;
	}
	return l;
}

static void wake(const struct cay_linger *l)
{
	const uint64_t one = 1;
	ssize_t n = write(l->wake, &one, sizeof(one));

	(void)n; // it only fails when it is full, and then it is readable
}

void cay_linger_free(struct cay_linger *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->is_closed = true;
	if (l->is_running)
		wake(l);
	while (l->is_running)
		pthread_cond_wait(&l->ended, &l->lock);
	pthread_mutex_unlock(&l->lock);
	while (l->count > 0)
		close(l->guests[--l->count].fd);
	if (l->wake >= 0)
		close(l->wake);
	pthread_cond_destroy(&l->ended);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void cay_linger_take(struct cay_linger *l, int socket)
{
	const uint64_t now = cay_clock_now();
	int fd = -1;

	pthread_mutex_lock(&l->lock);
	if (l->count < SOCKETS)
		fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0) {
		shutdown(fd, SHUT_WR);
		l->guests[l->count++] = (struct guest){fd, now, now};
		wake(l);
	}
	pthread_mutex_unlock(&l->lock);
}
