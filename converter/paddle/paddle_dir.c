// The files of a Paddle model directory, and which of them are topology and parameters.
#include "converter/paddle/paddle_dir.h"
#include "common/file.h"
#include "common/size.h"
#include "converter/paddle/foreign.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES     65536
#define MAX_MEMORY    ((size_t)64 << 20) // of names and paths
#define LISTED_FILES  4			 // in a message
#define LISTED_LENGTH 120

static const char *const topology_names[] = {"__model__", "model"};
static const char *const param_names[] = {"__params__", "params", "weights"};

void cay_paddle_dir_init(struct cay_paddle_dir *dir)
{
	*dir = (struct cay_paddle_dir){0};
	cay_arena_init(&dir->arena, MAX_MEMORY);
	cay_names_init(&dir->index, &dir->arena);
}

void cay_paddle_dir_finish(struct cay_paddle_dir *dir)
{
	cay_arena_finish(&dir->arena);
	*dir = (struct cay_paddle_dir){0};
}

static int grow(struct cay_paddle_dir *dir, struct cay_err *err)
{
	struct cay_paddle_file *files = cay_arena_grow(&dir->arena, dir->files, dir->count,
						       sizeof(*files), &dir->capacity, err);

	if (!files)
		return -1;
	dir->files = files;
	return 0;
}

int cay_paddle_dir_add(struct cay_paddle_dir *dir, const char *name, const char *path,
		       struct cay_err *err)
{
	return cay_paddle_dir_add_part(dir, name, path, 0, SIZE_MAX, err);
}

int cay_paddle_dir_add_part(struct cay_paddle_dir *dir, const char *name, const char *path,
			    uint64_t offset, size_t size, struct cay_err *err)
{
	struct cay_paddle_file file = {.offset = offset, .size = size};

	if (cay_foreign_is_junk(name))
		return 0;
	if (dir->count == MAX_FILES)
		return cay_fail(err, CAY_ETOOLARGE, "more than %d files", MAX_FILES);
	if (cay_paddle_dir_find(dir, name))
		return cay_fail(err, CAY_EBAD, "'%s' is there twice", name);
	file.name = cay_arena_strdup(&dir->arena, name, err);
	file.path = cay_arena_strdup(&dir->arena, path, err);
	if (!file.name || !file.path || grow(dir, err) < 0 ||
	    cay_names_set(&dir->index, file.name, (uint32_t)dir->count, err) < 0)
		return -1;
	dir->files[dir->count++] = file;
	return 0;
}

const struct cay_paddle_file *cay_paddle_dir_find(const struct cay_paddle_dir *dir,
						  const char *name)
{
	uint32_t index = cay_names_get(&dir->index, name);

	return index == CAY_NO_INDEX ? NULL : &dir->files[index];
}

size_t cay_paddle_file_size(const struct cay_paddle_file *file)
{
	struct stat st;

	if (file->size != SIZE_MAX)
		return file->size;
	return stat(file->path, &st) == 0 ? (size_t)st.st_size : 0;
}

int cay_paddle_file_read(const struct cay_paddle_file *file, size_t limit,
			 const struct cay_tracker *progress, struct cay_buf *ret,
			 struct cay_err *err)
{
	if (file->size != SIZE_MAX && file->size > limit)
		return cay_fail(err, CAY_ETOOLARGE, "%zu bytes, over the limit of %zu", file->size,
				limit);
	if (file->size == SIZE_MAX) {
		if (cay_file_read_tracked(file->path, limit, progress, ret, err) < 0)
			return -1;
	} else if (cay_file_read_part(file->path, file->offset, file->size, progress, ret, err) <
		   0) {
		return -1;
	}
	if (cay_foreign_is_pointer(ret->data, ret->len))
		return cay_fail(err, CAY_EMODEL,
				"this is a pointer of Git LFS: 'git lfs pull' fetches the file");
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct cay_paddle_file *)a)->name,
		      ((const struct cay_paddle_file *)b)->name);
}

// Directories still to be read, names relative to the root.
struct pending {
	const char *name;
	struct pending *next;
};

static struct pending *push(struct cay_arena *arena, struct pending *top, const char *name,
			    struct cay_err *err)
{
	struct pending *p = cay_arena_alloc(arena, sizeof(*p), err);

	if (p)
		*p = (struct pending){.name = name, .next = top};
	return p;
}

