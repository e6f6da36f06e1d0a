// The state directory: versions appear by one rename and go by one.
#define _GNU_SOURCE // mkdtemp
#include "daemon/models/model_store.h"
#include "common/file.h"
#include "common/size.h"
#include "daemon/models/model_info.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const version_files[] = {"model.nb", "model.json", "labels.txt"};

// Makes the path root/FMT. One that is too long becomes "", which does not exist.
CAY_PRINTF(3, 4)
static void make_path(const struct cay_store *store, char path[PATH_MAX], const char *fmt, ...)
{
	int n = snprintf(path, PATH_MAX, "%s/", store->root);
	va_list ap;

	if (n >= 0 && n < PATH_MAX) {
		va_start(ap, fmt);
		n += vsnprintf(path + n, (size_t)(PATH_MAX - n), fmt, ap);
		va_end(ap);
	}
	if (n < 0 || n >= PATH_MAX)
		path[0] = '\0';
}

// mkdir -p
static int make_directories(const char *path, struct cay_err *err)
{
	char *copy = strdup(path), *at = copy;
	int result = 0;

	if (!copy)
		return cay_fail_memory(err);
	while (result == 0 && at) {
		at = strchr(at + 1, '/');
		if (at)
			*at = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			result = cay_fail_errno(err, "cannot make the directory");
		if (at)
			*at = '/';
	}
	free(copy);
	return result;
}

// What a rename has done is on the disk only when its directory is.
static void sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

// Returns a descriptor that holds the lock. On a file system without locks it holds none.
static int lock_root(const char *root, struct cay_err *err)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return cay_fail_errno(err, "cannot open the directory");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return cay_fail(err, CAY_ECONFLICT, "another daemon has it in use");
	}
	return fd;
}

static int make_places(const struct cay_store *store, struct cay_err *err)
{
	static const char *const names[] = {"tmp", "models"};
	char path[PATH_MAX];

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++) {
		make_path(store, path, "%s", names[i]);
		if (make_directories(path, err) < 0)
			return cay_wrap(err, "%s", names[i]);
	}
	return 0;
}

static int empty_tmp(const struct cay_store *store, struct cay_err *err)
{
	char path[PATH_MAX];

	make_path(store, path, "tmp");
	return cay_file_remove_tree(path, err) < 0 ? cay_wrap(err, "tmp") : 0;
}

// Makes again what somebody has removed meanwhile, but not root, which the lock is of.
static int make_places_again(const struct cay_store *store, struct cay_err *err)
{
	struct stat is, was;

	if (stat(store->root, &is) < 0 || fstat(store->lock, &was) < 0 || is.st_dev != was.st_dev ||
	    is.st_ino != was.st_ino)
		return cay_fail(err, CAY_EIO,
				"the state directory has been removed or replaced; the daemon "
				"must be restarted");
	return make_places(store, err);
}

int cay_store_init(struct cay_store *ret, const char *root, size_t limit, struct cay_err *err)
{
	struct cay_store store = {.root = root, .limit = limit, .lock = -1};

	if (make_directories(root, err) == 0)
		store.lock = lock_root(root, err);
	if (store.lock < 0)
		return -1;
	if (empty_tmp(&store, err) < 0 || make_places(&store, err) < 0) {
		cay_store_finish(&store);
		return -1;
	}
	*ret = store;
	return 0;
}

void cay_store_finish(struct cay_store *store)
{
	if (store->lock >= 0)
		close(store->lock);
	store->lock = -1;
}

int cay_store_names(const struct cay_store *store, struct cay_arena *arena, const char ***ret,
		    size_t *ret_count, struct cay_err *err)
{
	struct dirent **list = NULL;
	struct cay_err ignored;
	char path[PATH_MAX];
	int n, result = 0;

	make_path(store, path, "models");
	n = scandir(path, &list, NULL, alphasort);
	if (n < 0 && errno == ENOENT) {
		if (make_places_again(store, err) < 0)
			return -1;
		n = scandir(path, &list, NULL, alphasort);
	}
	if (n < 0)
		return cay_fail_errno(err, "cannot list the models");
	*ret = cay_arena_array(arena, (size_t)n, sizeof(**ret), err);
	*ret_count = 0;
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;

		if (*ret && cay_model_name_check(name, &ignored) == 0)
			(*ret)[(*ret_count)++] = cay_arena_strdup(arena, name, err);
		if (!*ret || (*ret_count > 0 && !(*ret)[*ret_count - 1]))
			result = -1;
		free(list[i]);
	}
	free(list);
	return result;
}

