// A loaded model: its ports, and its cache of plans.
#include "engine/describe.h"
#include "engine/internal.h"
#include "engine/layers.h"
#include "engine/weights.h"
#include "nb/nb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The description of a model (layers, values) beyond its weights.
#define DESCRIPTION_BYTES ((size_t)128 << 20)

struct cay_model *cay_model_load(const uint8_t *nb, size_t len, const struct cay_kernels *kernels,
				 const struct cay_model_limits *limits, struct cay_err *err)
{
	struct cay_model *m = calloc(1, sizeof(*m));
	struct cay_program program = {0};

	if (!m) {
		cay_fail_memory(err);
		return NULL;
	}
	m->kernels = kernels;
	m->limits = limits ? *limits : CAY_MODEL_LIMITS_DEFAULT;
	pthread_mutex_init(&m->lock, NULL);
	cay_arena_init(&m->arena, m->limits.weights + DESCRIPTION_BYTES);
	if (cay_nb_read(nb, len, &program, err) < 0 ||
	    cay_weights_restore(&program, m->limits.progress, err) < 0 ||
	    cay_layers_build(m, &program, err) < 0 ||
	    (program.meta == 0 && cay_describe_outputs(m, err) < 0)) {
		cay_model_free(m);
		m = NULL;
	} else {
		m->limits.progress = NULL; // lent for this call
		memcpy(m->opt_version, program.opt_version, sizeof(m->opt_version));
	}
	cay_program_finish(&program);
	return m;
}

void cay_model_free(struct cay_model *model)
{
	if (!model)
		return;
	while (model->plans) {
		struct cay_plan *next = model->plans->next;

		cay_plan_free(model->plans);
		model->plans = next;
	}
	pthread_mutex_destroy(&model->lock);
	cay_arena_finish(&model->arena);
	free(model);
}

const struct cay_port *cay_model_inputs(const struct cay_model *model, size_t *ret_count)
{
	*ret_count = model->input_count;
	return model->inputs;
}

const struct cay_port *cay_model_outputs(const struct cay_model *model, size_t *ret_count)
{
	*ret_count = model->output_count;
	return model->outputs;
}

const char *cay_model_opt_version(const struct cay_model *model)
{
	return model->opt_version;
}

size_t cay_model_weight_bytes(const struct cay_model *model)
{
	return model->arena.used;
}

size_t cay_model_layer_count(const struct cay_model *model)
{
	return model->layer_count;
}

struct cay_layer_info cay_model_layer(const struct cay_model *model, size_t i)
{
	const struct cay_layer *layer = &model->layers[i];

	return (struct cay_layer_info){layer->type, layer->name, layer->kernel ? layer->kernel : "",
				       layer->int8};
}

void cay_layer_info_put_json(const struct cay_layer_info *op, struct cay_buf *buf)
{
	cay_buf_text(buf, "\"type\": ");
	cay_buf_json_string(buf, op->type);
	cay_buf_text(buf, ", \"name\": ");
	cay_buf_json_string(buf, op->name);
	cay_buf_text(buf, ", \"kernel\": ");
	cay_buf_json_string(buf, op->kernel);
	cay_buf_printf(buf, ", \"int8\": %s", op->int8 ? "true" : "false");
}

bool cay_port_takes(const struct cay_port *port, const struct cay_shape *shape)
{
	return port->guessed || cay_shape_matches(&port->shape, shape);
}

// "a 1x3x8x8, b ?x4": what a user who sent something else needs to read.
static int fail_inputs(const struct cay_model *model, struct cay_err *err, const char *what,
		       const char *name)
{
	char list[120] = "", text[CAY_SHAPE_TEXT];
	size_t len = 0;

	for (size_t i = 0; i < model->input_count && len < sizeof(list); i++) {
		int n = snprintf(list + len, sizeof(list) - len, "%s%.32s %s %s", i ? ", " : "",
				 model->inputs[i].name, cay_dtype_name(model->inputs[i].dtype),
				 cay_shape_text(&model->inputs[i].shape, text));

		len += n > 0 ? (size_t)n : 0;
	}
	return cay_fail(err, CAY_EMODEL, "%s%s%.40s%s; the model's inputs are: %s", what,
			name ? " '" : "", name ? name : "", name ? "'" : "", list);
}

// The index in `in` of the tensor for input i; count if there is none.
static size_t find_tensor(const struct cay_port *port, size_t i, const struct cay_tensor *in,
			  size_t count)
{
	for (size_t k = 0; k < count; k++)
		if (in[k].name ? strcmp(in[k].name, port->name) == 0 : k == i)
			return k;
	return count;
}

static int check_tensor(const struct cay_port *port, const struct cay_tensor *in,
			struct cay_err *err)
{
	char want[CAY_SHAPE_TEXT], got[CAY_SHAPE_TEXT];
	size_t size;

