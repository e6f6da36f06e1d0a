// What others change in the state directory comes into service.
#include "daemon/models/registry.h"

#include <limits.h>
#include <string.h>

// Takes the names out of service whose directories have gone.
static void forget_gone(struct cay_models *m, const char *const *names, size_t count)
{
	pthread_mutex_lock(&m->lock);
	for (size_t i = m->count; i-- > 0;) {
		struct cay_entry *entry = &m->entries[i];
		size_t n = 0;

		while (n < count && strcmp(names[n], entry->name) != 0)
			n++;
		if (n < count)
			continue;
		cay_log(CAY_LOG_INFO, "model %s: its directory has gone", entry->name);
		cay_registry_remove(m, i);
	}
	pthread_mutex_unlock(&m->lock);
}

// True if the name's newest version is not what it was when it was last looked at.
static bool has_changed(struct cay_models *m, const char *name, uint64_t stamp)
{
	bool found;
	size_t i;

	pthread_mutex_lock(&m->lock);
	i = cay_registry_find(m, name, &found);
	found = found && m->entries[i].stamp == stamp;
	pthread_mutex_unlock(&m->lock);
	return !found;
}

static void follow_name(struct cay_models *m, const char *name)
{
	const unsigned version = cay_store_version_below(&m->store, name, UINT_MAX);
	const uint64_t stamp = version ? cay_store_stamp(&m->store, name, version) : 0;
	struct cay_entry *entry;
	struct cay_err err;
	int result;

	if (stamp == 0 || !has_changed(m, name, stamp))
		return; // if a version is not whole yet, an event follows when it is
	result = cay_repository_load_version(m, name, version, &err);
	if (result < 0 && cay_repository_is_stopping(m))
		return;
	cay_log(result < 0 ? CAY_LOG_ERROR : CAY_LOG_INFO, "model %s version %u on the disk: %s",
		name, version, result < 0 ? err.msg : "loaded");
	pthread_mutex_lock(&m->lock);
	if (cay_registry_reserve(m, &err) == 0) {
		entry = cay_registry_add(m, name);
		entry->stamp = stamp;
		if (result < 0 && !entry->served)
			entry->reason = err;
	}
	pthread_mutex_unlock(&m->lock);
}

void cay_models_follow(struct cay_models *m)
{
	struct cay_arena arena;
	struct cay_err err;
	const char **names;
	size_t count;

	cay_arena_init(&arena, 0);
	pthread_mutex_lock(&m->load);
	if (cay_store_names(&m->store, &arena, &names, &count, &err) == 0) {
		forget_gone(m, names, count);
		for (size_t i = 0; i < count; i++)
			follow_name(m, names[i]);
	} else {
		cay_log(CAY_LOG_ERROR, "%s", err.msg);
	}
	pthread_mutex_unlock(&m->load);
	cay_arena_finish(&arena);
}
