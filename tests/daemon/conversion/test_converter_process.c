// Tests of daemon/conversion/converter_process.c: what goes wrong in a conversion ends there.
#include "daemon/conversion/converter_process.h"
#include "common/file.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static struct cay_err err;
static char directory[PATH_MAX];
static struct cay_conf conf;
static struct cay_sandbox sandbox; // of the last conversion
static char stages[256];	   // "STAGE DONE;" of what came back

static void open_job(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX + 16];

	conf = (struct cay_conf){.upload_limit = 4 * MIB,
				 .upload_files = 16,
				 .conversion_timeout = 100,
				 .conversion_memory = 256 * MIB};
	snprintf(directory, sizeof(directory), "%s/converter-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/names", directory);
	ck_ok(cay_file_write(path, "__model__", sizeof("__model__"), &err), err);
	snprintf(path, sizeof(path), "%s/0", directory);
	ck_ok(cay_file_write(path, "x", 1, &err), err);
	stages[0] = '\0';
	err = (struct cay_err){0};
}

static void close_job(struct cay_converter *converter)
{
	cay_converter_stop(converter);
	ck_ok(cay_file_remove_tree(directory, &err), err);
}

static struct cay_converter *start(cay_convert_fn *convert)
{
	struct cay_converter *converter = cay_converter_start(&conf, convert, CAY_SANDBOXED, &err);

	ck_assert_msg(converter, "%s", err.msg);
	return converter;
}

static bool note_stage(void *context, const char *stage, float done)
{
	size_t at = strlen(stages);

	(void)context;
	snprintf(stages + at, sizeof(stages) - at, "%s %.2f;", stage, (double)done);
	return true;
}

static int run(struct cay_converter *converter, uint64_t number)
{
	const struct cay_tracker progress = cay_tracker_whole(note_stage, NULL);
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/" CAY_JOB_MODEL, directory);
	unlink(path); // of a run before, which a job has not
	return cay_converter_run(converter, number, directory, CAY_COMPAT_2_9, &progress, &sandbox,
				 &err);
}

#define HOOK(name)                                                                                 \
	static int name(const struct cay_paddle_dir *dir,                                          \
			const struct cay_convert_options *options, const struct cay_sink *sink,    \
			struct cay_report *report, struct cay_err *ret)
#define UNUSED_HOOK_ARGUMENTS (void)dir, (void)options, (void)sink, (void)report, (void)ret

static _Noreturn void spin_for_ever(void)
{
	for (volatile unsigned n = 0;; n++)
		;
}

static void tell(const struct cay_convert_options *options, const char *stage, float done)
{
	options->progress.tell(options->progress.context, stage, done);
}

HOOK(succeed)
{
	UNUSED_HOOK_ARGUMENTS;
	for (int i = 0; i < 3; i++) // the same again is told once
		tell(options, "first", 0.25F);
	tell(options, "first", 0.251F);
	tell(options, "second", 0.5F);
	return sink->put(sink->context, "converted", 9, ret);
}

HOOK(complain)
{
	UNUSED_HOOK_ARGUMENTS;
	return cay_fail(ret, CAY_EMODEL, "op 'x' is not supported");
}

HOOK(crash)
{
	UNUSED_HOOK_ARGUMENTS;
	signal(SIGSEGV, SIG_DFL); // a sanitizer's own
	raise(SIGSEGV);
	return 0;
}

HOOK(be_killed)
{
	UNUSED_HOOK_ARGUMENTS;
	raise(SIGKILL);
	return 0;
}

HOOK(leave)
{
	UNUSED_HOOK_ARGUMENTS;
	_exit(7);
}

HOOK(spin)
{
	UNUSED_HOOK_ARGUMENTS;
	tell(options, "spin", 0);
	spin_for_ever();
}

HOOK(babble)
{
	UNUSED_HOOK_ARGUMENTS;
	if (write(*(int *)options->progress.context, "nonsense", 8) < 0)
		return -1;
	spin_for_ever();
}

HOOK(close_and_spin)
{
	UNUSED_HOOK_ARGUMENTS;
	close(*(int *)options->progress.context);
	spin_for_ever();
}

// Crashes as long as the upload's file is there.
HOOK(crash_or_succeed)
{
	if (access(dir->files[0].path, R_OK) == 0)
		return crash(dir, options, sink, report, ret);
	return succeed(dir, options, sink, report, ret);
}

HOOK(eat_memory)
{
	void *block = malloc(conf.conversion_memory);

	UNUSED_HOOK_ARGUMENTS;
	if (!block)
		return cay_fail_memory(ret);
	free(block);
	return cay_fail(ret, CAY_EBAD, "memory is not limited here");
}

