// A map from names to indices, and the name that a mistyped one was meant to be.
#include "common/names.h"
#include "common/size.h"

#include <string.h>

void cay_names_init(struct cay_names *names, struct cay_arena *arena)
{
	*names = (struct cay_names){.arena = arena};
}

// FNV-1a. Not keyed: somebody who builds a file of colliding names slows down his own load only.
static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

// The name's slot, or the free one where it belongs.
static struct cay_name_slot *find(const struct cay_names *names, const char *name, uint32_t hash)
{
	size_t i = hash & (names->capacity - 1);

	while (names->slots[i].name &&
	       (names->slots[i].hash != hash || strcmp(names->slots[i].name, name) != 0))
		i = (i + 1) & (names->capacity - 1);
	return &names->slots[i];
}

static int grow(struct cay_names *names, struct cay_err *err)
{
	struct cay_names bigger = {
		.arena = names->arena,
		.capacity = names->capacity ? names->capacity * 2 : 64,
		.count = names->count,
	};

	bigger.slots = cay_arena_array(names->arena, bigger.capacity, sizeof(*bigger.slots), err);
	if (!bigger.slots)
		return -1;
	for (size_t i = 0; i < names->capacity; i++)
		if (names->slots[i].name)
			*find(&bigger, names->slots[i].name, names->slots[i].hash) =
				names->slots[i];
	*names = bigger;
	return 0;
}

int cay_names_set(struct cay_names *names, const char *name, uint32_t index, struct cay_err *err)
{
	uint32_t hash = hash_name(name);
	struct cay_name_slot *slot;

	if (names->count * 2 >= names->capacity && grow(names, err) < 0)
		return -1;
	slot = find(names, name, hash);
	if (!slot->name)
		names->count++;
	*slot = (struct cay_name_slot){name, hash, index};
	return 0;
}

uint32_t cay_names_get(const struct cay_names *names, const char *name)
{
	const struct cay_name_slot *slot;

	if (!names->capacity)
		return CAY_NO_INDEX;
	slot = find(names, name, hash_name(name));
	return slot->name ? slot->index : CAY_NO_INDEX;
}

#define LONGEST 40 // characters; longer names are not compared

// The optimal string alignment distance, row by row: how many letters are to be inserted, left out,
// changed, or swapped with their neighbours.
static size_t count_edits(const char *name, const char *typed, size_t len)
{
	const size_t width = strlen(name);
	size_t rows[3][LONGEST + 1];

	for (size_t i = 0; i <= len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		for (size_t k = 0; k <= width; k++) {
			row[k] = i + k; // of the first row and column
			if (i == 0 || k == 0)
				continue;
			row[k] = cay_size_min(above[k - 1] + (typed[i - 1] != name[k - 1]),
					      cay_size_min(above[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && typed[i - 1] == name[k - 2] &&
			    typed[i - 2] == name[k - 1])
				row[k] = cay_size_min(row[k], second[k - 2] + 1);
		}
	}
	return rows[len % 3][width];
}

void cay_guess_try(struct cay_guess *guess, const char *name, const char *typed, size_t len)
{
	size_t edits;

	if (len > LONGEST || strlen(name) > LONGEST)
		return;
	edits = count_edits(name, typed, len);
	if (edits * 3 > len || (guess->name && edits >= guess->edits)) // a third is another word
		return;
	*guess = (struct cay_guess){name, edits};
}
