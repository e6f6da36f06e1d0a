// Changes to the models in service and on the disk: install, load, unload, remove.
#include "common/file.h"
#include "daemon/models/registry.h"
#include "daemon/systemd.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <time.h>

#define LOADED		 0.6F	   // of an installation's work; then it is written to the disk
#define TURN_NANOSECONDS 200000000 // between two looks whether one that waits is to end

// Called when a retired model has answered all requests in its queue: frees it.
static void on_ended(void *context, struct cay_served *served)
{
	struct cay_models *m = context;
	const size_t bytes = cay_model_weight_bytes(served->model);
	struct cay_served **at = &m->running;

	pthread_mutex_lock(&m->lock);
	while (*at != served)
		at = &(*at)->next;
	*at = served->next;
	pthread_mutex_unlock(&m->lock);
	cay_served_free(served);
	pthread_mutex_lock(&m->lock);
	m->weights -= bytes;
	m->live--;
	pthread_cond_broadcast(&m->gone);
	pthread_mutex_unlock(&m->lock);
}

static void set_load_begun(struct cay_models *m, uint64_t now)
{
	pthread_mutex_lock(&m->lock);
	m->load_begun = now;
	pthread_mutex_unlock(&m->lock);
}

bool cay_repository_is_stopping(const struct cay_models *m)
{
	return m->is_stopping && m->is_stopping(m->app);
}

// A loading, and who else is told of it.
struct loading {
	const struct cay_models *models;
	const struct cay_tracker *progress; // or NULL
};

static bool on_progress(void *context, const char *stage, float done)
{
	const struct loading *loading = context;
	const struct cay_tracker *progress = loading->progress;

	if (cay_repository_is_stopping(loading->models) && !loading->models->is_reviving)
		return false;
	return !progress || !progress->tell || progress->tell(progress->context, stage, done);
}

// Loads a model, for which others may have to be evicted. One that is larger than models_limit by
// itself is refused.
static struct cay_served *load(struct cay_models *m, const char *name,
			       const struct cay_model_files *files,
			       const struct cay_tracker *progress, struct cay_err *err)
{
	struct loading loading = {m, progress};
	struct cay_tracker told = cay_tracker_part(progress, NULL, 0, 1);
	struct cay_served *served;

	told.tell = on_progress;
	told.context = &loading;
	set_load_begun(m, cay_clock_now());
	served = cay_served_new(name, files, m->conf, &m->kernels, m->conf->models_limit, &told,
				err);
	set_load_begun(m, UINT64_MAX);
	if (!served && err->code == CAY_ECANCELED &&
	    !(progress && progress->tell)) // nobody has cancelled it
		cay_fail(err, CAY_EBUSY, "the daemon is stopping");
	return served;
}

// The lock is held. Notes the state of the disk, so that cay_models_follow does not take it for a
// change by somebody else.
static void remember_stamp(struct cay_models *m, struct cay_entry *entry)
{
	const unsigned newest = cay_store_version_below(&m->store, entry->name, UINT_MAX);

	entry->stamp = newest ? cay_store_stamp(&m->store, entry->name, newest) : 0;
}

// The lock is held. If the versions on the disk cannot be listed this fails: a version with too low
// a number would be removed as an old one.
static int put_on_disk(struct cay_models *m, struct cay_served *served, const char *workspace,
		       struct cay_err *err)
{
	served->version = cay_store_version_below(&m->store, served->name, UINT_MAX) + 1;
	if (served->version == 1 && errno)
		return cay_fail_errno(err, "cannot list the versions of '%s'", served->name);
	return cay_store_publish(&m->store, workspace, served->name, served->version, err);
}

// Puts the model into service in place of the old one, or frees it on failure. With a workspace it
// first becomes the next version on the disk: what is in service is there after a restart, too.
static int publish(struct cay_models *m, struct cay_served *served, const char *workspace,
		   unsigned *ret_version, struct cay_err *err)
{
	char name[sizeof(
		served->name)]; // another version may have replaced it when the log is told
	struct cay_entry *entry;
	int result;

	memcpy(name, served->name, sizeof(name));
	served->statistics = cay_statistics_new(served->version, err);
	if (!served->statistics || cay_served_start(served, m->answer, on_ended, m, err) < 0) {
		cay_served_free(served);
		return -1;
	}
	pthread_mutex_lock(&m->lock);
	m->live++;
	m->weights += cay_model_weight_bytes(served->model);
	served->next = m->running;
	m->running = served;
	result = m->closing ? cay_fail(err, CAY_EBUSY, "the daemon is stopping")
			    : cay_registry_reserve(m, err);
	if (result == 0 && workspace)
		result = put_on_disk(m, served, workspace, err);
	if (result == 0) {
		*ret_version = served->version;
		entry = cay_registry_add(m, served->name);
		cay_eviction_make_room(m, entry, cay_model_weight_bytes(served->model));
		// Counted before the first of the waiting requests is answered.
		m->revivals +=
			!workspace && entry->evicted && cay_eviction_waiting(m, entry->name) > 0;
		cay_registry_serve(entry, served);
		served->used = cay_clock_now();
		cay_eviction_hand_over(m, entry);
		remember_stamp(m, entry);
	} else {
		cay_served_retire(served);
	}
	pthread_mutex_unlock(&m->lock);
	if (result == 0) // without the lock, as the log may be slow
		cay_log(CAY_LOG_INFO, "model %s version %u is loaded", name, *ret_version);
	return result;
}

