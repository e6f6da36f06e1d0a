// Archives to files gathered in one: nothing of an archive but names and bytes reaches the disk.
#define _GNU_SOURCE // uselocale
#include "daemon/conversion/unpack.h"
#include "common/file.h"
#include "common/size.h"
#include "converter/paddle/foreign.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK	    (64 << 10) // bytes read and written at once
#define RATIO	    200
#define RATIO_ALLOW ((uint64_t)16 << 20) // bytes that an archive may unpack to whatever its ratio

struct unpacker {
	struct archive *archive;
	gzFile gzip; // NULL: not compressed as a whole
	uint8_t gunzipped[BLOCK];
	struct cay_gathered_files *files;
	int out; // what they are gathered in
	struct cay_file_table *table;
	uint64_t bytes, max_bytes;
	const struct cay_tracker *progress;
	uint64_t archive_read, archive_bytes; // how far the archive itself has been read
	size_t entries;
};

bool cay_unpack_probe(const char *archive)
{
	static const struct {
		size_t offset;
		const char *magic;
	} magics[] = {{0, "\x1f\x8b"}, {0, "PK\3\4"}, {0, "PK\5\6"}, {257, "ustar"}};
	char head[512] = {0};
	int fd = open(archive, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		close(fd);
	for (size_t i = 0; n > 0 && i < CAY_ARRAY_SIZE(magics); i++)
		if (memcmp(head + magics[i].offset, magics[i].magic, strlen(magics[i].magic)) == 0)
			return true;
	return false;
}

static int fail_archive(struct unpacker *u, struct cay_err *err)
{
	const char *why = archive_error_string(u->archive);

	if (archive_errno(u->archive) == ENOMEM)
		return cay_fail_memory(err);
	return cay_fail(err, CAY_EBAD, "%s", why ? why : "malformed");
}

// Fails for an archive of an unknown format, or one that could not be read at all.
static int fail_open(struct unpacker *u, struct cay_err *err)
{
	int code = Z_OK;

	if (u->gzip)
		gzerror(u->gzip, &code);
	if (code != Z_OK || archive_errno(u->archive) == ENOMEM)
		return fail_archive(u, err);
	return cay_fail(err, CAY_EMEDIA, "neither tar, tar.gz nor zip");
}

static int count_bytes(struct unpacker *u, uint64_t bytes, struct cay_err *err)
{
	if (bytes > u->max_bytes - u->bytes)
		return cay_fail(err, CAY_ETOOLARGE,
				"unpacks to more than %llu bytes, by limit or ratio",
				(unsigned long long)u->max_bytes);
	u->bytes += bytes;
	return 0;
}

// Tells how far the archive has been read. A reader of zip goes back and forth; the tracker does
// not.
static int tell(struct unpacker *u, struct cay_err *err)
{
	const int64_t at = u->gzip ? gzoffset(u->gzip) : archive_filter_bytes(u->archive, -1);

	if (at > 0 && (uint64_t)at > u->archive_read)
		u->archive_read = (uint64_t)at;
	return cay_tracker_tell(u->progress, u->archive_read, u->archive_bytes, err);
}

static int copy_data(struct unpacker *u, struct cay_err *err)
{
	uint8_t block[BLOCK];
	la_ssize_t n;

	while ((n = archive_read_data(u->archive, block, sizeof(block))) > 0)
		if (count_bytes(u, (uint64_t)n, err) < 0 ||
		    cay_file_append(u->out, block, (size_t)n, err) < 0 || tell(u, err) < 0)
			return -1;
	return n < 0 ? fail_archive(u, err) : 0;
}

static int unpack_file(struct unpacker *u, const char *name, struct cay_err *err)
{
	const uint64_t offset = u->bytes;

	if (cay_file_table_add(u->table, name, err) < 0)
		return -1;
	if (copy_data(u, err) < 0)
		return cay_wrap(err, "'%.128s'", name);
	u->files->places[u->table->count - 1] =
		(struct cay_file_place){true, offset, (size_t)(u->bytes - offset)};
	return 0;
}

// What an entry is that is no plain file, for messages; NULL for a file.
static const char *foreign_kind(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return "a hard link";
	if (archive_entry_is_encrypted(entry))
		return "encrypted";
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return NULL;
	case AE_IFLNK:
		return "a symbolic link";
	default:
		return "not a file";
	}
}

static int unpack_entry(struct unpacker *u, struct archive_entry *entry, struct cay_err *err)
{
	const char *name = archive_entry_pathname(entry), *kind = foreign_kind(entry);

	if (++u->entries > 2 * u->table->limit) // so many directories
		return cay_fail(err, CAY_ETOOLARGE, "more than %zu entries", 2 * u->table->limit);
	if (!name)
		return cay_fail(err, CAY_EBAD, "a name that is not text");
	if (archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry))
		return 0;
	if (kind)
		return cay_fail(err, CAY_EBAD, "'%.128s': is %s", name, kind);
	return cay_foreign_is_junk(name) ? 0 : unpack_file(u, name, err);
}

