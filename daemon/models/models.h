// The models in service: a name stands for its current version, on disk and in memory.
#ifndef CAY_DAEMON_MODELS_MODELS_H
#define CAY_DAEMON_MODELS_MODELS_H

#include "common/buf.h"
#include "common/tracker.h"
#include "daemon/conf.h"
#include "daemon/models/model_files.h"
#include "daemon/models/served.h"

struct cay_models;
struct cay_app;
typedef bool cay_is_stopping(struct cay_app *app); // asked often, from any thread
// Makes STATE/models and an empty STATE/tmp, and loads the newest good version of every model that
// is there. A model that cannot be loaded is logged and listed, and stops nothing. Borrows conf;
// `answer` is what workers do with a request. Once `is_stopping` (NULL: never) says so, no model is
// loaded any more, not to its end either.
struct cay_models *cay_models_new(const struct cay_conf *conf, cay_answer_request *answer,
				  cay_is_stopping *is_stopping, struct cay_app *app,
				  struct cay_err *err);
void cay_models_free(struct cay_models *models); // after the last request; waits for what is queued

// Loads the files and runs them once, then makes them the next version of `name`: on disk by one
// rename, in service by one pointer. The old version answers what it has and is freed. On failure
// nothing has changed. Takes as long as a model takes to load: never on the HTTP thread. progress
// (NULL: nobody's) may end it until it has been told that all is done; what remains is the rename.
// CAY_EMODEL: the .nb is at fault; CAY_EBAD: model.json is.
int cay_models_install(struct cay_models *models, const char *name,
		       const struct cay_model_files *files, const struct cay_tracker *progress,
		       unsigned *ret_version, struct cay_err *err);
// Makes the next version of what is there under `name`, with the files->json or files->labels that
// are not NULL instead of its own (of size 0: without one). As install.
int cay_models_edit(struct cay_models *models, const char *name,
		    const struct cay_model_files *files, unsigned *ret_version,
		    struct cay_err *err);
// Loads the newest good version of a name that has a directory, or says why there is none; what is
// in service stays until then. As slow as install.
int cay_models_load(struct cay_models *models, const char *name, struct cay_err *err);
// Takes it out of service and leaves it on the disk, for load or the next start.
int cay_models_unload(struct cay_models *models, const char *name, struct cay_err *err);
// Makes what is in service what is on the disk, where somebody else has changed that: new versions,
// edited files, names that have gone. What cannot be loaded is logged, and changes nothing.
void cay_models_follow(struct cay_models *models);
// Takes it out of service and off the disk.
int cay_models_remove(struct cay_models *models, const char *name, struct cay_err *err);

// A new empty directory in STATE/tmp for work in progress, which the next start removes at the
// latest. The caller frees the path.
char *cay_models_workspace(struct cay_models *models, struct cay_err *err);

// Appends what GET /models answers; of one model.
void cay_models_list_json(struct cay_models *models, struct cay_buf *ret);
int cay_models_describe_json(struct cay_models *models, const char *name, struct cay_buf *ret,
			     struct cay_err *err);
size_t cay_models_in_service(struct cay_models *models); // how many are, evicted ones with them
const struct cay_kernels *cay_models_kernels(const struct cay_models *models); // borrowed
// When the request began that has run longest of all that run, those of evicted and replaced models
// with them; when the model that is being loaded began to be. UINT64_MAX: there is none.
uint64_t cay_models_oldest(struct cay_models *models);
uint64_t cay_models_load_begun(struct cay_models *models);
void cay_models_metrics(struct cay_models *models, struct cay_buf *ret);

// Appends the file "model.json" or "labels.txt" of the version in service, or else of the newest
// one. CAY_ENOTFOUND: it has none.
int cay_models_text(struct cay_models *models, const char *name, const char *file,
		    struct cay_buf *ret, struct cay_err *err);

// Whether the request could be queued now, so that nobody waits for a body that would be refused.
// Fails as submit does, which looks again.
int cay_models_admit(struct cay_models *models, const char *name, const char *version,
		     struct cay_request *req, struct cay_err *err);
// Queues the request with `name` (NULL: the default one). A worker runs it and finishes it.
// version: NULL, or the one that must be in service. CAY_EBUSY: the queue is full.
int cay_models_submit(struct cay_models *models, const char *name, const char *version,
		      struct cay_request *req, struct cay_err *err);

// The inference protocol's views of a model in service; version as above. Append JSON.
// CAY_ENOTFOUND, or CAY_EMODEL if no version of it could be loaded.
int cay_models_view_json(struct cay_models *models, enum cay_view view, const char *name,
			 const char *version, struct cay_buf *ret, struct cay_err *err);
int cay_models_statistics_json(struct cay_models *models, const char *name, const char *version,
			       struct cay_buf *ret, struct cay_err *err); // name NULL: of all
int cay_models_ready(struct cay_models *models, const char *name, const char *version,
		     struct cay_err *err);
// The repository's index. ready: only what is in service.
void cay_models_index_json(struct cay_models *models, bool ready, struct cay_buf *ret);

#endif
