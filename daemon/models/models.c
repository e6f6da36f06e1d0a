// The models in service: a name stands for its current version, on disk and in memory.
#include "daemon/models/models.h"
#include "common/file.h"
#include "common/size.h"
#include "daemon/models/model_store.h"
#include "daemon/models/served.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A name that has a directory.
struct entry {
	char name[CAY_MODEL_NAME + 1];
	struct cay_served *served; // NULL: no version could be loaded
	struct cay_err reason;	   // then
};

struct cay_models {
	const struct cay_conf *conf;
	cay_answer_request *answer;
	struct cay_kernels kernels;
	struct cay_store store;
	pthread_mutex_t lock;  // of all below, and of the renames in the store
	pthread_cond_t gone;   // a served model has been freed
	size_t live;	       // served models that have threads
	pthread_mutex_t load;  // one thread loads at a time; taken before `lock`
	struct entry *entries; // sorted by name
	size_t count, capacity;
};

int cay_model_name_check(const char *name, struct cay_err *err)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strspn(name, first);

	if (len > 0)
		while (name[len] && (strchr(first, name[len]) || strchr("._-", name[len])))
			len++;
	if (len == 0 || name[len] || len > CAY_MODEL_NAME)
		return cay_fail(err, CAY_EBAD,
				"a model's name has 1 to %d letters, digits, '.', '_' and '-', and "
				"begins with a letter or digit",
				CAY_MODEL_NAME);
	return 0;
}

// Where name is, or belongs.
static size_t find(const struct cay_models *m, const char *name, bool *ret_found)
{
	size_t i = 0;

	while (i < m->count && strcmp(m->entries[i].name, name) < 0)
		i++;
	*ret_found = i < m->count && strcmp(m->entries[i].name, name) == 0;
	return i;
}

// Room for one more entry, so that add cannot fail.
static int reserve(struct cay_models *m, struct cay_err *err)
{
	size_t capacity = m->capacity * 2 + 4;
	struct entry *entries;

	if (m->count < m->capacity)
		return 0;
	entries = realloc(m->entries, capacity * sizeof(*entries));
	if (!entries)
		return cay_fail_memory(err);
	m->entries = entries;
	m->capacity = capacity;
	return 0;
}

// The entry of that name, made unless it is there.
static struct entry *add(struct cay_models *m, const char *name)
{
	bool found;
	size_t i = find(m, name, &found);

	if (!found) {
		memmove(&m->entries[i + 1], &m->entries[i], (m->count - i) * sizeof(*m->entries));
		m->entries[i] = (struct entry){0};
		snprintf(m->entries[i].name, sizeof(m->entries[i].name), "%s", name);
		m->count++;
	}
	return &m->entries[i];
}

static void on_freed(void *context)
{
	struct cay_models *m = context;

	pthread_mutex_lock(&m->lock);
	m->live--;
	pthread_cond_broadcast(&m->gone);
	pthread_mutex_unlock(&m->lock);
}

// Bytes that the weights of `name` may take, beside the other models.
static size_t weights_left(struct cay_models *m, const char *name)
{
	size_t used = 0;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].served && strcmp(m->entries[i].name, name) != 0)
			used += cay_model_weight_bytes(m->entries[i].served->model);
	pthread_mutex_unlock(&m->lock);
	return used < m->conf->models_limit ? m->conf->models_limit - used : 0;
}

static struct cay_served *load(struct cay_models *m, const char *name,
			       const struct cay_model_files *files, struct cay_err *err)
{
	size_t weights = weights_left(m, name);

	if (weights == 0) {
		cay_fail(err, CAY_ETOOLARGE, "all models together are over %zu bytes",
			 m->conf->models_limit);
		return NULL;
	}
	return cay_served_new(name, files, m->conf, &m->kernels, weights, err);
}

