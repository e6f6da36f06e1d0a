// Packs buffers whose lifetimes are known into one arena.
#include "engine/plan/mem_plan.h"
#include "common/size.h"

#include <stdlib.h>
#include <stdbool.h>

#define ALIGN 64

// The larger first; of equal ones the earlier, so that the result does not depend on qsort.
static int by_size(const void *a, const void *b)
{
	const struct cay_buffer *x = *(struct cay_buffer *const *)a;
	const struct cay_buffer *y = *(struct cay_buffer *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x < y ? -1 : x > y;
}

static bool alive_together(const struct cay_buffer *a, const struct cay_buffer *b)
{
	return a->first <= b->last && b->first <= a->last;
}

// placed: by ascending offset. Returns where `b` goes, an offset.
static size_t find_gap(struct cay_buffer *const *placed, size_t count, const struct cay_buffer *b)
{
	size_t end = 0, best = SIZE_MAX, best_size = SIZE_MAX; // end: of what was seen and is alive

	for (size_t i = 0; i < count; i++) {
		const struct cay_buffer *p = placed[i];

		if (!alive_together(p, b))
			continue;
		if (p->offset >= end + b->size && p->offset - end < best_size) {
			best = end;
			best_size = p->offset - end;
		}
		if (p->offset + p->size > end)
			end = p->offset + p->size;
	}
	return best != SIZE_MAX ? best : end;
}

static void insert(struct cay_buffer **placed, size_t count, struct cay_buffer *b)
{
	size_t i = count;

	for (; i > 0 && placed[i - 1]->offset > b->offset; i--)
		placed[i] = placed[i - 1];
	placed[i] = b;
}

int cay_mem_plan(struct cay_buffer *buffers, size_t count, size_t limit, size_t *ret,
		 struct cay_err *err)
{
	struct cay_buffer **order = calloc(count ? count * 2 : 1, sizeof(*order));
	struct cay_buffer **placed = order ? order + count : NULL;
	size_t total = 0;
	int result = 0;

	if (!order)
		return cay_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		order[i] = &buffers[i];
		if (buffers[i].size > limit) // also keeps every sum below far from overflow
			result = cay_fail(
				err, CAY_ETOOLARGE,
				"a tensor of %zu bytes is over the limit of %zu for activations",
				buffers[i].size, limit);
		else
			buffers[i].size = cay_size_round_up(buffers[i].size, ALIGN);
	}
	if (result == 0)
		qsort(order, count, sizeof(*order), by_size);
	for (size_t i = 0; i < count && result == 0; i++) {
		order[i]->offset = find_gap(placed, i, order[i]);
		insert(placed, i, order[i]);
		if (order[i]->offset + order[i]->size > total)
			total = order[i]->offset + order[i]->size;
		if (total > limit)
			result = cay_fail(err, CAY_ETOOLARGE,
					  "activations need more than the limit of %zu bytes",
					  limit);
	}
	free(order);
	if (result == 0)
		*ret = total;
	return result;
}
