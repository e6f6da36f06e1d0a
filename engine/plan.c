// Turns a model and its input shapes into steps: layouts, output shapes, memory.
#include "common/size.h"
#include "engine/fuse.h"
#include "engine/internal.h"
#include "engine/mem_plan.h"
#include "engine/rows.h"

#include <stdlib.h>
#include <string.h>

// A tensor in one layout, while the plan is made.
struct entry {
	struct cay_tensor tensor; // data: parameters only
	enum cay_layout layout;
	enum cay_place place;
	size_t where; // ARENA: index of its buffer; INPUT: number of the input
};

struct cay_plan_context {
	const struct cay_model *model;
	struct cay_plan *plan;
	struct cay_arena work; // for the time of planning
	struct entry *entries;
	size_t entry_count, entry_capacity;
	uint32_t (*entry_of)[2]; // [value][layout], CAY_NO_ENTRY where it is not there
	struct cay_buffer *buffers;
	size_t buffer_count, buffer_capacity;
	size_t step_capacity;
	// The layer being planned:
	const struct cay_layer *layer;
	uint32_t *in, *out;	// entries
	enum cay_layout layout; // of its 4-D outputs
	const void *plan_state;
	size_t scratch; // bytes
	struct cay_rows rows;
	bool aliased; // some output is an alias
};

static uint32_t add_entry(struct cay_plan_context *p, const struct entry *entry,
			  struct cay_err *err)
{
	struct entry *entries = cay_arena_grow(&p->work, p->entries, p->entry_count,
					       sizeof(*entries), &p->entry_capacity, err);

	if (!entries)
		return CAY_NO_ENTRY;
	p->entries = entries;
	entries[p->entry_count] = *entry;
	return (uint32_t)p->entry_count++;
}

// A buffer that is alive from this step on.
static int add_buffer(struct cay_plan_context *p, size_t size, size_t *ret, struct cay_err *err)
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

static void keep_alive(struct cay_plan_context *p, const struct entry *entry, uint32_t step)
{
	if (entry->place == CAY_PLACE_ARENA && p->buffers[entry->where].last < step)
		p->buffers[entry->where].last = step;
}

// Both layouts are the same bytes unless there are several channels and several pixels.
static bool layouts_differ(const struct cay_shape *s)
{
	return s->rank == 4 && s->dim[1] > 1 && s->dim[2] * s->dim[3] > 1;
}

static void set_entry(struct cay_plan_context *p, uint32_t value, uint32_t entry)
{
	const struct entry *e = &p->entries[entry];

	p->entry_of[value][e->layout] = entry;
	if (!layouts_differ(&e->tensor.shape))
		p->entry_of[value][!e->layout] = entry;
}

// --- Steps -------------------------------------------------------------------------------------

static struct cay_ref ref_of(const struct entry *e)
{
	// An ARENA offset is still the buffer's index here; cay_plan_new puts the offset in at the
	// end.
	return (struct cay_ref){e->place,	 e->where,  e->tensor.data,
				e->tensor.shape, e->layout, cay_dtype_size(e->tensor.dtype)};
}

static struct cay_step *add_step(struct cay_plan_context *p, const uint32_t *in, size_t in_count,
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
		refs[i] = ref_of(&p->entries[e]);
		keep_alive(p, &p->entries[e], now);
	}
	steps[now] = (struct cay_step){
		.refs = refs, .in_count = in_count, .out_count = out_count, .kernel = ""};
	plan->step_count++;
	plan->ref_count += in_count + out_count;
	return &steps[now];
}

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

static int new_tensor(struct cay_plan_context *p, struct entry *entry, struct cay_err *err)
{
	if (cay_shape_bytes(&entry->tensor.shape, entry->tensor.dtype, &entry->tensor.size, err) <
	    0)
		return -1;
	entry->place = CAY_PLACE_ARENA;
	return add_buffer(p, entry->tensor.size, &entry->where, err);
}