// Returns the number in the name of a version's directory; 0: it is another name.
static unsigned parse_version(const char *text)
{
	unsigned long n = 0;
	char *end = NULL;

	if (text[0] >= '1' && text[0] <= '9')
		n = strtoul(text, &end, 10);
	return end && !*end && n < UINT_MAX ? (unsigned)n : 0;
}

unsigned cay_store_version_below(const struct cay_store *store, const char *name, unsigned below)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	unsigned best = 0;
	DIR *dir;

	make_path(store, path, "models/%s", name);
	errno = 0;
	dir = opendir(path);
	if (!dir) {
		errno = errno == ENOENT ? 0 : errno;
		return 0;
	}
	while ((entry = readdir(dir))) {
		unsigned version = parse_version(entry->d_name);

		if (version > best && version < below)
			best = version;
	}
	closedir(dir);
	errno = 0;
	return best;
}

static uint64_t mix(uint64_t stamp, uint64_t value)
{
	return (stamp ^ value) * 0x9e3779b97f4a7c15; // odd: nothing is lost
}

uint64_t cay_store_stamp(const struct cay_store *store, const char *name, unsigned version)
{
	uint64_t stamp = 0;
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(version_files); i++) {
		make_path(store, path, "models/%s/%u/%s", name, version, version_files[i]);
		if (stat(path, &st) < 0) {
			if (i == 0)
				return 0;
			st = (struct stat){0};
		}
		stamp = mix(stamp, version);
		stamp = mix(stamp, (uint64_t)st.st_ino);
		stamp = mix(stamp, (uint64_t)st.st_size);
		stamp = mix(stamp, (uint64_t)st.st_mtim.tv_sec * 1000000000 +
					   (uint64_t)st.st_mtim.tv_nsec);
	}
	return stamp ? stamp : 1;
}

static int read_optional(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err)
{
	if (cay_file_read(path, limit, ret, err) == 0)
		return cay_buf_cstr(ret) ? 0 : cay_fail_memory(err);
	if (err->code != CAY_ENOTFOUND)
		return -1;
	cay_buf_finish(ret);
	return 0;
}

int cay_store_read(const struct cay_store *store, const char *name, unsigned version,
		   struct cay_store_version *ret, struct cay_err *err)
{
	char path[PATH_MAX];

	*ret = (struct cay_store_version){0};
	make_path(store, path, "models/%s/%u/model.nb", name, version);
	if (cay_file_read(path, store->limit, &ret->nb, err) < 0)
		goto fail;
	make_path(store, path, "models/%s/%u/model.json", name, version);
	if (read_optional(path, CAY_MODEL_JSON_MAX, &ret->json, err) < 0)
		goto fail;
	make_path(store, path, "models/%s/%u/labels.txt", name, version);
	if (read_optional(path, CAY_MODEL_LABELS_MAX, &ret->labels, err) < 0)
		goto fail;
	return 0;

fail:
	cay_store_version_finish(ret);
	return cay_wrap(err, "%s", strrchr(path, '/') + 1);
}

int cay_store_read_text(const struct cay_store *store, const char *name, unsigned version,
			const char *file, struct cay_buf *ret, struct cay_err *err)
{
	char path[PATH_MAX];

	make_path(store, path, "models/%s/%u/%s", name, version, file);
	if (cay_file_read(path, CAY_MODEL_LABELS_MAX, ret, err) == 0)
		return 0;
	return err->code == CAY_ENOTFOUND
		       ? cay_fail(err, CAY_ENOTFOUND, "model '%s' has no %s", name, file)
		       : cay_wrap(err, "%s", file);
}

void cay_store_version_finish(struct cay_store_version *version)
{
	cay_buf_finish(&version->nb);
	cay_buf_finish(&version->json);
	cay_buf_finish(&version->labels);
}

struct cay_model_files cay_store_version_files(const struct cay_store_version *version)
{
	return (struct cay_model_files){
		.nb = version->nb.data,
		.nb_size = version->nb.len,
		.json = (const char *)version->json.data,
		.json_size = version->json.len,
		.labels = (const char *)version->labels.data,
		.labels_size = version->labels.len,
	};
}

static bool make_workspace(const struct cay_store *store, char path[PATH_MAX])
{
	make_path(store, path, "tmp/XXXXXX");
	return mkdtemp(path) != NULL;
}

