// What the daemon's interface shows of the models, as JSON.
#include "daemon/models/registry.h"

// Of an entry that has a version.
static void put_view(const struct cay_entry *entry, enum cay_view view, struct cay_buf *buf)
{
	if (entry->served)
		cay_served_put_view(entry->served, view, buf);
	else
		cay_buf_put(buf, entry->views[view].data, entry->views[view].len);
}

static void describe(const struct cay_entry *entry, struct cay_buf *buf)
{
	cay_buf_printf(buf, "{\"name\":\"%s\"", entry->name);
	if (entry->version) {
		cay_buf_printf(buf, ",\"version\":\"%u\",\"state\":\"%s\"", entry->version,
			       entry->served ? "READY" : "EVICTED");
		put_view(entry, CAY_VIEW_DESCRIPTION, buf);
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

int cay_models_view_json(struct cay_models *m, enum cay_view view, const char *name,
			 const char *version, struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_entry *entry;

	if (cay_model_name_check(name, err) < 0)
		return -1;
	pthread_mutex_lock(&m->lock);
	entry = find_version(m, name, version, err);
	if (entry)
		put_view(entry, view, ret);
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
