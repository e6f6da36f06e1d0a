// Joins steps of a plan that can follow each other block by block, while the rows are in the cache.
#include "engine/plan/fuse.h"
#include "common/size.h"
#include "engine/rows.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_MEMBERS = 8,
	MAX_OPERANDS = 40,
	WINDOW = 64,	      // steps after a group's first one that may join it
	BLOCK_FLOATS = 4096,  // that a block should use of the stage: half of a small L1 cache
	STAGE_FLOATS = 16384, // the stage, on the stack of whoever runs the block
	IN_ARENA = -1	      // an operand that is in the arena, and has no slot of the stage
};

// A step that is part of a fused one.
struct member {
	cay_rows_fn *run_rows; // see struct cay_op
	const void *state, *plan;
	size_t in_count;
	size_t width; // elements of its row
};
struct staged {
	bool there;
	size_t slot, element;
};
struct fused {
	size_t count, operand_count;
	size_t rows, width, block, work; // of the whole; block: rows at a time
	struct member member[MAX_MEMBERS];
	struct staged staged[MAX_OPERANDS];
};

// --- Running -----------------------------------------------------------------------------------

// Members address whole tensors. The stage has only rows from `first` on: a staged operand's
// address is so far in front of it that row `first` is the stage's first one.
static void bind_stage(const struct fused *f, float *stage, size_t first,
		       struct cay_operand *operands)
{
	const size_t slot_size = f->block * f->width;

	for (size_t i = 0; i < f->operand_count; i++) {
		const struct staged *s = &f->staged[i];

		if (s->there)
			operands[i].data = (void *)((uintptr_t)(stage + s->slot * slot_size) -
						    first * f->width * s->element);
	}
}

static void run_block(const struct cay_io *io, float *stage, size_t first, size_t count)
{
	const struct fused *f = io->plan;
	struct cay_operand operands[MAX_OPERANDS], *at = operands;

	memcpy(operands, io->in, f->operand_count * sizeof(*operands));
	bind_stage(f, stage, first, operands);
	for (size_t i = 0; i < f->count; i++) {
		const struct member *m = &f->member[i];
		const size_t scale = f->width / m->width;
		const struct cay_io part = {
			.kernels = io->kernels,
			.state = m->state,
			.plan = m->plan,
			.in = at,
			.in_count = m->in_count,
			.out = at + m->in_count,
			.out_count = 1,
		};

		m->run_rows(&part, first * scale, count * scale);
		at += m->in_count + 1;
	}
}

static void run_blocks(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct fused *f = io->plan;
	_Alignas(64) float stage[STAGE_FLOATS];

	while (count) {
		const size_t block = count < f->block ? count : f->block;

		run_block(io, stage, first, block);
		first += block;
		count -= block;
	}
}

static int fused_run(const struct cay_io *io, struct cay_err *err)
{
	const struct fused *f = io->plan;

	(void)err;
	cay_rows_run(io, f->rows, f->block, f->work, run_blocks, io);
	return 0;
}

// --- Planning ----------------------------------------------------------------------------------

struct fusing {
	struct cay_plan *plan;
	struct cay_buffer *buffers;
	uint32_t *uses; // of each buffer, as inputs of steps
	bool *taken;	// steps that are in a group
};
struct group {
	size_t head; // index of its first step
	struct cay_step *member[MAX_MEMBERS];
	size_t index[MAX_MEMBERS];
	size_t count, operand_count, width;
	int slot[MAX_MEMBERS]; // of their outputs, or IN_ARENA
	size_t slots;
};

static size_t elements(const struct cay_step *step)
{
	return step->rows.count * step->rows.width;
}

static const struct cay_ref *output(const struct cay_step *step)
{
	return &step->refs[step->in_count];
}

// The member whose output the reference is; the group's count if it is none's.
static size_t maker(const struct group *g, const struct cay_ref *ref)
{
	size_t i = 0;

	if (ref->place != CAY_PLACE_ARENA)
		return g->count;
	while (i < g->count && output(g->member[i])->offset != ref->offset)
		i++;
	return i;
}

