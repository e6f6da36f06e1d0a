// What the daemon's interface shows of the models, as JSON.
#include "daemon/models/registry.h"

static void describe(const struct cay_entry *entry, struct cay_buf *buf)
{
	cay_buf_printf(buf, "{\"name\":\"%s\"", entry->name);
	if (entry->served) {
		cay_buf_printf(buf, ",\"version\":\"%u\",\"state\":\"READY\"", entry->version);
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

// The lock is held. NULL, if that version is neither in service nor evicted.
static const struct cay_entry *find_version(struct cay_models *m, const char *name,
					    const char *version, struct cay_err *err)
{
	const struct cay_entry *entry = cay_registry_choose(m, name, err);

	return entry && cay_registry_check_version(entry, version, err) == 0 ? entry : NULL;
}

int cay_models_metadata_json(struct cay_models *m, const char *name, const char *version,
			     struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_entry *entry;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	entry = find_version(m, name, version, err);
	if (entry && entry->served)
		cay_served_metadata_json(entry->served, ret);
	else if (entry)
		cay_buf_put(ret, entry->metadata.data, entry->metadata.len);
	pthread_mutex_unlock(&m->lock);
	return entry ? cay_buf_check(ret, err) : -1;
}

int cay_models_ready(struct cay_models *m, const char *name, const char *version,
		     struct cay_err *err)
{
	bool found;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	found = find_version(m, name, version, err) != NULL; // an evicted one will answer, too
	pthread_mutex_unlock(&m->lock);
	return found ? 0 : -1;
}

int cay_models_statistics_json(struct cay_models *m, const char *name, const char *version,
			       struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_entry *one = NULL;
	size_t count = 0;

	if (name && cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	if (name)
		one = find_version(m, name, version, err);
	cay_buf_text(ret, "{\"model_stats\":[");
	for (size_t i = 0; i < m->count; i++) {
		const struct cay_entry *entry = &m->entries[i];

		if (entry->version == 0 || (name && entry != one))
			continue;
		cay_buf_text(ret, count++ ? ",\n" : "");
		cay_statistics_json(entry->statistics, entry->name, ret);
	}
	cay_buf_text(ret, "]}\n");
	pthread_mutex_unlock(&m->lock);
	return name && !one ? -1 : cay_buf_check(ret, err);
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
		if (e->version)
			cay_buf_printf(ret, ",\"version\":\"%u\"", e->version);
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
