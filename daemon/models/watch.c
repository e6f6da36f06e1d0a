// Notices what somebody else does in the state directory's models, by inotify.
#include "daemon/models/watch.h"
#include "daemon/clock.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define QUIET_MS 200		  // without an event, and a change is over
#define LONGEST	 (5 * CAY_SECOND) // that a change is waited for
#define DEPTH	 3		  // models, models/NAME, models/NAME/VERSION
#define EVENTS                                                                                     \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR |       \
	 IN_DONT_FOLLOW | IN_EXCL_UNLINK)

struct cay_watch {
	struct cay_models *models;
	char root[PATH_MAX];
	int inotify, end; // end: an eventfd
	pthread_t thread;
};

// Directories that have a watch already keep it.
static int add_watches(const struct cay_watch *w, const char *path, int depth)
{
	const struct dirent *entry;
	char below[PATH_MAX];
	int result = inotify_add_watch(w->inotify, path, EVENTS);
	DIR *dir = result >= 0 && depth > 1 ? opendir(path) : NULL;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= PATH_MAX)
			continue;
		if (add_watches(w, below, depth - 1) < 0 && errno == ENOSPC)
			result = -1;
	}
	if (dir)
		closedir(dir);
	return result < 0 ? -1 : 0;
}

// True at an event, false after so many milliseconds or when it is time to end: when waiting fails,
// too, as it would fail again.
static bool wait_for_event(const struct cay_watch *w, int milliseconds, bool *ret_end)
{
	struct pollfd fds[] = {{.fd = w->inotify, .events = POLLIN},
			       {.fd = w->end, .events = POLLIN}};
	char events[4096]; // which file it is about does not matter
	int n;

	do
		n = poll(fds, 2, milliseconds);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		cay_log(CAY_LOG_ERROR, "cannot wait for changes of the models: %s",
			strerror(errno));
	*ret_end = n < 0 || fds[1].revents != 0;
	return !*ret_end && fds[0].revents && read(w->inotify, events, sizeof(events)) > 0;
}

// Watches first: what happens behind them is an event again.
static void catch_up(const struct cay_watch *w)
{
	int result = add_watches(w, w->root, DEPTH);

	if (result < 0 && errno == ENOENT) { // it is made again by who looks into it
		cay_models_follow(w->models);
		result = add_watches(w, w->root, DEPTH);
	}
	if (result < 0)
		cay_log(CAY_LOG_ERROR, "not all models can be watched: %s", strerror(errno));
	cay_models_follow(w->models);
}

static void *watch(void *context)
{
	struct cay_watch *w = context;
	bool end = false;

	while (!end) {
		uint64_t latest;

		if (!wait_for_event(w, -1, &end))
			continue;
		latest = cay_clock_now() + LONGEST;
		while (wait_for_event(w, QUIET_MS, &end) && cay_clock_now() < latest)
			;
		if (end)
			break;
		catch_up(w);
	}
	return NULL;
}

static int start(struct cay_watch *w, struct cay_err *err)
{
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->end = eventfd(0, EFD_CLOEXEC);
	if (w->inotify < 0 || w->end < 0 || add_watches(w, w->root, DEPTH) < 0)
		return cay_fail_errno(err, "cannot watch the models");
	errno = pthread_create(&w->thread, NULL, watch, w);
	return errno ? cay_fail_errno(err, "cannot start a thread") : 0;
}

static void release(struct cay_watch *w)
{
	if (w->inotify >= 0)
		close(w->inotify);
	if (w->end >= 0)
		close(w->end);
	free(w);
}

struct cay_watch *cay_watch_new(struct cay_models *models, const struct cay_conf *conf,
				struct cay_err *err)
{
	struct cay_watch *w = calloc(1, sizeof(*w));

	if (!w) {
		cay_fail_memory(err);
		return NULL;
	}
	*w = (struct cay_watch){.models = models, .inotify = -1, .end = -1};
	snprintf(w->root, sizeof(w->root), "%s/models", conf->state);
	if (start(w, err) < 0) {
		release(w);
		return NULL;
	}
	return w;
}

void cay_watch_free(struct cay_watch *w)
{
	const uint64_t one = 1;

	if (!w)
		return;
	if (write(w->end, &one, sizeof(one)) == sizeof(one))
		pthread_join(w->thread, NULL);
	release(w);
}
