// What a conversion may still do: reckon, and read and write in its directory.
#ifndef CAY_DAEMON_CONVERSION_SANDBOX_H
#define CAY_DAEMON_CONVERSION_SANDBOX_H

#include "common/err.h"

#include <linux/filter.h>
#include <stdbool.h>

#define CAY_SANDBOX_PROGRAM 1024 // instructions; there are three for each system call at most

// What a process is confined by; all zero: nothing.
struct cay_sandbox {
	unsigned landlock; // version of the interface; 0: not
	bool seccomp, limits;
};

// The system calls that a conversion needs, as the kernel takes them.
struct cay_sandbox_filter {
	unsigned short count;
	struct sock_filter program[CAY_SANDBOX_PROGRAM];
};

// Made once and before there is a conversion: libseccomp takes memory for it, and where there is
// none it crashes, goes round for ever, or leaves calls out.
int cay_sandbox_filter_init(struct cay_sandbox_filter *ret, struct cay_err *err);

// Confines this process for good, without privileges: by Landlock to files beneath `directory`,
// none of which it can execute; by seccomp to the system calls of the filter, the others fail with
// EPERM: no sockets, no programs, no other process. Takes no memory. Sets what of the two has taken
// force: what the kernel lacks or refuses has not.
void cay_sandbox_enter(const char *directory, const struct cay_sandbox_filter *filter,
		       struct cay_sandbox *ret);

#endif
