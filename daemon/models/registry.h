// The names that models have, and what is in service under each: what the files of this folder
// share and nobody else sees. See models.h.
#ifndef CAY_DAEMON_MODELS_REGISTRY_H
#define CAY_DAEMON_MODELS_REGISTRY_H

#include "daemon/models/model_store.h"
#include "daemon/models/models.h"

#include <pthread.h>

// A name that has a directory.
struct cay_entry {
	char name[CAY_MODEL_NAME + 1];
	struct cay_served *served; // NULL: evicted, or no version could be loaded
	bool evicted;		   // its next request loads it again
	unsigned version;	   // of what is in service or evicted; 0: neither
	// Of an evicted one; and what it says of itself.
	size_t weight_bytes;
	struct cay_model_settings settings;
	struct cay_buf views[CAY_VIEWS];
	struct cay_statistics *statistics; // of the version that was in service last; NULL: none
	struct cay_err reason;		   // of neither in service nor evicted
	uint64_t stamp; // of the newest version on the disk, when it was last looked at
};

struct cay_models {
	const struct cay_conf *conf;
	cay_answer_request *answer;
	cay_is_stopping *is_stopping; // of app; or NULL
	struct cay_app *app;
	struct cay_kernels kernels;
	struct cay_store store;
	pthread_mutex_t lock;	    // of all below, and of the renames in the store
	pthread_cond_t gone;	    // a served model has been freed, or the reloading has ended
	size_t live;		    // served models that have threads; and the one that reloads
	struct cay_served *running; // those of them that have not ended
	size_t weights;		    // bytes of all of them
	uint64_t load_begun;	    // of the load that runs; UINT64_MAX: none does
	bool closing;		    // nothing is put into service any more
	unsigned long long evictions, revivals;
	struct cay_request *waiting; // requests for evicted models, in their order
	bool reloading;		     // a thread loads those models
	bool is_reviving;	     // under `load`: requests in flight wait for the load that runs
	pthread_mutex_t load;	     // one thread loads at a time; taken before `lock`
	struct cay_entry *entries;   // sorted by name
	size_t count, capacity;
};

// The lock is held for all of these.

// Where name is, or belongs.
size_t cay_registry_find(const struct cay_models *models, const char *name, bool *ret_found);
// Room for one more entry, so that add cannot fail.
int cay_registry_reserve(struct cay_models *models, struct cay_err *err);
// The entry of that name, made unless it is there.
struct cay_entry *cay_registry_add(struct cay_models *models, const char *name);
void cay_registry_remove(struct cay_models *models, size_t index);
// Puts a model into the entry's service, or NULL, and retires what was there.
void cay_registry_serve(struct cay_entry *entry, struct cay_served *served);
// The entry of that name, or for NULL the default one or the only one there is.
struct cay_entry *cay_registry_choose(struct cay_models *models, const char *name,
				      struct cay_err *err);
// Is that version (NULL: any) in service, or evicted? CAY_EMODEL: none is; CAY_ENOTFOUND: another.
int cay_registry_check_version(const struct cay_entry *entry, const char *version,
			       struct cay_err *err);
int cay_registry_fail_unknown(const char *name, struct cay_err *err); // CAY_ENOTFOUND

// The lock is held for these; eviction.c.
// Evicts others until so many bytes, the weights of entry's model, fit.
void cay_eviction_make_room(struct cay_models *models, const struct cay_entry *entry, size_t bytes);
// Waits until those that are evicted have gone out of memory, as far as so many bytes want it.
void cay_eviction_wait_for_room(struct cay_models *models, size_t bytes);
// Whether the request may wait until its evicted model is there again, as cay_served_admit.
// CAY_EBUSY: too many do.
int cay_eviction_admit(const struct cay_models *models, const struct cay_entry *entry,
		       struct cay_request *req, struct cay_err *err);
void cay_eviction_queue(struct cay_models *models, struct cay_request *req); // it waits
// Takes those that wait for that model: the first of them, in their order.
struct cay_request *cay_eviction_take(struct cay_models *models, const char *name);
// Gives the requests that waited for it to the model that has come into service.
void cay_eviction_hand_over(struct cay_models *models, struct cay_entry *entry);
// How many wait for that model.
size_t cay_eviction_waiting(const struct cay_models *models, const char *name);

// True if no model is to be loaded any more. repository.c
bool cay_repository_is_stopping(const struct cay_models *models);
// Loads that version and puts it into service. The lock of loads is held. repository.c
int cay_repository_load_version(struct cay_models *models, const char *name, unsigned version,
				struct cay_err *err);
// Loads an evicted model again; one that is in service stays. repository.c
int cay_repository_revive(struct cay_models *models, const char *name, struct cay_err *err);
// Loads the newest good version of every name that has a directory, until it is stopping.
// repository.c
int cay_repository_load_all(struct cay_models *models, struct cay_err *err);

#endif
