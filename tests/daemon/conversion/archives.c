// Makes archives for tests, good ones and hostile ones.
#include "tests/daemon/conversion/archives.h"
#include "tests/test.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static void set_format(struct archive *a, enum test_format format)
{
	if (format == TEST_TAR || format == TEST_TAR_GZ) {
		ck_assert_int_eq(archive_write_set_format_pax_restricted(a), ARCHIVE_OK);
		if (format == TEST_TAR_GZ)
			ck_assert_int_eq(archive_write_add_filter_gzip(a), ARCHIVE_OK);
		return;
	}
	ck_assert_int_eq(archive_write_set_format_zip(a), ARCHIVE_OK);
	if (format == TEST_ZIP_STORED)
		ck_assert_int_eq(archive_write_zip_set_compression_store(a), ARCHIVE_OK);
	if (format == TEST_ZIP_ENCRYPTED) {
		ck_assert_int_eq(archive_write_set_passphrase(a, "secret"), ARCHIVE_OK);
		ck_assert_int_eq(archive_write_set_options(a, "zip:encryption=traditional"),
				 ARCHIVE_OK);
	}
}

static void write_entry(struct archive *a, const struct test_entry *e)
{
	struct archive_entry *entry = archive_entry_new();
	static const char zeros[65536];
	size_t size = e->data && !e->size ? strlen(e->data) : e->size;

	archive_entry_set_pathname(entry, e->name);
	archive_entry_set_filetype(entry, e->type ? e->type : AE_IFREG);
	archive_entry_set_perm(entry, 04755);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (e->type == AE_IFLNK)
		archive_entry_set_symlink(entry, e->link);
	else if (e->link)
		archive_entry_set_hardlink(entry, e->link);
	ck_assert_int_ge(archive_write_header(a, entry), ARCHIVE_WARN);
	while (size > 0) {
		size_t n = e->data ? size : size < sizeof(zeros) ? size : sizeof(zeros);

		ck_assert_int_eq(archive_write_data(a, e->data ? e->data : zeros, n),
				 (la_ssize_t)n);
		size -= n;
	}
	archive_entry_free(entry);
}

void test_write_archive(const char *path, enum test_format format, const struct test_entry *entries,
			size_t count)
{
	struct archive *a = archive_write_new();

	set_format(a, format);
	ck_assert_int_eq(archive_write_open_filename(a, path), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		write_entry(a, &entries[i]);
	ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}