// True if the step reads an output of the group, and nothing that is made after the group begins.
static bool follows(const struct fusing *f, const struct group *g, const struct cay_step *step)
{
	bool linked = false;

	if (!step->run_rows || !step->rows.elementwise ||
	    elements(step) != elements(g->member[0]) ||
	    g->operand_count + step->in_count + 1 > MAX_OPERANDS)
		return false;
	for (size_t i = 0; i < step->in_count; i++) {
		const struct cay_ref *ref = &step->refs[i];

		if (ref->place != CAY_PLACE_ARENA)
			continue;
		if (maker(g, ref) < g->count)
			linked = true;
		else if (f->buffers[ref->offset].first >= g->head)
			return false;
	}
	return linked;
}

// True if rows of the group and of the step are multiples of each other; *ret: the wider width.
static bool widths_fit(const struct group *g, const struct cay_step *step, size_t *ret)
{
	const size_t other = step->rows.width, wide = other > g->width ? other : g->width;

	*ret = wide;
	return wide % other == 0 && wide % g->width == 0 && elements(step) % wide == 0;
}

static void add_member(struct group *g, struct cay_step *step, size_t index)
{
	g->member[g->count] = step;
	g->index[g->count++] = index;
	g->operand_count += step->in_count + 1;
}

static void collect(struct fusing *f, struct group *g)
{
	struct cay_plan *plan = f->plan;

	for (size_t i = g->head + 1; i < plan->step_count && i <= g->head + WINDOW; i++) {
		struct cay_step *step = &plan->steps[i];
		size_t width;

		if (g->count == MAX_MEMBERS)
			return;
		if (!f->taken[i] && follows(f, g, step) && widths_fit(g, step, &width)) {
			g->width = width;
			add_member(g, step, i);
		}
	}
}

// How often members from `from` on read member m's output.
static uint32_t reads(const struct group *g, size_t m, size_t from)
{
	uint32_t count = 0;

	for (size_t i = from; i < g->count; i++)
		for (size_t k = 0; k < g->member[i]->in_count; k++)
			count += maker(g, &g->member[i]->refs[k]) == m;
	return count;
}

// The slot of an operand that nobody reads afterwards, where member m may write its output.
static int slot_in_place(const struct group *g, size_t m)
{
	const struct cay_step *step = g->member[m];

	for (size_t i = 0; m && i < step->in_count; i++) {
		const size_t from = maker(g, &step->refs[i]);

		if (from < m && g->slot[from] != IN_ARENA &&
		    step->refs[i].element == output(step)->element && !reads(g, from, m + 1))
			return g->slot[from];
	}
	return IN_ARENA;
}

static void assign_slots(const struct fusing *f, struct group *g)
{
	for (size_t m = 0; m < g->count; m++) {
		const size_t buffer = output(g->member[m])->offset;

		g->slot[m] = IN_ARENA;
		if (f->buffers[buffer].last == CAY_FOREVER || f->uses[buffer] != reads(g, m, 0))
			continue;
		g->slot[m] = slot_in_place(g, m);
		if (g->slot[m] == IN_ARENA)
			g->slot[m] = (int)g->slots++;
	}
}

// Rows at a time: what fills the cache, but whole tiles of the first member if the stage has room.
static size_t block_rows(const struct group *g)
{
	const struct cay_rows *head = &g->member[0]->rows;
	const size_t tile = g->width == head->width ? head->tile : 1;
	const size_t row = g->width * (g->slots ? g->slots : 1);
	size_t block = BLOCK_FLOATS / row / tile * tile;

	if (!block)
		block = tile < STAGE_FLOATS / row ? tile : STAGE_FLOATS / row;
	return block;
}

static const char *joined_types(const struct group *g, struct cay_arena *arena, struct cay_err *err)
{
	char text[256];
	size_t len = 0;

	for (size_t m = 0; m < g->count && len < sizeof(text); m++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", m ? "+" : "",
					g->member[m]->type);
	return cay_arena_copy(arena, text, strlen(text) + 1, err);
}

static void join_member(struct fusing *f, const struct group *g, size_t m, struct fused *fused,
			struct cay_ref *refs)
{
	const struct cay_step *step = g->member[m];

