// A file in memory, for what wants a path.
#ifndef CAY_TESTS_FUZZ_MEMORY_FILE_H
#define CAY_TESTS_FUZZ_MEMORY_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
	int fd;
	char path[32];
};

static inline struct memory_file memory_file_new(const void *data, size_t size)
{
	struct memory_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};

	if (file.fd < 0 || (size && write(file.fd, data, size) != (ssize_t)size))
		abort();
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

#endif