// The entry of `value` in a layout; a step that makes it is added if there is none.
static uint32_t in_layout(struct cay_plan_context *p, uint32_t value, enum cay_layout layout,
			  struct cay_err *err)
{
	uint32_t from = p->entry_of[value][!layout], to = p->entry_of[value][layout];
	struct relayout *r;
	struct entry entry;
	struct cay_step *step;

	if (to != CAY_NO_ENTRY)
		return to;
	entry = p->entries[from];
	entry.layout = layout;
	entry.tensor.data = NULL;
	r = cay_arena_alloc(&p->plan->arena, sizeof(*r), err);
	if (!r || new_tensor(p, &entry, err) < 0)
		return CAY_NO_ENTRY;
	to = add_entry(p, &entry, err);
	step = to == CAY_NO_ENTRY ? NULL : add_step(p, &from, 1, &to, 1, err);
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

// --- What an op's plan asks for ----------------------------------------------------------------

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

static int add_output(struct cay_plan_context *p, size_t i, struct entry *entry,
		      struct cay_err *err)
{
	const struct cay_value *value = p->layer->out[i];

	entry->tensor.name = value->name;
	entry->layout = entry->tensor.shape.rank == 4 ? p->layout : CAY_LAYOUT_NCHW;
	p->out[i] = add_entry(p, entry, err);
	if (p->out[i] == CAY_NO_ENTRY)
		return -1;
	set_entry(p, value->index, p->out[i]);
	return 0;
}

int cay_plan_output(struct cay_plan_context *p, size_t i, const struct cay_shape *shape,
		    struct cay_err *err)
{
	struct entry entry = {.tensor = {.dtype = p->layer->out[i]->dtype, .shape = *shape}};
	char text[CAY_SHAPE_TEXT];

	if (shape->rank > CAY_MAX_RANK || new_tensor(p, &entry, err) < 0 || entry.tensor.size == 0)
		return cay_layer_fail(p->layer, err, "output '%.60s' would have the shape %s",
				      p->layer->out[i]->name, cay_shape_text(shape, text));
	return add_output(p, i, &entry, err);
}

int cay_plan_alias(struct cay_plan_context *p, size_t out, size_t in, const struct cay_shape *shape,
		   struct cay_err *err)
{
	struct entry entry = p->entries[p->in[in]];

	entry.tensor.shape = *shape;
	p->aliased = true;
	return add_output(p, out, &entry, err);
}

// --- The plan ----------------------------------------------------------------------------------

static bool is_parameter(const struct cay_value *value)
{
	return value->size > 0;
}

// The layout in which all users of the layer's output take it; `given` if they differ or take any.
static enum cay_layout layout_wanted(const struct cay_plan_context *p, size_t index,
				     enum cay_layout given)
{
	const struct cay_model *m = p->model;
	const struct cay_value *value = m->layers[index].out[0];
	bool wants[2] = {false, false};