static int scan_entry(struct cay_paddle_dir *dir, const char *root, const char *parent, int fd,
		      const char *entry, struct pending **todo, struct cay_err *err)
{
	const char *name = *parent ? cay_arena_printf(&dir->arena, err, "%s/%s", parent, entry)
				   : cay_arena_strdup(&dir->arena, entry, err);
	const char *path = name ? cay_arena_printf(&dir->arena, err, "%s/%s", root, name) : NULL;
	struct stat st;

	if (!path)
		return -1;
	if (fstatat(fd, entry, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		struct pending *next = push(&dir->arena, *todo, name, err);

		*todo = next ? next : *todo;
		return next ? 0 : -1;
	}
	if (fstatat(fd, entry, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return cay_paddle_dir_add(dir, name, path, err);
}

static int fail_for_file(const char *name, struct cay_err *err)
{
	const char *foreign = cay_foreign_tell(name, CAY_FOREIGN_AS_DIRECTORY);

	return foreign ? cay_fail(err, CAY_EBAD, "this is %s", foreign)
		       : cay_fail(err, CAY_EBAD, "not a directory");
}

static int scan_directory(struct cay_paddle_dir *dir, const char *root, const char *name,
			  struct pending **todo, struct cay_err *err)
{
	const char *path = cay_arena_printf(&dir->arena, err, "%s/%s", root, name);
	DIR *handle = path ? opendir(path) : NULL;
	struct dirent *entry;
	int result = 0;

	if (!path)
		return -1;
	if (!handle && errno == ENOTDIR)
		return fail_for_file(root, err);
	if (!handle)
		return cay_fail_errno(err, "cannot read the directory");
	while (result == 0 && (entry = readdir(handle)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = scan_entry(dir, root, name, dirfd(handle), entry->d_name, todo,
					    err);
	closedir(handle);
	return result;
}

static int reindex(struct cay_paddle_dir *dir, struct cay_err *err)
{
	for (size_t i = 0; i < dir->count; i++)
		if (cay_names_set(&dir->index, dir->files[i].name, (uint32_t)i, err) < 0)
			return -1;
	return 0;
}

int cay_paddle_dir_scan(struct cay_paddle_dir *dir, const char *path, struct cay_err *err)
{
	struct pending *todo = push(&dir->arena, NULL, "", err);

	if (!todo)
		return -1;
	while (todo) {
		const char *name = todo->name;

		todo = todo->next;
		if (scan_directory(dir, path, name, &todo, err) < 0)
			return -1;
	}
	if (dir->count) // the order of a directory is no order: messages should not depend on it
		qsort(dir->files, dir->count, sizeof(*dir->files), compare_files);
	return reindex(dir, err);
}

// The part of a top-level name before the extension, as a length; 0 if the name has another one.
static size_t stem_length(const char *name, const char *extension)
{
	size_t length = strlen(name), tail = strlen(extension);

	return length > tail && !strchr(name, '/') && strcmp(name + length - tail, extension) == 0
		       ? length - tail
		       : 0;
}

// The parameters that go with a program by their names: with the stem of its own.
static const struct cay_paddle_file *find_sibling(const struct cay_paddle_dir *dir,
						  const char *name, size_t stem)
{
	char sibling[PATH_MAX];
	const int length = snprintf(sibling, sizeof(sibling), "%.*s.pdiparams", (int)stem, name);

	return (size_t)length < sizeof(sibling) ? cay_paddle_dir_find(dir, sibling) : NULL;
}

// What is there, for a message; not all of it.
static void list_files(const struct cay_paddle_dir *dir, char text[static LISTED_LENGTH + 32])
{
	size_t used = 0, i = 0;

	for (; i < dir->count && i < LISTED_FILES; i++) {
		size_t length = strlen(dir->files[i].name);

		if (used + length + 2 > LISTED_LENGTH)
			break;
		memcpy(text + used, i ? ", " : "", i ? 2 : 0);
		used += i ? 2 : 0;
		memcpy(text + used, dir->files[i].name, length);
		used += length;
	}
	text[used] = '\0';
	if (dir->count == 0)
		memcpy(text, "nothing", sizeof("nothing"));
	else if (i == 0)
		memcpy(text, "other files", sizeof("other files"));
	else if (i < dir->count)
		memcpy(text + used, " and others", sizeof(" and others"));
}

// Bytes up to the last slash and with it.
static size_t directory_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) + 1 : 0;
}

// Paddle 3 writes its new program format unless it is told otherwise.
static const char *find_pir(const struct cay_paddle_dir *dir)
{
	for (size_t i = 0; i < dir->count; i++) {
		const char *name = dir->files[i].name;
		size_t stem = stem_length(name, ".json");

		if (strcmp(name + directory_length(name), "inference.json") == 0 ||
		    (stem && find_sibling(dir, name, stem)))
			return name;
	}
	return NULL;
}

static int fail_without_topology(const struct cay_paddle_dir *dir, struct cay_err *err)
{
	const char *pir = find_pir(dir);
	char files[LISTED_LENGTH + 32];

	if (pir)
		return cay_fail(
			err, CAY_EMODEL,
			"'%s' is a program in Paddle 3's JSON form, which is not supported: "
			"export again with FLAGS_enable_pir_api=0 to get a .pdmodel",
			pir);
	for (size_t i = 0; i < dir->count; i++) {
		const char *name = dir->files[i].name;
		const char *foreign = cay_foreign_tell(name, CAY_FOREIGN_INSIDE);

		if (foreign)
			return cay_fail(err, CAY_EMODEL, "no Paddle model: '%s' is %s", name,
					foreign);
	}
	list_files(dir, files);
	return cay_fail(err, CAY_EMODEL,
			"no Paddle model: found %s; expected __model__ or model with __params__, "
			"params or a file per parameter, or NAME.pdmodel with NAME.pdiparams",
			files);
}

static bool is_topology(const char *name)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(topology_names); i++)
		if (strcmp(name, topology_names[i]) == 0)
			return true;
	return stem_length(name, ".pdmodel") > 0;
}

// The files whose names begin with `directory`, which has `length` bytes.
static int add_below(struct cay_paddle_dir *below, const struct cay_paddle_dir *dir,
		     const char *directory, size_t length, struct cay_err *err)
{
	for (size_t i = 0; i < dir->count; i++) {
		const struct cay_paddle_file *file = &dir->files[i];

		if (strncmp(file->name, directory, length) == 0 &&
		    cay_paddle_dir_add_part(below, file->name + length, file->path, file->offset,
					    file->size, err) < 0)
			return -1;
	}
	return 0;
}

int cay_paddle_dir_enter(const struct cay_paddle_dir *dir, struct cay_paddle_dir *below,
			 const char **ret, struct cay_err *err)
{
	const char *found = "", *others = "";
	size_t length = 0, count = 0;
	char list[LISTED_LENGTH] = "";

	*ret = "";
	for (size_t i = 0; i < dir->count && !dir->model_file; i++) {
		const char *name = dir->files[i].name;
		const size_t own = directory_length(name), used = strlen(list);

		if (!is_topology(name + own))
			continue;
		if (own == 0)
			return 0;
		if (own == length && memcmp(name, found, own) == 0)
			continue;
		if (count < LISTED_FILES && used + own + sizeof(", ''") < sizeof(list))
			snprintf(list + used, sizeof(list) - used, "%s'%.*s'", used ? ", " : "",
				 (int)own, name);
		else
			others = used ? " and others" : "in long names";
		found = name;
		length = own;
		count++;
	}
	if (count > 1)
		return cay_fail(err, CAY_EMODEL,
				"no model at the top, and %zu below: %s%s; name the one that is "
				"meant",
				count, list, others);
	if (count == 0)
		return 0;
	*ret = cay_arena_printf(&below->arena, err, "%.*s", (int)length, found);
	return *ret ? add_below(below, dir, *ret, length, err) : -1;
}

static int find_insisted(const struct cay_paddle_dir *dir, const char *name,
			 const struct cay_paddle_file **ret, struct cay_err *err)
{
	*ret = cay_paddle_dir_find(dir, name);
	return *ret ? 0 : cay_fail(err, CAY_ENOTFOUND, "there is no file '%s'", name);
}

int cay_paddle_dir_topology(const struct cay_paddle_dir *dir, const struct cay_paddle_file **ret,
			    struct cay_err *err)
{
	const struct cay_paddle_file *found = NULL;

	if (dir->model_file)
		return find_insisted(dir, dir->model_file, ret, err);
	for (size_t i = 0; i < dir->count; i++) {
		if (!is_topology(dir->files[i].name))
			continue;
		if (found)
			return cay_fail(
				err, CAY_EMODEL,
				"several models: '%s' and '%s'; give one alone, or name its files",
				found->name, dir->files[i].name);
		found = &dir->files[i];
	}
	if (!found)
		return fail_without_topology(dir, err);
	*ret = found;
	return 0;
}

static bool is_combined(const char *name)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(param_names); i++)
		if (strcmp(name, param_names[i]) == 0)
			return true;
	return stem_length(name, ".pdiparams") > 0;
}