HOOK(write_too_much)
{
	UNUSED_HOOK_ARGUMENTS;
	for (size_t i = 0; i <= conf.upload_limit / sizeof(directory); i++)
		if (sink->put(sink->context, directory, sizeof(directory), ret) < 0)
			return -1;
	return 0;
}

HOOK(open_files)
{
	char path[PATH_MAX + 16];
	int count = 0;

	UNUSED_HOOK_ARGUMENTS;
	snprintf(path, sizeof(path), "%s/0", directory);
	while (open(path, O_RDONLY) >= 0)
		count++;
	return cay_fail(ret, CAY_EBAD, "%s %s", count <= 32 ? "few" : "many", strerror(errno));
}

static int secret_fd;

HOOK(look_around)
{
	struct rlimit core;

	UNUSED_HOOK_ARGUMENTS;
	getrlimit(RLIMIT_CORE, &core);
	return cay_fail(ret, CAY_EBAD, "fd %s, core %s",
			fcntl(secret_fd, F_GETFD) < 0 ? "shut" : "open",
			core.rlim_cur == 0 ? "none" : "some");
}

START_TEST(a_conversion_succeeds_and_tells_its_stages)
{
	struct cay_converter *converter;
	struct cay_buf model = {0};
	char path[PATH_MAX + 16];

	open_job();
	converter = start(succeed);
	ck_ok(run(converter, 1), err);
	ck_assert_str_eq(stages, "unpack 0.00;first 0.25;second 0.50;");
	snprintf(path, sizeof(path), "%s/" CAY_JOB_MODEL, directory);
	ck_ok(cay_file_read(path, 100, &model, &err), err);
	ck_assert_str_eq(cay_buf_cstr(&model), "converted");
	cay_buf_finish(&model);
	close_job(converter);
}
END_TEST

