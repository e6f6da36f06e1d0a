// cayucod: settings, models, HTTP, and an orderly end.
#define _GNU_SOURCE // environ
#include "daemon/clock.h"
#include "daemon/conf.h"
#include "daemon/conversion/jobs.h"
#include "daemon/http/http.h"
#include "daemon/http/request_metrics.h"
#include "daemon/http/router.h"
#include "daemon/inference/predict.h"
#include "daemon/journal.h"
#include "daemon/models/watch.h"
#include "daemon/systemd.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_SYSTEM = 3 };
enum { RETRY = 1000 }; // milliseconds until a deaf service manager is told again

struct start {
	int argc;
	char **argv; // the settings are read from them again
	int signals; // a signalfd
};

struct manager {
	bool knows_ready; // it has heard that we are
	bool is_deaf;	  // what it was told last could not be sent, which the log says
};

// Keeps up to 8 MB of freed memory for the next requests: to map a body anew costs more than to
// receive it. Larger pieces are mapped by themselves and given back at once. Two arenas are enough.
static void tune_malloc(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

// Signals arrive here, and nowhere else: they are blocked in all threads.
static int open_signals(struct cay_err *err)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? cay_fail_errno(err, "cannot make a signalfd") : fd;
}

// A signal to end it has come; at the start nobody has read it yet.
static bool is_stopping(struct cay_app *app)
{
	sigset_t set;

	return atomic_load(&app->stopping) ||
	       (sigpending(&set) == 0 && (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT)));
}

// Notifies systemd of `state` and of the text that `systemctl status` shows. False: that failed.
static bool tell(struct manager *manager, struct cay_app *app, const char *state)
{
	const size_t models = cay_models_in_service(app->models),
		     requests = atomic_load(&app->in_flight);
	struct cay_err err;
	const bool is_deaf =
		cay_systemd_notify(
			&err, "%s\nSTATUS=%zu model%s in service, %zu request%s in flight", state,
			models, models == 1 ? "" : "s", requests, requests == 1 ? "" : "s") < 0;

	if (is_deaf && !manager->is_deaf)
		cay_log(CAY_LOG_ERROR, "the service manager hears nothing: %s", err.msg);
	if (!is_deaf && manager->is_deaf)
		cay_log(CAY_LOG_INFO, "the service manager hears again");
	manager->is_deaf = is_deaf;
	return !is_deaf;
}

static void tell_ready(struct manager *manager, struct cay_app *app)
{
	manager->knows_ready = tell(manager, app, "READY=1");
}

// Reads the settings again. Of those, the tokens and the level of the log can change while we run.
static void reload(struct manager *manager, struct cay_app *app, struct cay_http *http,
		   const struct start *start)
{
	enum cay_conf_action action;
	struct cay_err err = {0};
	struct cay_conf conf;
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)(cay_clock_now() / (CAY_SECOND / 1000000)));
	tell(manager, app, state);
	if (cay_conf_load(&conf, start->argc, start->argv, environ, &action, &err) < 0 ||
	    cay_http_reload(http, &conf, &err) < 0) {
		cay_log(CAY_LOG_ERROR, "reload: %s; the old settings stay", err.msg);
	} else {
		cay_log_set_level(conf.log_level);
		cay_log(CAY_LOG_INFO, "settings read again");
	}
	cay_conf_finish(&conf);
	tell_ready(manager, app);
}

// True if what runs since then has run for too long. since UINT64_MAX: nothing runs.
static bool is_stuck(const char *what, uint64_t since, uint64_t nanoseconds)
{
	const uint64_t now = cay_clock_now();

	if (since > now || now - since < nanoseconds)
		return false;
	cay_log(CAY_LOG_ERROR, "%s since %llu s", what,
		(unsigned long long)((now - since) / CAY_SECOND));
	return true;
}

// The watchdog is told that all is well unless a worker is in one request past its deadline, or a
// model past that of its loading, by as long as the watchdog waits for us: deadlines are looked at
// between the ops of a model only. A lock that is never given back stops this thread, too.
static void ping(struct manager *manager, struct cay_app *app, int watchdog)
{
	const uint64_t patience = 2 * (uint64_t)watchdog * (CAY_SECOND / 1000);
	const bool request =
		is_stuck("a worker is stuck in a request", cay_models_oldest(app->models),
			 app->conf->deadline * CAY_SECOND + patience);
	const bool load =
		is_stuck("a model is stuck in its loading", cay_models_load_begun(app->models),
			 app->conf->load_timeout * CAY_SECOND + patience);

	if (!request && !load)
		tell(manager, app, "WATCHDOG=1");
}

static void stop(struct manager *manager, struct cay_app *app, struct cay_http *http, int *ret_idle)
{
	tell(manager, app, "STOPPING=1");
	cay_log(CAY_LOG_INFO, "stopping: what is in flight is finished");
	*ret_idle = cay_http_quiesce(http);
	cay_jobs_stop(app->jobs);
}

// Milliseconds that serve may sleep: the watchdog's, and half of those after which a silent
// connection is closed.
static int choose_nap(const struct cay_conf *conf, int watchdog)
{
	const int silence = (int)conf->idle_timeout * 500;

	return watchdog >= 0 && watchdog < silence ? watchdog : silence;
}

