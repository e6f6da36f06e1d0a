// From a program as data to the layers of a model, prepared.
#include "engine/layers.h"
#include "common/names.h"
#include "common/size.h"
#include "engine/deadline.h"
#include "engine/describe.h"
#include "nb/nb.h"

#include <string.h>

struct builder {
	struct cay_model *model;
	const struct cay_program *program;
	const struct cay_block *block;
	struct cay_names definitions;  // variable -> value that it holds now
	struct cay_names params, vars; // name -> index in the program
	size_t value_capacity;
};

static struct cay_value *add_value(struct builder *b, const char *name, struct cay_err *err)
{
	struct cay_model *m = b->model;
	struct cay_value *value = cay_arena_alloc(&m->arena, sizeof(*value), err), **values;

	if (!value)
		return NULL;
	values = cay_arena_grow(&m->arena, m->values, m->value_count, sizeof(struct cay_value *),
				&b->value_capacity, err);
	if (!values)
		return NULL;
	m->values = values;
	value->name = cay_arena_strdup(&m->arena, name, err);
	if (!value->name ||
	    cay_names_set(&b->definitions, value->name, (uint32_t)m->value_count, err) < 0)
		return NULL;
	value->index = (uint32_t)m->value_count;
	m->values[m->value_count++] = value;
	return value;
}

// What the variable holds at this place of the program: the last definition before it, else the
// parameter of that name.
static struct cay_value *use(struct builder *b, const char *name, struct cay_err *err)
{
	uint32_t index = cay_names_get(&b->definitions, name);
	const struct cay_param *param;
	struct cay_value *value;

	if (index != CAY_NO_INDEX)
		return b->model->values[index];
	index = cay_names_get(&b->params, name);
	if (index == CAY_NO_INDEX) {
		cay_fail(err, CAY_EMODEL, "'%.80s' is neither a parameter nor computed before",
			 name);
		return NULL;
	}
	value = add_value(b, name, err);
	if (!value)
		return NULL;
	param = &b->program->params[index];
	if (param->size == 0) {
		cay_fail(err, CAY_EMODEL, "parameter '%.80s' has no elements", name);
		return NULL;
	}
	value->dtype = param->dtype;
	value->shape = param->shape;
	value->data = param->data;
	value->size = param->size;
	return value;
}

static const struct cay_var_desc *find_var(const struct builder *b, const char *name)
{
	uint32_t index = cay_names_get(&b->vars, name);

	return index == CAY_NO_INDEX ? NULL : &b->block->vars[index];
}

// feed's or fetch's attribute `col`, its place among the ports.
static int port_place(const struct cay_op_desc *desc, size_t count, size_t *ret,
		      struct cay_err *err)
{
	int64_t col = cay_attr_int(desc->attrs, desc->attr_count, "col", 0);

	if (col < 0 || (size_t)col >= count)
		return cay_fail(err, CAY_EMODEL, "%s: col is %lld, with %zu of them", desc->type,
				(long long)col, count);
	*ret = (size_t)col;
	return 0;
}

static const char *only_arg(const struct cay_slot *slots, size_t count, const char *name)
{
	const struct cay_slot *slot = cay_slot_find(slots, count, name);

	return slot && slot->count == 1 ? slot->args[0] : NULL;
}

static int add_input(struct builder *b, const struct cay_op_desc *desc, struct cay_err *err)
{
	const char *name = only_arg(desc->out, desc->out_count, "Out");
	const struct cay_var_desc *var = name ? find_var(b, name) : NULL;
	struct cay_port port = {.dtype = CAY_DTYPES};
	struct cay_model *m = b->model;
	struct cay_value *value;
	size_t col = 0;

	if (var && var->type == CAY_VAR_TENSOR) {
		port.dtype = var->dtype;
		port.shape = var->shape;
	}
	if (name && port.dtype == CAY_DTYPES && b->program->meta == 0)
		cay_describe_input(b->program, name, &port);
	if (!name || port.dtype == CAY_DTYPES)
		return cay_fail(err, CAY_EMODEL, "feed '%.80s': no description of that tensor",
				name ? name : "");
	if (port_place(desc, m->input_count, &col, err) < 0)
		return -1;
	if (m->inputs[col].name)
		return cay_fail(err, CAY_EMODEL, "feed '%.80s': column %zu is taken", name, col);
	for (uint32_t i = 0; i < port.shape.rank; i++)
		if (port.shape.dim[i] < -1 || port.shape.dim[i] == 0 ||
		    port.shape.dim[i] > CAY_MAX_DIM)
			return cay_fail(err, CAY_EMODEL, "feed '%.80s': dimension %u is %lld", name,
					i, (long long)port.shape.dim[i]);
	value = add_value(b, name, err);
	if (!value)
		return -1;
	value->dtype = port.dtype;
	value->shape = port.shape;
	port.name = value->name;
	m->inputs[col] = port;
	m->input_values[col] = value->index;
	return 0;
}

