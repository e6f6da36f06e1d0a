// The models in service: their start, their end, and the requests for them.
#include "daemon/models/models.h"
#include "daemon/models/registry.h"
#include "daemon/thread.h"

#include <stdlib.h>
#include <string.h>

static int choose_kernels(struct cay_kernels *kernels, const struct cay_conf *conf,
			  struct cay_err *err)
{
	const char *name = conf->cpu;
	unsigned cpu = cay_cpu_detect(), cap;

	if (name && !cay_cpu_parse(name, &cap)) {
		cay_fail(err, CAY_EBAD, "'%s' is not ref, neon, dot, i8mm, avx2 or vnni", name);
		return cay_conf_blame(conf, &conf->cpu, err);
	}
	cay_kernels_init(kernels, name ? cpu & cap : cpu);
	return 0;
}

static int open_store(struct cay_store *store, const struct cay_conf *conf, struct cay_err *err)
{
	if (cay_store_init(store, conf->state, conf->state_limit, err) == 0)
		return 0;
	cay_wrap(err, "%s", conf->state);
	return cay_conf_blame(conf, &conf->state, err);
}

size_t cay_models_in_service(struct cay_models *m)
{
	size_t count = 0;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->count; i++)
		count += m->entries[i].version != 0;
	pthread_mutex_unlock(&m->lock);
	return count;
}

const struct cay_kernels *cay_models_kernels(const struct cay_models *m)
{
	return &m->kernels;
}

uint64_t cay_models_oldest(struct cay_models *m)
{
	uint64_t oldest = UINT64_MAX;

	pthread_mutex_lock(&m->lock);
	for (const struct cay_served *s = m->running; s; s = s->next) {
		const uint64_t begun = cay_workers_oldest(s->workers);

		oldest = begun < oldest ? begun : oldest;
	}
	pthread_mutex_unlock(&m->lock);
	return oldest;
}

uint64_t cay_models_load_begun(struct cay_models *m)
{
	uint64_t begun;

	pthread_mutex_lock(&m->lock);
	begun = m->load_begun;
	pthread_mutex_unlock(&m->lock);
	return begun;
}

struct cay_models *cay_models_new(const struct cay_conf *conf, cay_answer_request *answer,
				  cay_is_stopping *is_stopping, struct cay_app *app,
				  struct cay_err *err)
{
	struct cay_models *m = calloc(1, sizeof(*m));

	if (!m) {
		cay_fail_memory(err);
		return NULL;
	}
	m->conf = conf;
	m->store.lock = -1;
	m->answer = answer;
	m->is_stopping = is_stopping;
	m->app = app;
	m->load_begun = UINT64_MAX;
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->load, NULL);
	pthread_cond_init(&m->gone, NULL);
	if (choose_kernels(&m->kernels, conf, err) < 0 || open_store(&m->store, conf, err) < 0 ||
	    cay_repository_load_all(m, err) < 0) {
		cay_models_free(m);
		return NULL;
	}
	return m;
}

void cay_models_free(struct cay_models *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->closing = true;
	while (m->count > 0)
		cay_registry_remove(m, m->count - 1);
	while (m->live > 0)
		pthread_cond_wait(&m->gone, &m->lock);
	pthread_mutex_unlock(&m->lock);
	pthread_cond_destroy(&m->gone);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->load);
	cay_store_finish(&m->store);
	free(m->entries);
	free(m);
}

typedef int use_entry(struct cay_models *m, const struct cay_entry *entry, struct cay_request *req,
		      struct cay_err *err);

// Calls `use` with the lock held, so that the model is not evicted between the look and the use.
static int with_entry(struct cay_models *m, const char *name, const char *version, use_entry *use,
		      struct cay_request *req, struct cay_err *err)
{
	struct cay_entry *entry;
	int result = -1;

	pthread_mutex_lock(&m->lock);
	entry = cay_registry_choose(m, name, err);
	if (!entry && name)
		cay_model_name_check(name, err); // no model can have that name: that says more
	if (entry && cay_registry_check_version(entry, version, err) == 0) {
		memcpy(req->model, entry->name, sizeof(entry->name));
		result = use(m, entry, req, err);
	}
	pthread_mutex_unlock(&m->lock);
	return result;
}

static int admit(struct cay_models *m, const struct cay_entry *entry, struct cay_request *req,
		 struct cay_err *err)
{
	return entry->served ? cay_served_admit(entry->served, req, err)
			     : cay_eviction_admit(m, entry, req, err);
}

int cay_models_admit(struct cay_models *m, const char *name, const char *version,
		     struct cay_request *req, struct cay_err *err)
{
	return with_entry(m, name, version, admit, req, err);
}

// Loads an evicted model, which moves the requests that waited for it into its queue. Those that
// still wait afterwards are answered with the error.
static void reload_one(struct cay_models *m, const char *name)
{
	struct cay_request *req, *next;
	struct cay_err reason = {0};
	const int result = cay_repository_revive(m, name, &reason);

	pthread_mutex_lock(&m->lock);
	req = cay_eviction_take(m, name);
	pthread_mutex_unlock(&m->lock);
	for (; req; req = next) {
		struct cay_err err = reason;

		next = req->next;
		if (result < 0 || cay_models_submit(m, name, req->version, req, &err) < 0)
			req->finish(req, &err);
	}
}

// A thread that loads evicted models as long as requests wait for any.
static void *reload(void *context)
{
	struct cay_models *m = context;
	char name[sizeof(m->waiting->model)];

	pthread_mutex_lock(&m->lock);
	while (m->waiting) {
		snprintf(name, sizeof(name), "%s", m->waiting->model);
		pthread_mutex_unlock(&m->lock);
		reload_one(m, name);
		pthread_mutex_lock(&m->lock);
	}
	m->reloading = false;
	m->live--;
	pthread_cond_broadcast(&m->gone);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

// Lets the request wait until its evicted model is there again.
static int wait_for_reload(struct cay_models *m, const struct cay_entry *entry,
			   struct cay_request *req, struct cay_err *err)
{
	if (cay_eviction_admit(m, entry, req, err) < 0)
		return -1;
	if (!m->reloading && cay_thread_start(reload, m, err) < 0)
		return -1;
	m->live += !m->reloading;
	m->reloading = true;
	cay_eviction_queue(m, req);
	return 0;
}

static int push(struct cay_models *m, const struct cay_entry *entry, struct cay_request *req,
		struct cay_err *err)
{
	return entry->served ? cay_served_push(entry->served, req, err)
			     : wait_for_reload(m, entry, req, err);
}

int cay_models_submit(struct cay_models *m, const char *name, const char *version,
		      struct cay_request *req, struct cay_err *err)
{
	return with_entry(m, name, version, push, req, err);
}
