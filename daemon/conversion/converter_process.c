// The process that conversions are forked from: daemon -> parent of converters -> conversion.
#define _GNU_SOURCE // closefrom, strsignal
#include "daemon/conversion/converter_process.h"
#include "daemon/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifndef ADDRESS_SANITIZER
#define ADDRESS_SANITIZER 0 // its shadow takes terabytes of address space
#endif

#define OPEN_FILES 32
#define NICENESS   10 // inference goes first

// The protocol: one message, one packet of fixed size. The daemon sends orders; for each that is no
// cancel come what the conversion is confined by, any number of progress answers, and then one
// result. A conversion sends the same answers to its parent, who trusts none of them and passes
// them on.
struct order {
	enum { ORDER_CONVERT, ORDER_TRY, ORDER_CANCEL } kind;
	uint64_t number;
	enum cay_compat compat; // of CONVERT, as the directory
	char directory[PATH_MAX];
};
struct answer {
	enum { ANSWER_SANDBOX, ANSWER_PROGRESS, ANSWER_RESULT } kind;
	struct cay_sandbox sandbox;
	float done;				       // of progress
	enum cay_code code;			       // of a result
	char text[sizeof(((struct cay_err *)0)->msg)]; // stage or error
};

struct cay_converter {
	int socket;
	pid_t pid;
};

struct parent {
	const struct cay_conf *conf;
	cay_convert_fn *convert;
	enum cay_confinement confinement;
	struct cay_sandbox_filter filter;
	int socket;	    // to the daemon
	uint64_t cancelled; // the last number that a cancel named
};