START_TEST(a_failure_comes_back_with_its_reason)
{
	static const struct {
		cay_convert_fn *convert;
		enum cay_code code;
		const char *msg;
	} cases[] = {
		{complain, CAY_EMODEL, "op 'x' is not supported"},
		{crash, CAY_EIO, "conversion: crashed by signal 11 (Segmentation fault)"},
		{be_killed, CAY_EIO, "conversion: was killed, perhaps for want of memory"},
		{leave, CAY_EIO, "conversion: ended with status 7 and no result"},
		{babble, CAY_EIO, "conversion: was killed, perhaps for want of memory"},
		{close_and_spin, CAY_EIO, "conversion: was killed, perhaps for want of memory"},
		{write_too_much, CAY_EIO, "cannot write: File too large"},
		{open_files, CAY_EBAD, "few Too many open files"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_converter *converter;

		open_job();
		converter = start(cases[i].convert);
		ck_assert_int_eq(run(converter, 1), -1);
		ck_assert_str_eq(err.msg, cases[i].msg);
		ck_assert_int_eq(err.code, cases[i].code);
		close_job(converter);
	}
}
END_TEST

START_TEST(after_a_crash_the_next_conversion_succeeds)
{
	struct cay_converter *converter;
	char path[PATH_MAX + 16];

	open_job();
	converter = start(crash_or_succeed);
	for (uint64_t number = 1; number < 4; number++)
		ck_assert_int_eq(run(converter, number), -1);
	snprintf(path, sizeof(path), "%s/0", directory);
	ck_assert_int_eq(unlink(path), 0);
	ck_ok(run(converter, 4), err);
	close_job(converter);
}
END_TEST

START_TEST(an_endless_loop_ends_at_the_time_limit)
{
	struct cay_converter *converter;

	open_job();
	conf.conversion_timeout = 1;
	converter = start(spin);
	ck_assert_int_eq(run(converter, 1), -1);
	ck_assert_int_eq(err.code, CAY_ETIMEOUT);
	ck_assert_str_eq(err.msg, "conversion: took more than 1 seconds");
	close_job(converter);
}
END_TEST

START_TEST(too_much_memory_is_a_reason)
{
	struct cay_converter *converter;

	open_job();
	converter = start(eat_memory);
	ck_assert_int_eq(run(converter, 1), -1);
	if (err.code != CAY_EBAD) { // a sanitizer or an emulator has no limit
		ck_assert_int_eq(err.code, CAY_ETOOLARGE);
		ck_assert_str_eq(err.msg, "conversion: needs more than 256 MiB of memory");
	}
	close_job(converter);
}
END_TEST

static bool end_at_spin(void *context, const char *stage, float done)
{
	(void)context;
	(void)done;
	return strcmp(stage, "spin") != 0;
}

static bool cancel_at_spin(void *context, const char *stage, float done)
{
	if (!end_at_spin(NULL, stage, done))
		cay_converter_cancel(context, 7);
	return true;
}

// By another thread, or by who is told how far it has come.
START_TEST(a_running_conversion_can_be_cancelled)
{
	for (int i = 0; i < 2; i++) {
		struct cay_converter *converter;
		struct cay_tracker progress;

		open_job();
		converter = start(spin);
		progress = cay_tracker_whole(i ? cancel_at_spin : end_at_spin, converter);
		ck_assert_int_eq(cay_converter_run(converter, 7, directory, CAY_COMPAT_2_9,
						   &progress, &sandbox, &err),
				 -1);
		ck_assert_int_eq(err.code, CAY_ECANCELED);
		close_job(converter);
	}
}
END_TEST

START_TEST(a_cancel_that_comes_first_counts_and_hits_no_other)
{
	struct cay_converter *converter;

	open_job();
	converter = start(succeed);
	cay_converter_cancel(converter, 2);
	ck_ok(run(converter, 1), err);
	close_job(converter);

	open_job();
	converter = start(succeed);
	cay_converter_cancel(converter, 2);
	ck_assert_int_eq(run(converter, 2), -1);
	ck_assert_int_eq(err.code, CAY_ECANCELED);
	ck_ok(run(converter, 3), err);
	close_job(converter);
}
END_TEST

START_TEST(a_conversion_has_nothing_of_the_daemons)
{
	struct cay_converter *converter;

	open_job();
	secret_fd = fcntl(open("/dev/null", O_RDONLY), F_DUPFD, 100);
	ck_assert_int_ge(secret_fd, 100);
	converter = start(look_around);
	ck_assert_int_eq(run(converter, 1), -1);
	ck_assert_str_eq(err.msg, "fd shut, core none");
	close(secret_fd);
	close_job(converter);
}
END_TEST

// "" where what was tried failed as it should.
static const char *try_files(void)
{
	char beside[PATH_MAX + 16];
	int fd;

	snprintf(beside, sizeof(beside), "%s/0", directory);
	fd = open(beside, O_RDWR);
	if (fd < 0)
		return "its own file cannot be written; ";
	close(fd);
	snprintf(beside, sizeof(beside), "%s.out", directory);
	if (open(beside, O_WRONLY | O_CREAT, 0600) >= 0)
		return "a file was made outside; ";
	return open("/etc/passwd", O_RDONLY) >= 0 ? "/etc/passwd was read; " : "";
}

static const char *try_calls(void)
{
	static char name[] = "true";
	char *const arguments[] = {name, NULL};

	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		return "a socket was made; ";
	if (kill(getppid(), 0) == 0)
		return "another process was reached; ";
	execv("/bin/true", arguments);
	return errno == EPERM ? "" : "a program was looked for; ";
}

HOOK(break_out)
{
	const char *files = sandbox.landlock ? try_files() : "";

	UNUSED_HOOK_ARGUMENTS;
	return cay_fail(ret, CAY_EBAD, "%s%send", files, sandbox.seccomp ? try_calls() : "");
}

START_TEST(a_conversion_reaches_nothing_but_its_directory)
{
	struct cay_converter *converter;

	open_job();
	converter = start(succeed);
	ck_ok(cay_converter_try(converter, directory, &sandbox, &err), err);
	ck_assert(sandbox.limits);
	if (!sandbox.landlock || !sandbox.seccomp)
		fprintf(stderr, "this kernel confines less: Landlock %u, seccomp %d\n",
			sandbox.landlock, sandbox.seccomp);
	cay_converter_stop(converter);

	converter = start(break_out); // which has what is in `sandbox`
	ck_assert_int_eq(run(converter, 1), -1);
	ck_assert_str_eq(err.msg, "end");
	close_job(converter);
}
END_TEST

// What a container's filter may refuse.
static void forbid(int call)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0), 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
}

// What is in force where that call is forbidden.
static struct cay_sandbox try_without(int call)
{
	struct cay_sandbox result;
	int pair[2];
	pid_t pid;

