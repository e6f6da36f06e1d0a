// Reads, writes and removes whole files.
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

// Bytes that are read or written between two calls of a tracker: a fraction of a second's worth.
#define PIECE ((size_t)8 << 20)
#define NAMES 100 // names for a temporary file that are tried

static size_t piece(size_t left, const struct cay_tracker *progress)
{
	return progress && left > PIECE ? PIECE : left;
}

static int check_file(int fd, size_t limit, size_t *ret_size, struct cay_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cay_fail_errno(err, "cannot look at the file");
	if (!S_ISREG(st.st_mode))
		return cay_fail(err, CAY_EBAD, "not a regular file");
	if (st.st_size < 0 || (uintmax_t)st.st_size > limit)
		return cay_fail(err, CAY_ETOOLARGE, "%lld bytes, over the limit of %zu",
				(long long)st.st_size, limit);
	*ret_size = (size_t)st.st_size;
	return 0;
}

static int read_open(int fd, size_t limit, const struct cay_tracker *progress, struct cay_buf *ret,
		     struct cay_err *err)
{
	const size_t start = ret->len;
	size_t size;
	ssize_t n;

	if (check_file(fd, limit, &size, err) < 0)
		return -1;
	do { // asks for a byte more than the file's size, and so notices if it grows or shrinks
		const size_t got = ret->len - start, want = size + 1 > got ? size + 1 - got : 1;
		uint8_t *at = cay_buf_reserve(ret, want);

		if (!at)
			return cay_fail_memory(err);
		n = read(fd, at, piece(want, progress));
		if (n < 0 && errno != EINTR)
			return cay_fail_errno(err, "cannot read");
		if (n > 0)
			ret->len += (size_t)n;
		if (ret->len - start > limit)
			return cay_fail(err, CAY_ETOOLARGE, "over the limit of %zu bytes", limit);
		if (cay_tracker_tell(progress, ret->len - start, size, err) < 0)
			return -1;
	} while (n != 0);
	return 0;
}