	if (in->dtype != port->dtype)
		return cay_fail(err, CAY_EMODEL, "input '%.80s': want %s, got %s", port->name,
				cay_dtype_name(port->dtype), cay_dtype_name(in->dtype));
	if (!cay_port_takes(port, &in->shape))
		return cay_fail(err, CAY_EMODEL, "input '%.80s': want shape %s, got %s", port->name,
				cay_shape_text(&port->shape, want),
				cay_shape_text(&in->shape, got));
	if (cay_shape_bytes(&in->shape, in->dtype, &size, err) < 0)
		return cay_wrap(err, "input '%.80s'", port->name);
	if (size == 0)
		return cay_fail(err, CAY_EMODEL, "input '%.80s': shape %s has no elements",
				port->name, cay_shape_text(&in->shape, got));
	if (size != in->size)
		return cay_fail(err, CAY_EBAD, "input '%.80s': shape %s is %zu bytes, got %zu",
				port->name, cay_shape_text(&in->shape, got), size, in->size);
	return 0;
}

int cay_model_match_inputs(const struct cay_model *model, const struct cay_tensor *in, size_t count,
			   size_t *order, struct cay_err *err)
{
	for (size_t k = 0; k < count; k++) {
		size_t i = 0;

		while (in[k].name && i < model->input_count &&
		       strcmp(in[k].name, model->inputs[i].name) != 0)
			i++;
		if (i == model->input_count && in[k].name)
			return fail_inputs(model, err, "no input is named", in[k].name);
		for (size_t j = 0; j < k && in[k].name; j++)
			if (in[j].name && strcmp(in[j].name, in[k].name) == 0)
				return fail_inputs(model, err, "given twice: input", in[k].name);
	}
	for (size_t i = 0; i < model->input_count; i++) {
		order[i] = find_tensor(&model->inputs[i], i, in, count);
		if (order[i] == count)
			return fail_inputs(model, err, "missing input", model->inputs[i].name);
		if (check_tensor(&model->inputs[i], &in[order[i]], err) < 0)
			return -1;
	}
	if (count > model->input_count)
		return fail_inputs(model, err, "too many inputs", NULL);
	return 0;
}

void cay_model_resize_inputs(struct cay_model *model, const struct cay_tensor *in, size_t count)
{
	for (size_t i = 0; i < model->input_count; i++) {
		struct cay_shape *shape = &model->inputs[i].shape;
		size_t k = find_tensor(&model->inputs[i], i, in, count);

		for (uint32_t d = 0; k < count && d < 4; d++)
			if (d != 1 && shape->rank == 4 && in[k].shape.rank == 4 &&
			    shape->dim[d] != -1)
				shape->dim[d] = in[k].shape.dim[d];
	}
}

void cay_model_keep_steps(struct cay_model *model)
{
	model->no_fusion = true;
}

// --- The cache of plans: most recently used first ----------------------------------------------

static bool same_shapes(const struct cay_model *model, const struct cay_plan *plan,
			const struct cay_shape *inputs)
{
	for (size_t i = 0; i < model->input_count; i++)
		if (!cay_shape_equal(&plan->input_shapes[i], &inputs[i]))
			return false;
	return true;
}

// Under the lock: takes the plan for these shapes out of the list, or NULL.
static struct cay_plan *unlink_plan(struct cay_model *model, const struct cay_shape *inputs)
{
	for (struct cay_plan **p = &model->plans; *p; p = &(*p)->next)
		if (same_shapes(model, *p, inputs)) {
			struct cay_plan *found = *p;

			*p = found->next;
			return found;
		}
	return NULL;
}

// Under the lock: puts the plan in front and counts the caller's reference.
static void link_plan(struct cay_model *model, struct cay_plan *plan)
{
	plan->next = model->plans;
	model->plans = plan;
	plan->references++;
}

// Under the lock: drops what has not been used for longest until the rest fits; never the first.
static void shrink_cache(struct cay_model *model)
{
	while (model->plan_bytes > model->limits.plans && model->plans->next) {
		struct cay_plan **last = &model->plans, *old;

		while ((*last)->next)
			last = &(*last)->next;
		old = *last;
		*last = NULL;
		model->plan_bytes -= old->arena.used;
		if (--old->references == 0)
			cay_plan_free(old);
	}
}

struct cay_plan *cay_model_plan(struct cay_model *model, const struct cay_shape *inputs,
				const struct cay_allowance *allowance, struct cay_err *err)
{
	struct cay_plan *plan, *made;

	pthread_mutex_lock(&model->lock);
	plan = unlink_plan(model, inputs);
	if (plan)
		link_plan(model, plan);
	pthread_mutex_unlock(&model->lock);
	if (plan)
		return plan;

	made = cay_plan_new(model, inputs, allowance, err); // long: other sessions go on meanwhile
	if (!made)
		return NULL;
	made->references = 1;
	pthread_mutex_lock(&model->lock);
	plan = unlink_plan(model, inputs); // another session may have made the same one
	if (plan) {
		cay_plan_free(made);
	} else {
		plan = made;
		model->plan_bytes += plan->arena.used;
	}
	link_plan(model, plan);
	shrink_cache(model);
	pthread_mutex_unlock(&model->lock);
	return plan;
}

void cay_model_plan_release(struct cay_model *model, struct cay_plan *plan)
{
	bool last;

	if (!plan)
		return;
	pthread_mutex_lock(&model->lock);
	last = --plan->references == 0;
	pthread_mutex_unlock(&model->lock);
	if (last)
		cay_plan_free(plan);
}