static int add_output(struct builder *b, const struct cay_op_desc *desc, struct cay_err *err)
{
	const char *name = only_arg(desc->in, desc->in_count, "X");
	const struct cay_var_desc *var = name ? find_var(b, name) : NULL;
	struct cay_value *value = name ? use(b, name, err) : NULL;
	struct cay_model *m = b->model;
	size_t col = 0;

	if (!name)
		return cay_fail(err, CAY_EMODEL, "fetch: wants one argument");
	if (!value)
		return cay_wrap(err, "fetch");
	if (value->data)
		return cay_fail(err, CAY_EMODEL, "fetch '%.80s': is a parameter", name);
	if (port_place(desc, m->output_count, &col, err) < 0)
		return -1;
	if (m->outputs[col].name)
		return cay_fail(err, CAY_EMODEL, "fetch '%.80s': column %zu is taken", name, col);
	m->outputs[col] = (struct cay_port){.name = value->name};
	if (var && var->type == CAY_VAR_TENSOR) // informational: what the exporter knew
		m->outputs[col].shape = var->shape;
	m->output_values[col] = value->index;
	return 0;
}

static size_t slot_names(const char *const names[CAY_OP_MAX_SLOTS])
{
	size_t n = 0;

	while (n < CAY_OP_MAX_SLOTS && names[n])
		n++;
	return n;
}

// Inputs that the op does not know would change its result: they are refused, not ignored.
static int refuse_unknown_inputs(const struct cay_layer *layer, const struct cay_op_desc *desc,
				 size_t known, struct cay_err *err)
{
	for (size_t i = 0; i < desc->in_count; i++) {
		size_t k = 0;

		while (k < known && strcmp(layer->op->in[k], desc->in[i].name) != 0)
			k++;
		if (k == known && desc->in[i].count > 0)
			return cay_layer_fail(layer, err, "input %.40s is not supported",
					      desc->in[i].name);
	}
	return 0;
}

static int bind_inputs(struct builder *b, struct cay_layer *layer, const struct cay_op_desc *desc,
		       struct cay_err *err)
{
	const struct cay_op *op = layer->op;
	size_t known = slot_names(op->in), extra = 0;

	if (refuse_unknown_inputs(layer, desc, known, err) < 0)
		return -1;
	if (op->variadic) {
		const struct cay_slot *last =
			cay_slot_find(desc->in, desc->in_count, op->in[known - 1]);

		extra = last && last->count > 1 ? last->count - 1 : 0;
	}
	layer->in_count = known + extra;
	layer->in =
		cay_arena_array(&b->model->arena, layer->in_count, sizeof(struct cay_value *), err);
	if (!layer->in)
		return -1;
	for (size_t i = 0; i < known; i++) {
		const struct cay_slot *slot = cay_slot_find(desc->in, desc->in_count, op->in[i]);
		size_t count = slot ? slot->count : 0;

		if (count == 0 && i < op->required)
			return cay_layer_fail(layer, err, "has no input %s", op->in[i]);
		if (count > 1 && !(op->variadic && i == known - 1))
			return cay_layer_fail(layer, err, "has %zu inputs %s, want one", count,
					      op->in[i]);
		for (size_t k = 0; k < count; k++) {
			layer->in[i + k] = use(b, slot->args[k], err);
			if (!layer->in[i + k])
				return cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
		}
	}
	return 0;
}

static int bind_outputs(struct builder *b, struct cay_layer *layer, const struct cay_op_desc *desc,
			struct cay_err *err)
{
	const struct cay_op *op = layer->op;
	const size_t known = slot_names(op->out);
	size_t n = 0;

