// Files gathered in one.
#include "daemon/conversion/gathered_files.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// In front of a file's bytes. One build of this program writes and reads it.
struct head {
	size_t number, size;
};

int cay_gathered_file_begin(struct cay_buf *buf, size_t number, struct cay_err *err)
{
	const struct head head = {.number = number};

	cay_buf_put(buf, &head, sizeof(head));
	return cay_buf_check(buf, err);
}

void cay_gathered_file_end(struct cay_buf *buf, size_t at, size_t size)
{
	memcpy(buf->data + at + offsetof(struct head, size), &size, sizeof(size));
}

const uint8_t *cay_gathered_file_data(const struct cay_buf *buf, size_t at)
{
	return buf->data + at + sizeof(struct head);
}

int cay_gathered_files_init(struct cay_gathered_files *files, const char *directory,
			    const char *name, size_t count, struct cay_err *err)
{
	struct cay_buf path = {0};
	int result;

	*files = (struct cay_gathered_files){.count = count};
	files->places = calloc(count ? count : 1, sizeof(*files->places));
	if (!files->places)
		return cay_fail_memory(err);
	result = cay_file_join(directory, name, &path, err);
	files->path = (char *)path.data;
	return result;
}

void cay_gathered_files_finish(struct cay_gathered_files *files)
{
	free(files->path);
	free(files->places);
}

static int read_heads(struct cay_gathered_files *files, FILE *file, struct cay_err *err)
{
	uint64_t offset = 0;
	struct head head;

	while (fread(&head, sizeof(head), 1, file) == 1) {
		offset += sizeof(head);
		if (head.size > CAY_SMALL_FILE || head.number >= files->count)
			return cay_fail(err, CAY_EIO, "cannot read the small files");
		files->places[head.number] = (struct cay_file_place){true, offset, head.size};
		offset += head.size;
		if (fseeko(file, (off_t)offset, SEEK_SET) < 0)
			return cay_fail_errno(err, "cannot read the small files");
	}
	return ferror(file) ? cay_fail_errno(err, "cannot read the small files") : 0;
}

int cay_gathered_files_read(struct cay_gathered_files *files, struct cay_err *err)
{
	FILE *file = fopen(files->path, "re");
	int result;

	if (!file)
		return errno == ENOENT ? 0 : cay_fail_errno(err, "cannot read the small files");
	result = read_heads(files, file, err);
	fclose(file);
	return result;
}

const struct cay_file_place *cay_gathered_files_find(const struct cay_gathered_files *files,
						     size_t number)
{
	return number < files->count && files->places[number].there ? &files->places[number] : NULL;
}

int cay_gathered_files_extract(struct cay_gathered_files *files, size_t number, const char *path,
			       struct cay_err *err)
{
	const struct cay_file_place *place = cay_gathered_files_find(files, number);
	struct cay_buf bytes = {0};
	int fd, result = -1;

	if (!place)
		return 0;
	if (cay_file_read_part(files->path, place->offset, place->size, NULL, &bytes, err) == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		result = fd < 0 ? cay_fail_errno(err, "cannot create a file")
				: cay_file_append(fd, bytes.data, bytes.len, err);
		if (fd >= 0 && close(fd) < 0 && result == 0)
			result = cay_fail_errno(err, "cannot close a file");
	}
	cay_buf_finish(&bytes);
	files->places[number].there = false;
	return result;
}
