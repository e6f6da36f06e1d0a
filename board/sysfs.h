// Numbers that the kernel shows as small files.
#ifndef CAY_BOARD_SYSFS_H
#define CAY_BOARD_SYSFS_H

#include <stdbool.h>

enum { CAY_SYSFS_INDICES = 1024 }; // indices from here on are not looked at

// Sets ret[n] for each FOLDER/PREFIXn that exists, and leaves the others as they are. Reading the
// folder once spares opening a thousand names to find four.
void cay_sysfs_indices(const char *folder, const char *prefix, bool ret[CAY_SYSFS_INDICES]);

// The whole number that a file begins with, in base 10 or 16; `absent` if there is none. The path
// is a printf format.
long cay_sysfs_number(long absent, int base, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

#endif
