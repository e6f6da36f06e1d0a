// What one conversion does: uploaded files to a model and a report.
#define _GNU_SOURCE // memmem
#include "daemon/conversion/conversion.h"
#include "common/file.h"
#include "daemon/conversion/gathered_files.h"
#include "daemon/conversion/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNPACKED 0.25F // of the work of an archive's conversion

struct conversion {
	const char *directory;
	const struct cay_tracker *progress;
	const struct cay_conf *conf;
	struct cay_file_table uploaded, unpacked;
	struct cay_gathered_files small, contents; // of those uploaded; all that are unpacked
	bool archive;				   // the body was one, not a form
};

static int make_path(char path[PATH_MAX], const char *directory, const char *name,
		     struct cay_err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
		return cay_fail(err, CAY_EIO, "the path of the state directory is too long");
	return 0;
}

static int make_number_path(char path[PATH_MAX], const char *directory, size_t number,
			    struct cay_err *err)
{
	char name[24];

	snprintf(name, sizeof(name), "%zu", number);
	return make_path(path, directory, name, err);
}

// A new file of the job's directory, or -1.
static int create(const struct conversion *c, const char *name, struct cay_err *err)
{
	char path[PATH_MAX];
	int fd;

	if (make_path(path, c->directory, name, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? cay_fail_errno(err, "cannot create a file") : fd;
}

// Shuts it after what was done with it.
static int shut(int fd, int result, struct cay_err *err)
{
	return close(fd) < 0 && result == 0 ? cay_fail_errno(err, "cannot close a file") : result;
}

static int read_names(struct conversion *c, struct cay_err *err)
{
	struct cay_buf names = {0};
	char path[PATH_MAX];
	int result = 0;

	if (cay_file_table_init(&c->uploaded, c->conf->upload_files, err) < 0 ||
	    make_path(path, c->directory, CAY_JOB_NAMES, err) < 0)
		return -1;
	if (access(path, F_OK) < 0)
		c->archive = true;
	else if ((result = cay_file_read(path, SIZE_MAX / 2, &names, err)) == 0)
		result = cay_file_table_read(&c->uploaded, &names, err);
	cay_buf_finish(&names);
	return result;
}

// Where the bytes of a file are: among those that are gathered, or in one of its own.
static int find_bytes(const struct conversion *c, const struct cay_gathered_files *gathered,
		      size_t number, char path[PATH_MAX], struct cay_file_place *ret,
		      struct cay_err *err)
{
	const struct cay_file_place *place = cay_gathered_files_find(gathered, number);
	struct stat st;

	if (place) {
		*ret = *place;
		snprintf(path, PATH_MAX, "%s", gathered->path);
		return 0;
	}
	if (make_number_path(path, c->directory, number, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return cay_fail_errno(err, "cannot look at a file");
	*ret = (struct cay_file_place){.size = (size_t)st.st_size};
	return 0;
}

// Paddle 3 calls its program model.json too, if the model was saved as "model".
static bool is_program(const char *path, const struct cay_file_place *place)
{
	static const char mark[] = "\"base_code\"";
	char head[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n =
		fd < 0 ? -1
		       : pread(fd, head, place->size < sizeof(head) ? place->size : sizeof(head),
			       (off_t)place->offset);

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(head, (size_t)n, mark, sizeof(mark) - 1);
}

// Takes a file that describes the model, not for the converter, out of the table.
static int take_text(struct conversion *c, struct cay_file_table *table,
		     struct cay_gathered_files *gathered, const char *name, struct cay_err *err)
{
	size_t number = cay_file_table_find(table, name);
	char from[PATH_MAX], to[PATH_MAX];
	struct cay_file_place place;

	if (number == SIZE_MAX)
		return 0;
	if (find_bytes(c, gathered, number, from, &place, err) < 0 ||
	    make_path(to, c->directory, name, err) < 0)
		return -1;
	if (is_program(from, &place))
		return 0;
	if (place.size > CAY_JOB_TEXT_MAX)
		return cay_fail(err, CAY_ETOOLARGE, "%s: over the limit of %zu bytes", name,
				CAY_JOB_TEXT_MAX);
	if (access(to, F_OK) == 0)
		return cay_fail(err, CAY_EBAD, "%s: is there twice", name);
	if (place.there) {
		if (cay_gathered_files_extract(gathered, number, to, err) < 0)
			return -1;
	} else if (rename(from, to) < 0) {
		return cay_fail_errno(err, "cannot rename a file");
	}
	table->names[number] = NULL;
	return 0;
}

// model.json and labels.txt may lie beside the model's directory or in it.
static int take_texts(struct conversion *c, struct cay_file_table *table,
		      struct cay_gathered_files *gathered, struct cay_err *err)
{
	for (int round = 0; round < 2; round++) {
		cay_file_table_strip(table);
		if (take_text(c, table, gathered, CAY_JOB_JSON, err) < 0 ||
		    take_text(c, table, gathered, CAY_JOB_LABELS, err) < 0)
			return -1;
	}
	return 0;
}

static int unpack(struct conversion *c, const char *archive, struct cay_err *err)
{
	const struct cay_tracker unpacking = cay_tracker_part(c->progress, "unpack", 0, UNPACKED);

	if (cay_file_table_init(&c->unpacked, c->conf->upload_files, err) < 0 ||
	    cay_gathered_files_init(&c->contents, c->directory, CAY_JOB_UNPACKED,
				    c->conf->upload_files, err) < 0 ||
	    cay_unpack(archive, c->conf->upload_limit, &unpacking, &c->unpacked, &c->contents,
		       err) < 0)
		return -1;
	unlink(archive);
	return take_texts(c, &c->unpacked, &c->contents, err);
}

static size_t count_names(const struct cay_file_table *table, size_t *ret_last)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (table->names[i]) {
			*ret_last = i;
			count++;
		}
	}
	return count;
}

static int add_files(const struct conversion *c, const struct cay_file_table *table,
		     const struct cay_gathered_files *gathered, struct cay_paddle_dir *dir,
		     struct cay_err *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < table->count; i++) {
		const struct cay_file_place *place = cay_gathered_files_find(gathered, i);

		if (!table->names[i])
			continue;
		if (make_number_path(path, c->directory, i, err) < 0 ||
		    (place ? cay_paddle_dir_add_part(dir, table->names[i], gathered->path,
						     place->offset, place->size, err)
			   : cay_paddle_dir_add(dir, table->names[i], path, err)) < 0)
			return -1;
	}
	return 0;
}

// A form may have one archive among its files: it is unpacked as if it were the body.
static int collect(struct conversion *c, struct cay_paddle_dir *dir, struct cay_err *err)
{
	char path[PATH_MAX];
	size_t left, number = 0;

	if (read_names(c, err) < 0 ||
	    cay_gathered_files_init(&c->small, c->directory, CAY_JOB_SMALL, c->uploaded.count,
				    err) < 0 ||
	    cay_gathered_files_read(&c->small, err) < 0 ||
	    take_texts(c, &c->uploaded, &c->small, err) < 0)
		return -1;
	left = count_names(&c->uploaded, &number);
	if (left == 0 && !c->archive)
		return cay_fail(err, CAY_EBAD, "upload: no model file in it");
	if (make_number_path(path, c->directory, number, err) < 0 ||
	    (left == 1 && cay_gathered_files_extract(&c->small, number, path, err) < 0))
		return -1;
	if (!c->archive && !(left == 1 && cay_unpack_probe(path)))
		return add_files(c, &c->uploaded, &c->small, dir, err);
	if (unpack(c, path, err) < 0)
		return -1;
	return add_files(c, &c->unpacked, &c->contents, dir, err);
}

static int write_report(const struct conversion *c, const struct cay_report *report,
			struct cay_err *err)
{
	struct cay_buf text = {0};
	int fd, result = -1;

	cay_report_json(report, &text);
	if (cay_buf_check(&text, err) == 0 && (fd = create(c, CAY_JOB_REPORT, err)) >= 0)
		result = shut(fd, cay_file_append(fd, text.data, text.len, err), err);
	cay_buf_finish(&text);
	return result;
}

static int convert_files(const struct conversion *c, const struct cay_paddle_dir *dir,
			 cay_convert_fn *convert, struct cay_convert_options options,
			 struct cay_err *err)
{
	int fd = create(c, CAY_JOB_MODEL, err), result;
	char path[PATH_MAX];
	const struct cay_sink sink = cay_file_sink(&fd);
	struct cay_report report = {0};
	struct cay_err ignored = {0};

	if (fd < 0)
		return -1;
	options.progress = cay_tracker_part(c->progress, NULL, c->unpacked.count ? UNPACKED : 0, 1);
	result = shut(fd, convert(dir, &options, &sink, &report, err), err);
	if (result < 0 && err->code == CAY_ENOTFOUND)
		err->code = CAY_EMODEL; // a file of the model, not what the request asked for
	if (result < 0 && make_path(path, c->directory, CAY_JOB_MODEL, &ignored) == 0)
		unlink(path); // a part of it
	if (write_report(c, &report, &ignored) < 0 && result == 0) {
		*err = ignored;
		result = -1;
	}
	cay_report_finish(&report);
	return result;
}

int cay_conversion_run(const char *directory, const struct cay_conf *conf, cay_convert_fn *convert,
		       const struct cay_convert_options *options, struct cay_err *err)
{
	struct conversion c = {
		.directory = directory, .conf = conf, .progress = &options->progress};
	const struct cay_tracker begin = cay_tracker_part(c.progress, "unpack", 0, 1);
	struct cay_paddle_dir dir;
	int result = -1;

	cay_paddle_dir_init(&dir);
	if (cay_tracker_tell(&begin, 0, 1, err) == 0 && collect(&c, &dir, err) == 0)
		result = convert_files(&c, &dir, convert, *options, err);
	cay_paddle_dir_finish(&dir);
	cay_gathered_files_finish(&c.small);
	cay_gathered_files_finish(&c.contents);
	cay_file_table_finish(&c.unpacked);
	cay_file_table_finish(&c.uploaded);
	return result;
}