static bool send_message(int socket, const void *message, size_t size)
{
	ssize_t n;

	do
		n = send(socket, message, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

// Receives a packet. False if the other side has gone, or has sent something else.
static bool receive_message(int socket, void *message, size_t size)
{
	ssize_t n;

	do
		n = recv(socket, message, size, 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

static bool receive_answer(int socket, struct answer *ret)
{
	if (!receive_message(socket, ret, sizeof(*ret)) || ret->kind > ANSWER_RESULT ||
	    ret->code >= CAY_CODES || !(ret->done >= 0 && ret->done <= 1))
		return false;
	ret->text[sizeof(ret->text) - 1] = '\0';
	return true;
}

static struct answer make_result(enum cay_code code, const char *text)
{
	struct answer answer = {.kind = ANSWER_RESULT, .code = code};

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	return answer;
}

// --- The conversion's process ---

static bool limit(int resource, rlim_t value)
{
	return setrlimit(resource, &(struct rlimit){value, value}) == 0;
}

// Bytes that this process has mapped already, as RLIMIT_AS counts them.
static size_t mapped_bytes(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file) {
		if (fscanf(file, "%lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

// Sets the limits of this process. True if all are in force.
static bool set_limits(const struct cay_conf *conf)
{
	bool all =
		limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, OPEN_FILES) &&
		limit(RLIMIT_FSIZE, conf->upload_limit) &&
		limit(RLIMIT_CPU, conf->conversion_timeout + 5); // our parent's clock comes first

	if (!ADDRESS_SANITIZER)
		all &= limit(RLIMIT_AS, mapped_bytes() + conf->conversion_memory);
	return all;
}

static struct cay_sandbox confine(const struct parent *parent, const char *directory)
{
	struct cay_sandbox sandbox = {0};

	signal(SIGXFSZ, SIG_IGN); // writing fails instead
	if (nice(NICENESS) < 0)
		errno = 0; // it runs with the daemon's priority then
	sandbox.limits = set_limits(parent->conf);
	if (parent->confinement == CAY_SANDBOXED)
		cay_sandbox_enter(directory, &parent->filter, &sandbox);
	return sandbox;
}

// Where a conversion tells how far it has come: once for each stage and per cent.
struct teller {
	int socket;
	char stage[sizeof(((struct answer *)0)->text)];
	float next; // per cent
};

static bool send_progress(void *context, const char *stage, float done)
{
	struct teller *teller = context;
	struct answer answer = {.kind = ANSWER_PROGRESS, .done = done};

	if (100 * done < teller->next && strcmp(teller->stage, stage) == 0)
		return true;
	snprintf(answer.text, sizeof(answer.text), "%s", stage);
	memcpy(teller->stage, answer.text, sizeof(teller->stage));
	teller->next = floorf(100 * done) + 1;
	return send_message(teller->socket, &answer, sizeof(answer));
}

static struct answer make_conversion(const struct parent *parent, const struct order *order,
				     int socket)
{
	struct teller teller = {.socket = socket};
	const struct cay_convert_options options = {
		.compat = order->compat,
		.max_bytes = parent->conf->upload_limit,
		.progress = cay_tracker_whole(send_progress, &teller),
	};
	struct cay_err err = {0};

	return cay_conversion_run(order->directory, parent->conf, parent->convert, &options, &err) <
			       0
		       ? make_result(err.code, err.msg)
		       : make_result(CAY_OK, "");
}

static _Noreturn void run_conversion(const struct parent *parent, const struct order *order,
				     int socket)
{
	struct answer answer = {.kind = ANSWER_SANDBOX};

	answer.sandbox = confine(parent, order->directory);
	if (!send_message(socket, &answer, sizeof(answer)))
		_exit(EXIT_FAILURE);
	answer = order->kind == ORDER_TRY ? make_result(CAY_OK, "")
					  : make_conversion(parent, order, socket);
	_exit(send_message(socket, &answer, sizeof(answer)) ? EXIT_SUCCESS : EXIT_FAILURE);
}

// --- The parent of converters ---

static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
}

static pid_t fork_conversion(const struct parent *parent, const struct order *order,
			     int *ret_socket, struct cay_err *err)
{
	int pair[2];
	pid_t pid, self = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return cay_fail_errno(err, "conversion: cannot make a socket");
	pid = fork();
	if (pid == 0) {
		die_with(self);
		close(parent->socket);
		close(pair[0]);
		run_conversion(parent, order, pair[1]);
	}
	if (pid < 0)
		cay_fail_errno(err, "conversion: cannot start a process");
	close(pair[1]);
	if (pid < 0)
		close(pair[0]);
	*ret_socket = pair[0];
	return pid;
}

// Milliseconds until the deadline, for poll; 0: it has passed.
static int time_left(uint64_t deadline)
{
	uint64_t now = cay_clock_now();

	if (now >= deadline)
		return 0;
	return (int)((deadline - now) / (CAY_SECOND / 1000)) + 1;
}

// Reads an order while a conversion runs. False: it was cancelled.
static bool take_order(struct parent *parent, uint64_t number)
{
	struct order order;

	if (!receive_message(parent->socket, &order, sizeof(order)))
		_exit(EXIT_SUCCESS); // the daemon has gone, the conversion dies with us
	if (order.kind == ORDER_CANCEL)
		parent->cancelled = order.number;
	return parent->cancelled != number;
}

// Relays progress until there is a result. False: it ended, or sent nonsense, without one.
static bool supervise(struct parent *parent, uint64_t number, int socket, struct answer *ret)
{
	uint64_t deadline = cay_clock_now() + parent->conf->conversion_timeout * CAY_SECOND;
	struct pollfd fds[] = {{parent->socket, POLLIN, 0}, {socket, POLLIN, 0}};
	int left;

	while ((left = time_left(deadline)) > 0) {
		if (poll(fds, 2, left) <= 0)
			continue;
		if (fds[0].revents && !take_order(parent, number)) {
			*ret = make_result(CAY_ECANCELED, "conversion: cancelled");
			return true;
		}
		if (!fds[1].revents)
			continue;
		if (!receive_answer(socket, ret))
			return false;
		if (ret->kind == ANSWER_RESULT)
			return true;
		send_message(parent->socket, ret, sizeof(*ret));
	}
	*ret = make_result(CAY_ETIMEOUT, "");
	return true;
}

// A result says what the conversion's limits mean for the user.
static void explain(const struct parent *parent, struct answer *answer)
{
	if (answer->code == CAY_ETIMEOUT)
		snprintf(answer->text, sizeof(answer->text),
			 "conversion: took more than %zu seconds",
			 parent->conf->conversion_timeout);
	if (answer->code != CAY_ENOMEM)
		return;
	answer->code = CAY_ETOOLARGE;
	snprintf(answer->text, sizeof(answer->text),
		 "conversion: needs more than %zu MiB of memory",
		 parent->conf->conversion_memory >> 20);
}

static struct answer explain_death(int status)
{
	struct answer answer = {.kind = ANSWER_RESULT, .code = CAY_EIO};
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (number == SIGKILL)
		return make_result(CAY_EIO, "conversion: was killed, perhaps for want of memory");
	if (number)
		snprintf(answer.text, sizeof(answer.text), "conversion: crashed by signal %d (%s)",
			 number, strsignal(number));
	else
		snprintf(answer.text, sizeof(answer.text),
			 "conversion: ended with status %d and no result", WEXITSTATUS(status));
	return answer;
}

static struct answer carry_out(struct parent *parent, const struct order *order)
{
	struct answer answer;
	int socket, status = 0;
	struct cay_err err;
	bool has_result;
	pid_t pid;

	if (parent->cancelled == order->number)
		return make_result(CAY_ECANCELED, "conversion: cancelled");
	pid = fork_conversion(parent, order, &socket, &err);
	if (pid < 0)
		return make_result(err.code, err.msg);
	has_result = supervise(parent, order->number, socket, &answer);
	kill(pid, SIGKILL); // nothing if it has ended by itself
	close(socket);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!has_result)
		answer = explain_death(status);
	explain(parent, &answer);
	return answer;
}

static _Noreturn void serve(struct parent *parent)
{
	struct order order;

	while (receive_message(parent->socket, &order, sizeof(order))) {
		if (order.kind == ORDER_CANCEL) {
			parent->cancelled = order.number;
		} else {
			struct answer answer = carry_out(parent, &order);

			send_message(parent->socket, &answer, sizeof(answer));
		}
	}
	_exit(EXIT_SUCCESS);
}

// Leaves of the daemon's process what conversions need: stderr and the socket. Ctrl-C and systemd's
// SIGTERM reach all of us; the daemon alone decides when to stop.
static int detach(int socket)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "cayucod-convert");
	setlocale(LC_CTYPE, "C.UTF-8"); // for cay_unpack; a sandbox would not let it open the file
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (socket != STDERR_FILENO + 1)
		dup2(socket, STDERR_FILENO + 1);
	closefrom(STDERR_FILENO + 2);
	return STDERR_FILENO + 1;
}

// --- The daemon's side ---

struct cay_converter *cay_converter_start(const struct cay_conf *conf, cay_convert_fn *convert,
					  enum cay_confinement confinement, struct cay_err *err)
{
	struct parent parent = {.conf = conf, .convert = convert, .confinement = confinement};
	struct cay_converter *converter;
	pid_t self = getpid();
	int pair[2];

	if (cay_sandbox_filter_init(&parent.filter, err) < 0)
		return NULL;
	converter = malloc(sizeof(*converter));
	if (!converter) {
		cay_fail_memory(err);
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		cay_fail_errno(err, "cannot make a socket for the converter");
		free(converter);
		return NULL;
	}
	*converter = (struct cay_converter){.socket = pair[0], .pid = fork()};
	if (converter->pid == 0) {
		die_with(self);
		parent.socket = detach(pair[1]);
		serve(&parent);
	}
	close(pair[1]);
	if (converter->pid < 0) {
		cay_fail_errno(err, "cannot start the converter");
		cay_converter_stop(converter);
		return NULL;
	}
	return converter;
}

void cay_converter_stop(struct cay_converter *converter)
{
	if (!converter)
		return;
	close(converter->socket);
	if (converter->pid > 0)
		kill(converter->pid, SIGCONT); // if it was stopped, it would not see that
	while (converter->pid > 0 && waitpid(converter->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(converter);
}

static int fail_gone(struct cay_err *err)
{
	return cay_fail(err, CAY_EIO, "conversion: the converter is gone until the next start");
}

static int run_order(struct cay_converter *converter, struct order *order, const char *directory,
		     const struct cay_tracker *progress, struct cay_sandbox *ret_sandbox,
		     struct cay_err *err)
{
	struct cay_tracker part = progress ? *progress : (struct cay_tracker){0};
	bool begun = false; // what a conversion that has begun says of its sandbox is not believed
	struct answer answer;
	struct cay_err ignored;

	*ret_sandbox = (struct cay_sandbox){0};
	if (snprintf(order->directory, sizeof(order->directory), "%s", directory) >= PATH_MAX)
		return cay_fail(err, CAY_EIO, "the path of the state directory is too long");
	if (!send_message(converter->socket, order, sizeof(*order)))
		return fail_gone(err);
	while (receive_answer(converter->socket, &answer)) {
		part.stage = answer.text;
		if (answer.kind == ANSWER_SANDBOX && !begun)
			*ret_sandbox = answer.sandbox;
		else if (answer.kind == ANSWER_PROGRESS &&
			 cay_tracker_tell(&part, (uint64_t)(1000 * answer.done), 1000, &ignored) <
				 0)
			cay_converter_cancel(converter, order->number);
		else if (answer.kind == ANSWER_RESULT)
			return answer.code == CAY_OK
				       ? 0
				       : cay_fail(err, answer.code, "%s", answer.text);
		begun = true;
	}
	return fail_gone(err);
}

int cay_converter_try(struct cay_converter *converter, const char *directory,
		      struct cay_sandbox *ret, struct cay_err *err)
{
	struct order order = {.kind = ORDER_TRY, .number = UINT64_MAX}; // no job's

	return run_order(converter, &order, directory, NULL, ret, err);
}

int cay_converter_run(struct cay_converter *converter, uint64_t number, const char *directory,
		      enum cay_compat compat, const struct cay_tracker *progress,
		      struct cay_sandbox *ret_sandbox, struct cay_err *err)
{
	struct order order = {.kind = ORDER_CONVERT, .number = number, .compat = compat};

	return run_order(converter, &order, directory, progress, ret_sandbox, err);
}

void cay_converter_cancel(struct cay_converter *converter, uint64_t number)
{
	struct order order = {.kind = ORDER_CANCEL, .number = number};

	send_message(converter->socket, &order, sizeof(order));
}
