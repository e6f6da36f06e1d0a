// What a conversion may still do: Landlock and seccomp.
#define _GNU_SOURCE // syscall, O_PATH, pipe2
#include "daemon/conversion/sandbox.h"
#include "common/size.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// --- Landlock: which files -----------------------------------------------------------------------

#define TRUNCATE (1ULL << 14) // younger than Debian 12's headers

// How many rights of files a version of the interface knows: the lowest so many bits.
static const unsigned rights_of_version[] = {0, 13, 14, 15, 15, 16};

// 0: there is none; or only the first version, which forbids every rename to another directory.
static long landlock_version(void)
{
	const long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version >= 2 ? version : 0;
}

// All rights that the kernel knows are taken, and these given back beneath the directory. Returns
// the version, or 0.
static unsigned enter_landlock(const char *directory)
{
	const uint64_t kept = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
			      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
			      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
			      LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER | TRUNCATE;
	struct landlock_ruleset_attr rules = {0};
	struct landlock_path_beneath_attr beneath = {0};
	const size_t newest = CAY_ARRAY_SIZE(rights_of_version) - 1;
	long version = landlock_version(), entered = 0;
	int set;

	if (version < 1)
		return 0;
	version = (size_t)version < newest ? version : (long)newest;
	rules.handled_access_fs = (1ULL << rights_of_version[version]) - 1;
	set = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (set < 0)
		return 0;
	beneath.allowed_access = kept & rules.handled_access_fs;
	beneath.parent_fd = open(directory, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd >= 0 &&
	    syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, set, 0) == 0)
		entered = version;
	if (beneath.parent_fd >= 0)
		close(beneath.parent_fd);
	close(set);
	return (unsigned)entered;
}

// --- seccomp: which system calls -----------------------------------------------------------------

// By name, as not every machine has all. Files are Landlock's affair.
static const char *const calls[] = {
	// files that are open, and files of the directory
	"read",
	"write",
	"readv",
	"writev",
	"pread64",
	"pwrite64",
	"lseek",
	"_llseek",
	"close",
	"openat",
	"open",
	"fstat",
	"fstat64",
	"newfstatat",
	"fstatat64",
	"stat",
	"lstat",
	"statx",
	"access",
	"faccessat",
	"faccessat2",
	"getdents64",
	"fcntl",
	"fcntl64",
	"ftruncate",
	"ftruncate64",
	"fsync",
	"fdatasync",
	"fadvise64",
	"mkdir",
	"mkdirat",
	"unlink",
	"unlinkat",
	"rmdir",
	"rename",
	"renameat",
	"renameat2",
	"readlink",
	"readlinkat",
	"umask",
	// its socket, which was there before
	"sendto",
	"sendmsg",
	"recvfrom",
	"recvmsg",
	"shutdown",
	"poll",
	"ppoll",
	// memory
	"brk",
	"mmap",
	"mmap2",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	// itself
	"exit",
	"exit_group",
	"futex",
	"getpid",
	"gettid",
	"getppid",
	"tgkill",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigaltstack",
	"restart_syscall",
	"sched_yield",
	"getrandom",
	"getrlimit",
	"prlimit64",
	"sysinfo",
	"uname",
	// the time
	"clock_gettime",
	"clock_gettime64",
	"gettimeofday",
	"time",
	"nanosleep",
	"clock_nanosleep",
	"pause",
};

static int add_calls(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(calls); i++) {
		const int call = seccomp_syscall_resolve_name(calls[i]);

		if (call >= 0 && // else this machine has no such call
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) < 0)
			return -1;
	}
	return 0;
}

// libseccomp writes the program to a descriptor; a pipe has room for the longest.
static int export(scmp_filter_ctx filter, struct cay_sandbox_filter *ret)
{
	int pair[2], result = -1;
	ssize_t n;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	if (seccomp_export_bpf(filter, pair[1]) == 0) {
		n = read(pair[0], ret->program, sizeof(ret->program));
		ret->count = n > 0 ? (unsigned short)((size_t)n / sizeof(ret->program[0])) : 0;
		result = ret->count > 0 && read(pair[0], &n, 1) < 0 ? 0 : -1; // and no more of it
	}
	close(pair[0]);
	close(pair[1]);
	return result;
}

int cay_sandbox_filter_init(struct cay_sandbox_filter *ret, struct cay_err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = -1;

	ret->count = 0;
	if (filter && add_calls(filter) == 0)
		result = export(filter, ret);
	seccomp_release(filter);
	return result < 0 ? cay_fail(err, CAY_EIO, "cannot make the filter of system calls") : 0;
}

static bool enter_seccomp(const struct cay_sandbox_filter *filter)
{
	const struct sock_fprog program = {
		.len = filter->count,
		.filter = (struct sock_filter *)(uintptr_t)filter->program, // which is only read
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

void cay_sandbox_enter(const char *directory, const struct cay_sandbox_filter *filter,
		       struct cay_sandbox *ret)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret->landlock = enter_landlock(directory);
	ret->seccomp = enter_seccomp(filter);
}
