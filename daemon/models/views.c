// What the daemon's interface shows of the models, as JSON.
#include "daemon/models/registry.h"

#include <stdio.h>
#include <string.h>

static void describe(const struct cay_entry *entry, struct cay_buf *buf)
{
	cay_buf_printf(buf, "{\"name\":\"%s\"", entry->name);
	if (entry->served) {
		cay_buf_printf(buf, ",\"version\":\"%u\",\"state\":\"READY\"",
			       entry->served->version);
		cay_served_describe_json(entry->served, buf);
	} else if (entry->evicted) {
		cay_buf_printf(buf, ",\"version\":\"%u\",\"state\":\"EVICTED\"", entry->version);
		cay_buf_put(buf, entry->description.data, entry->description.len);
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
	i = cay_registry_find(m, name, &found);
	if (found)
		describe(&m->entries[i], ret);
	pthread_mutex_unlock(&m->lock);
	cay_buf_text(ret, "\n");
	return found ? 0 : cay_registry_fail_unknown(name, err);
}

// The lock is held.
static int put_metadata(const struct cay_entry *entry, const char *version, struct cay_buf *ret,
			struct cay_err *err)
{
	const struct cay_served *served;
	char number[16];

	snprintf(number, sizeof(number), "%u", entry->version);
	if (entry->evicted && (!version || strcmp(version, number) == 0)) {
		cay_buf_put(ret, entry->metadata.data, entry->metadata.len);
		return cay_buf_check(ret, err);
	}
	served = cay_registry_in_service(entry, version, err);
	if (!served)
		return -1;
	cay_served_metadata_json(served, ret);
	return cay_buf_check(ret, err);
}

int cay_models_metadata_json(struct cay_models *m, const char *name, const char *version,
			     struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_entry *entry;
	int result;

	if (name && cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	entry = cay_registry_choose(m, name, err);
	result = entry ? put_metadata(entry, version, ret, err) : -1;
	pthread_mutex_unlock(&m->lock);
	return result;
}

static int do_nothing(struct cay_served *served, void *context, struct cay_err *err)
{
	(void)served, (void)context, (void)err;
	return 0;
}

int cay_models_ready(struct cay_models *m, const char *name, const char *version,
		     struct cay_err *err)
{
	const int result = cay_registry_use(m, name, version, do_nothing, NULL, err);

	return result < 0 && err->code == CAY_EBUSY ? 0 : result; // evicted: it will answer
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
		result = cay_registry_use(m, name, version, put_statistics, ret, err);
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
		const struct cay_entry *e = &m->entries[i];

		if (ready && !e->served)
			continue;
		cay_buf_printf(ret, "%s{\"name\":\"%s\"", count++ ? ",\n" : "", e->name);
		if (e->served || e->evicted)
			cay_buf_printf(ret, ",\"version\":\"%u\"",
				       e->served ? e->served->version : e->version);
		cay_buf_printf(
			ret, ",\"state\":\"%s\",\"reason\":", e->served ? "READY" : "UNAVAILABLE");
		cay_buf_json_string(ret, e->served    ? ""
					 : e->evicted ? "evicted: the next inference loads it"
						      : e->reason.msg);
		cay_buf_text(ret, "}");
	}
	cay_buf_text(ret, "]\n");
	pthread_mutex_unlock(&m->lock);
}
