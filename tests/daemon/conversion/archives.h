// Makes archives for tests, good ones and hostile ones.
#ifndef CAY_TESTS_DAEMON_CONVERSION_ARCHIVES_H
#define CAY_TESTS_DAEMON_CONVERSION_ARCHIVES_H

#include <stddef.h>

enum test_format { TEST_TAR, TEST_TAR_GZ, TEST_ZIP, TEST_ZIP_STORED, TEST_ZIP_ENCRYPTED };

struct test_entry {
	const char *name;
	const char *data; // NULL: zeros
	size_t size;	  // of data; 0: its strlen
	unsigned type;	  // AE_IF...; 0: a file
	const char *link; // where a symbolic or hard link leads
};

// Writes the entries to a file. The name ends the list.
void test_write_archive(const char *path, enum test_format format, const struct test_entry *entries,
			size_t count);

#endif
