// Files as a command line names them: "-" is stdin or stdout, pipes and devices stay what they are.
#include "cli/cli.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)

static int read_to_end(int fd, size_t limit, struct cay_buf *ret, struct cay_err *err)
{
	for (;;) {
		uint8_t *at = cay_buf_reserve(ret, CHUNK);
		ssize_t n = at ? read(fd, at, CHUNK) : -1;

		if (!at)
			return cay_fail_memory(err);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return cay_fail_errno(err, "cannot read");
		ret->len += n > 0 ? (size_t)n : 0;
		if (ret->len > limit)
			return cay_fail(err, CAY_ETOOLARGE, "over the limit of %zu bytes", limit);
	}
}

int cay_input_read(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err)
{
	struct stat st;
	int fd, result;

	if (strcmp(path, "-") == 0)
		return read_to_end(STDIN_FILENO, limit, ret, err);
	if (stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return cay_file_read(path, limit, ret, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cay_fail_errno(err, "cannot open");
	result = read_to_end(fd, limit, ret, err);
	close(fd);
	return result;
}

static int write_through(const char *path, const struct cay_buf *bytes, struct cay_err *err)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int result;

	if (fd < 0)
		return cay_fail_errno(err, "cannot open");
	result = cay_file_append(fd, bytes->data, bytes->len, err);
	if (close(fd) < 0 && result == 0)
		result = cay_fail_errno(err, "cannot close");
	return result;
}

int cay_output_write(const char *path, const struct cay_buf *bytes, struct cay_err *err)
{
	struct stat st;

	if (cay_buf_check(bytes, err) < 0)
		return -1;
	if (strcmp(path, "-") == 0) {
		fwrite(bytes->data, 1, bytes->len, stdout); // main looks at stdout's errors
		return 0;
	}
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) // such as /dev/stdout, a link
		return write_through(path, bytes, err);
	return cay_file_write(path, bytes->data, bytes->len, err);
}
