// Memory that is dropped whole: one arena for a conversion, a request, a model, a plan.
#ifndef CAY_COMMON_ARENA_H
#define CAY_COMMON_ARENA_H

#include "common/err.h"

#include <stddef.h>

#define CAY_ARENA_ALIGN 64 // bytes: a cache line, and more than any vector load asks for

struct cay_arena_block;
struct cay_arena {
	struct cay_arena_block *last;
	size_t used;  // bytes allocated so far, each piece rounded up to its alignment
	size_t limit; // of `used`; one that is set below it lets nothing more be allocated
};

// Allocates nothing yet. limit 0: no limit.
void cay_arena_init(struct cay_arena *arena, size_t limit);
// Frees all. Fine on a zeroed or finished arena.
void cay_arena_finish(struct cay_arena *arena);

// Returns zeroed memory that lives until finish, aligned to CAY_ARENA_ALIGN if it has 64 bytes or
// more and to 16 if it has less. A size of 0 is fine. NULL on failure with *err set: CAY_ENOMEM, or
// CAY_ETOOLARGE at the limit.
void *cay_arena_alloc(struct cay_arena *arena, size_t size, struct cay_err *err);
// The same, but not zeroed: for memory that the caller writes before reading it.
void *cay_arena_raw(struct cay_arena *arena, size_t size, struct cay_err *err);
void *cay_arena_array(struct cay_arena *arena, size_t count, size_t size, struct cay_err *err);
// Makes room for one more item in an array of `count` items of `size` bytes. Returns the array, or,
// where count has reached *capacity, a copy of twice the capacity. items may be NULL if count is 0.
void *cay_arena_grow(struct cay_arena *arena, void *items, size_t count, size_t size,
		     size_t *capacity, struct cay_err *err);
void *cay_arena_copy(struct cay_arena *arena, const void *data, size_t size, struct cay_err *err);
char *cay_arena_strndup(struct cay_arena *arena, const char *text, size_t len, struct cay_err *err);
char *cay_arena_strdup(struct cay_arena *arena, const char *text, struct cay_err *err);
char *cay_arena_printf(struct cay_arena *arena, struct cay_err *err, const char *fmt, ...)
	CAY_PRINTF(3, 4);

#endif