	fused->member[m] = (struct member){step->run_rows, step->state, step->plan, step->in_count,
					   step->rows.width};
	for (size_t i = 0; i <= step->in_count; i++, refs++, fused->operand_count++) {
		const size_t from = i < step->in_count ? maker(g, &step->refs[i]) : m;

		*refs = step->refs[i];
		if (from == g->count || g->slot[from] == IN_ARENA)
			continue;
		fused->staged[fused->operand_count] =
			(struct staged){true, (size_t)g->slot[from], refs->element};
		f->buffers[refs->offset].size = 0;
		refs->place = CAY_PLACE_ABSENT;
	}
	if (g->slot[m] == IN_ARENA)
		f->buffers[output(step)->offset].first = (uint32_t)g->head;
	f->taken[g->index[m]] = true;
}

// Puts one step in the place of the group's first; the others are marked as taken.
static int join(struct fusing *f, const struct group *g, struct cay_err *err)
{
	struct cay_plan *plan = f->plan;
	struct cay_step *head = g->member[0], *last = g->member[g->count - 1];
	struct fused *fused = cay_arena_alloc(&plan->arena, sizeof(*fused), err);
	struct cay_ref *refs = cay_arena_array(&plan->arena, g->operand_count, sizeof(*refs), err);
	const char *type = joined_types(g, &plan->arena, err);

	if (!fused || !refs || !type)
		return -1;
	*fused = (struct fused){
		.count = g->count,
		.rows = elements(head) / g->width,
		.width = g->width,
		.block = block_rows(g),
		.work = head->rows.work * (g->width / head->rows.width),
	};
	for (size_t m = 0; m < g->count; m++)
		join_member(f, g, m, fused, refs + fused->operand_count);
	head->type = type;
	head->name = last->name;
	head->run = fused_run;
	head->run_rows = NULL;
	head->state = NULL;
	head->plan = fused;
	head->refs = refs;
	head->in_count = g->operand_count - 1;
	return 0;
}

static int fuse_at(struct fusing *f, size_t index, struct cay_err *err)
{
	struct cay_step *head = &f->plan->steps[index];
	struct group g = {.head = index, .width = head->rows.width};

	if (!head->run_rows || head->in_count >= MAX_OPERANDS)
		return 0;
	add_member(&g, head, index);
	collect(f, &g);
	assign_slots(f, &g);
	if (g.count < 2 || g.width * (g.slots ? g.slots : 1) > STAGE_FLOATS)
		return 0;
	return join(f, &g, err);
}

static void count_uses(struct fusing *f)
{
	for (size_t i = 0; i < f->plan->step_count; i++)
		for (size_t k = 0; k < f->plan->steps[i].in_count; k++)
			if (f->plan->steps[i].refs[k].place == CAY_PLACE_ARENA)
				f->uses[f->plan->steps[i].refs[k].offset]++;
}

// Steps that were taken are left out; times of buffers stay those of all steps.
static void drop_taken(const struct fusing *f)
{
	struct cay_plan *plan = f->plan;
	size_t kept = 0;

	plan->ref_count = 0;
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct cay_step *step = &plan->steps[i];

		if (f->taken[i] && step->run != fused_run)
			continue;
		plan->ref_count += step->in_count + step->out_count;
		plan->steps[kept++] = *step;
	}
	plan->step_count = kept;
}

int cay_plan_fuse(struct cay_plan *plan, struct cay_buffer *buffers, size_t buffer_count,
		  struct cay_arena *work, struct cay_err *err)
{
	struct fusing f = {.plan = plan, .buffers = buffers};

	f.uses = cay_arena_array(work, buffer_count, sizeof(*f.uses), err);
	f.taken = cay_arena_array(work, plan->step_count, sizeof(*f.taken), err);
	if (!f.uses || !f.taken)
		return -1;
	count_uses(&f);
	for (size_t i = 0; i < plan->step_count; i++)
		if (!f.taken[i] && fuse_at(&f, i, err) < 0)
			return -1;
	drop_taken(&f);
	return 0;
}