	if (!layouts_differ(&p->entries[p->in[0]].tensor.shape))
		return given;
	for (size_t i = index + 1; i < m->layer_count; i++)
		for (size_t k = 0; k < m->layers[i].in_count; k++) {
			const enum cay_op_layout layout = m->layers[i].op->layout;

			if (m->layers[i].in[k] != value)
				continue;
			if (layout == CAY_OP_ANY)
				return given;
			wants[layout == CAY_OP_NHWC ? CAY_LAYOUT_NHWC : CAY_LAYOUT_NCHW] = true;
		}
	for (size_t i = 0; i < m->output_count; i++)
		if (m->output_values[i] == value->index)
			wants[CAY_LAYOUT_NCHW] = true;
	return wants[!given] && !wants[given] ? !given : given;
}

// The layout that an op which takes any is given: that of its first 4-D activation, NHWC if it is
// there in both.
static enum cay_layout layout_for(const struct cay_plan_context *p, const struct cay_layer *layer)
{
	if (layer->op->layout != CAY_OP_ANY)
		return layer->op->layout == CAY_OP_NHWC ? CAY_LAYOUT_NHWC : CAY_LAYOUT_NCHW;
	for (size_t i = 0; i < layer->in_count; i++) {
		const struct cay_value *value = layer->in[i];

		if (!value || is_parameter(value))
			continue;
		for (int layout = CAY_LAYOUT_NHWC; layout >= CAY_LAYOUT_NCHW; layout--) {
			uint32_t e = p->entry_of[value->index][layout];

			if (e != CAY_NO_ENTRY && layouts_differ(&p->entries[e].tensor.shape))
				return p->entries[e].layout;
		}
	}
	return CAY_LAYOUT_NCHW;
}

static int bind_operands(struct cay_plan_context *p, struct cay_err *err)
{
	for (size_t i = 0; i < p->layer->in_count; i++) {
		const struct cay_value *value = p->layer->in[i];

		p->in[i] = CAY_NO_ENTRY;
		if (!value || (is_parameter(value) && !value->data))
			continue; // absent, or packed by prepare
		p->in[i] = in_layout(p, value->index, p->layout, err);
		if (p->in[i] == CAY_NO_ENTRY)
			return cay_wrap(err, "%s '%.80s'", p->layer->type, p->layer->name);
	}
	return 0;
}

#define MAX_KNOWN ((size_t)1 << 20) // bytes of an output that is computed while planning

// True if the layer's outputs follow from shapes and parameters, and are small.
static bool is_known(const struct cay_plan_context *p)
{
	const struct cay_layer *layer = p->layer;

	for (size_t i = 0; i < layer->in_count && !layer->op->shape_only; i++)
		if (p->in[i] != CAY_NO_ENTRY && p->entries[p->in[i]].place != CAY_PLACE_CONST)
			return false;
	for (size_t i = 0; i < layer->out_count; i++)
		if (p->entries[p->out[i]].tensor.size > MAX_KNOWN)
			return false;
	return true;
}

static void set_known(struct cay_plan_context *p, struct entry *entry, const void *data)
{
	p->buffers[entry->where].size = 0; // which the arena need not hold now
	entry->place = CAY_PLACE_CONST;
	entry->tensor.data = data;
}

// Runs the layer here and now: a shape is computed once per plan, and others plan by its values.
static int run_known(struct cay_plan_context *p, const void *state, struct cay_err *err)
{
	const size_t in_count = p->layer->in_count, out_count = p->layer->out_count;
	struct cay_operand *operands =
		cay_arena_array(&p->work, in_count + out_count, sizeof(*operands), err);
	struct cay_io io = {
		.kernels = p->model->kernels,
		.state = state,
		.plan = p->plan_state,
		.in = operands,
		.in_count = in_count,
		.out = operands + in_count,
		.out_count = out_count,
		.scratch = cay_arena_alloc(&p->work, p->scratch, err),
	};

	if (!operands || !io.scratch)
		return -1;
	for (size_t i = 0; i < in_count + out_count; i++) {
		const uint32_t e = i < in_count ? p->in[i] : p->out[i - in_count];
		const struct cay_tensor *t = e == CAY_NO_ENTRY ? NULL : &p->entries[e].tensor;

		if (!t)
			continue;
		operands[i] = (struct cay_operand){(void *)(uintptr_t)t->data, &t->shape};
		if (i >= in_count)
			operands[i].data = cay_plan_table(p, t->size, err);
		if (i >= in_count && !operands[i].data)
			return -1;
	}
	if (p->layer->op->run(&io, err) < 0)
		return -1;
	for (size_t i = 0; i < out_count; i++)
		set_known(p, &p->entries[p->out[i]], io.out[i].data);
	return 0;
}

static int plan_layer(struct cay_plan_context *p, size_t index, struct cay_err *err)
{
	const struct cay_layer *layer = &p->model->layers[index];
	struct cay_step *step;
	size_t scratch = 0;

	p->layer = layer;
	p->layout = layout_for(p, layer);
	p->plan_state = NULL;
	p->scratch = 0;
	p->aliased = false;
	p->rows = (struct cay_rows){0};
	p->in = cay_arena_array(&p->work, layer->in_count, sizeof(*p->in), err);
	p->out = cay_arena_array(&p->work, layer->out_count, sizeof(*p->out), err);
	if (!p->in || !p->out || bind_operands(p, err) < 0)
		return -1;
	if (layer->op->relayouts)
		p->layout = layout_wanted(p, index, p->layout);
	if (layer->op->plan(p, layer, p->model->states[index], err) < 0)
		return -1;
	if (p->aliased)
		return 0;
	if (is_known(p))
		return run_known(p, p->model->states[index], err);
	if (p->scratch && add_buffer(p, p->scratch, &scratch, err) < 0)
		return -1;
	step = add_step(p, p->in, layer->in_count, p->out, layer->out_count, err);
	if (!step)
		return -1;
	step->layer = layer;
	step->type = layer->type;
	step->name = layer->name;
	step->kernel = layer->kernel ? layer->kernel : "";
	step->run = layer->op->run;
	step->rows = p->rows.count ? layer->op->rows : NULL;
	step->shape = p->rows;
	step->state = p->model->states[index];
	step->plan = p->plan_state;
	step->scratch = p->scratch ? scratch + 1 : 0; // 0: none, until the offsets are known
	return 0;
}

static int add_inputs(struct cay_plan_context *p, const struct cay_shape *inputs,
		      struct cay_err *err)
{
	const struct cay_model *m = p->model;

