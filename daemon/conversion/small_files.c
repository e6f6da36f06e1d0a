// Small files gathered in one.
#include "daemon/conversion/small_files.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// In front of a file's bytes. One build of this program writes and reads it.
struct head {
	size_t number, size;
};

int cay_small_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err)
{
	const struct head head = {.number = number};

	cay_buf_put(buf, &head, sizeof(head));
	return cay_buf_check(buf, err);
}

void cay_small_file_end(struct cay_buf *buf, size_t at, size_t size)
{
	memcpy(buf->data + at + offsetof(struct head, size), &size, sizeof(size));
}

const uint8_t *cay_small_file_data(const struct cay_buf *buf, size_t at)
{
	return buf->data + at + sizeof(struct head);
}

static int make_path(char path[PATH_MAX], const char *directory, const char *name,
		     struct cay_err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		return cay_fail(err, CAY_EIO, "the path of the state directory is too long");
	return 0;
}

static int make_file(const char *directory, size_t number, const void *data, size_t size,
		     struct cay_err *err)
{
	char path[PATH_MAX], name[24];
	int fd, result;

	snprintf(name, sizeof(name), "%zu", number);
	if (make_path(path, directory, name, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cay_fail_errno(err, "cannot create a file");
	result = cay_file_append(fd, data, size, err);
	return close(fd) < 0 && result == 0 ? cay_fail_errno(err, "cannot close a file") : result;
}

static int split(FILE *file, const char *directory, void *data, struct cay_err *err)
{
	struct head head;

	while (fread(&head, sizeof(head), 1, file) == 1) {
		if (head.size > CAY_SMALL_FILE || fread(data, 1, head.size, file) != head.size)
			return cay_fail(err, CAY_EIO, "cannot read the small files");
		if (make_file(directory, head.number, data, head.size, err) < 0)
			return -1;
	}
	return ferror(file) ? cay_fail_errno(err, "cannot read the small files") : 0;
}

int cay_small_files_split(const char *directory, const char *name, struct cay_err *err)
{
	char path[PATH_MAX];
	void *data = NULL;
	FILE *file;
	int result;

	if (make_path(path, directory, name, err) < 0)
		return -1;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : cay_fail_errno(err, "cannot read the small files");
	data = malloc(CAY_SMALL_FILE);
	result = data ? split(file, directory, data, err) : cay_fail_memory(err);
	free(data);
	fclose(file);
	unlink(path);
	return result;
}
