// A map from names to indices, and the name that a mistyped one was meant to be.
#ifndef CAY_COMMON_NAMES_H
#define CAY_COMMON_NAMES_H

#include "common/arena.h"

#include <stddef.h>
#include <stdint.h>

#define CAY_NO_INDEX UINT32_MAX

// A hash table with open addressing, at most half full. A zeroed one is empty. Names are borrowed.
struct cay_names {
	struct cay_arena *arena;
	struct cay_name_slot {
		const char *name;
		uint32_t hash, index;
	} * slots;
	size_t capacity, count; // capacity: a power of two, or 0
};

void cay_names_init(struct cay_names *names, struct cay_arena *arena);
// Sets the index of a name, also if the name is there already.
int cay_names_set(struct cay_names *names, const char *name, uint32_t index, struct cay_err *err);
uint32_t cay_names_get(const struct cay_names *names, const char *name); // or CAY_NO_INDEX

// The name that a mistyped one is closest to: begin with a zeroed one, and try each valid name.
struct cay_guess {
	const char *name; // NULL: none is close
	size_t edits;	  // letters to insert, leave out, change or swap
};
void cay_guess_try(struct cay_guess *guess, const char *name, const char *typed, size_t len);

#endif
