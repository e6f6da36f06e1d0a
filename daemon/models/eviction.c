// Weights that make room for others': under models_limit the model that has waited longest for a
// request is taken out of memory, and requests for it wait until it has been loaded again.
#include "daemon/models/registry.h"

#include <string.h>

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

// The lock is held. Takes the model out of service. Its views stay with the entry; its weights are
// freed when the requests in its queue have been answered.
static void evict(struct cay_models *m, struct cay_entry *entry)
{
	struct cay_buf views[CAY_VIEWS] = {0};
	const struct cay_model_settings settings = entry->served->info.settings;
	const size_t bytes = cay_model_weight_bytes(entry->served->model);
	const unsigned version = entry->served->version;

	for (enum cay_view view = 0; view < CAY_VIEWS; view++)
		cay_served_put_view(entry->served, view, &views[view]);
	cay_registry_serve(entry, NULL);
	memcpy(entry->views, views, sizeof(views));
	entry->version = version;
	entry->weight_bytes = bytes;
	entry->settings = settings;
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

void cay_eviction_wait_for_room(struct cay_models *m, size_t bytes)
{
	while (m->weights + bytes > m->conf->models_limit &&
	       m->weights > weights_in_service(m, NULL))
		pthread_cond_wait(&m->gone, &m->lock);
}

// --- requests for what is evicted ----------------------------------------------------------------

size_t cay_eviction_waiting(const struct cay_models *m, const char *name)
{
	size_t count = 0;

	for (const struct cay_request *r = m->waiting; r; r = r->next)
		count += strcmp(r->model, name) == 0;
	return count;
}

void cay_eviction_hand_over(struct cay_models *m, struct cay_entry *entry)
{
	struct cay_request **at = &m->waiting, *req;
	struct cay_err ignored;

	while ((req = *at)) {
		struct cay_request *next = req->next;

		if (strcmp(req->model, entry->name) == 0 &&
		    cay_registry_check_version(entry, req->version, &ignored) == 0 &&
		    cay_served_push(entry->served, req, &ignored) == 0)
			*at = next;
		else
			at = &req->next;
	}
}

struct cay_request *cay_eviction_take(struct cay_models *m, const char *name)
{
	struct cay_request *taken = NULL, **end = &taken, **at = &m->waiting, *req;

	while ((req = *at)) {
		if (strcmp(req->model, name) != 0) {
			at = &req->next;
			continue;
		}
		*at = req->next;
		req->next = NULL;
		*end = req;
		end = &req->next;
	}
	return taken;
}

int cay_eviction_admit(const struct cay_models *m, const struct cay_entry *entry,
		       struct cay_request *req, struct cay_err *err)
{
	const size_t most = entry->settings.queue;

	if (cay_eviction_waiting(m, entry->name) < most)
		return 0;
	cay_fail(err, CAY_EBUSY, "%zu requests wait already", most);
	cay_statistics_fail(entry->statistics, err);
	req->reply.retry_after = cay_served_retry_after(
		most, cay_statistics_mean(entry->statistics), entry->settings.instances);
	return -1;
}

void cay_eviction_queue(struct cay_models *m, struct cay_request *req)
{
	struct cay_request **end = &m->waiting;

	while (*end)
		end = &(*end)->next;
	req->alone = false; // it is pushed by another thread
	req->next = NULL;
	*end = req;
}