// Takes the served model over, whatever comes: in the place of the old one, or freed. With a
// workspace it becomes the next version on the disk first: what answers is also there after a
// restart.
static int publish(struct cay_models *m, struct cay_served *served, const char *workspace,
		   unsigned *ret_version, struct cay_err *err)
{
	struct entry *entry;
	int result;

	if (cay_served_start(served, m->answer, on_freed, m, err) < 0) {
		cay_served_free(served);
		return -1;
	}
	pthread_mutex_lock(&m->lock);
	m->live++;
	result = reserve(m, err);
	if (result == 0 && workspace) {
		served->version = cay_store_version_below(&m->store, served->name, UINT_MAX) + 1;
		result =
			cay_store_publish(&m->store, workspace, served->name, served->version, err);
	}
	if (result == 0) {
		*ret_version = served->version;
		entry = add(m, served->name);
		if (entry->served)
			cay_served_retire(entry->served);
		entry->served = served;
	} else {
		cay_served_retire(served);
	}
	pthread_mutex_unlock(&m->lock);
	return result;
}

static int load_version(struct cay_models *m, const char *name, unsigned version,
			struct cay_err *err)
{
	struct cay_store_version bytes;
	struct cay_model_files files;
	struct cay_served *served;

	if (cay_store_read(&m->store, name, version, &bytes, err) < 0)
		return -1;
	files = cay_store_version_files(&bytes);
	served = load(m, name, &files, err);
	cay_store_version_finish(&bytes);
	if (!served)
		return -1;
	served->version = version;
	return publish(m, served, NULL, &version, err);
}

// The newest version that can be loaded. What fails is told, and kept for GET /models.
static int load_name(struct cay_models *m, const char *name, struct cay_err *err)
{
	struct cay_err reason = {.code = CAY_EMODEL, .msg = "no version is there"};
	unsigned version = UINT_MAX;

	while ((version = cay_store_version_below(&m->store, name, version))) {
		if (load_version(m, name, version, &reason) == 0) {
			cay_log(CAY_LOG_INFO, "model %s version %u is loaded", name, version);
			return 0;
		}
		cay_log(CAY_LOG_ERROR, "model %s version %u: %s", name, version, reason.msg);
	}
	if (reserve(m, err) < 0)
		return -1;
	add(m, name)->reason = reason;
	return 0;
}

static int load_all(struct cay_models *m, struct cay_err *err)
{
	struct cay_arena arena;
	const char **names;
	size_t count;
	int result;

	cay_arena_init(&arena, 0);
	result = cay_store_names(&m->store, &arena, &names, &count, err);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = load_name(m, names[i], err);
	cay_arena_finish(&arena);
	malloc_trim(0);
	return result;
}

static int choose_kernels(struct cay_kernels *kernels, const char *name, struct cay_err *err)
{
	unsigned cpu = cay_cpu_detect(), cap;

	if (name && !cay_cpu_parse(name, &cap))
		return cay_fail(err, CAY_EBAD, "cpu: '%s' is not known", name);
	cay_kernels_init(kernels, name ? cpu & cap : cpu);
	return 0;
}

const struct cay_kernels *cay_models_kernels(const struct cay_models *m)
{
	return &m->kernels;
}

struct cay_models *cay_models_new(const struct cay_conf *conf, cay_answer_request *answer,
				  struct cay_err *err)
{
	struct cay_models *m = calloc(1, sizeof(*m));

	if (!m) {
		cay_fail_memory(err);
		return NULL;
	}
	m->conf = conf;
	m->answer = answer;
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->load, NULL);
	pthread_cond_init(&m->gone, NULL);
	if (choose_kernels(&m->kernels, conf->cpu, err) < 0 ||
	    cay_store_init(&m->store, conf->state, conf->state_limit, err) < 0 ||
	    load_all(m, err) < 0) {
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
	for (size_t i = 0; i < m->count; i++)
		if (m->entries[i].served)
			cay_served_retire(m->entries[i].served);
	while (m->live > 0)
		pthread_cond_wait(&m->gone, &m->lock);
	pthread_mutex_unlock(&m->lock);
	pthread_cond_destroy(&m->gone);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->load);
	free(m->entries);
	free(m);
}