	for (size_t i = 0; i < known; i++) {
		const struct cay_slot *slot = cay_slot_find(desc->out, desc->out_count, op->out[i]);
		const bool many = op->variadic_out && i == known - 1;

		if (!slot || slot->count == 0 || (slot->count > 1 && !many))
			return cay_layer_fail(layer, err, "want one output %s", op->out[i]);
		layer->out_count += slot->count;
	}
	layer->out = cay_arena_array(&b->model->arena, layer->out_count, sizeof(struct cay_value *),
				     err);
	if (!layer->out)
		return -1;
	for (size_t i = 0; i < known; i++) {
		const struct cay_slot *slot = cay_slot_find(desc->out, desc->out_count, op->out[i]);

		for (size_t k = 0; k < slot->count; k++, n++) {
			layer->out[n] = add_value(b, slot->args[k], err);
			if (!layer->out[n])
				return -1;
		}
	}
	return 0;
}

static int add_layer(struct builder *b, const struct cay_op_desc *desc, struct cay_err *err)
{
	struct cay_model *m = b->model;
	struct cay_layer *layer = &m->layers[m->layer_count];
	const char *kernel = cay_attr_string(desc->attrs, desc->attr_count, CAY_KERNEL_ATTR, NULL);
	struct cay_kernel_key key = {.alias = "def", .precision = CAY_PRECISION_FLOAT};
	const char *name = "";

	for (size_t i = 0; i < desc->out_count && !*name; i++)
		if (desc->out[i].count)
			name = desc->out[i].args[0];
	layer->type = cay_arena_strdup(&m->arena, desc->type, err);
	layer->name = cay_arena_strdup(&m->arena, name, err);
	if (!layer->type || !layer->name)
		return -1;
	if (kernel && cay_kernel_key_parse(kernel, &key, err) < 0)
		return cay_wrap(err, "%s '%.80s'", layer->type, layer->name);
	layer->op = cay_op_find(desc->type);
	layer->int8 = key.precision == CAY_PRECISION_INT8;
	layer->alias = cay_arena_strdup(&m->arena, key.alias, err);
	layer->attrs = desc->attrs;
	layer->attr_count = desc->attr_count;
	if (!layer->alias || bind_inputs(b, layer, desc, err) < 0 ||
	    bind_outputs(b, layer, desc, err) < 0)
		return -1;
	m->layer_count++;
	return 0;
}

static bool is(const struct cay_op_desc *desc, const char *type)
{
	return strcmp(desc->type, type) == 0;
}

// Names all ops that the engine lacks at once, as far as the message is long.
static int check_ops(const struct cay_block *block, struct cay_err *err)
{
	char list[160] = "";
	struct cay_arena work;
	struct cay_names missing;
	size_t len = 0;
	int result = 0;

	cay_arena_init(&work, 0);
	cay_names_init(&missing, &work);
	for (size_t i = 0; i < block->op_count && result == 0; i++) {
		const char *type = block->ops[i].type;

		if (is(&block->ops[i], "feed") || is(&block->ops[i], "fetch") ||
		    cay_op_find(type) || cay_names_get(&missing, type) != CAY_NO_INDEX)
			continue;
		result = cay_names_set(&missing, type, (uint32_t)i, err);
		if (len + strlen(type) + 3 < sizeof(list)) {
			len += (size_t)(stpcpy(list + len, len ? ", " : "") - (list + len));
			len += (size_t)(stpcpy(list + len, type) - (list + len));
		}
	}
	if (result == 0 && missing.count)
		result = cay_fail(err, CAY_EMODEL, "%zu kinds of op are not supported: %s",
				  missing.count, list);
	cay_arena_finish(&work);
	return result;
}