// Serves until the first signal, and then until nothing is in flight. A second signal ends it at
// once.
static int serve(struct cay_app *app, struct cay_http *http, const struct start *start,
		 struct cay_err *err)
{
	struct pollfd fds[] = {{.fd = start->signals, .events = POLLIN},
			       {.fd = -1, .events = POLLIN}};
	struct signalfd_siginfo info;
	const int watchdog = cay_systemd_watchdog(), nap = choose_nap(app->conf, watchdog);
	struct manager manager = {0};
	int n;

	tell_ready(&manager, app);
	for (;;) {
		n = poll(fds, 2, manager.is_deaf && nap > RETRY ? RETRY : nap);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return cay_fail_errno(err, "cannot wait for signals"); // would spin
		}
		if (n == 0) {
			cay_jobs_remind(app->jobs);
			cay_http_end_slow(http);
		}
		if (!manager.knows_ready && fds[1].fd < 0)
			tell_ready(&manager, app);
		if (watchdog >= 0)
			ping(&manager, app, watchdog);
		if (fds[1].revents)
			return 0;
		if (!fds[0].revents || read(start->signals, &info, sizeof(info)) < 0)
			continue;
		if (info.ssi_signo == SIGHUP && fds[1].fd < 0)
			reload(&manager, app, http, start);
		else if (info.ssi_signo != SIGHUP && fds[1].fd >= 0)
			_exit(EXIT_FAILURE);
		else if (info.ssi_signo != SIGHUP)
			stop(&manager, app, http, &fds[1].fd);
	}
}

// A daemon that cannot watch its models serves them all the same.
static struct cay_watch *start_watch(const struct cay_app *app)
{
	struct cay_err err;
	struct cay_watch *watch = cay_watch_new(app->models, app->conf, &err);

	if (!watch)
		cay_log(CAY_LOG_ERROR, "%s; changes show after a restart", err.msg);
	return watch;
}

// What confines conversions is found by one that does nothing: a kernel may have all of it, and a
// container or another filter refuse it. Before there are jobs.
static void try_sandbox(const struct cay_conf *conf, struct cay_converter *converter,
			struct cay_sandbox *ret)
{
	struct cay_err err;

	if (cay_converter_try(converter, conf->state, ret, &err) < 0)
		cay_log(CAY_LOG_ERROR, "no conversion can be begun: %s", err.msg);
}

static void tell_sandbox(const struct cay_sandbox *sandbox)
{
	const bool all = sandbox->landlock && sandbox->seccomp && sandbox->limits;
	char landlock[48] = "";

	if (sandbox->landlock)
		snprintf(landlock, sizeof(landlock), " Landlock (version %u)", sandbox->landlock);
	cay_log(all ? CAY_LOG_INFO : CAY_LOG_ERROR, "conversions are confined by:%s%s%s%s",
		sandbox->limits ? " limits" : "", landlock, sandbox->seccomp ? " seccomp" : "",
		all ? "" : "; the system refuses the rest");
}

static int run(const struct cay_conf *conf, const struct start *start, struct cay_err *err)
{
	struct cay_app app = {.conf = conf, .started = cay_clock_now()};
	struct cay_converter *converter =
		cay_converter_start(conf, cay_convert_to, CAY_SANDBOXED, err);
	struct cay_sandbox sandbox = {0};
	struct cay_watch *watch = NULL;
	struct cay_http *http = NULL;
	int result = -1;

	clock_gettime(CLOCK_REALTIME, &app.since);
	if (converter) // before there is a thread
		app.metrics = cay_request_metrics_new(cay_routes, cay_route_count, err);
	if (app.metrics)
		app.models = cay_models_new(conf, cay_predict, is_stopping, &app, err);
	if (app.models)
		try_sandbox(conf, converter, &sandbox);
	if (app.models)
		app.jobs = cay_jobs_new(conf, app.models, converter, err);
	if (app.jobs)
		watch = start_watch(&app);
	if (app.jobs)
		http = cay_http_new(&app, err);
	if (http) // what cannot start says why, and nothing else
		tell_sandbox(&sandbox);
	if (http)
		result = serve(&app, http, start, err);
	cay_http_free(http);
	cay_watch_free(watch);
	cay_jobs_free(app.jobs);
	cay_models_free(app.models);
	cay_request_metrics_free(app.metrics);
	cay_converter_stop(converter);
	return result;
}

static int fail(const struct cay_err *err)
{
	fprintf(stderr, "cayucod: %s\n", err->msg);
	return err->code == CAY_EBAD || err->code == CAY_ENOTFOUND ? EXIT_USAGE : EXIT_SYSTEM;
}

static int start(const struct cay_conf *conf, int argc, char **argv)
{
	struct start start = {.argc = argc, .argv = argv};
	struct cay_err err = {0};

	cay_log_set_level(conf->log_level);
	cay_log_set_journal(cay_journal_is_there());
	tune_malloc();
	start.signals = open_signals(&err);
	return start.signals < 0 || run(conf, &start, &err) < 0 ? fail(&err) : 0;
}

int main(int argc, char **argv)
{
	enum cay_conf_action action;
	struct cay_err err = {0};
	struct cay_conf conf;
	int status = 0;

	if (cay_conf_load(&conf, argc, argv, environ, &action, &err) < 0)
		status = fail(&err);
	else if (action == CAY_CONF_HELP)
		cay_conf_help();
	else if (action == CAY_CONF_VERSION)
		printf("cayucod %s\n", CAY_VERSION);
	else
		status = start(&conf, argc, argv);
	cay_conf_finish(&conf);
	return status;
}