static int fail_unknown(const char *name, struct cay_err *err)
{
	return cay_fail(err, CAY_ENOTFOUND, "no model '%s'", name);
}

static int install(struct cay_models *m, const char *name, const struct cay_model_files *files,
		   unsigned *ret_version, struct cay_err *err)
{
	struct cay_served *served;
	struct cay_err ignored;
	char *workspace;
	int result;

	served = load(m, name, files, err);
	if (!served)
		return -1;
	workspace = cay_store_write(&m->store, files, err);
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

int cay_models_install(struct cay_models *m, const char *name, const struct cay_model_files *files,
		       unsigned *ret_version, struct cay_err *err)
{
	int result;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->load);
	result = install(m, name, files, ret_version, err);
	pthread_mutex_unlock(&m->load);
	return result;
}

// A name whose versions all fail keeps what it has in service.
static int load_known(struct cay_models *m, const char *name, struct cay_err *err)
{
	unsigned version = UINT_MAX;
	bool found;

	pthread_mutex_lock(&m->lock);
	find(m, name, &found);
	pthread_mutex_unlock(&m->lock);
	if (!found)
		return fail_unknown(name, err);
	cay_fail(err, CAY_EMODEL, "no version is there");
	while ((version = cay_store_version_below(&m->store, name, version)))
		if (load_version(m, name, version, err) == 0)
			return 0;
	return -1;
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

int cay_models_unload(struct cay_models *m, const char *name, struct cay_err *err)
{
	struct entry *entry;
	bool found;
	size_t i;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	i = find(m, name, &found);
	entry = &m->entries[i];
	if (found && entry->served) {
		cay_served_retire(entry->served);
		entry->served = NULL;
		cay_fail(&entry->reason, CAY_EMODEL, "unloaded");
	}
	pthread_mutex_unlock(&m->lock);
	return found ? 0 : fail_unknown(name, err);
}

int cay_models_remove(struct cay_models *m, const char *name, struct cay_err *err)
{
	bool found;
	size_t i;
	int result;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	i = find(m, name, &found);
	result = found ? cay_store_remove(&m->store, name, err) : fail_unknown(name, err);
	if (result == 0) {
		if (m->entries[i].served)
			cay_served_retire(m->entries[i].served);
		m->count--;
		memmove(&m->entries[i], &m->entries[i + 1], (m->count - i) * sizeof(*m->entries));
	}
	pthread_mutex_unlock(&m->lock);
	return result;
}

char *cay_models_workspace(struct cay_models *m, struct cay_err *err)
{
	return cay_store_workspace(&m->store, err);
}

static void describe(const struct entry *entry, struct cay_buf *buf)
{
	cay_buf_printf(buf, "{\"name\":\"%s\"", entry->name);
	if (entry->served) {
		cay_buf_printf(buf, ",\"version\":\"%u\",\"state\":\"READY\"",
			       entry->served->version);
		cay_served_describe_json(entry->served, buf);
	} else {
		cay_buf_text(buf, ",\"state\":\"UNAVAILABLE\",\"reason\":");
		cay_buf_json_string(buf, entry->reason.msg);
	}
	cay_buf_text(buf, "}");
}

void cay_models_list_json(struct cay_models *m, struct cay_buf *ret)
{
	pthread_mutex_lock(&m->lock);
	cay_buf_text(ret, "{\"models\":[");
	for (size_t i = 0; i < m->count; i++) {
		cay_buf_text(ret, i ? ",\n" : "");
		describe(&m->entries[i], ret);
	}
	cay_buf_text(ret, "]}\n");
	pthread_mutex_unlock(&m->lock);
}

int cay_models_describe_json(struct cay_models *m, const char *name, struct cay_buf *ret,
			     struct cay_err *err)
{
	bool found;
	size_t i;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	i = find(m, name, &found);
	if (found)
		describe(&m->entries[i], ret);
	pthread_mutex_unlock(&m->lock);
	cay_buf_text(ret, "\n");
	return found ? 0 : fail_unknown(name, err);
}

// The lock is held. The only model if there is one, for a request that names none.
static struct entry *choose(struct cay_models *m, const char *name, struct cay_err *err)
{
	bool found;
	size_t i;

	if (!name)
		name = m->conf->model;
	if (!name && m->count == 0) {
		cay_fail(err, CAY_ENOTFOUND, "no model is there yet");
		return NULL;
	}
	if (!name && m->count > 1) {
		cay_fail(err, CAY_EBAD, "%zu models are there: say ?model=NAME", m->count);
		return NULL;
	}
	i = name ? find(m, name, &found) : 0;
	if (name && !found) {
		fail_unknown(name, err);
		return NULL;
	}
	return &m->entries[i];
}

// The lock is held. The entry's model in service, if it is of that version.
static struct cay_served *in_service(const struct entry *entry, const char *version,
				     struct cay_err *err)
{
	char number[16];

	if (!entry->served) {
		cay_fail(err, CAY_EMODEL, "model '%s' is not available: %s", entry->name,
			 entry->reason.msg);
		return NULL;
	}
	snprintf(number, sizeof(number), "%u", entry->served->version);
	if (version && strcmp(version, number) != 0) {
		cay_fail(err, CAY_ENOTFOUND, "model '%s' is in service as version %s", entry->name,
			 number);
		return NULL;
	}
	return entry->served;
}

// Calls `use` with what is in service, under the lock: it is not retired meanwhile.
typedef int use_fn(struct cay_served *served, void *context, struct cay_err *err);

static int with_served(struct cay_models *m, const char *name, const char *version, use_fn *use,
		       void *context, struct cay_err *err)
{
	const struct entry *entry;
	struct cay_served *served;
	int result = -1;

	if (name && cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	entry = choose(m, name, err);
	served = entry ? in_service(entry, version, err) : NULL;
	if (served)
		result = use(served, context, err);
	pthread_mutex_unlock(&m->lock);
	return result;
}

static int push(struct cay_served *served, void *req, struct cay_err *err)
{
	return cay_served_push(served, req, err);
}

int cay_models_submit(struct cay_models *m, const char *name, const char *version,
		      struct cay_request *req, struct cay_err *err)
{
	return with_served(m, name, version, push, req, err);
}

static int put_metadata(struct cay_served *served, void *buf, struct cay_err *err)
{
	cay_served_metadata_json(served, buf);
	return cay_buf_check(buf, err);
}

int cay_models_metadata_json(struct cay_models *m, const char *name, const char *version,
			     struct cay_buf *ret, struct cay_err *err)
{
	return with_served(m, name, version, put_metadata, ret, err);
}

static int do_nothing(struct cay_served *served, void *context, struct cay_err *err)
{
	(void)served, (void)context, (void)err;
	return 0;
}

int cay_models_ready(struct cay_models *m, const char *name, const char *version,
		     struct cay_err *err)
{
	return with_served(m, name, version, do_nothing, NULL, err);
}

static int put_statistics(struct cay_served *served, void *buf, struct cay_err *err)
{
	cay_served_statistics_json(served, buf);
	return cay_buf_check(buf, err);
}

int cay_models_statistics_json(struct cay_models *m, const char *name, const char *version,
			       struct cay_buf *ret, struct cay_err *err)
{
	size_t count = 0;
	int result = 0;

	cay_buf_text(ret, "{\"model_stats\":[");
	if (name)
		result = with_served(m, name, version, put_statistics, ret, err);
	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; !name && i < m->count; i++) {
		if (!m->entries[i].served)
			continue;
		cay_buf_text(ret, count++ ? ",\n" : "");
		cay_served_statistics_json(m->entries[i].served, ret);
	}
	pthread_mutex_unlock(&m->lock);
	cay_buf_text(ret, "]}\n");
	return result;
}

void cay_models_index_json(struct cay_models *m, bool ready, struct cay_buf *ret)
{
	size_t count = 0;

	pthread_mutex_lock(&m->lock);
	cay_buf_text(ret, "[");
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *e = &m->entries[i];

		if (ready && !e->served)
			continue;
		cay_buf_printf(ret, "%s{\"name\":\"%s\"", count++ ? ",\n" : "", e->name);
		if (e->served)
			cay_buf_printf(ret, ",\"version\":\"%u\"", e->served->version);
		cay_buf_printf(
			ret, ",\"state\":\"%s\",\"reason\":", e->served ? "READY" : "UNAVAILABLE");
		cay_buf_json_string(ret, e->served ? "" : e->reason.msg);
		cay_buf_text(ret, "}");
	}
	cay_buf_text(ret, "]\n");
	pthread_mutex_unlock(&m->lock);
}