	ck_assert_int_eq(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		struct cay_converter *converter;

		forbid(call);
		converter = start(succeed);
		ck_ok(cay_converter_try(converter, directory, &result, &err), err);
		cay_converter_stop(converter);
		_exit(write(pair[1], &result, sizeof(result)) < 0);
	}
	close(pair[1]);
	ck_assert_int_eq(read(pair[0], &result, sizeof(result)), sizeof(result));
	close(pair[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return result;
}

START_TEST(what_the_system_refuses_of_a_sandbox_is_told)
{
	struct cay_converter *converter;
	struct cay_sandbox without;

	open_job();
	converter = start(succeed);
	ck_ok(cay_converter_try(converter, directory, &sandbox, &err), err);
	if (sandbox.landlock && sandbox.seccomp) {
		without = try_without(SCMP_SYS(landlock_restrict_self));
		ck_assert(!without.landlock && without.seccomp && without.limits);
		without = try_without(SCMP_SYS(seccomp));
		ck_assert(without.landlock && !without.seccomp && without.limits);
		without = try_without(SCMP_SYS(prlimit64));
		ck_assert(without.landlock && without.seccomp && !without.limits);
	}
	close_job(converter);
}
END_TEST

// What Ctrl-C and systemd send to the whole group stops the daemon, not its conversions.
HOOK(signal_the_group)
{
	UNUSED_HOOK_ARGUMENTS;
	kill(getppid(), SIGTERM);
	kill(getppid(), SIGINT);
	raise(SIGTERM);
	raise(SIGINT);
	return cay_fail(ret, CAY_EBAD, "still here");
}

START_TEST(signals_for_the_daemon_do_not_end_a_conversion)
{
	struct cay_converter *converter;

	open_job();
	converter = start(signal_the_group);
	ck_assert_int_eq(run(converter, 1), -1);
	ck_assert_str_eq(err.msg, "still here");
	ck_assert_int_eq(run(converter, 2), -1);
	ck_assert_str_eq(err.msg, "still here");
	close_job(converter);
}
END_TEST

// A daemon that starts a conversion and is killed as soon as it runs.
static bool kill_self(void *context, const char *stage, float done)
{
	if (!end_at_spin(context, stage, done))
		raise(SIGKILL);
	return true;
}

START_TEST(conversions_die_with_the_daemon)
{
	int pair[2];
	char byte;
	pid_t daemon;

	open_job();
	ck_assert_int_eq(pipe(pair), 0);
	daemon = fork();
	if (daemon == 0) {
		const struct cay_tracker progress = cay_tracker_whole(kill_self, NULL);

		dup2(pair[1], STDERR_FILENO); // all have it, and so all have ended when it is shut
		close(pair[1]);
		cay_converter_run(start(spin), 1, directory, CAY_COMPAT_2_9, &progress, &sandbox,
				  &err);
		_exit(EXIT_SUCCESS);
	}
	close(pair[1]);
	while (read(pair[0], &byte, 1) > 0) // what an emulator says
		;
	close(pair[0]);
	ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
	close_job(NULL);
}
END_TEST

// The only child that this process has: conversions cannot reach it themselves.
static void signal_the_converter(int signal)
{
	char path[64];
	int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%d", &pid), 1);
	fclose(file);
	ck_assert_int_eq(kill(pid, signal), 0);
}

START_TEST(without_a_converter_conversions_fail)
{
	struct cay_converter *converter;

	open_job();
	converter = start(succeed);
	signal_the_converter(SIGKILL);
	for (uint64_t number = 1; number < 3; number++) {
		ck_assert_int_eq(run(converter, number), -1);
		ck_assert_int_eq(err.code, CAY_EIO);
		ck_assert_str_eq(err.msg, "conversion: the converter is gone until the next start");
	}
	close_job(converter);
}
END_TEST

START_TEST(a_converter_that_is_stopped_ends_all_the_same)
{
	struct cay_converter *converter;

	open_job();
	converter = start(succeed);
	signal_the_converter(SIGSTOP);
	close_job(converter); // would wait for ever
}
END_TEST

TEST_MAIN("converter_process", a_conversion_succeeds_and_tells_its_stages,
	  a_failure_comes_back_with_its_reason, after_a_crash_the_next_conversion_succeeds,
	  an_endless_loop_ends_at_the_time_limit, too_much_memory_is_a_reason,
	  a_running_conversion_can_be_cancelled, a_cancel_that_comes_first_counts_and_hits_no_other,
	  a_conversion_has_nothing_of_the_daemons, a_conversion_reaches_nothing_but_its_directory,
	  what_the_system_refuses_of_a_sandbox_is_told,
	  signals_for_the_daemon_do_not_end_a_conversion, conversions_die_with_the_daemon,
	  without_a_converter_conversions_fail, a_converter_that_is_stopped_ends_all_the_same)
