// Tests of daemon/conversion/unpack.c.
#include "daemon/conversion/unpack.h"
#include "common/file.h"
#include "tests/daemon/conversion/archives.h"
#include "tests/test.h"

#include <archive_entry.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MIB ((size_t)1 << 20)

static struct cay_err err;

// A directory that holds the archive "a" and nothing besides, and "out" to unpack it to.
struct place {
	char top[64], archive[80], out[80];
	struct cay_file_table table;
	struct cay_gathered_files files;
};

static void begin(struct place *p)
{
	ck_ok(cay_file_table_init(&p->table, 100, &err), err);
	ck_ok(cay_gathered_files_init(&p->files, p->top, "out", 100, &err), err);
}

static void end(struct place *p)
{
	cay_file_table_finish(&p->table);
	cay_gathered_files_finish(&p->files);
}

static void open_place(struct place *p)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(p->top, sizeof(p->top), "%.40s/unpack-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(p->top));
	snprintf(p->archive, sizeof(p->archive), "%s/a", p->top);
	snprintf(p->out, sizeof(p->out), "%s/out", p->top);
	begin(p);
}

static void close_place(struct place *p)
{
	end(p);
	ck_ok(cay_file_remove_tree(p->top, &err), err);
}

static int unpack(struct place *p)
{
	return cay_unpack(p->archive, 4 * MIB, NULL, &p->table, &p->files, &err);
}

static void assert_file(const struct place *p, size_t number, const char *name, const char *data)
{
	const struct cay_file_place *place = cay_gathered_files_find(&p->files, number);
	struct cay_buf buf = {0};

	ck_assert_uint_lt(number, p->table.count);
	ck_assert_str_eq(p->table.names[number], name);
	ck_assert_ptr_nonnull(place);
	ck_ok(cay_file_read_part(p->out, place->offset, place->size, NULL, &buf, &err), err);
	ck_assert_uint_eq(buf.len, strlen(data));
	ck_assert_int_eq(memcmp(buf.data ? (char *)buf.data : "", data, buf.len), 0);
	cay_buf_finish(&buf);
}

static size_t count_files(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));)
		count += e->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void write_bytes(const char *path, const void *data, size_t size)
{
	FILE *file = fopen(path, "wb"); // no sync: this is done often

	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	ck_assert_int_eq(fclose(file), 0);
}

// The archive with the entry, and a good one before it, is refused, and nothing lands elsewhere.
static void assert_refused(enum test_format format, struct test_entry entry, enum cay_code code,
			   const char *msg)
{
	struct test_entry entries[] = {{.name = "ok", .data = "ok"}, entry};
	struct place p;

	open_place(&p);
	test_write_archive(p.archive, format, entries, 2);
	ck_assert_int_eq(unpack(&p), -1);
	ck_assert_int_eq(err.code, code);
	ck_assert_str_eq(err.msg, msg);
	ck_assert_uint_eq(count_files(p.top), 2);
	close_place(&p);
}

