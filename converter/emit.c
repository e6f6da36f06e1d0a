// A graph into a program that a .nb file can hold.
#include "converter/emit.h"

#include <string.h>

struct emit {
	const struct cay_graph *graph;
	struct cay_program program;
	struct cay_block *block;
};

static int allocate(struct emit *e, struct cay_err *err)
{
	struct cay_arena *arena = &e->program.arena;
	size_t ops = 0, vars = 2, params = 0; // vars: feed and fetch

	for (const struct cay_node *n = e->graph->first; n; n = n->next) {
		ops++;
		for (const struct cay_value *out = n->out; out; out = out->next)
			vars++;
		for (const struct cay_use *use = n->in; use; use = use->next)
			params += cay_use_is_last_of_constant(use);
	}
	e->program.blocks = e->block = cay_arena_array(arena, 1, sizeof(*e->block), err);
	e->program.params = cay_arena_array(arena, params, sizeof(*e->program.params), err);
	if (!e->block || !e->program.params)
		return -1;
	e->program.block_count = 1;
	e->block->parent = -1;
	e->block->ops = cay_arena_array(arena, ops, sizeof(*e->block->ops), err);
	e->block->vars = cay_arena_array(arena, vars + params, sizeof(*e->block->vars), err);
	return e->block->ops && e->block->vars ? 0 : -1;
}

static struct cay_var_desc *add_var(struct emit *e, const char *name, int type)
{
	struct cay_var_desc *var = &e->block->vars[e->block->var_count++];

	*var = (struct cay_var_desc){.name = name, .type = type, .dtype = CAY_DTYPES};
	return var;
}

static void add_value(struct emit *e, const struct cay_value *value)
{
	struct cay_var_desc *var = add_var(e, value->name, CAY_VAR_TENSOR);

	var->dtype = value->dtype;
	var->shape = value->shape;
}

static void add_constant(struct emit *e, const struct cay_value *value)
{
	add_value(e, value);
	e->block->vars[e->block->var_count - 1].persistable = true;
	e->program.params[e->program.param_count++] = (struct cay_param){.name = value->name,
									 .dtype = value->dtype,
									 .shape = value->shape,
									 .data = value->data,
									 .size = value->size};
}

// The slots of an op, and the names of all their arguments.
struct slots {
	struct cay_slot *slots;
	size_t count;
	const char **args;
	size_t arg_count;
};

static int allocate_slots(struct emit *e, size_t args, struct slots *s, struct cay_err *err)
{
	// At most one slot for each argument.
	s->slots = cay_arena_array(&e->program.arena, args, sizeof(*s->slots), err);
	s->args = cay_arena_array(&e->program.arena, args, sizeof(*s->args), err);
	return s->slots && s->args ? 0 : -1;
}

static void add_arg(struct slots *s, const char *slot, const char *name)
{
	struct cay_slot *last = s->count ? &s->slots[s->count - 1] : NULL;

	s->args[s->arg_count] = name;
	if (!last || strcmp(last->name, slot) != 0) {
		last = &s->slots[s->count++];
		*last = (struct cay_slot){.name = slot, .args = &s->args[s->arg_count]};
	}
	last->count++;
	s->arg_count++;
}

static int emit_ins(struct emit *e, const struct cay_node *n, struct cay_op_desc *op,
		    struct cay_err *err)
{
	struct slots s = {0};
	size_t args = cay_node_is(n, "feed");

	for (const struct cay_use *use = n->in; use; use = use->next)
		args++;
	if (allocate_slots(e, args, &s, err) < 0)
		return -1;
	if (cay_node_is(n, "feed"))
		add_arg(&s, "X", "feed");
	for (const struct cay_use *use = n->in; use; use = use->next) {
		if (cay_use_is_last_of_constant(use))
			add_constant(e, use->value);
		add_arg(&s, use->slot, use->value->name);
	}
	op->in = s.slots;
	op->in_count = s.count;
	return 0;
}

static int emit_outs(struct emit *e, const struct cay_node *n, struct cay_op_desc *op,
		     struct cay_err *err)
{
	struct slots s = {0};
	size_t args = cay_node_is(n, "fetch");

	for (const struct cay_value *out = n->out; out; out = out->next)
		args++;
	if (allocate_slots(e, args, &s, err) < 0)
		return -1;
	if (cay_node_is(n, "fetch"))
		add_arg(&s, "Out", "fetch");
	for (const struct cay_value *out = n->out; out; out = out->next) {
		add_value(e, out);
		add_arg(&s, out->slot, out->name);
	}
	op->out = s.slots;
	op->out_count = s.count;
	return 0;
}

// False for types that a .nb file has no place for; no op in it reads such an attribute.
static bool is_writable(const struct cay_attr *attr)
{
	return attr->type != CAY_ATTR_BOOLEANS && attr->type != CAY_ATTR_BLOCKS;
}

static int emit_node(struct emit *e, const struct cay_node *n, struct cay_err *err)
{
	struct cay_op_desc *op = &e->block->ops[e->block->op_count++];

	op->type = n->op;
	op->attrs = cay_arena_array(&e->program.arena, n->attr_count, sizeof(*op->attrs), err);
	if (!op->attrs || emit_ins(e, n, op, err) < 0 || emit_outs(e, n, op, err) < 0)
		return -1;
	for (size_t i = 0; i < n->attr_count; i++)
		if (is_writable(&n->attrs[i]))
			op->attrs[op->attr_count++] = n->attrs[i];
	return 0;
}

static int emit_all(struct emit *e, struct cay_err *err)
{
	if (allocate(e, err) < 0)
		return -1;
	add_var(e, "feed", CAY_VAR_FEED)->persistable = true;
	add_var(e, "fetch", CAY_VAR_FETCH)->persistable = true;
	for (const struct cay_node *n = e->graph->first; n; n = n->next)
		if (emit_node(e, n, err) < 0)
			return -1;
	cay_params_sort(e->program.params, e->program.param_count);
	return 0;
}

int cay_graph_emit(const struct cay_graph *graph, int64_t version, struct cay_program *ret,
		   struct cay_err *err)
{
	struct emit e = {
		.graph = graph,
		.program = {.meta = 2, .opt_version = "cayuco-" CAY_VERSION, .version = version}};

	cay_arena_init(&e.program.arena, CAY_PROGRAM_MAX_MEMORY);
	if (emit_all(&e, err) < 0) {
		cay_program_finish(&e.program);
		return -1;
	}
	*ret = e.program;
	return 0;
}
