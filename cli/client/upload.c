// The files of a model directory, or one archive, on their way to a daemon.
#include "cli/client/upload.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct cay_upload *upload, const char *path, const char *name, struct cay_err *err)
{
	struct cay_upload_file *file = &upload->files[upload->count];

	if (upload->count == CAY_UPLOAD_FILES)
		return cay_fail(err, CAY_ETOOLARGE, "more than %d files: is it a model directory?",
				CAY_UPLOAD_FILES);
	upload->count++;
	file->path = strdup(path);
	file->name = strdup(name);
	return file->path && file->name ? 0 : cay_fail_memory(err);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

// Adds a file; prefix: how many bytes of its path are in front of its name.
static int take(struct cay_upload *upload, FTS *tree, FTSENT *entry, size_t prefix,
		struct cay_err *err)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level > 0 && entry->fts_name[0] == '.')
			fts_set(tree, entry, FTS_SKIP);
		return 0;
	case FTS_F:
		return entry->fts_name[0] == '.'
			       ? 0
			       : add(upload, entry->fts_path, entry->fts_path + prefix, err);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		return cay_fail_errno(err, "cannot read '%s'", entry->fts_path);
	default: // a directory's end, sockets, links to nowhere or in circles
		return 0;
	}
}

static int find_below(struct cay_upload *upload, char *directory, struct cay_err *err)
{
	char *const roots[] = {directory, NULL};
	size_t prefix = strlen(directory);
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int result = 0;

	if (!tree)
		return cay_fail_errno(err, "cannot read the directory");
	if (prefix && directory[prefix - 1] != '/')
		prefix++; // fts puts one there
	while (result == 0 && (entry = fts_read(tree)))
		result = take(upload, tree, entry, prefix, err);
	fts_close(tree);
	if (result == 0 && upload->count == 0)
		return cay_fail(err, CAY_EBAD, "no files in it");
	return result;
}

int cay_upload_find(struct cay_upload *ret, const char *path, struct cay_err *err)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *copy;
	int result;

	*ret = (struct cay_upload){0};
	if (stat(path, &st) < 0)
		return cay_fail_errno(err, "cannot open");
	ret->files = calloc(CAY_UPLOAD_FILES, sizeof(*ret->files));
	if (!ret->files)
		return cay_fail_memory(err);
	if (!S_ISDIR(st.st_mode))
		return add(ret, path, slash ? slash + 1 : path, err);
	copy = strdup(path); // fts wants to write
	if (!copy)
		return cay_fail_memory(err);
	result = find_below(ret, copy, err);
	free(copy);
	return result;
}

void cay_upload_finish(struct cay_upload *upload)
{
	for (size_t i = 0; i < upload->count; i++) {
		free(upload->files[i].path);
		free(upload->files[i].name);
	}
	free(upload->files);
}
