// The state directory: models/NAME/VERSION/{model.nb,model.json,labels.txt}, and tmp for what is
// not one yet.
#ifndef CAY_DAEMON_MODELS_MODEL_STORE_H
#define CAY_DAEMON_MODELS_MODEL_STORE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/tracker.h"
#include "daemon/models/model_files.h"

// Borrows root. Names that are passed in have been checked. Files are written by one thread at a
// time per name; the registry's lock sees to that.
struct cay_store {
	const char *root;
	size_t limit; // bytes of all files
	int lock;     // of root, while this descriptor is open; -1: not initialized
};

// Makes the directories and empties tmp. CAY_ECONFLICT: another process has them in use.
int cay_store_init(struct cay_store *ret, const char *root, size_t limit, struct cay_err *err);
void cay_store_finish(struct cay_store *store);
// The names that have a directory, in any order, in arena.
int cay_store_names(const struct cay_store *store, struct cay_arena *arena, const char ***ret,
		    size_t *ret_count, struct cay_err *err);
// The highest version below `below`. 0: none; or errno says why that cannot be known.
unsigned cay_store_version_below(const struct cay_store *store, const char *name, unsigned below);

// Another number whenever a version's files have changed. 0: there is no model.nb.
uint64_t cay_store_stamp(const struct cay_store *store, const char *name, unsigned version);

// A version's bytes.
struct cay_store_version {
	struct cay_buf nb, json, labels; // data NULL: no such file
};
int cay_store_read(const struct cay_store *store, const char *name, unsigned version,
		   struct cay_store_version *ret, struct cay_err *err);
// Appends one of a version's small files. CAY_ENOTFOUND: it has none.
int cay_store_read_text(const struct cay_store *store, const char *name, unsigned version,
			const char *file, struct cay_buf *ret, struct cay_err *err);
void cay_store_version_finish(struct cay_store_version *version);
struct cay_model_files cay_store_version_files(const struct cay_store_version *version);

// A new directory in tmp; the caller frees the path.
char *cay_store_workspace(const struct cay_store *store, struct cay_err *err);
// Writes a model's files into a new workspace. NULL on failure, with nothing left behind. Tells of
// the bytes of the .nb that are on the disk; progress NULL: nobody.
char *cay_store_write(const struct cay_store *store, const struct cay_model_files *files,
		      const struct cay_tracker *progress, struct cay_err *err);
// Makes a workspace a version, by one rename.
int cay_store_publish(const struct cay_store *store, const char *workspace, const char *name,
		      unsigned version, struct cay_err *err);
// After publish, and it may take time: gets the renames onto the disk and removes all but the
// `keep` newest versions. What fails is left for the next time.
void cay_store_settle(const struct cay_store *store, const char *name, size_t keep);
int cay_store_remove(const struct cay_store *store, const char *name, struct cay_err *err);

#endif
