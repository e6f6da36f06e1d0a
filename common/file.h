// Reads, writes and removes whole files.
#ifndef CAY_COMMON_FILE_H
#define CAY_COMMON_FILE_H

#include "common/buf.h"
#include "common/tracker.h"

// Appends the whole of a regular file to *ret; a larger one than limit is CAY_ETOOLARGE. The file
// is read, not mapped: one truncated under us must not be a SIGBUS.
int cay_file_read(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err);
// The same, and tells the tracker how many bytes have been read.
int cay_file_read_tracked(const char *path, size_t limit, const struct cay_tracker *progress,
			  struct cay_buf *ret, struct cay_err *err);
// Appends `size` bytes of a regular file from `offset` on, and tells the tracker how many have been
// read. CAY_EIO if the file has fewer.
int cay_file_read_part(const char *path, uint64_t offset, size_t size,
		       const struct cay_tracker *progress, struct cay_buf *ret,
		       struct cay_err *err);
// As cay_file_read, for a secret: CAY_EBAD if others than owner and group may read or write the
// file.
int cay_file_read_secret(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err);
// Writes a temporary file beside path, syncs it and renames it: path is the old or the new, never
// half of one. The temporary file is gone after a failure. A file that is replaced keeps its mode;
// a new one has what the umask leaves of 0666.
int cay_file_write(const char *path, const void *data, size_t len, struct cay_err *err);
// The same, and tells the tracker how many bytes are on the disk.
int cay_file_write_tracked(const char *path, const void *data, size_t len,
			   const struct cay_tracker *progress, struct cay_err *err);
// Writes all of the data to an open file.
int cay_file_append(int fd, const void *data, size_t len, struct cay_err *err);
struct cay_sink cay_file_sink(const int *fd); // writes to an open file; borrows fd
// Appends "DIR/NAME"; a NUL that is not counted follows.
int cay_file_join(const char *dir, const char *name, struct cay_buf *ret, struct cay_err *err);
// Removes a file, or a directory with all in it, following no symbolic link. A missing one is fine.
// Stops at the first entry that cannot be removed; the error has its path within the tree.
int cay_file_remove_tree(const char *path, struct cay_err *err);

#endif