typedef void write_fn(struct cay_served *served, struct cay_buf *buf);

static void write_size(struct cay_served *served, struct cay_buf *buf)
{
	cay_buf_printf(buf, "cayuco_sessions{model=\"%s\"} %zu\n", served->name,
		       cay_pool_size(served->pool));
}

static void write_busy(struct cay_served *served, struct cay_buf *buf)
{
	cay_buf_printf(buf, "cayuco_sessions_busy{model=\"%s\"} %zu\n", served->name,
		       cay_pool_busy(served->pool));
}

static void write_queue(struct cay_served *served, struct cay_buf *buf)
{
	cay_buf_printf(buf, "cayuco_queue_length{model=\"%s\"} %zu\n", served->name,
		       cay_workers_length(served->workers));
}

static void write_weights(struct cay_served *served, struct cay_buf *buf)
{
	cay_buf_printf(buf, "cayuco_model_weight_bytes{model=\"%s\"} %zu\n", served->name,
		       cay_model_weight_bytes(served->model));
}

static void write_stages(struct cay_served *served, struct cay_buf *buf)
{
	static const char *const names[CAY_STAGES] = {
		[CAY_STAGE_QUEUE] = "queue",
		[CAY_STAGE_PARSE] = "parse",
		[CAY_STAGE_INFER] = "infer",
		[CAY_STAGE_ENCODE] = "encode",
	};
	char labels[CAY_MODEL_NAME + 64];

	for (size_t i = 0; i < CAY_STAGES; i++) {
		snprintf(labels, sizeof(labels), "model=\"%s\",version=\"%u\",stage=\"%s\"",
			 served->name, served->version, names[i]);
		cay_histogram_write(&served->stage[i], buf, "cayuco_stage_seconds", labels);
	}
}

void cay_models_metrics(struct cay_models *m, struct cay_buf *ret)
{
	static const struct {
		const char *name, *type, *help;
		write_fn *write;
	} families[] = {
		{"cayuco_sessions", "gauge", "Inferences that can run at once.", write_size},
		{"cayuco_sessions_busy", "gauge", "Inferences that run.", write_busy},
		{"cayuco_queue_length", "gauge", "Requests that wait.", write_queue},
		{"cayuco_model_weight_bytes", "gauge", "Packed weights.", write_weights},
		{"cayuco_stage_seconds", "histogram", "Where the time of requests went.",
		 write_stages},
	};

	pthread_mutex_lock(&m->lock);
	cay_metrics_head(ret, "cayuco_models", "gauge", "Names that have a model.");
	cay_buf_printf(ret, "cayuco_models %zu\n", m->count);
	for (size_t f = 0; f < CAY_ARRAY_SIZE(families); f++) {
		cay_metrics_head(ret, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < m->count; i++)
			if (m->entries[i].served)
				families[f].write(m->entries[i].served, ret);
	}
	pthread_mutex_unlock(&m->lock);
}