static int count_ports(struct builder *b, struct cay_err *err)
{
	struct cay_model *m = b->model;
	size_t layers = b->block->op_count; // room for feed and fetch too

	for (size_t i = 0; i < b->block->op_count; i++) {
		m->input_count += is(&b->block->ops[i], "feed");
		m->output_count += is(&b->block->ops[i], "fetch");
	}
	if (m->input_count > CAY_MAX_PORTS || m->output_count < 1 ||
	    m->output_count > CAY_MAX_PORTS)
		return cay_fail(err, CAY_EMODEL,
				"%zu inputs and %zu outputs: want 0 to %d and 1 to %d",
				m->input_count, m->output_count, CAY_MAX_PORTS, CAY_MAX_PORTS);
	m->layers = cay_arena_array(&m->arena, layers, sizeof(*m->layers), err);
	m->states = cay_arena_array(&m->arena, layers, sizeof(*m->states), err);
	m->inputs = cay_arena_array(&m->arena, m->input_count, sizeof(*m->inputs), err);
	m->outputs = cay_arena_array(&m->arena, m->output_count, sizeof(*m->outputs), err);
	m->input_values = cay_arena_array(&m->arena, m->input_count, sizeof(uint32_t), err);
	m->output_values = cay_arena_array(&m->arena, m->output_count, sizeof(uint32_t), err);
	return m->layers && m->states && m->inputs && m->outputs && m->input_values &&
			       m->output_values
		       ? 0
		       : -1;
}

static int index_names(struct builder *b, struct cay_err *err)
{
	for (size_t i = 0; i < b->program->param_count; i++)
		if (cay_names_set(&b->params, b->program->params[i].name, (uint32_t)i, err) < 0)
			return -1;
	for (size_t i = 0; i < b->block->var_count; i++)
		if (cay_names_set(&b->vars, b->block->vars[i].name, (uint32_t)i, err) < 0)
			return -1;
	return 0;
}

// The first operand is what an op computes on: it stays even where it is a parameter.
static int prepare_layer(struct cay_prepare *prepare, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	struct cay_value *x = layer->in_count ? layer->in[0] : NULL;

	if (x && x->data && !cay_prepare_keep(prepare, x, err))
		return -1;
	return layer->op->prepare(prepare, layer, state, err);
}

static int prepare_layers(struct cay_model *m, const struct cay_program *program,
			  struct cay_err *err)
{
	struct cay_prepare prepare = {
		.kernels = m->kernels,
		.arena = &m->arena,
		.progress = m->limits.progress,
		.begin = m->arena.used,
		.bytes = cay_program_param_bytes(program),
	};

	for (size_t i = 0; i < m->layer_count; i++)
		if (cay_deadline_check(m->limits.deadline, "packing op", i, m->layer_count, err) <
			    0 ||
		    prepare_layer(&prepare, &m->layers[i], &m->states[i], err) < 0 ||
		    cay_prepare_tell(&prepare, err) < 0)
			return -1;
	for (size_t i = 0; i < m->layer_count; i++) { // these belong to the program
		m->layers[i].attrs = NULL;
		m->layers[i].attr_count = 0;
	}
	for (size_t i = 0; i < m->value_count; i++)
		m->values[i]->data = m->values[i]->kept;
	for (size_t i = 0; i < m->output_count; i++)
		m->outputs[i].dtype = m->values[m->output_values[i]]->dtype;
	return 0;
}

static int add_ops(struct builder *b, struct cay_err *err)
{
	for (size_t i = 0; i < b->block->op_count; i++) {
		const struct cay_op_desc *desc = &b->block->ops[i];

		if ((is(desc, "feed")	 ? add_input(b, desc, err)
		     : is(desc, "fetch") ? add_output(b, desc, err)
					 : add_layer(b, desc, err)) < 0)
			return cay_wrap(err, "op %zu", i);
	}
	return 0;
}

int cay_layers_build(struct cay_model *model, const struct cay_program *program,
		     struct cay_err *err)
{
	struct cay_arena arena;
	struct builder b = {.model = model, .program = program, .block = program->blocks};
	int result = -1;

	if (program->block_count != 1)
		return cay_fail(err, CAY_EMODEL, "%zu blocks: control flow is not supported",
				program->block_count);
	cay_arena_init(&arena, 0);
	cay_names_init(&b.definitions, &arena);
	cay_names_init(&b.params, &arena);
	cay_names_init(&b.vars, &arena);
	if (check_ops(b.block, err) == 0 && count_ports(&b, err) == 0 &&
	    index_names(&b, err) == 0 && add_ops(&b, err) == 0)
		result = prepare_layers(model, program, err);
	cay_arena_finish(&arena);
	return result;
}
