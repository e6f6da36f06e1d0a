// What a conversion may still do: reckon, and read and write in its directory.
#ifndef CAY_DAEMON_CONVERSION_SANDBOX_H
#define CAY_DAEMON_CONVERSION_SANDBOX_H

#include <stdbool.h>

// Confines this process for good, without privileges: by Landlock to files beneath `directory`,
// none of which it can execute; by seccomp to the system calls that a conversion needs, the others
// fail with EPERM: no sockets, no programs, no other process. What the kernel lacks is left out.
void cay_sandbox_enter(const char *directory);

// What this kernel has of it, for the log.
struct cay_sandbox_kinds {
	bool landlock, seccomp;
};
struct cay_sandbox_kinds cay_sandbox_probe(void);

#endif