static int unpack_entries(struct unpacker *u, struct cay_err *err)
{
	struct archive_entry *entry;
	int result;

	while ((result = archive_read_next_header(u->archive, &entry)) != ARCHIVE_EOF) {
		if (result < ARCHIVE_WARN)
			return fail_archive(u, err);
		if (unpack_entry(u, entry, err) < 0)
			return -1;
	}
	return u->table->count ? 0 : cay_fail(err, CAY_EBAD, "no file in it");
}

// The bound of what an archive may unpack to: zeros pack a thousand times, weights do not.
static int bound_ratio(struct unpacker *u, int fd, struct cay_err *err)
{
	struct stat st;
	uint64_t bound;

	if (fstat(fd, &st) < 0)
		return cay_fail_errno(err, "cannot look at the file");
	u->archive_bytes = (uint64_t)st.st_size;
	bound = RATIO_ALLOW + u->archive_bytes * RATIO;
	if (bound < u->max_bytes)
		u->max_bytes = bound;
	return 0;
}

static la_ssize_t read_gzip(struct archive *archive, void *context, const void **ret)
{
	struct unpacker *u = context;
	int n = gzread(u->gzip, u->gunzipped, sizeof(u->gunzipped));
	int code = Z_OK;

	*ret = u->gunzipped;
	gzerror(u->gzip, &code);
	if (n >= 0 && code == Z_OK)
		return n;
	archive_set_error(archive, code == Z_MEM_ERROR ? ENOMEM : EILSEQ, "%s",
			  code == Z_BUF_ERROR ? "truncated gzip data"
					      : "bad gzip data or checksum");
	return -1;
}

// The checksum stands behind the padding that follows a tar's last entry.
static int check_rest(struct unpacker *u, struct cay_err *err)
{
	const void *ignored;
	la_ssize_t n;

	while ((n = read_gzip(u->archive, u, &ignored)) > 0)
		if (count_bytes(u, (uint64_t)n, err) < 0)
			return -1;
	return n < 0 ? fail_archive(u, err) : 0;
}

// libarchive's own gzip filter does not look at the checksum.
static int open_gzip(struct unpacker *u, int fd, struct cay_err *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	u->gzip = copy < 0 ? NULL : gzdopen(copy, "rb");
	if (!u->gzip) {
		close(copy);
		return cay_fail_memory(err);
	}
	if (archive_read_open(u->archive, u, NULL, read_gzip, NULL) != ARCHIVE_OK)
		return fail_open(u, err);
	return unpack_entries(u, err) < 0 ? -1 : check_rest(u, err);
}

static bool is_gzip(int fd)
{
	uint8_t head[2] = {0};

	return pread(fd, head, sizeof(head), 0) == 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static int unpack_open(struct unpacker *u, int fd, struct cay_err *err)
{
	if (fd < 0)
		return cay_fail_errno(err, "cannot open the file");
	if (bound_ratio(u, fd, err) < 0)
		return -1;
	u->archive = archive_read_new();
	if (!u->archive)
		return cay_fail_memory(err);
	if (archive_read_support_format_tar(u->archive) != ARCHIVE_OK)
		return fail_archive(u, err);
	if (is_gzip(fd))
		return open_gzip(u, fd, err);
	if (archive_read_support_format_zip(u->archive) != ARCHIVE_OK)
		return fail_archive(u, err);
	if (archive_read_open_fd(u->archive, fd, BLOCK) != ARCHIVE_OK)
		return fail_open(u, err);
	return unpack_entries(u, err);
}

int cay_unpack(const char *archive, uint64_t max_bytes, const struct cay_tracker *progress,
	       struct cay_file_table *table, struct cay_gathered_files *files, struct cay_err *err)
{
	struct unpacker u = {
		.files = files,
		.out = open(files->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
		.table = table,
		.max_bytes = max_bytes,
		.progress = progress};
	int fd = open(archive, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int result;

	result = u.out < 0 ? cay_fail_errno(err, "cannot create a file") : unpack_open(&u, fd, err);

	archive_read_free(u.archive);
	if (u.gzip)
		gzclose(u.gzip);
	if (fd >= 0)
		close(fd);
	if (u.out >= 0 && close(u.out) < 0 && result == 0)
		result = cay_fail_errno(err, "cannot close a file");
	return result < 0 ? cay_wrap(err, "archive") : 0;
}