int cay_repository_load_version(struct cay_models *m, const char *name, unsigned version,
				struct cay_err *err)
{
	struct cay_store_version bytes;
	struct cay_model_files files;
	struct cay_served *served;

	if (cay_store_read(&m->store, name, version, &bytes, err) < 0)
		return -1;
	files = cay_store_version_files(&bytes);
	served = load(m, name, &files, NULL, err);
	cay_store_version_finish(&bytes);
	if (!served)
		return -1;
	served->version = version;
	return publish(m, served, NULL, &version, err);
}

// Loads the newest version that can be loaded. Failures are logged and kept for GET /models.
static int load_name(struct cay_models *m, const char *name, struct cay_err *err)
{
	struct cay_err reason = {.code = CAY_EMODEL, .msg = "no version is there"};
	unsigned version = UINT_MAX;
	struct cay_entry *entry;

	while ((version = cay_store_version_below(&m->store, name, version))) {
		if (cay_repository_load_version(m, name, version, &reason) == 0)
			return 0;
		if (cay_repository_is_stopping(m))
			return 0;
		cay_log(CAY_LOG_ERROR, "model %s version %u: %s", name, version, reason.msg);
	}
	if (cay_registry_reserve(m, err) < 0)
		return -1;
	entry = cay_registry_add(m, name);
	entry->reason = reason;
	remember_stamp(m, entry);
	return 0;
}

// systemd, which has a time for the whole start, is told to wait for this one.
static void tell_manager(const struct cay_models *m)
{
	struct cay_err ignored; // READY=1 follows, and will say so

	cay_systemd_notify(&ignored, "EXTEND_TIMEOUT_USEC=%zu000000", m->conf->load_timeout);
}

int cay_repository_load_all(struct cay_models *m, struct cay_err *err)
{
	struct cay_arena arena;
	const char **names;
	size_t count;
	int result;

	cay_arena_init(&arena, 0);
	result = cay_store_names(&m->store, &arena, &names, &count, err);
	for (size_t i = 0; result == 0 && i < count && !cay_repository_is_stopping(m); i++) {
		tell_manager(m);
		result = load_name(m, names[i], err);
	}
	cay_arena_finish(&arena);
	malloc_trim(0);
	return result;
}

static int install(struct cay_models *m, const char *name, const struct cay_model_files *files,
		   const struct cay_tracker *progress, unsigned *ret_version, struct cay_err *err)
{
	const struct cay_tracker loading = cay_tracker_part(progress, "load", 0, LOADED),
				 saving = cay_tracker_part(progress, "save", LOADED, 1);
	struct cay_served *served;
	struct cay_err ignored;
	char *workspace;
	int result;

	served = load(m, name, files, &loading, err);
	if (!served)
		return -1;
	workspace = cay_store_write(&m->store, files, &saving, err);
	if (!workspace) {
		cay_served_free(served);
		return -1;
	}
	result = publish(m, served, workspace, ret_version, err);
	if (result == 0)
		cay_store_settle(&m->store, name, m->conf->versions);
	else
		cay_file_remove_tree(workspace, &ignored);
	free(workspace);
	return result;
}

// Takes the lock of loads; gives up when `progress` says that the job is to end.
static int take_turn(struct cay_models *m, const struct cay_tracker *progress, struct cay_err *err)
{
	const struct cay_tracker waiting = cay_tracker_part(progress, "wait", 0, 0);
	struct timespec until;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += (until.tv_nsec + TURN_NANOSECONDS) / 1000000000;
		until.tv_nsec = (until.tv_nsec + TURN_NANOSECONDS) % 1000000000;
		if (pthread_mutex_timedlock(&m->load, &until) == 0)
			return 0;
		if (cay_tracker_tell(&waiting, 0, 1, err) < 0)
			return -1;
	}
}

int cay_models_install(struct cay_models *m, const char *name, const struct cay_model_files *files,
		       const struct cay_tracker *progress, unsigned *ret_version,
		       struct cay_err *err)
{
	int result;

	if (cay_model_name_check(name, err) < 0 || take_turn(m, progress, err) < 0)
		return -1;
	result = install(m, name, files, progress, ret_version, err);
	pthread_mutex_unlock(&m->load);
	return result;
}

// The version in service or evicted, or else the newest one; 0: the name is not known.
static unsigned current_version(struct cay_models *m, const char *name, struct cay_err *err)
{
	unsigned version = 0;
	bool found;
	size_t i;

	if (cay_model_name_check(name, err) < 0)
		return 0;
	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	if (found && m->entries[i].version)
		version = m->entries[i].version;
	else if (found)
		version = cay_store_version_below(&m->store, name, UINT_MAX);
	pthread_mutex_unlock(&m->lock);
	if (version == 0)
		cay_registry_fail_unknown(name, err);
	return version;
}