static int read_part(int fd, uint64_t offset, size_t size, const struct cay_tracker *progress,
		     uint8_t *at, struct cay_err *err)
{
	size_t done = 0;

	while (done < size) {
		const ssize_t n =
			pread(fd, at + done, piece(size - done, progress), (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cay_fail_errno(err, "cannot read");
		if (n == 0)
			return cay_fail(err, CAY_EIO, "the file is too short");
		done += (size_t)n;
		if (cay_tracker_tell(progress, done, size, err) < 0)
			return -1;
	}
	return cay_tracker_tell(progress, size, size, err);
}

int cay_file_read_part(const char *path, uint64_t offset, size_t size,
		       const struct cay_tracker *progress, struct cay_buf *ret, struct cay_err *err)
{
	uint8_t *at = cay_buf_reserve(ret, size);
	int fd, result;

	if (!at)
		return cay_fail_memory(err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return cay_fail_errno(err, "cannot open");
	result = read_part(fd, offset, size, progress, at, err);
	close(fd);
	ret->len += result == 0 ? size : 0;
	return result;
}

static int check_secret(int fd, struct cay_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cay_fail_errno(err, "cannot look at the file");
	return st.st_mode & (S_IROTH | S_IWOTH)
		       ? cay_fail(err, CAY_EBAD, "others may read or write it: chmod o= it")
		       : 0;
}

static int read_file(const char *path, size_t limit, bool secret,
		     const struct cay_tracker *progress, struct cay_buf *ret, struct cay_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a fifo must not make us wait
	int result;

	if (fd < 0)
		return cay_fail_errno(err, "cannot open");
	result = secret ? check_secret(fd, err) : 0;
	if (result == 0)
		result = read_open(fd, limit, progress, ret, err);
	close(fd);
	return result;
}

int cay_file_read(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err)
{
	return read_file(path, limit, false, NULL, ret, err);
}

int cay_file_read_tracked(const char *path, size_t limit, const struct cay_tracker *progress,
			  struct cay_buf *ret, struct cay_err *err)
{
	return read_file(path, limit, false, progress, ret, err);
}

int cay_file_read_secret(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err)
{
	return read_file(path, limit, true, NULL, ret, err);
}

int cay_file_append(int fd, const void *data, size_t len, struct cay_err *err)
{
	const uint8_t *from = data;

	while (len > 0) {
		ssize_t n = write(fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cay_fail_errno(err, "cannot write");
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

static int put(void *context, const void *data, size_t size, struct cay_err *err)
{
	return cay_file_append(*(const int *)context, data, size, err);
}

struct cay_sink cay_file_sink(const int *fd)
{
	return (struct cay_sink){put, (void *)(uintptr_t)fd};
}

int cay_file_join(const char *dir, const char *name, struct cay_buf *ret, struct cay_err *err)
{
	cay_buf_printf(ret, "%s/%s", dir, name);
	return cay_buf_cstr(ret) ? 0 : cay_buf_check(ret, err);
}

static int write_open(int fd, const void *data, size_t len, const struct cay_tracker *progress,
		      struct cay_err *err)
{
	size_t done = 0;

	do {
		const size_t size = piece(len - done, progress);

		if (cay_file_append(fd, (const uint8_t *)data + done, size, err) < 0)
			return -1;
		done += size;
		if (fdatasync(fd) < 0)
			return cay_fail_errno(err, "cannot sync");
		if (cay_tracker_tell(progress, done, len, err) < 0)
			return -1;
	} while (done < len);
	return 0;
}

// A new file beside path, with the mode that the umask leaves: mkostemp would give it another one.
static int create_beside(const char *path, char *ret, size_t size, struct cay_err *err)
{
	int fd = -1;

	for (int i = 0; fd < 0 && i < NAMES; i++) {
		unsigned number = (unsigned)i;

		if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
			number += (unsigned)getpid();
		if (snprintf(ret, size, "%s.%08x", path, number) >= (int)size)
			return cay_fail(err, CAY_EBAD, "the file name is too long");
		fd = open(ret, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd < 0 ? cay_fail_errno(err, "cannot create") : fd;
}

// Gives a new file the mode of the one it will replace: if that could not be read by others, the
// new content shall not be either.
static int keep_mode(int fd, const char *path, struct cay_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return fchmod(fd, st.st_mode & 0777) < 0 ? cay_fail_errno(err, "cannot set the mode") : 0;
}

int cay_file_write(const char *path, const void *data, size_t len, struct cay_err *err)
{
	return cay_file_write_tracked(path, data, len, NULL, err);
}

int cay_file_write_tracked(const char *path, const void *data, size_t len,
			   const struct cay_tracker *progress, struct cay_err *err)
{
	char temporary[4096];
	int fd, result;

	fd = create_beside(path, temporary, sizeof(temporary), err);
	if (fd < 0)
		return -1;
	result = keep_mode(fd, path, err); // while the file is still empty
	if (result == 0)
		result = write_open(fd, data, len, progress, err);
	if (close(fd) < 0 && result == 0)
		result = cay_fail_errno(err, "cannot close");
	if (result == 0 && rename(temporary, path) < 0)
		result = cay_fail_errno(err, "cannot rename");
	if (result < 0)
		unlink(temporary);
	return result;
}

// Fails by errno for an entry, with its path within the tree. root: bytes of the tree's own path.
static int fail_removal(const char *path, size_t root, struct cay_err *err)
{
	const char *name = path + root + strspn(path + root, "/");

	return *name ? cay_fail_errno(err, "cannot remove '%s'", name)
		     : cay_fail_errno(err, "cannot remove");
}

static bool is_gone(const char *path)
{
	return remove(path) == 0 || errno == ENOENT;
}

static bool was_not_empty(void)
{
	return errno == ENOTEMPTY || errno == EEXIST;
}

// Removes the entries of the directory `path`. Returns 1 at the first that is a directory with
// entries of its own, and makes `path` the path of that one.
static int remove_entries(char path[PATH_MAX], size_t root, struct cay_err *err)
{
	const size_t length = strlen(path);
	DIR *directory = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return fail_removal(path, root, err);
	while (result == 0 && (errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(path + length, PATH_MAX - length, "/%s", entry->d_name) >=
		    (int)(PATH_MAX - length))
			result = cay_fail(err, CAY_EIO, "cannot remove what has a long path");
		else if (is_gone(path))
			path[length] = '\0';
		else
			result = was_not_empty() ? 1 : fail_removal(path, root, err);
	}
	if (result == 0 && errno)
		result = fail_removal(path, root, err);
	closedir(directory);
	return result;
}

// Goes down to a directory without directories, removes it and goes up again: the path is all the
// stack that it needs.
int cay_file_remove_tree(const char *path, struct cay_err *err)
{
	const size_t root = strlen(path);
	char at[PATH_MAX];

	if (is_gone(path)) // a file, or nothing in it: also when no file can be opened
		return 0;
	if (!was_not_empty() || snprintf(at, sizeof(at), "%s", path) >= (int)sizeof(at))
		return fail_removal(path, root, err);
	for (;;) {
		const int deeper = remove_entries(at, root, err);

		if (deeper < 0)
			return -1;
		if (deeper)
			continue;
		if (!is_gone(at))
			return fail_removal(at, root, err);
		if (strlen(at) == root)
			return 0;
		*strrchr(at, '/') = '\0';
	}
}
