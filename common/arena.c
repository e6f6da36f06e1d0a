// Memory that is dropped whole.
#include "common/arena.h"
#include "common/size.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384 // smaller requests share blocks of this many bytes

struct cay_arena_block {
	struct cay_arena_block *previous;
	size_t size, used;
	_Alignas(CAY_ARENA_ALIGN) unsigned char data[];
};

void cay_arena_init(struct cay_arena *arena, size_t limit)
{
	*arena = (struct cay_arena){.limit = limit};
}

void cay_arena_finish(struct cay_arena *arena)
{
	for (struct cay_arena_block *b = arena->last, *previous; b; b = previous) {
		previous = b->previous;
		free(b);
	}
	*arena = (struct cay_arena){.limit = arena->limit};
}

static struct cay_arena_block *add_block(struct cay_arena *arena, size_t size)
{
	struct cay_arena_block *block;
	size_t total;

	if (!cay_size_add(size, sizeof(*block) + CAY_ARENA_ALIGN, &total))
		return NULL;
	block = aligned_alloc(CAY_ARENA_ALIGN, cay_size_round_up(total, CAY_ARENA_ALIGN));
	if (!block)
		return NULL;
	*block = (struct cay_arena_block){.size = size};
	if (size > BLOCK_SIZE && arena->last) {
		// The half-full block is kept for the next small request.
		block->previous = arena->last->previous;
		arena->last->previous = block;
	} else {
		block->previous = arena->last;
		arena->last = block;
	}
	return block;
}

void *cay_arena_raw(struct cay_arena *arena, size_t size, struct cay_err *err)
{
	struct cay_arena_block *block = arena->last;
	const size_t align = size < CAY_ARENA_ALIGN ? 16 : CAY_ARENA_ALIGN;
	size_t start = block ? cay_size_round_up(block->used, align) : 0, taken;

	if (!cay_size_add(size ? size : 1, align - 1, &taken)) { // 0: an address of its own, too
		cay_fail_memory(err);
		return NULL;
	}
	taken &= ~(align - 1);
	if (arena->limit && (arena->used > arena->limit || taken > arena->limit - arena->used)) {
		cay_fail(err, CAY_ETOOLARGE, "needs more than the limit of %zu bytes of memory",
			 arena->limit);
		return NULL;
	}
	if (!block || start > block->size || taken > block->size - start) {
		block = add_block(arena, taken > BLOCK_SIZE / 4 ? taken : BLOCK_SIZE);
		start = 0;
	}
	if (!block) {
		cay_fail_memory(err);
		return NULL;
	}
	block->used = start + taken;
	arena->used += taken;
	return block->data + start;
}

void *cay_arena_alloc(struct cay_arena *arena, size_t size, struct cay_err *err)
{
	void *data = cay_arena_raw(arena, size, err);

	return data ? memset(data, 0, size) : NULL;
}

void *cay_arena_array(struct cay_arena *arena, size_t count, size_t size, struct cay_err *err)
{
	size_t total;

	if (!cay_size_mul(count, size, &total)) {
		cay_fail(err, CAY_ETOOLARGE, "%zu items of %zu bytes", count, size);
		return NULL;
	}
	return cay_arena_alloc(arena, total, err);
}

void *cay_arena_grow(struct cay_arena *arena, void *items, size_t count, size_t size,
		     size_t *capacity, struct cay_err *err)
{
	const size_t wanted = *capacity ? *capacity * 2 : 64;
	void *bigger;

	if (count < *capacity)
		return items;
	bigger = cay_arena_array(arena, wanted, size, err);
	if (bigger && count)
		memcpy(bigger, items, count * size);
	if (bigger)
		*capacity = wanted;
	return bigger;
}

void *cay_arena_copy(struct cay_arena *arena, const void *data, size_t size, struct cay_err *err)
{
	void *copy = cay_arena_raw(arena, size, err);

	return copy && size ? memcpy(copy, data, size) : copy;
}

char *cay_arena_strndup(struct cay_arena *arena, const char *text, size_t len, struct cay_err *err)
{
	char *copy = cay_arena_raw(arena, len + 1, err);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *cay_arena_strdup(struct cay_arena *arena, const char *text, struct cay_err *err)
{
	return cay_arena_strndup(arena, text, strlen(text), err);
}

char *cay_arena_printf(struct cay_arena *arena, struct cay_err *err, const char *fmt, ...)
{
	va_list ap, again;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		cay_fail_memory(err);
	else
		text = cay_arena_raw(arena, (size_t)n + 1, err);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}
