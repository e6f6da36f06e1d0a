// The planner's own steps: from one layout to the other, and copies.
#include "engine/plan/own_steps.h"
#include "engine/rows.h"

#include <string.h>

// Moves a batch of images between the layouts: each is a matrix of channels and pixels.
struct relayout {
	bool to_nhwc;
	size_t batch, channels, pixels, element;
};
struct relayout_image {
	const struct cay_io *io;
	size_t offset; // bytes
};

static void relayout_pixels(const void *context, size_t first, size_t count)
{
	const struct relayout_image *image = context;
	const struct cay_io *io = image->io;
	const struct relayout *r = io->plan;
	const char *x = (const char *)io->in[0].data + image->offset;
	char *y = (char *)io->out[0].data + image->offset;
	const size_t plane = first * r->element, pixel = plane * r->channels;

	if (r->to_nhwc)
		io->kernels->transpose(x + plane, r->pixels, y + pixel, r->channels, r->channels,
				       count, r->element);
	else
		io->kernels->transpose(x + pixel, r->channels, y + plane, r->pixels, count,
				       r->channels, r->element);
}

enum { RELAYOUT_PIXELS = 64 }; // a thread's share: a multiple of a cache line

static int relayout_run(const struct cay_io *io, struct cay_err *err)
{
	const struct relayout *r = io->plan;

	(void)err;
	for (size_t i = 0; i < r->batch; i++)
		cay_rows_run(
			io, r->pixels, RELAYOUT_PIXELS, r->channels * r->element, relayout_pixels,
			&(struct relayout_image){io, i * r->pixels * r->channels * r->element});
	return 0;
}

uint32_t cay_plan_relayout(struct cay_plan_context *p, uint32_t value, enum cay_layout layout,
			   struct cay_err *err)
{
	uint32_t from = p->entry_of[value][!layout], to = p->entry_of[value][layout];
	struct relayout *r;
	struct cay_plan_entry entry;
	struct cay_step *step;

	if (to != CAY_NO_ENTRY)
		return to;
	entry = p->entries[from];
	entry.layout = layout;
	entry.tensor.data = NULL;
	r = cay_arena_alloc(&p->plan->arena, sizeof(*r), err);
	if (!r || cay_plan_add_tensor(p, &entry, err) < 0)
		return CAY_NO_ENTRY;
	to = cay_plan_add_entry(p, &entry, err);
	step = to == CAY_NO_ENTRY ? NULL : cay_plan_add_step(p, &from, 1, &to, 1, err);
	if (!step)
		return CAY_NO_ENTRY;
	*r = (struct relayout){
		.to_nhwc = layout == CAY_LAYOUT_NHWC,
		.batch = (size_t)entry.tensor.shape.dim[0],
		.channels = (size_t)entry.tensor.shape.dim[1],
		.pixels = cay_shape_product(&entry.tensor.shape, 2, 4),
		.element = cay_dtype_size(entry.tensor.dtype),
	};
	step->type = layout == CAY_LAYOUT_NHWC ? "to NHWC" : "to NCHW";
	step->name = entry.tensor.name;
	step->run = relayout_run;
	step->plan = r;
	p->entry_of[value][layout] = to;
	return to;
}

static int copy_run(const struct cay_io *io, struct cay_err *err)
{
	const size_t *size = io->plan;

	(void)err;
	memcpy(io->out[0].data, io->in[0].data, *size);
	return 0;
}

uint32_t cay_plan_copy(struct cay_plan_context *p, uint32_t from, struct cay_err *err)
{
	struct cay_plan_entry entry = p->entries[from];
	size_t *size = cay_arena_alloc(&p->plan->arena, sizeof(*size), err);
	struct cay_step *step;
	uint32_t to;

	if (!size || cay_plan_add_tensor(p, &entry, err) < 0)
		return CAY_NO_ENTRY;
	*size = entry.tensor.size;
	to = cay_plan_add_entry(p, &entry, err);
	step = to == CAY_NO_ENTRY ? NULL : cay_plan_add_step(p, &from, 1, &to, 1, err);
	if (!step)
		return CAY_NO_ENTRY;
	step->type = "copy";
	step->name = entry.tensor.name;
	step->run = copy_run;
	step->plan = size;
	return to;
}
