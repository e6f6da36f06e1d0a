// A program into a graph: names become values with one definition each.
#include "converter/graph.h"
#include "common/size.h"

#include <string.h>

struct import {
	const struct cay_program *program;
	struct cay_graph *graph;
	struct cay_names vars; // index into block 0's vars
	struct cay_names defs; // index into values: the variable's definition so far
	struct cay_value **values;
	size_t value_count, value_capacity;
};

static int define(struct import *im, const char *name, struct cay_value *value, struct cay_err *err)
{
	struct cay_value **values =
		cay_arena_grow(&im->graph->arena, im->values, im->value_count,
			       sizeof(struct cay_value *), &im->value_capacity, err);

	if (!values)
		return -1;
	im->values = values;
	values[im->value_count] = value;
	return cay_names_set(&im->defs, name, (uint32_t)im->value_count++, err);
}

static struct cay_value *import_param(struct import *im, const struct cay_param *param,
				      struct cay_err *err)
{
	struct cay_value *value = cay_graph_constant(im->graph, param->name, param->dtype,
						     &param->shape, param->data, err);

	return value && define(im, param->name, value, err) == 0 ? value : NULL;
}

static struct cay_value *lookup(struct import *im, const struct cay_op_desc *op, const char *name,
				struct cay_err *err)
{
	uint32_t index = cay_names_get(&im->defs, name);
	const struct cay_param *param;

	if (index != CAY_NO_INDEX)
		return im->values[index];
	param = cay_program_param(im->program, name);
	if (param)
		return import_param(im, param, err);
	cay_fail(err, CAY_EMODEL, "%s reads '%s', which nothing has written before", op->type,
		 name);
	return NULL;
}

// True for slots by which an op updates a parameter in training; at inference it does not.
static bool is_update(const char *slot)
{
	static const char *const slots[] = {"MeanOut",	 "VarianceOut", "OutScale",
					    "OutScales", "OutState",	"OutAccum"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(slots); i++)
		if (strcmp(slot, slots[i]) == 0)
			return true;
	return false;
}

// True if a node has read the parameter of this name: an op that writes to it now would change what
// the next run reads.
static bool is_read_param(const struct import *im, const char *name)
{
	uint32_t index = cay_names_get(&im->defs, name);

	return index != CAY_NO_INDEX && cay_value_is_constant(im->values[index]);
}

static int import_out(struct import *im, const struct cay_op_desc *op, struct cay_node *node,
		      const char *slot, const char *name, struct cay_err *err)
{
	uint32_t index = cay_names_get(&im->vars, name);
	const struct cay_var_desc *var =
		index == CAY_NO_INDEX ? NULL : &im->program->blocks[0].vars[index];
	struct cay_value *value;

	if (is_read_param(im, name))
		return is_update(slot) ? 0
				       : cay_fail(err, CAY_EMODEL, "%s changes the parameter '%s'",
						  op->type, name);
	if (var && var->type != CAY_VAR_TENSOR)
		return cay_fail(err, CAY_EMODEL, "%s writes '%s', which is no tensor", op->type,
				name);
	value = cay_node_add_out(im->graph, node, slot, name, err);
	if (!value)
		return -1;
	value->dtype = var && var->dtype != CAY_DTYPES ? var->dtype : CAY_DTYPE_F32;
	if (var)
		value->shape = var->shape;
	return define(im, name, value, err);
}

static int import_ins(struct import *im, const struct cay_op_desc *op, struct cay_node *node,
		      struct cay_err *err)
{
	for (size_t i = 0; i < op->in_count; i++)
		for (size_t k = 0; k < op->in[i].count; k++) {
			struct cay_value *value = lookup(im, op, op->in[i].args[k], err);

			if (!value || !cay_node_add_in(im->graph, node, op->in[i].name, value, err))
				return -1;
		}
	return 0;
}

static int import_outs(struct import *im, const struct cay_op_desc *op, struct cay_node *node,
		       struct cay_err *err)
{
	for (size_t i = 0; i < op->out_count; i++)
		for (size_t k = 0; k < op->out[i].count; k++)
			if (import_out(im, op, node, op->out[i].name, op->out[i].args[k], err) < 0)
				return -1;
	return 0;
}

// The name of a feed's or fetch's only tensor; NULL if it has not just one.
static const char *end_name(const struct cay_slot *slots, size_t count, const char *slot)
{
	const struct cay_slot *found = cay_slot_find(slots, count, slot);

	return found && found->count == 1 ? found->args[0] : NULL;
}

static int import_op(struct import *im, const struct cay_op_desc *op, struct cay_err *err)
{
	struct cay_node *node = cay_graph_insert(im->graph, NULL, op->type, err);
	struct cay_value *value;

	if (!node)
		return -1;
	node->attrs = op->attrs;
	node->attr_count = node->attr_capacity = op->attr_count;
	for (size_t i = 0; i < op->attr_count; i++)
		if (op->attrs[i].type == CAY_ATTR_BLOCK || op->attrs[i].type == CAY_ATTR_BLOCKS)
			return cay_fail(err, CAY_EMODEL,
					"%s runs a block of its own, which is not supported",
					op->type);
	if (strcmp(op->type, "feed") == 0) {
		node->name = end_name(op->out, op->out_count, "Out");
		return node->name ? import_outs(im, op, node, err)
				  : cay_fail(err, CAY_EMODEL, "feed has no output");
	}
	if (strcmp(op->type, "fetch") == 0) {
		node->name = end_name(op->in, op->in_count, "X");
		value = node->name ? lookup(im, op, node->name, err)
				   : (cay_fail(err, CAY_EMODEL, "fetch has no input"), NULL);
		return value && cay_node_add_in(im->graph, node, "X", value, err) ? 0 : -1;
	}
	return import_ins(im, op, node, err) < 0 ? -1 : import_outs(im, op, node, err);
}

// Checks that the columns of all feeds, or of all fetches, are 0, 1, 2 ...
static int check_columns(const struct cay_graph *graph, const char *op, struct cay_arena *arena,
			 struct cay_err *err)
{
	size_t count = 0;
	bool *taken;

	for (const struct cay_node *n = graph->first; n; n = n->next)
		count += cay_node_is(n, op);
	taken = cay_arena_array(arena, count, sizeof(*taken), err);
	if (!taken)
		return -1;
	if (count == 0)
		return cay_fail(err, CAY_EMODEL, "the program has no %s", op);
	for (const struct cay_node *n = graph->first; n; n = n->next) {
		const int64_t column = cay_node_int(n, "col", 0);

		if (!cay_node_is(n, op))
			continue;
		if (column < 0 || (uint64_t)column >= count || taken[column])
			return cay_fail(err, CAY_EMODEL, "%s '%s' has column %lld of %zu", op,
					n->name, (long long)column, count);
		taken[column] = true;
	}
	return 0;
}

int cay_graph_import(const struct cay_program *program, struct cay_graph *graph,
		     struct cay_err *err)
{
	const struct cay_block *main = &program->blocks[0];
	struct import im = {.program = program, .graph = graph};

	cay_names_init(&im.vars, &graph->arena);
	cay_names_init(&im.defs, &graph->arena);
	for (size_t i = 0; i < main->var_count; i++)
		if (cay_names_set(&im.vars, main->vars[i].name, (uint32_t)i, err) < 0)
			return -1;
	for (size_t i = 0; i < main->op_count; i++)
		if (import_op(&im, &main->ops[i], err) < 0)
			return -1;
	if (check_columns(graph, "feed", &graph->arena, err) < 0)
		return -1;
	return check_columns(graph, "fetch", &graph->arena, err);
}
