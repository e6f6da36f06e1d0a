// Packs buffers whose lifetimes are known into one arena.
#include "engine/plan/mem_plan.h"
#include "common/size.h"

#include <stdlib.h>
#include <stdbool.h>

#define ALIGN 64

enum {
	MAX_LEVELS = 32,
	LOOKED_AT = 1024 // buffers alive with one; where there are more, it goes behind all
};

// The larger first; of equal ones the earlier, so that the result does not depend on qsort.
static int by_size(const void *a, const void *b)
{
	const struct cay_buffer *x = *(struct cay_buffer *const *)a;
	const struct cay_buffer *y = *(struct cay_buffer *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x < y ? -1 : x > y;
}

static int by_offset(const void *a, const void *b)
{
	const struct cay_buffer *x = *(struct cay_buffer *const *)a;
	const struct cay_buffer *y = *(struct cay_buffer *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool alive_together(const struct cay_buffer *a, const struct cay_buffer *b)
{
	return a->first <= b->last && b->first <= a->last;
}

// Buffers that have their place, found by their time: those that live for 2^k to 2^(k + 1) - 1
// steps are in lists of level k, one for each 2^k steps in which they may begin.
struct timeline {
	struct cay_buffer *buffers;
	uint32_t end;		      // no step is later
	uint32_t *lists, *next;	      // numbers of buffers, from 1; 0 ends a list
	size_t level[MAX_LEVELS];     // where its lists begin
	struct cay_buffer **together; // [LOOKED_AT]
};

static uint32_t last_step(const struct timeline *t, const struct cay_buffer *b)
{
	return b->last < t->end ? b->last : t->end;
}

static int timeline_init(struct timeline *t, struct cay_buffer *buffers, size_t count)
{
	size_t lists = 0;

	*t = (struct timeline){.buffers = buffers};
	for (size_t i = 0; i < count; i++) {
		const uint32_t last = buffers[i].last;

		// What lives for ever ends after every other buffer's first step.
		if (buffers[i].first >= t->end)
			t->end = buffers[i].first + 1;
		if (last != CAY_FOREVER && last > t->end)
			t->end = last;
	}
	for (unsigned k = 0; k < MAX_LEVELS; k++) {
		t->level[k] = lists;
		lists += ((size_t)t->end >> k) + 1;
	}
	t->lists = calloc(lists, sizeof(*t->lists));
	t->next = calloc(count ? count : 1, sizeof(*t->next));
	t->together = calloc(LOOKED_AT, sizeof(struct cay_buffer *));
	return t->lists && t->next && t->together ? 0 : -1;
}

static void timeline_finish(struct timeline *t)
{
	free(t->lists);
	free(t->next);
	free(t->together);
}

static void timeline_add(struct timeline *t, const struct cay_buffer *b)
{
	const uint32_t number = (uint32_t)(b - t->buffers);
	const unsigned k = 31 - (unsigned)__builtin_clz(last_step(t, b) - b->first + 1);
	uint32_t *list = &t->lists[t->level[k] + (b->first >> k)];

	t->next[number] = *list;
	*list = number + 1;
}

// Those alive with `b`, into t->together: *ret of them. False if there are too many to look at.
static bool find_together(const struct timeline *t, const struct cay_buffer *b, size_t *ret)
{
	size_t looked_at = 0, count = 0;

	for (unsigned k = MAX_LEVELS; k-- > 0;) {
		const uint32_t first = b->first >> k, last = last_step(t, b) >> k;

		for (uint32_t i = first > 2 ? first - 2 : 0; i <= last; i++)
			for (uint32_t n = t->lists[t->level[k] + i]; n; n = t->next[n - 1]) {
				if (looked_at++ == LOOKED_AT)
					return false;
				if (alive_together(&t->buffers[n - 1], b))
					t->together[count++] = &t->buffers[n - 1];
			}
	}
	*ret = count;
	return true;
}

// Returns the offset for `b`.
static size_t find_gap(const struct timeline *t, const struct cay_buffer *b, size_t total)
{
	size_t end = 0, best = SIZE_MAX, best_size = SIZE_MAX; // end: of what was seen
	size_t count;

	if (!find_together(t, b, &count))
		return total;
	qsort(t->together, count, sizeof(struct cay_buffer *), by_offset);
	for (size_t i = 0; i < count; i++) {
		const struct cay_buffer *p = t->together[i];

		if (p->offset >= end + b->size && p->offset - end < best_size) {
			best = end;
			best_size = p->offset - end;
		}
		if (p->offset + p->size > end)
			end = p->offset + p->size;
	}
	return best != SIZE_MAX ? best : end;
}

// Gives the buffers their offsets, one after another.
static int place_all(struct timeline *t, struct cay_buffer *const *order, size_t count,
		     size_t limit, const struct cay_allowance *allowance, size_t *ret,
		     struct cay_err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < count && order[i]->size; i++) {
		struct cay_buffer *b = order[i];

		if (cay_allowance_check(allowance, "placing buffer", i, count, err) < 0)
			return -1;
		b->offset = find_gap(t, b, total);
		timeline_add(t, b);
		if (b->offset + b->size > total)
			total = b->offset + b->size;
		if (total > limit)
			return cay_fail(err, CAY_ETOOLARGE,
					"activations need more than the limit of %zu bytes", limit);
	}
	*ret = total;
	return 0;
}

static int round_sizes(struct cay_buffer *buffers, size_t count, size_t limit, struct cay_err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (buffers[i].size > limit) // also keeps every sum far from overflow
			return cay_fail(
				err, CAY_ETOOLARGE,
				"a tensor of %zu bytes is over the limit of %zu for activations",
				buffers[i].size, limit);
		buffers[i].size = cay_size_round_up(buffers[i].size, ALIGN);
	}
	return 0;
}

int cay_mem_plan(struct cay_buffer *buffers, size_t count, size_t limit,
		 const struct cay_allowance *allowance, size_t *ret, struct cay_err *err)
{
	struct cay_buffer **order;
	struct timeline t;
	int result;

	if (round_sizes(buffers, count, limit, err) < 0)
		return -1;
	order = calloc(count ? count : 1, sizeof(*order));
	if (timeline_init(&t, buffers, count) < 0 || !order) {
		result = cay_fail_memory(err);
	} else {
		for (size_t i = 0; i < count; i++)
			order[i] = &buffers[i];
		qsort(order, count, sizeof(*order), by_size);
		result = place_all(&t, order, count, limit, allowance, ret, err);
	}
	timeline_finish(&t);
	free(order);
	return result;
}
