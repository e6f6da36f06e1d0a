// Small files gathered in one, for a thread that has no time to create each: written on one side,
// taken apart on the other.
#ifndef CAY_DAEMON_CONVERSION_SMALL_FILES_H
#define CAY_DAEMON_CONVERSION_SMALL_FILES_H

#include "common/buf.h"

#define CAY_SMALL_FILE ((size_t)64 << 10) // bytes; the largest of them

// Appends the head of file `number`. Its bytes are appended by the caller, who ends it then.
int cay_small_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err);
// The file whose record begins at `at` has got its bytes.
void cay_small_file_end(struct cay_buf *buf, size_t at, size_t size);
const uint8_t *cay_small_file_data(const struct cay_buf *buf, size_t at);

// Makes the files of the records in DIRECTORY/NAME, each named by its number, and removes that.
// Missing is fine.
int cay_small_files_split(const char *directory, const char *name, struct cay_err *err);

#endif
