// Weights that make room for others', and their way back: under models_limit the model that has
// waited longest for a request is taken out of memory, and its next request loads it again.
#include "daemon/models/registry.h"

#include <stdlib.h>

// The lock is held. Bytes of all weights in service but those of `except`.
static size_t weights_in_service(const struct cay_models *m, const struct cay_entry *except)
{
	size_t used = 0;

	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].served && &m->entries[i] != except)
			used += cay_model_weight_bytes(m->entries[i].served->model);
	return used;
}

// The lock is held. NULL: no other is in service.
static struct cay_entry *find_oldest(struct cay_models *m, const struct cay_entry *except)
{
	struct cay_entry *oldest = NULL;

	for (size_t i = 0; i < m->count; i++) {
		struct cay_entry *entry = &m->entries[i];

		if (entry != except && entry->served &&
		    (!oldest || entry->served->used < oldest->served->used))
			oldest = entry;
	}
	return oldest;
}

// The lock is held. It goes on saying what it is; it is retired after it has answered what waits.
static void evict(struct cay_models *m, struct cay_entry *entry)
{
	struct cay_buf metadata = {0}, description = {0};
	const unsigned version = entry->served->version;

	cay_served_metadata_json(entry->served, &metadata);
	cay_served_describe_json(entry->served, &description);
	cay_registry_serve(entry, NULL);
	entry->metadata = metadata;
	entry->description = description;
	entry->version = version;
	entry->evicted = true;
	m->evictions++;
}

void cay_eviction_make_room(struct cay_models *m, const struct cay_entry *entry, size_t bytes)
{
	struct cay_entry *oldest;

	while (weights_in_service(m, entry) + bytes > m->conf->models_limit &&
	       (oldest = find_oldest(m, entry))) {
		cay_log(CAY_LOG_INFO, "model %s makes room for %s", oldest->name, entry->name);
		evict(m, oldest);
	}
}

// On the thread of those that wait: the first one loads the model, the others find it there.
static void revive(void *context, struct cay_request *req)
{
	struct cay_models *m = context;
	struct cay_err err = {0};

	if (cay_clock_now() > req->deadline) {
		cay_fail(&err, CAY_EBUSY, "the deadline has passed in the queue");
		req->finish(req, &err);
		return;
	}
	if (cay_repository_revive(m, req->model, &err) < 0 ||
	    cay_models_submit(m, req->model, req->version, req, &err) < 0)
		req->finish(req, &err);
}

static void ended(void *context)
{
	struct cay_models *m = context;

	pthread_mutex_lock(&m->lock);
	m->live--;
	pthread_cond_broadcast(&m->gone);
	pthread_mutex_unlock(&m->lock);
}

int cay_eviction_start(struct cay_models *m, struct cay_err *err)
{
	static const struct cay_workers_ops ops = {"reload", revive, ended};

	m->waiting = cay_workers_new(1, m->conf->queue, &ops, m, err);
	m->live += m->waiting != NULL;
	return m->waiting ? 0 : -1;
}