	memset(p->entry_of, 0xff, m->value_count * sizeof(*p->entry_of));
	for (size_t i = 0; i < m->value_count; i++) {
		const struct cay_value *value = m->values[i];
		struct entry entry = {.place = CAY_PLACE_CONST,
				      .tensor = {value->name, value->dtype, value->shape,
						 value->data, value->size}};
		uint32_t e;

		if (!value->data)
			continue;
		e = add_entry(p, &entry, err);
		if (e == CAY_NO_ENTRY)
			return -1;
		set_entry(p, value->index, e);
	}
	for (size_t i = 0; i < m->input_count; i++) {
		struct entry entry = {.place = CAY_PLACE_INPUT,
				      .where = i,
				      .tensor = {m->inputs[i].name, m->inputs[i].dtype, inputs[i]}};
		uint32_t e;

		if (cay_shape_bytes(&inputs[i], entry.tensor.dtype, &entry.tensor.size, err) < 0)
			return -1;
		e = add_entry(p, &entry, err);
		if (e == CAY_NO_ENTRY)
			return -1;
		set_entry(p, m->input_values[i], e);
	}
	return 0;
}

static int copy_run(const struct cay_io *io, struct cay_err *err)
{
	const size_t *size = io->plan;

	(void)err;
	memcpy(io->out[0].data, io->in[0].data, *size);
	return 0;
}

// An output that is the caller's own input under another name gets bytes of its own.
static uint32_t copy_of(struct cay_plan_context *p, uint32_t from, struct cay_err *err)
{
	struct entry entry = p->entries[from];
	size_t *size = cay_arena_alloc(&p->plan->arena, sizeof(*size), err);
	struct cay_step *step;
	uint32_t to;

	if (!size || new_tensor(p, &entry, err) < 0)
		return CAY_NO_ENTRY;
	*size = entry.tensor.size;
	to = add_entry(p, &entry, err);
	step = to == CAY_NO_ENTRY ? NULL : add_step(p, &from, 1, &to, 1, err);
	if (!step)
		return CAY_NO_ENTRY;
	step->type = "copy";
	step->name = entry.tensor.name;
	step->run = copy_run;
	step->plan = size;
	return to;
}

static int add_outputs(struct cay_plan_context *p, struct cay_err *err)
{
	const struct cay_model *m = p->model;

	p->plan->outputs =
		cay_arena_array(&p->plan->arena, m->output_count, sizeof(*p->plan->outputs), err);
	if (!p->plan->outputs)
		return -1;
	for (size_t i = 0; i < m->output_count; i++) {
		uint32_t e = in_layout(p, m->output_values[i], CAY_LAYOUT_NCHW, err);

		if (e != CAY_NO_ENTRY && p->entries[e].place != CAY_PLACE_ARENA)
			e = copy_of(p, e, err);
		if (e == CAY_NO_ENTRY)
			return cay_wrap(err, "output '%.80s'", m->outputs[i].name);
		keep_alive(p, &p->entries[e], CAY_FOREVER);
		p->plan->outputs[i] = ref_of(&p->entries[e]);
	}
	return 0;
}

static void place(const struct cay_plan_context *p, struct cay_ref *ref)
{
	if (ref->place == CAY_PLACE_ARENA)
		ref->offset = p->buffers[ref->offset].offset;
}

// Replaces buffers' numbers by their offsets, and moves the steps to memory that stays.
static int place_all(struct cay_plan_context *p, struct cay_err *err)
{
	struct cay_plan *plan = p->plan;

	if (cay_mem_plan(p->buffers, p->buffer_count, p->model->limits.arena, &plan->arena_bytes,
			 err) < 0)
		return -1;
	plan->steps = cay_arena_copy(&plan->arena, plan->steps,
				     plan->step_count * sizeof(*plan->steps), err);
	if (!plan->steps)
		return -1;
	for (size_t i = 0; i < plan->step_count; i++) {
		struct cay_step *step = &plan->steps[i];

		for (size_t k = 0; k < step->in_count + step->out_count; k++)
			place(p, &step->refs[k]);
		if (step->scratch)
			step->scratch = p->buffers[step->scratch - 1].offset;
	}
	for (size_t i = 0; i < p->model->output_count; i++)
		place(p, &plan->outputs[i]);
	return 0;
}

static int build(struct cay_plan_context *p, const struct cay_shape *inputs, struct cay_err *err)
{
	const struct cay_model *m = p->model;

	p->plan->input_shapes =
		cay_arena_copy(&p->plan->arena, inputs, m->input_count * sizeof(*inputs), err);
	p->entry_of = cay_arena_array(&p->work, m->value_count, sizeof(*p->entry_of), err);
	if (!p->plan->input_shapes || !p->entry_of || add_inputs(p, inputs, err) < 0)
		return -1;
	for (size_t i = 0; i < m->layer_count; i++)
		if (plan_layer(p, i, err) < 0)
			return -1;
	if (add_outputs(p, err) < 0)
		return -1;
	if (!m->no_fusion && cay_plan_fuse(p->plan, p->buffers, p->buffer_count, &p->work, err) < 0)
		return -1;
	return place_all(p, err);
}

struct cay_plan *cay_plan_new(const struct cay_model *model, const struct cay_shape *inputs,
			      struct cay_err *err)
{
	struct cay_plan *plan = calloc(1, sizeof(*plan));
	struct cay_plan_context p = {.model = model, .plan = plan};
	int result;

	if (!plan) {
		cay_fail_memory(err);
		return NULL;
	}
	cay_arena_init(&plan->arena, model->limits.arena);
	cay_arena_init(&p.work, 0);
	result = build(&p, inputs, err);
	cay_arena_finish(&p.work);
	if (result < 0) {
		cay_plan_free(plan);
		return NULL;
	}
	return plan;
}

void cay_plan_free(struct cay_plan *plan)
{
	if (!plan)
		return;
	cay_arena_finish(&plan->arena);
	free(plan);
}
