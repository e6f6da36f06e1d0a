// A plan that is being made: tensors, buffers and steps; and what an op's plan asks for.
#include "engine/plan/context.h"

uint32_t cay_plan_add_entry(struct cay_plan_context *p, const struct cay_plan_entry *entry,
			    struct cay_err *err)
{
	struct cay_plan_entry *entries = cay_arena_grow(&p->work, p->entries, p->entry_count,
							sizeof(*entries), &p->entry_capacity, err);

	if (!entries)
		return CAY_NO_ENTRY;
	p->entries = entries;
	entries[p->entry_count] = *entry;
	return (uint32_t)p->entry_count++;
}

int cay_plan_add_buffer(struct cay_plan_context *p, size_t size, size_t *ret, struct cay_err *err)
{
	struct cay_buffer *buffers = cay_arena_grow(&p->work, p->buffers, p->buffer_count,
						    sizeof(*buffers), &p->buffer_capacity, err);
	uint32_t now = (uint32_t)p->plan->step_count;

	if (!buffers)
		return -1;
	p->buffers = buffers;
	buffers[p->buffer_count] = (struct cay_buffer){.size = size, .first = now, .last = now};
	*ret = p->buffer_count++;
	return 0;
}

void cay_plan_keep_alive(struct cay_plan_context *p, const struct cay_plan_entry *entry,
			 uint32_t step)
{
	if (entry->place == CAY_PLACE_ARENA && p->buffers[entry->where].last < step)
		p->buffers[entry->where].last = step;
}

bool cay_plan_layouts_differ(const struct cay_shape *s)
{
	return s->rank == 4 && s->dim[1] > 1 && s->dim[2] * s->dim[3] > 1;
}

void cay_plan_set_entry(struct cay_plan_context *p, uint32_t value, uint32_t entry)
{
	const struct cay_plan_entry *e = &p->entries[entry];

	p->entry_of[value][e->layout] = entry;
	if (!cay_plan_layouts_differ(&e->tensor.shape))
		p->entry_of[value][!e->layout] = entry;
}

int cay_plan_add_tensor(struct cay_plan_context *p, struct cay_plan_entry *entry,
			struct cay_err *err)
{
	if (cay_shape_bytes(&entry->tensor.shape, entry->tensor.dtype, &entry->tensor.size, err) <
	    0)
		return -1;
	entry->place = CAY_PLACE_ARENA;
	return cay_plan_add_buffer(p, entry->tensor.size, &entry->where, err);
}

struct cay_ref cay_plan_ref(const struct cay_plan_entry *e)
{
	return (struct cay_ref){e->place,	 e->where,  e->tensor.data,
				e->tensor.shape, e->layout, cay_dtype_size(e->tensor.dtype)};
}

struct cay_step *cay_plan_add_step(struct cay_plan_context *p, const uint32_t *in, size_t in_count,
				   const uint32_t *out, size_t out_count, struct cay_err *err)
{
	struct cay_plan *plan = p->plan;
	uint32_t now = (uint32_t)plan->step_count;
	struct cay_step *steps = cay_arena_grow(&p->work, plan->steps, plan->step_count,
						sizeof(*steps), &p->step_capacity, err);
	struct cay_ref *refs =
		cay_arena_array(&plan->arena, in_count + out_count, sizeof(*refs), err);

	if (!steps || !refs)
		return NULL;
	plan->steps = steps;
	for (size_t i = 0; i < in_count + out_count; i++) {
		uint32_t e = i < in_count ? in[i] : out[i - in_count];

		if (e == CAY_NO_ENTRY)
			continue;
		refs[i] = cay_plan_ref(&p->entries[e]);
		cay_plan_keep_alive(p, &p->entries[e], now);
	}
	steps[now] = (struct cay_step){
		.refs = refs, .in_count = in_count, .out_count = out_count, .kernel = ""};
	plan->step_count++;
	plan->ref_count += in_count + out_count;
	return &steps[now];
}

// --- What an op's plan asks for, see engine/op.h ----------------------------------------------

const struct cay_tensor *cay_plan_in(const struct cay_plan_context *p, size_t i)
{
	return p->in[i] == CAY_NO_ENTRY ? NULL : &p->entries[p->in[i]].tensor;
}

enum cay_layout cay_plan_in_layout(const struct cay_plan_context *p, size_t i)
{
	return p->entries[p->in[i]].layout;
}

enum cay_layout cay_plan_layout(const struct cay_plan_context *p)
{
	return p->layout;
}

const struct cay_kernels *cay_plan_kernels(const struct cay_plan_context *p)
{
	return p->model->kernels;
}

void *cay_plan_alloc(struct cay_plan_context *p, size_t size, struct cay_err *err)
{
	void *data = cay_plan_table(p, size, err);

	p->plan_state = data;
	return data;
}

void *cay_plan_table(struct cay_plan_context *p, size_t size, struct cay_err *err)
{
	return cay_arena_alloc(&p->plan->arena, size, err);
}

void cay_plan_scratch(struct cay_plan_context *p, size_t size)
{
	p->scratch = size;
}

void cay_plan_rows(struct cay_plan_context *p, const struct cay_rows *rows)
{
	p->rows = *rows;
}

static int add_output(struct cay_plan_context *p, size_t i, struct cay_plan_entry *entry,
		      struct cay_err *err)
{
	const struct cay_value *value = p->layer->out[i];

	entry->tensor.name = value->name;
	entry->layout = entry->tensor.shape.rank == 4 ? p->layout : CAY_LAYOUT_NCHW;
	p->out[i] = cay_plan_add_entry(p, entry, err);
	if (p->out[i] == CAY_NO_ENTRY)
		return -1;
	cay_plan_set_entry(p, value->index, p->out[i]);
	return 0;
}

int cay_plan_output(struct cay_plan_context *p, size_t i, const struct cay_shape *shape,
		    struct cay_err *err)
{
	struct cay_plan_entry entry = {
		.tensor = {.dtype = p->layer->out[i]->dtype, .shape = *shape}};
	char text[CAY_SHAPE_TEXT];
	size_t size;

	if (cay_shape_bytes(shape, entry.tensor.dtype, &size, err) < 0 || size == 0)
		return cay_layer_fail(p->layer, err, "output '%.60s' would have the shape %s",
				      p->layer->out[i]->name, cay_shape_text(shape, text));
	if (cay_plan_add_tensor(p, &entry, err) < 0)
		return cay_wrap(err, "%s '%.80s'", p->layer->type, p->layer->name);
	return add_output(p, i, &entry, err);
}

int cay_plan_alias(struct cay_plan_context *p, size_t out, size_t in, const struct cay_shape *shape,
		   struct cay_err *err)
{
	struct cay_plan_entry entry = p->entries[p->in[in]];
	char text[CAY_SHAPE_TEXT];
	size_t size;

	if (cay_shape_bytes(shape, entry.tensor.dtype, &size, err) < 0 || size != entry.tensor.size)
		return cay_layer_fail(p->layer, err, "output '%.60s' would have the shape %s",
				      p->layer->out[out]->name, cay_shape_text(shape, text));
	entry.tensor.shape = *shape;
	p->aliased = true;
	return add_output(p, out, &entry, err);
}
