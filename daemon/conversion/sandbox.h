// What a conversion may still do: reckon, and read and write in its directory.
#ifndef CAY_DAEMON_CONVERSION_SANDBOX_H
#define CAY_DAEMON_CONVERSION_SANDBOX_H

#include <stdbool.h>

// What a process is confined by.
struct cay_sandbox {
	unsigned landlock; // version of the interface; 0: not
	bool seccomp, limits;
};

// Confines this process for good, without privileges: by Landlock to files beneath `directory`,
// none of which it can execute; by seccomp to the system calls that a conversion needs, the others
// fail with EPERM: no sockets, no programs, no other process. Sets what of the two has taken force:
// what the kernel lacks or refuses has not.
void cay_sandbox_enter(const char *directory, struct cay_sandbox *ret);

#endif
