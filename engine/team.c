// A few threads that share one loop at a time.
//
// Every thread begins with its own share of the parts: loops that follow each other work on one
// picture, and so the data of a share is in the cache of who wrote it. Who has done his own helps
// the others.
//
// Between two loops of one inference lie microseconds, so idle threads look for the next one for a
// short time before they sleep. Who wakes late finds the loop closed and takes no part in it: the
// others do not wait for a thread that has nothing to do.
#include "engine/team.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 4000 }; // microseconds to tens of them, as long as a processor pauses

// A thread and its parts; the caller is the first one. A cache line of its own.
struct member {
	_Alignas(64) _Atomic size_t next;
	size_t end; // written while the loop is closed and nobody is active
	struct cay_team *team;
	pthread_t thread;
};

struct cay_team {
	struct member *members;
	size_t count;		// of threads
	_Atomic uint32_t epoch; // counts loops; threads sleep on it
	_Atomic uint32_t sleepers;
	_Atomic uint32_t active; // threads that look at the loop
	_Atomic bool open, stop;
	// Written while the loop is closed and nobody is active:
	cay_team_work *work;
	void *context;
};

static void relax(void)
{
#if defined(__aarch64__)
	__asm__ volatile("yield");
#elif defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static void sleep_on(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake_all(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static void take_parts(struct cay_team *team, size_t self)
{
	for (size_t i = 0; i < team->count; i++) {
		struct member *of = &team->members[(self + i) % team->count];
		size_t part;

		while ((part = atomic_fetch_add(&of->next, 1)) < of->end)
			team->work(team->context, part);
	}
}

// Waits for another epoch than `seen`, and returns it.
static uint32_t wait_for_loop(struct cay_team *team, uint32_t seen)
{
	for (int i = 0; i < SPINS; i++) {
		if (atomic_load(&team->epoch) != seen)
			return atomic_load(&team->epoch);
		relax();
	}
	atomic_fetch_add(&team->sleepers, 1);
	while (atomic_load(&team->epoch) == seen)
		sleep_on(&team->epoch, seen);
	atomic_fetch_sub(&team->sleepers, 1);
	return atomic_load(&team->epoch);
}

static void *run_thread(void *argument)
{
	struct member *self = argument;
	struct cay_team *team = self->team;
	uint32_t seen = 0;

	for (;;) {
		seen = wait_for_loop(team, seen);
		if (atomic_load(&team->stop))
			return NULL;
		// Either this sees that the loop is closed, or the closer sees this.
		atomic_fetch_add(&team->active, 1);
		if (atomic_load(&team->open))
			take_parts(team, (size_t)(self - team->members));
		atomic_fetch_sub(&team->active, 1);
	}
}

static void next_epoch(struct cay_team *team)
{
	atomic_fetch_add(&team->epoch, 1);
	if (atomic_load(&team->sleepers))
		wake_all(&team->epoch);
}

static int start(struct cay_team *team, struct cay_err *err)
{
	struct member *self = &team->members[team->count];

	self->team = team;
	if (team->count && pthread_create(&self->thread, NULL, run_thread, self) != 0)
		return cay_fail(err, CAY_ENOMEM, "cannot start a thread");
	team->count++;
	return 0;
}

static int start_all(struct cay_team *team, size_t threads, struct cay_err *err)
{
	sigset_t all, before;
	int result = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (result == 0 && team->count < threads)
		result = start(team, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

struct cay_team *cay_team_new(size_t threads, struct cay_err *err)
{
	struct cay_team *team = calloc(1, sizeof(*team));
	const size_t size = (threads ? threads : 1) * sizeof(*team->members);

	if (team)
		team->members = aligned_alloc(_Alignof(struct member), size);
	if (!team || !team->members) {
		free(team);
		cay_fail_memory(err);
		return NULL;
	}
	memset(team->members, 0, size);
	if (start_all(team, threads ? threads : 1, err) < 0) {
		cay_team_free(team);
		return NULL;
	}
	return team;
}

void cay_team_free(struct cay_team *team)
{
	if (!team)
		return;
	atomic_store(&team->stop, true);
	next_epoch(team);
	for (size_t i = 1; i < team->count; i++)
		pthread_join(team->members[i].thread, NULL);
	free(team->members);
	free(team);
}

size_t cay_team_size(const struct cay_team *team)
{
	return team ? team->count : 1;
}

void cay_team_run(struct cay_team *team, size_t parts, cay_team_work *work, void *context)
{
	if (cay_team_size(team) == 1 || parts < 2) {
		for (size_t i = 0; i < parts; i++)
			work(context, i);
		return;
	}
	for (size_t i = 0; i < team->count; i++) {
		atomic_store(&team->members[i].next, parts * i / team->count);
		team->members[i].end = parts * (i + 1) / team->count;
	}
	team->work = work;
	team->context = context;
	atomic_store(&team->open, true);
	next_epoch(team);
	take_parts(team, 0);
	atomic_store(&team->open, false);
	for (int i = 0; atomic_load(&team->active); i++)
		if (i < SPINS)
			relax();
		else // its core is somebody else's at the moment
			sched_yield();
}
