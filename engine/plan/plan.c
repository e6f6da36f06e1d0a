// Turns a model and its input shapes into steps: layouts, output shapes, memory.
#include "engine/plan/fuse.h"
#include "engine/plan/own_steps.h"

#include <stdlib.h>
#include <string.h>

#define OPS 0.5F // the share of the work before the buffers are placed

static bool is_parameter(const struct cay_value *value)
{
	return value->size > 0;
}

// Notes in which layouts the users of each value take it; the model's outputs are wanted as NCHW.
static int note_users(struct cay_plan_context *p, struct cay_err *err)
{
	const struct cay_model *m = p->model;

	p->wanted = cay_arena_array(&p->work, m->value_count, sizeof(*p->wanted), err);
	if (!p->wanted)
		return -1;
	for (size_t i = 0; i < m->layer_count; i++)
		for (size_t k = 0; k < m->layers[i].in_count; k++)
			if (m->layers[i].in[k])
				p->wanted[m->layers[i].in[k]->index] |= 1U
									<< m->layers[i].op->layout;
	for (size_t i = 0; i < m->output_count; i++)
		p->wanted[m->output_values[i]] |= 1U << CAY_OP_NCHW;
	return 0;
}

// The layout in which all users of the layer's output take it; `given` if they differ or take any.
static enum cay_layout layout_wanted(const struct cay_plan_context *p,
				     const struct cay_layer *layer, enum cay_layout given)
{
	const unsigned wanted = p->wanted[layer->out[0]->index];

	if (!cay_plan_layouts_differ(&p->entries[p->in[0]].tensor.shape))
		return given;
	if (wanted == 1U << CAY_OP_NHWC)
		return CAY_LAYOUT_NHWC;
	return wanted == 1U << CAY_OP_NCHW ? CAY_LAYOUT_NCHW : given;
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

			if (e != CAY_NO_ENTRY &&
			    cay_plan_layouts_differ(&p->entries[e].tensor.shape))
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
		p->in[i] = cay_plan_relayout(p, value->index, p->layout, err);
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

static void set_known(struct cay_plan_context *p, struct cay_plan_entry *entry, const void *data)
{
	p->buffers[entry->where].size = 0; // the arena need not hold it
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
		p->layout = layout_wanted(p, layer, p->layout);
	if (layer->op->plan(p, layer, p->model->states[index], err) < 0)
		return -1;
	if (p->aliased)
		return 0;
	if (is_known(p))
		return run_known(p, p->model->states[index], err);
	if (p->scratch && cay_plan_add_buffer(p, p->scratch, &scratch, err) < 0)
		return -1;
	step = cay_plan_add_step(p, p->in, layer->in_count, p->out, layer->out_count, err);
	if (!step)
		return -1;
	step->layer = layer;
	step->type = layer->type;
	step->name = layer->name;
	step->kernel = layer->kernel ? layer->kernel : "";
	step->run = layer->op->run;
	step->run_rows = p->rows.count ? layer->op->rows : NULL;
	step->rows = p->rows;
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
		struct cay_plan_entry entry = {.place = CAY_PLACE_CONST,
					       .tensor = {value->name, value->dtype, value->shape,
							  value->data, value->size}};
		uint32_t e;

		if (!value->data)
			continue;
		e = cay_plan_add_entry(p, &entry, err);
		if (e == CAY_NO_ENTRY)
			return -1;
		cay_plan_set_entry(p, value->index, e);
	}
	for (size_t i = 0; i < m->input_count; i++) {
		struct cay_plan_entry entry = {
			.place = CAY_PLACE_INPUT,
			.where = i,
			.tensor = {m->inputs[i].name, m->inputs[i].dtype, inputs[i]}};
		uint32_t e;

		if (cay_shape_bytes(&inputs[i], entry.tensor.dtype, &entry.tensor.size, err) < 0)
			return -1;
		e = cay_plan_add_entry(p, &entry, err);
		if (e == CAY_NO_ENTRY)
			return -1;
		cay_plan_set_entry(p, m->input_values[i], e);
	}
	return 0;
}

static int add_outputs(struct cay_plan_context *p, struct cay_err *err)
{
	const struct cay_model *m = p->model;

	p->plan->outputs =
		cay_arena_array(&p->plan->arena, m->output_count, sizeof(*p->plan->outputs), err);
	if (!p->plan->outputs)
		return -1;
	for (size_t i = 0; i < m->output_count; i++) {
		uint32_t e = cay_plan_relayout(p, m->output_values[i], CAY_LAYOUT_NCHW, err);

		if (e != CAY_NO_ENTRY && p->entries[e].place != CAY_PLACE_ARENA)
			e = cay_plan_copy(p, e, err);
		if (e == CAY_NO_ENTRY)
			return cay_wrap(err, "output '%.80s'", m->outputs[i].name);
		cay_plan_keep_alive(p, &p->entries[e], CAY_FOREVER);
		p->plan->outputs[i] = cay_plan_ref(&p->entries[e]);
	}
	return 0;
}

static void place(const struct cay_plan_context *p, struct cay_ref *ref)
{
	if (ref->place == CAY_PLACE_ARENA)
		ref->offset = p->buffers[ref->offset].offset;
}

// Names a tensor that by itself is over the arena's limit.
static int name_largest(const struct cay_plan_context *p, struct cay_err *err)
{
	for (size_t i = 0; i < p->entry_count; i++) {
		const struct cay_plan_entry *e = &p->entries[i];

		if (e->place == CAY_PLACE_ARENA &&
		    p->buffers[e->where].size > p->model->limits.arena)
			return cay_wrap(err, "'%.80s'", e->tensor.name);
	}
	return -1;
}

// Replaces buffers' numbers by their offsets, and moves the steps to memory that stays.
static int place_all(struct cay_plan_context *p, struct cay_err *err)
{
	const struct cay_tracker progress = cay_tracker_part(p->allowance->progress, NULL, OPS, 1);
	const struct cay_allowance placing = {p->allowance->deadline, &progress};
	struct cay_plan *plan = p->plan;

	if (cay_mem_plan(p->buffers, p->buffer_count, p->model->limits.arena, &placing,
			 &plan->arena_bytes, err) < 0)
		return name_largest(p, err);
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
	const struct cay_tracker progress = cay_tracker_part(p->allowance->progress, NULL, 0, OPS);
	const struct cay_allowance planning = {p->allowance->deadline, &progress};

	p->plan->input_shapes =
		cay_arena_copy(&p->plan->arena, inputs, m->input_count * sizeof(*inputs), err);
	p->entry_of = cay_arena_array(&p->work, m->value_count, sizeof(*p->entry_of), err);
	if (!p->plan->input_shapes || !p->entry_of || add_inputs(p, inputs, err) < 0 ||
	    note_users(p, err) < 0)
		return -1;
	for (size_t i = 0; i < m->layer_count; i++)
		if (cay_allowance_check(&planning, "planning op", i, m->layer_count, err) < 0 ||
		    plan_layer(p, i, err) < 0)
			return -1;
	if (add_outputs(p, err) < 0)
		return -1;
	if (!m->no_fusion && cay_plan_fuse(p->plan, p->buffers, p->buffer_count, &p->work, err) < 0)
		return -1;
	return place_all(p, err);
}

struct cay_plan *cay_plan_new(const struct cay_model *model, const struct cay_shape *inputs,
			      const struct cay_allowance *allowance, struct cay_err *err)
{
	struct cay_plan *plan = calloc(1, sizeof(*plan));
	struct cay_plan_context p = {.model = model, .allowance = allowance, .plan = plan};
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
