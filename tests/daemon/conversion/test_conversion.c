// Tests of daemon/conversion/conversion.c.
#include "daemon/conversion/conversion.h"
#include "common/file.h"
#include "daemon/conversion/file_table.h"
#include "daemon/conversion/gathered_files.h"
#include "tests/daemon/conversion/archives.h"
#include "tests/test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cay_err err;
static const struct cay_conf conf = {.upload_limit = 4 << 20, .upload_files = 16};
static char directory[PATH_MAX];
static char seen[1024]; // "NAME=BYTES;" of each file that came to list_files, in their order

static void open_job(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/conversion-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	seen[0] = '\0';
	err = (struct cay_err){0};
}

static void close_job(void)
{
	ck_ok(cay_file_remove_tree(directory, &err), err);
}

static const char *in_job(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void put(const char *name, const void *data, size_t size)
{
	ck_ok(cay_file_write(in_job(name), data, size, &err), err);
}

static void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

// "TEXT" if the job's file has that; "-": there is none.
static void assert_text(const char *name, const char *text)
{
	struct cay_buf buf = {0};

	if (strcmp(text, "-") == 0) {
		ck_assert_int_ne(access(in_job(name), F_OK), 0);
		return;
	}
	ck_ok(cay_file_read(in_job(name), 1 << 20, &buf, &err), err);
	ck_assert_str_eq(cay_buf_cstr(&buf), text);
	cay_buf_finish(&buf);
}

static int list_files(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		      const struct cay_sink *sink, struct cay_report *report, struct cay_err *ret)
{
	(void)options;
	(void)report;
	for (size_t i = 0; i < dir->count; i++) {
		struct cay_buf bytes = {0};
		size_t at = strlen(seen);

		if (cay_paddle_file_read(&dir->files[i], 1 << 20, NULL, &bytes, ret) < 0) {
			cay_buf_finish(&bytes);
			return -1;
		}
		snprintf(seen + at, sizeof(seen) - at, "%s=%.16s;", dir->files[i].name,
			 bytes.len ? cay_buf_cstr(&bytes) : "");
		cay_buf_finish(&bytes);
	}
	return sink->put(sink->context, "converted", 9, ret);
}

static int run(cay_convert_fn *convert)
{
	const struct cay_convert_options options = {0};

	return cay_conversion_run(directory, &conf, convert, &options, &err);
}

// A file of a form: of its own, or gathered with others in one.
static void put_part(size_t number, const char *text, bool gathered)
{
	struct cay_buf record = {0};
	char name[24];
	int fd;

	snprintf(name, sizeof(name), "%zu", number);
	if (!gathered) {
		put_text(name, text);
		return;
	}
	ck_ok(cay_gathered_file_begin(&record, number, &err), err);
	cay_buf_text(&record, text);
	cay_gathered_file_end(&record, 0, strlen(text));
	fd = open(in_job(CAY_JOB_SMALL), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_ok(cay_file_append(fd, record.data, record.len, &err), err);
	close(fd);
	cay_buf_finish(&record);
}

// A form with the files; the bytes of each are its number.
static void put_form(const char *const *names, size_t count, bool gathered)
{
	struct cay_buf table = {0};
	char number[24];

	for (size_t i = 0; i < count; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		put_part(i, number, gathered);
		cay_buf_put(&table, names[i], strlen(names[i]) + 1);
	}
	put(CAY_JOB_NAMES, table.data, table.len);
	cay_buf_finish(&table);
}

START_TEST(texts_are_found_beside_the_model_or_in_it)
{
	static const struct {
		const char *names[4], *seen, *json, *labels;
	} cases[] = {
		{{"__model__", "w"}, "__model__=0;w=1;", "-", "-"},
		{{"m/__model__", "m/w/x"}, "__model__=0;w/x=1;", "-", "-"},
		{{"__model__", "model.json", "w", "labels.txt"}, "__model__=0;w=2;", "1", "3"},
		{{"m/__model__", "m/w", "m/labels.txt"}, "__model__=0;w=1;", "-", "2"},
		{{"labels.txt", "m/__model__", "m/w"}, "__model__=1;w=2;", "-", "0"},
		{{"labels.txt", "m/model.json", "m/w"}, "w=2;", "1", "0"},
		{{"d/model.json", "d/m/__model__", "d/m/w"}, "__model__=1;w=2;", "0", "-"},
		{{"__model__", "w/labels.txt"}, "__model__=0;w/labels.txt=1;", "-", "-"},
	};

	for (size_t n = 0; n < 2 * sizeof(cases) / sizeof(cases[0]); n++) {
		const size_t i = n / 2;
		const bool gathered = n % 2;
		size_t count = 0;

		while (count < 4 && cases[i].names[count])
			count++;
		open_job();
		put_form(cases[i].names, count, gathered);
		ck_ok(run(list_files), err);
		ck_assert_str_eq(seen, cases[i].seen);
		assert_text(CAY_JOB_JSON, cases[i].json);
		assert_text(CAY_JOB_LABELS, cases[i].labels);
		assert_text(CAY_JOB_MODEL, "converted");
		// None of those gathered has become a file, unless it could have been an archive.
		if (gathered && strchr(seen, ';')[1])
			for (size_t k = 0; k < count; k++)
				assert_text((const char *[]){"0", "1", "2", "3"}[k], "-");
		close_job();
	}
}
END_TEST

START_TEST(an_archive_is_unpacked_and_gone)
{
	static const struct test_entry entries[] = {
		{.name = "labels.txt", .data = "zero"},
		{.name = "model/", .type = 0040000},
		{.name = "model/__model__", .data = "program"},
		{.name = "model/w", .data = "weights"},
	};

	open_job();
	test_write_archive(in_job("0"), TEST_TAR_GZ, entries, 4);
	ck_ok(run(list_files), err);
	ck_assert_str_eq(seen, "__model__=program;w=weights;");
	assert_text(CAY_JOB_LABELS, "zero");
	assert_text("0", "-");
	close_job();
}
END_TEST

START_TEST(a_form_may_have_an_archive_among_its_files)
{
	static const struct test_entry entries[] = {{.name = "m/__model__", .data = "program"},
						    {.name = "m/labels.txt", .data = "in it"}};
	static const char names[] = "labels.txt\0m.zip", json_names[] = "model.json\0m.zip";

	open_job();
	put_text("0", "{}");
	test_write_archive(in_job("1"), TEST_ZIP, entries, 2);
	put(CAY_JOB_NAMES, json_names, sizeof(json_names));
	ck_ok(run(list_files), err);
	ck_assert_str_eq(seen, "__model__=program;");
	assert_text(CAY_JOB_JSON, "{}");
	assert_text(CAY_JOB_LABELS, "in it");
	close_job();

	open_job();
	put_text("0", "beside it");
	test_write_archive(in_job("1"), TEST_ZIP, entries, 2);
	put(CAY_JOB_NAMES, names, sizeof(names));
	ck_assert_int_eq(run(list_files), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	ck_assert_str_eq(err.msg, "labels.txt: is there twice");
	close_job();
}
END_TEST

START_TEST(paddles_program_may_be_called_model_json)
{
	static const char names[] = "model.json\0model.pdiparams";

	for (int gathered = 0; gathered < 2; gathered++) {
		open_job();
		put_part(0, "{\"base_code\":{\"magic\":\"pir\"}}", gathered);
		put_part(1, "w", gathered);
		put(CAY_JOB_NAMES, names, sizeof(names));
		ck_ok(run(list_files), err);
		ck_assert_str_eq(seen, "model.json={\"base_code\":{\"m;model.pdiparams=w;");
		assert_text(CAY_JOB_JSON, "-");
		close_job();
	}
}
END_TEST

START_TEST(gathered_files_whose_sizes_lie_are_refused)
{
	static const char *const names[] = {"__model__", "w"};
	const size_t lies[][2] = {{2, 1}, {1, CAY_SMALL_FILE + 1}, {1, 2}}; // number and size

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint8_t record[sizeof(lies[0]) + 1] = {0};

		open_job();
		put_form(names, 2, false);
		memcpy(record, lies[i], sizeof(lies[i]));
		put(CAY_JOB_SMALL, record, sizeof(record));
		ck_assert_int_eq(run(list_files), -1);
		ck_assert_int_eq(err.code, CAY_EIO);
		close_job();
	}
}
END_TEST

START_TEST(what_is_no_upload_is_refused)
{
	static const char *const labels[] = {"labels.txt"};
	static char long_text[CAY_JOB_TEXT_MAX + 1];

	open_job(); // neither a form nor an archive
	put_text("0", "weights");
	ck_assert_int_eq(run(list_files), -1);
	ck_assert_int_eq(err.code, CAY_EMEDIA);
	close_job();

	open_job();
	put_form(labels, 1, false);
	ck_assert_int_eq(run(list_files), -1);
	ck_assert_int_eq(err.code, CAY_EBAD);
	close_job();

	open_job();
	put(CAY_JOB_NAMES, "labels.txt", sizeof("labels.txt"));
	put("0", long_text, sizeof(long_text));
	ck_assert_int_eq(run(list_files), -1);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	close_job();
}
END_TEST

static int fail_with_report(const struct cay_paddle_dir *dir,
			    const struct cay_convert_options *options, const struct cay_sink *sink,
			    struct cay_report *report, struct cay_err *ret)
{
	(void)dir;
	(void)options;
	report->topology = "__model__";
	if (sink->put(sink->context, "half", 4, ret) < 0)
		return -1;
	return cay_fail(ret, CAY_ENOTFOUND, "no topology");
}

START_TEST(a_failure_has_a_report_and_no_model)
{
	static const char *const names[] = {"__model__"};

	open_job();
	put_form(names, 1, false);
	ck_assert_int_eq(run(fail_with_report), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL); // what is missing is not the address that was asked
	ck_assert_int_eq(access(in_job(CAY_JOB_REPORT), F_OK), 0);
	assert_text(CAY_JOB_MODEL, "-");
	close_job();
}
END_TEST

TEST_MAIN("conversion", texts_are_found_beside_the_model_or_in_it, an_archive_is_unpacked_and_gone,
	  a_form_may_have_an_archive_among_its_files, paddles_program_may_be_called_model_json,
	  gathered_files_whose_sizes_lie_are_refused, what_is_no_upload_is_refused,
	  a_failure_has_a_report_and_no_model)