static const struct cay_param *find_missing(const struct cay_paddle_dir *dir,
					    const struct cay_program *program)
{
	for (size_t i = 0; i < program->param_count; i++)
		if (!cay_paddle_dir_find(dir, program->params[i].name))
			return &program->params[i];
	return NULL;
}

int cay_paddle_dir_params(const struct cay_paddle_dir *dir, const struct cay_paddle_file *topology,
			  const struct cay_program *program, const struct cay_paddle_file **ret,
			  struct cay_err *err)
{
	size_t stem = stem_length(topology->name, ".pdmodel");
	const struct cay_param *missing = find_missing(dir, program);
	const struct cay_paddle_file *found = stem ? find_sibling(dir, topology->name, stem) : NULL;

	if (dir->param_file)
		return find_insisted(dir, dir->param_file, ret, err);
	*ret = found;
	if (found || !missing)
		return 0;
	for (size_t i = 0; i < dir->count; i++) {
		if (!is_combined(dir->files[i].name))
			continue;
		if (found)
			return cay_fail(err, CAY_EMODEL,
					"several parameter files: '%s' and '%s'; name the one that "
					"is meant",
					found->name, dir->files[i].name);
		found = &dir->files[i];
	}
	if (!found && stem)
		return cay_fail(err, CAY_EMODEL,
				"'%.*s.pdiparams' is not there, which has the parameters of '%s'",
				(int)stem, topology->name, topology->name);
	if (!found)
		return cay_fail(err, CAY_EMODEL,
				"parameter '%s' has no file, and there is no file for all of them "
				"(__params__, params, weights or NAME.pdiparams)",
				missing->name);
	*ret = found;
	return 0;
}