static int edit(struct cay_models *m, const char *name, const struct cay_model_files *changes,
		unsigned *ret_version, struct cay_err *err)
{
	unsigned version = current_version(m, name, err);
	struct cay_store_version bytes;
	struct cay_model_files files;
	int result;

	if (version == 0 || cay_store_read(&m->store, name, version, &bytes, err) < 0)
		return -1;
	files = cay_store_version_files(&bytes);
	if (changes->json) {
		files.json = changes->json_size ? changes->json : NULL;
		files.json_size = changes->json_size;
	}
	if (changes->labels) {
		files.labels = changes->labels_size ? changes->labels : NULL;
		files.labels_size = changes->labels_size;
	}
	result = install(m, name, &files, NULL, ret_version, err);
	cay_store_version_finish(&bytes);
	return result;
}

int cay_models_edit(struct cay_models *m, const char *name, const struct cay_model_files *changes,
		    unsigned *ret_version, struct cay_err *err)
{
	int result;

	pthread_mutex_lock(&m->load);
	result = edit(m, name, changes, ret_version, err);
	pthread_mutex_unlock(&m->load);
	return result;
}

int cay_models_text(struct cay_models *m, const char *name, const char *file, struct cay_buf *ret,
		    struct cay_err *err)
{
	unsigned version = current_version(m, name, err);

	return version == 0 ? -1 : cay_store_read_text(&m->store, name, version, file, ret, err);
}

// True for an error that is not the model's fault: no memory or no thread could be had.
static bool is_of_the_moment(const struct cay_err *err)
{
	return err->code == CAY_ENOMEM || err->code == CAY_EBUSY;
}

// Loads the newest good version of a name; if there is none, what is in service stays. An older
// version is tried if a newer one is bad, not if memory is short for a moment.
static int load_known(struct cay_models *m, const char *name, struct cay_err *err)
{
	unsigned version = UINT_MAX;
	bool found;

	pthread_mutex_lock(&m->lock);
	cay_registry_find(m, name, &found);
	pthread_mutex_unlock(&m->lock);
	if (!found)
		return cay_registry_fail_unknown(name, err);
	cay_fail(err, CAY_EMODEL, "no version is there");
	while ((version = cay_store_version_below(&m->store, name, version))) {
		if (cay_repository_load_version(m, name, version, err) == 0)
			return 0;
		if (is_of_the_moment(err))
			return -1;
	}
	return errno ? cay_fail_errno(err, "cannot list the versions") : -1;
}

int cay_models_load(struct cay_models *m, const char *name, struct cay_err *err)
{
	int result;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->load);
	result = load_known(m, name, err);
	pthread_mutex_unlock(&m->load);
	return result;
}

// After an evicted model could not be loaded: it is not tried again with each request, which would
// evict others for nothing. After an error that is not the model's fault it is.
static void give_up(struct cay_models *m, const char *name, const struct cay_err *err)
{
	bool found;
	size_t i;

	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	if (found && m->entries[i].evicted && !is_of_the_moment(err)) {
		cay_registry_serve(&m->entries[i], NULL);
		m->entries[i].reason = *err;
	}
	pthread_mutex_unlock(&m->lock);
}

int cay_repository_revive(struct cay_models *m, const char *name, struct cay_err *err)
{
	bool found, evicted;
	int result = 0;
	size_t i;

	pthread_mutex_lock(&m->load);
	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	evicted = found && m->entries[i].evicted;
	if (evicted) { // what is known before is made room for before
		const size_t bytes = m->entries[i].weight_bytes;

		cay_eviction_make_room(m, &m->entries[i], bytes);
		cay_eviction_wait_for_room(m, bytes);
	}
	pthread_mutex_unlock(&m->lock);
	m->is_reviving = evicted;
	if (evicted)
		result = load_known(m, name, err);
	m->is_reviving = false;
	if (result < 0)
		give_up(m, name, err);
	pthread_mutex_unlock(&m->load);
	return result;
}

int cay_models_unload(struct cay_models *m, const char *name, struct cay_err *err)
{
	struct cay_entry *entry;
	bool found;
	size_t i;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	entry = &m->entries[i];
	if (found && entry->version) {
		cay_registry_serve(entry, NULL);
		cay_fail(&entry->reason, CAY_EMODEL, "unloaded");
	}
	pthread_mutex_unlock(&m->lock);
	return found ? 0 : cay_registry_fail_unknown(name, err);
}

int cay_models_remove(struct cay_models *m, const char *name, struct cay_err *err)
{
	bool found;
	size_t i;
	int result;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	result = found ? cay_store_remove(&m->store, name, err)
		       : cay_registry_fail_unknown(name, err);
	if (result == 0)
		cay_registry_remove(m, i);
	pthread_mutex_unlock(&m->lock);
	return result;
}

char *cay_models_workspace(struct cay_models *m, struct cay_err *err)
{
	return cay_store_workspace(&m->store, err);
}
