// The names that models have, and what is in service under each.
#include "daemon/models/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t cay_registry_find(const struct cay_models *m, const char *name, bool *ret_found)
{
	size_t i = 0;

	while (i < m->count && strcmp(m->entries[i].name, name) < 0)
		i++;
	*ret_found = i < m->count && strcmp(m->entries[i].name, name) == 0;
	return i;
}

int cay_registry_reserve(struct cay_models *m, struct cay_err *err)
{
	size_t capacity = m->capacity * 2 + 4;
	struct cay_entry *entries;

	if (m->count < m->capacity)
		return 0;
	entries = realloc(m->entries, capacity * sizeof(*entries));
	if (!entries)
		return cay_fail_memory(err);
	m->entries = entries;
	m->capacity = capacity;
	return 0;
}

struct cay_entry *cay_registry_add(struct cay_models *m, const char *name)
{
	bool found;
	size_t i = cay_registry_find(m, name, &found);

	if (!found) {
		memmove(&m->entries[i + 1], &m->entries[i], (m->count - i) * sizeof(*m->entries));
		m->entries[i] = (struct cay_entry){0};
		snprintf(m->entries[i].name, sizeof(m->entries[i].name), "%s", name);
		m->count++;
	}
	return &m->entries[i];
}

// The same version of a model that comes back goes on with the statistics that it had.
static void share_statistics(struct cay_entry *entry, struct cay_served *served)
{
	if (entry->statistics && entry->statistics->version == served->version) {
		cay_statistics_drop(served->statistics);
		served->statistics = cay_statistics_share(entry->statistics);
	} else {
		cay_statistics_drop(entry->statistics);
		served->statistics->version = served->version;
		entry->statistics = cay_statistics_share(served->statistics);
	}
}

void cay_registry_serve(struct cay_entry *entry, struct cay_served *served)
{
	if (entry->served)
		cay_served_retire(entry->served);
	for (enum cay_view view = 0; view < CAY_VIEWS; view++)
		cay_buf_finish(&entry->views[view]);
	entry->evicted = false;
	entry->served = served;
	entry->version = served ? served->version : 0;
	if (served)
		share_statistics(entry, served);
}

void cay_registry_remove(struct cay_models *m, size_t index)
{
	cay_registry_serve(&m->entries[index], NULL);
	cay_statistics_drop(m->entries[index].statistics);
	m->count--;
	memmove(&m->entries[index], &m->entries[index + 1],
		(m->count - index) * sizeof(*m->entries));
}

int cay_registry_fail_unknown(const char *name, struct cay_err *err)
{
	return cay_fail(err, CAY_ENOTFOUND, "no model '%s'", name);
}

struct cay_entry *cay_registry_choose(struct cay_models *m, const char *name, struct cay_err *err)
{
	bool found;
	size_t i;

	if (!name)
		name = m->conf->model;
	if (!name && m->count == 0) {
		cay_fail(err, CAY_ENOTFOUND,
			 "no model is there yet: POST /convert or PUT /models/NAME brings one");
		return NULL;
	}
	if (!name && m->count > 1) {
		cay_fail(err, CAY_EBAD, "%zu models are there: say ?model=NAME", m->count);
		return NULL;
	}
	i = name ? cay_registry_find(m, name, &found) : 0;
	if (name && !found) {
		cay_registry_fail_unknown(name, err);
		return NULL;
	}
	return &m->entries[i];
}

int cay_registry_check_version(const struct cay_entry *entry, const char *version,
			       struct cay_err *err)
{
	char number[16];

	if (entry->version == 0)
		return cay_fail(err, CAY_EMODEL, "model '%s' is not available: %s", entry->name,
				entry->reason.msg);
	if (!version)
		return 0;
	snprintf(number, sizeof(number), "%u", entry->version);
	return strcmp(version, number) != 0
		       ? cay_fail(err, CAY_ENOTFOUND, "model '%s' is in service as version %s",
				  entry->name, number)
		       : 0;
}
