// Files gathered in one: to create a file may take half a millisecond.
#ifndef CAY_DAEMON_CONVERSION_GATHERED_FILES_H
#define CAY_DAEMON_CONVERSION_GATHERED_FILES_H

#include "common/buf.h"

// Small files of an upload are gathered as records, which another process reads.
#define CAY_SMALL_FILE ((size_t)64 << 10) // bytes; the largest of them
// Begins a record for file `number`; the caller appends the file's bytes, and then ends it.
int cay_gathered_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err);
// Ends the record that begins at `at`: its file has so many bytes.
void cay_gathered_file_end(struct cay_buf *buf, size_t at, size_t size);
const uint8_t *cay_gathered_file_data(const struct cay_buf *buf, size_t at);

// The files that are gathered in one, and where each of them is.
struct cay_gathered_files {
	char *path; // of the file that they are gathered in; owned, as all that follows
	struct cay_file_place {
		bool there;
		uint64_t offset;
		size_t size;
	} * places; // [count], by number
	size_t count;
};

// Makes an empty one for at most `count` files in DIRECTORY/NAME. A zeroed one may be finished,
// too.
int cay_gathered_files_init(struct cay_gathered_files *files, const char *directory,
			    const char *name, size_t count, struct cay_err *err);
void cay_gathered_files_finish(struct cay_gathered_files *files);
// Reads the records, if the file that they are gathered in exists.
int cay_gathered_files_read(struct cay_gathered_files *files, struct cay_err *err);
// The place of a file; NULL if there is none of that number.
const struct cay_file_place *cay_gathered_files_find(const struct cay_gathered_files *files,
						     size_t number);
// Moves one, if it is there, to a file of its own.
int cay_gathered_files_extract(struct cay_gathered_files *files, size_t number, const char *path,
			       struct cay_err *err);

#endif
