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
	unsigned version;	   // of an evicted one, as the two texts: what it says of itself
	struct cay_buf metadata, description;
	struct cay_err reason; // of neither in service nor evicted
	uint64_t stamp;	       // of the newest version on the disk, when it was last looked at
};

struct cay_models {
	const struct cay_conf *conf;
	cay_answer_request *answer;
	struct cay_kernels kernels;
	struct cay_store store;
	pthread_mutex_t lock; // of all below, and of the renames in the store
	pthread_cond_t gone;  // a served model has been freed
	size_t live;	      // served models that have threads; and `waiting`
	unsigned long long evictions, revivals;
	struct cay_workers *waiting; // requests for evicted models
	pthread_mutex_t load;	     // one thread loads at a time; taken before `lock`
	struct cay_entry *entries;   // sorted by name
	size_t count, capacity;
};

// The lock is held for all of these but cay_registry_use.

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
// The entry's model in service, if it is of that version (NULL: of any).
struct cay_served *cay_registry_in_service(const struct cay_entry *entry, const char *version,
					   struct cay_err *err);
int cay_registry_fail_unknown(const char *name, struct cay_err *err); // CAY_ENOTFOUND

// Calls `use` with what is in service under the name (NULL: the default one) as that version
// (NULL: any), with the lock held: it is not retired meanwhile.
typedef int cay_use_served(struct cay_served *served, void *context, struct cay_err *err);
int cay_registry_use(struct cay_models *models, const char *name, const char *version,
		     cay_use_served *use, void *context, struct cay_err *err);

// The lock is held. Evicts others until so many bytes, the weights of entry's model, fit.
// eviction.c
void cay_eviction_make_room(struct cay_models *models, const struct cay_entry *entry, size_t bytes);
int cay_eviction_start(struct cay_models *models, struct cay_err *err);
// Loads an evicted model again; one that is in service stays. repository.c
int cay_repository_revive(struct cay_models *models, const char *name, struct cay_err *err);

// Loads the newest good version of every name that has a directory, until is_stopping. repository.c
int cay_repository_load_all(struct cay_models *models, bool (*is_stopping)(void),
			    struct cay_err *err);

#endif