char *cay_store_workspace(const struct cay_store *store, struct cay_err *err)
{
	char path[PATH_MAX], *ret;
	bool made = make_workspace(store, path);

	if (!made && errno == ENOENT) {
		if (make_places_again(store, err) < 0)
			return NULL;
		made = make_workspace(store, path);
	}
	if (!made) {
		cay_fail_errno(err, "cannot make a directory for temporary files");
		if (err->code != CAY_ENOSPACE)
			err->code = CAY_EIO; // not of what was asked for
		return NULL;
	}
	ret = strdup(path);
	if (!ret) {
		rmdir(path);
		cay_fail_memory(err);
	}
	return ret;
}

static int write_file(const char *directory, const char *name, const void *data, size_t size,
		      const struct cay_tracker *progress, struct cay_err *err)
{
	char path[PATH_MAX];

	if (!data)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return cay_file_write_tracked(path, data, size, progress, err);
}

static size_t version_bytes(const struct cay_store *store, const char *name, unsigned version)
{
	char path[PATH_MAX];
	struct stat st;
	size_t used = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(version_files); i++) {
		make_path(store, path, "models/%s/%u/%s", name, version, version_files[i]);
		used += stat(path, &st) == 0 ? (size_t)st.st_size : 0;
	}
	return used;
}

// Bytes of all versions of all models.
static int used_bytes(const struct cay_store *store, size_t *ret, struct cay_err *err)
{
	struct cay_arena arena;
	const char **names;
	size_t count = 0;
	int result;

	*ret = 0;
	cay_arena_init(&arena, 0);
	result = cay_store_names(store, &arena, &names, &count, err);
	for (size_t i = 0; result == 0 && i < count; i++) {
		unsigned version = UINT_MAX;

		while ((version = cay_store_version_below(store, names[i], version)))
			*ret += version_bytes(store, names[i], version);
	}
	cay_arena_finish(&arena);
	return result;
}

char *cay_store_write(const struct cay_store *store, const struct cay_model_files *files,
		      const struct cay_tracker *progress, struct cay_err *err)
{
	struct cay_err ignored;
	size_t used;
	char *ret;

	if (used_bytes(store, &used, err) < 0)
		return NULL;
	if (used > store->limit || files->nb_size > store->limit - used) {
		cay_fail(err, CAY_ENOSPACE, "the state directory is at its limit of %zu bytes",
			 store->limit);
		return NULL;
	}
	ret = cay_store_workspace(store, err);
	if (!ret)
		return NULL;
	if (chmod(ret, 0755) == 0 &&
	    write_file(ret, "model.nb", files->nb, files->nb_size, progress, err) == 0 &&
	    write_file(ret, "model.json", files->json, files->json_size, NULL, err) == 0 &&
	    write_file(ret, "labels.txt", files->labels, files->labels_size, NULL, err) == 0) {
		sync_directory(ret);
		return ret;
	}
	cay_file_remove_tree(ret, &ignored);
	free(ret);
	return NULL;
}

int cay_store_publish(const struct cay_store *store, const char *workspace, const char *name,
		      unsigned version, struct cay_err *err)
{
	char parent[PATH_MAX], path[PATH_MAX];

	make_path(store, parent, "models/%s", name);
	make_path(store, path, "models/%s/%u", name, version);
	if (make_directories(parent, err) < 0)
		return -1;
	if (rename(workspace, path) < 0) {
		cay_fail_errno(err, "cannot put version %u in its place", version);
		if (err->code != CAY_ENOSPACE)
			err->code = CAY_EIO; // not of what was asked for
		rmdir(parent);		     // if it is empty
		return -1;
	}
	return 0;
}

void cay_store_settle(const struct cay_store *store, const char *name, size_t keep)
{
	unsigned version = UINT_MAX;
	struct cay_err ignored;
	char path[PATH_MAX];

	make_path(store, path, "models/%s", name);
	sync_directory(path);
	make_path(store, path, "models");
	sync_directory(path);
	for (size_t i = 0; (version = cay_store_version_below(store, name, version)); i++) {
		make_path(store, path, "models/%s/%u", name, version);
		if (i >= keep)
			cay_file_remove_tree(path, &ignored);
	}
}

int cay_store_remove(const struct cay_store *store, const char *name, struct cay_err *err)
{
	char from[PATH_MAX], to[PATH_MAX], *trash = cay_store_workspace(store, err);
	struct cay_err ignored;
	int result;

	if (!trash)
		return -1;
	make_path(store, from, "models/%s", name);
	snprintf(to, sizeof(to), "%s/model", trash);
	result = rename(from, to); // the model goes at once or not at all
	if (result < 0 && errno == ENOENT)
		result = 0;
	if (result < 0)
		cay_fail_errno(err, "cannot remove the model");
	cay_file_remove_tree(trash, &ignored);
	free(trash);
	return result;
}