START_TEST(every_format_unpacks_to_one_file)
{
	static const struct test_entry entries[] = {
		{.name = "./model/", .type = AE_IFDIR},
		{.name = "./model/__model__", .data = "program"},
		{.name = "./model/empty", .data = ""},
		{.name = "./model/conv/w\xc3\xa4", .data = "weights"},
	};

	for (int format = TEST_TAR; format <= TEST_ZIP_STORED; format++) {
		struct place p;
		struct stat st;

		open_place(&p);
		test_write_archive(p.archive, format, entries, 4);
		ck_assert(cay_unpack_probe(p.archive));
		ck_ok(unpack(&p), err);
		ck_assert_uint_eq(p.table.count, 3);
		assert_file(&p, 0, "model/__model__", "program");
		assert_file(&p, 1, "model/empty", "");
		assert_file(&p, 2, "model/conv/w\xc3\xa4", "weights");
		ck_assert_uint_eq(count_files(p.top), 2);
		ck_assert_int_eq(stat(p.out, &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600); // not that of the archive
		close_place(&p);
	}
}
END_TEST

START_TEST(names_that_leave_the_directory_are_refused)
{
	for (int format = TEST_TAR; format <= TEST_ZIP; format++) {
		assert_refused(format, (struct test_entry){.name = "../x", .data = "x"}, CAY_EBAD,
			       "archive: '../x': the path has a '..' in it");
		assert_refused(format, (struct test_entry){.name = "a/../../x", .data = "x"},
			       CAY_EBAD, "archive: 'a/../../x': the path has a '..' in it");
		assert_refused(format, (struct test_entry){.name = "/tmp/x", .data = "x"}, CAY_EBAD,
			       "archive: '/tmp/x': the path is absolute");
		assert_refused(format, (struct test_entry){.name = "./ok", .data = "x"}, CAY_EBAD,
			       "archive: 'ok': is there twice");
	}
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	static const struct {
		struct test_entry entry;
		const char *msg;
	} cases[] = {
		{{"link", NULL, 0, AE_IFLNK, "/etc/passwd"}, "archive: 'link': is a symbolic link"},
		{{"hard", NULL, 0, 0, "/etc/passwd"}, "archive: 'hard': is a hard link"},
		{{"hard", NULL, 0, 0, "ok"}, "archive: 'hard': is a hard link"},
		{{"disk", NULL, 0, AE_IFBLK, NULL}, "archive: 'disk': is not a file"},
		{{"null", NULL, 0, AE_IFCHR, NULL}, "archive: 'null': is not a file"},
		{{"pipe", NULL, 0, AE_IFIFO, NULL}, "archive: 'pipe': is not a file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(TEST_TAR, cases[i].entry, CAY_EBAD, cases[i].msg);
	assert_refused(TEST_ZIP, cases[0].entry, CAY_EBAD, cases[0].msg);
}
END_TEST

START_TEST(an_encrypted_zip_is_refused)
{
	assert_refused(TEST_ZIP_ENCRYPTED, (struct test_entry){.name = "x", .data = "x"}, CAY_EBAD,
		       "archive: 'ok': is encrypted");
}
END_TEST

START_TEST(an_archive_in_an_archive_is_a_file)
{
	struct test_entry inner = {.name = "../x", .data = "x"};
	struct cay_buf bytes = {0};
	struct place p;

	open_place(&p);
	test_write_archive(p.archive, TEST_ZIP, &inner, 1);
	ck_ok(cay_file_read(p.archive, MIB, &bytes, &err), err);
	inner = (struct test_entry){
		.name = "inner.zip", .data = (const char *)bytes.data, .size = bytes.len};
	test_write_archive(p.archive, TEST_ZIP, &inner, 1);
	ck_ok(unpack(&p), err);
	ck_assert_uint_eq(p.table.count, 1);
	ck_assert_str_eq(p.table.names[0], "inner.zip");
	cay_buf_finish(&bytes);
	close_place(&p);
}
END_TEST

// Writes the archive again with a bit of one byte flipped: the first `mark`, or else at `back` from
// the end.
static void damage(const char *path, char mark, size_t back)
{
	struct cay_buf bytes = {0};
	uint8_t *at;

	ck_ok(cay_file_read(path, MIB, &bytes, &err), err);
	at = mark ? memchr(bytes.data, mark, bytes.len) : bytes.data + bytes.len - back;
	ck_assert_ptr_nonnull(at);
	*at ^= 1;
	write_bytes(path, bytes.data, bytes.len);
	cay_buf_finish(&bytes);
}

START_TEST(a_bad_checksum_is_refused)
{
	static const struct test_entry entry = {.name = "a", .data = "~~~~ weights ~~~~"};
	static const struct {
		enum test_format format;
		char mark;
		size_t back;
		const char *says;
	} cases[] = {
		{TEST_ZIP_STORED, '~', 0, "bad CRC"},
		{TEST_TAR_GZ, 0, 6, "bad gzip data or checksum"}, // the CRC-32 itself
		{TEST_TAR_GZ, 0, 2, "bad gzip data or checksum"}, // the length behind it
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct place p;

		open_place(&p);
		test_write_archive(p.archive, cases[i].format, &entry, 1);
		damage(p.archive, cases[i].mark, cases[i].back);
		ck_assert_int_eq(unpack(&p), -1);
		ck_assert_int_eq(err.code, CAY_EBAD);
		ck_assert_ptr_nonnull(strstr(err.msg, cases[i].says));
		close_place(&p);
	}
}
END_TEST

START_TEST(a_bad_checksum_behind_long_padding_is_refused)
{
	static const struct test_entry entry = {.name = "a", .data = "weights"};
	static const char padding[200000];
	struct cay_buf tar = {0};
	struct place p;
	gzFile gzip;

	open_place(&p);
	test_write_archive(p.archive, TEST_TAR, &entry, 1);
	ck_ok(cay_file_read(p.archive, MIB, &tar, &err), err);
	gzip = gzopen(p.archive, "wb");
	ck_assert_int_eq(gzwrite(gzip, tar.data, (unsigned)tar.len), (int)tar.len);
	ck_assert_int_eq(gzwrite(gzip, padding, sizeof(padding)), (int)sizeof(padding));
	ck_assert_int_eq(gzclose(gzip), Z_OK);
	damage(p.archive, 0, 6);
	ck_assert_int_eq(unpack(&p), -1);
	ck_assert_str_eq(err.msg, "archive: bad gzip data or checksum");
	cay_buf_finish(&tar);
	close_place(&p);
}
END_TEST

START_TEST(every_cut_off_archive_is_refused_or_whole)
{
	static const struct test_entry entries[] = {{.name = "a", .data = "first"},
						    {.name = "b", .data = "second"}};

	for (int format = TEST_TAR; format <= TEST_ZIP_STORED; format++) {
		struct cay_buf bytes = {0};
		struct place p;

		open_place(&p);
		test_write_archive(p.archive, format, entries, 2);
		ck_ok(cay_file_read(p.archive, MIB, &bytes, &err), err);
		for (size_t len = 0; len < bytes.len; len += len < 300 ? 3 : 97) {
			write_bytes(p.archive, bytes.data, len);
			if (unpack(&p) == 0) { // a tar that has lost its end mark only
				ck_assert_uint_ge(p.table.count, 1);
				assert_file(&p, 0, "a", "first");
			}
			end(&p);
			ck_ok(cay_file_remove_tree(p.out, &err), err);
			begin(&p);
		}
		cay_buf_finish(&bytes);
		close_place(&p);
	}
}
END_TEST

START_TEST(more_entries_than_the_limit_are_too_many)
{
	static struct test_entry entries[201];
	static char names[201][8];

	for (size_t i = 0; i < 201; i++) {
		snprintf(names[i], sizeof(names[i]), "f%zu", i);
		entries[i] = (struct test_entry){.name = names[i], .data = ""};
	}
	for (int format = TEST_TAR; format <= TEST_ZIP; format++) {
		struct place p;

		open_place(&p);
		test_write_archive(p.archive, format, entries, 101);
		ck_assert_int_eq(unpack(&p), -1);
		ck_assert_int_eq(err.code, CAY_ETOOLARGE);
		ck_assert_str_eq(err.msg, "archive: more than 100 files");
		close_place(&p);
	}
	for (size_t i = 0; i < 201; i++)
		entries[i].type = AE_IFDIR;
	for (int format = TEST_TAR; format <= TEST_ZIP; format++) {
		struct place p;

		open_place(&p);
		test_write_archive(p.archive, format, entries, 201);
		ck_assert_int_eq(unpack(&p), -1);
		ck_assert_int_eq(err.code, CAY_ETOOLARGE);
		close_place(&p);
	}
}
END_TEST

START_TEST(zeros_beyond_the_limit_are_too_large)
{
	static const struct test_entry entries[] = {{.name = "half", .size = 2 * MIB},
						    {.name = "more", .size = 3 * MIB}};

	for (int format = TEST_TAR; format <= TEST_ZIP; format++) {
		struct place p;

		open_place(&p);
		test_write_archive(p.archive, format, entries, 2);
		ck_assert_int_eq(unpack(&p), -1);
		ck_assert_int_eq(err.code, CAY_ETOOLARGE);
		ck_assert_str_eq(err.msg, "archive: 'more': unpacks to more than 4194304 bytes, by "
					  "limit or ratio");
		close_place(&p);
	}
}
END_TEST

START_TEST(a_ratio_that_no_weights_have_is_too_large)
{
	static const struct test_entry entry = {.name = "zeros", .size = 64 * MIB};
	struct stat st;
	struct place p;

	open_place(&p);
	test_write_archive(p.archive, TEST_TAR_GZ, &entry, 1);
	ck_assert_int_eq(cay_unpack(p.archive, 1024 * MIB, NULL, &p.table, &p.files, &err), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_int_eq(stat(p.out, &st), 0);
	ck_assert_int_le(st.st_size, (off_t)(32 * MIB));
	close_place(&p);
}
END_TEST

START_TEST(what_is_no_archive_is_refused)
{
	static const char *const bodies[] = {"", "{\"a\": 1}", "\x1f\x8b", "PK\3\4", "\x08\x03"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct place p;

		open_place(&p);
		write_bytes(p.archive, bodies[i], strlen(bodies[i]));
		ck_assert_int_eq(unpack(&p), -1);
		ck_assert(err.code == CAY_EBAD || err.code == CAY_EMEDIA);
		ck_assert_int_eq(strncmp(err.msg, "archive: ", 9), 0);
		ck_assert_ptr_null(strstr(err.msg, p.top));
		close_place(&p);
	}
}
END_TEST

START_TEST(what_a_mac_adds_is_left_out)
{
	static const struct test_entry entries[] = {
		{.name = "m/._x", .data = "fork"},
		{.name = "__MACOSX/m/._x", .data = "fork"},
		{.name = "m/.DS_Store", .data = "view"},
		{.name = "m/x", .data = "data"},
	};
	struct place p;

	open_place(&p);
	test_write_archive(p.archive, TEST_ZIP, entries, 4);
	ck_ok(unpack(&p), err);
	ck_assert_uint_eq(p.table.count, 1);
	assert_file(&p, 0, "m/x", "data");
	close_place(&p);
}
END_TEST

TEST_MAIN("unpack", every_format_unpacks_to_one_file, names_that_leave_the_directory_are_refused,
	  what_is_no_file_is_refused, an_encrypted_zip_is_refused,
	  an_archive_in_an_archive_is_a_file, a_bad_checksum_is_refused,
	  a_bad_checksum_behind_long_padding_is_refused, every_cut_off_archive_is_refused_or_whole,
	  more_entries_than_the_limit_are_too_many, zeros_beyond_the_limit_are_too_large,
	  a_ratio_that_no_weights_have_is_too_large, what_is_no_archive_is_refused,
	  what_a_mac_adds_is_left_out)
