// Small files gathered in one: to create a file may take half a millisecond.
#ifndef CAY_DAEMON_CONVERSION_SMALL_FILES_H
#define CAY_DAEMON_CONVERSION_SMALL_FILES_H

#include "common/buf.h"

#define CAY_SMALL_FILE ((size_t)64 << 10) // bytes; the largest of them

// Appends the head of file `number`. Its bytes are appended by the caller, who ends it then.
int cay_small_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err);
// The file whose record begins at `at` has got its bytes.
void cay_small_file_end(struct cay_buf *buf, size_t at, size_t size);
const uint8_t *cay_small_file_data(const struct cay_buf *buf, size_t at);

// Where each of them is.
struct cay_small_files {
	char *path; // of what they are gathered in; owned, as all below
	struct cay_small_place {
		uint64_t offset;
		size_t size;
	} * places; // [count], by number; offset 0: it is not there, as a head comes first
	size_t count;
};

// Reads the heads of the records in DIRECTORY/NAME, of which numbers are below count. Missing is
// fine. Zeroed needs finish no less.
int cay_small_files_init(struct cay_small_files *files, const char *directory, const char *name,
			 size_t count, struct cay_err *err);
void cay_small_files_finish(struct cay_small_files *files);
// NULL: there is none of that number.
const struct cay_small_place *cay_small_files_find(const struct cay_small_files *files,
						   size_t number);
// Makes that one, if it is there, a file of its own: it is not among these any more.
int cay_small_files_extract(struct cay_small_files *files, size_t number, const char *path,
			    struct cay_err *err);

#endif
