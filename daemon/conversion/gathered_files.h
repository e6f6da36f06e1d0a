// Files gathered in one: to create a file may take half a millisecond.
#ifndef CAY_DAEMON_CONVERSION_GATHERED_FILES_H
#define CAY_DAEMON_CONVERSION_GATHERED_FILES_H

#include "common/buf.h"

// Small ones of an upload are gathered as records, for who reads them in another process.
#define CAY_SMALL_FILE ((size_t)64 << 10) // bytes; the largest of them
// Appends the head of file `number`. Its bytes are appended by the caller, who ends it then.
int cay_gathered_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err);
// The file whose record begins at `at` has got its bytes.
void cay_gathered_file_end(struct cay_buf *buf, size_t at, size_t size);
const uint8_t *cay_gathered_file_data(const struct cay_buf *buf, size_t at);

// Where each of them is.
struct cay_gathered_files {
	char *path; // of what they are gathered in; owned, as all below
	struct cay_file_place {
		bool there;
		uint64_t offset;
		size_t size;
	} * places; // [count], by number
	size_t count;
};

// None is there yet of at most `count` in DIRECTORY/NAME. Zeroed needs finish no less.
int cay_gathered_files_init(struct cay_gathered_files *files, const char *directory,
			    const char *name, size_t count, struct cay_err *err);
void cay_gathered_files_finish(struct cay_gathered_files *files);
// Finds those of the records that are there. A file that is missing has none.
int cay_gathered_files_read(struct cay_gathered_files *files, struct cay_err *err);
// NULL: there is none of that number.
const struct cay_file_place *cay_gathered_files_find(const struct cay_gathered_files *files,
						     size_t number);
// Makes that one, if it is there, a file of its own: it is not among these any more.
int cay_gathered_files_extract(struct cay_gathered_files *files, size_t number, const char *path,
			       struct cay_err *err);

#endif
