// Gives outputs the names that users know: those that the program's feeds and fetches had.
#include "converter/passes/passes.h"

#include <string.h>

static struct cay_value *end_value(const struct cay_node *n)
{
	if (cay_node_is(n, "feed"))
		return n->out;
	return cay_node_is(n, "fetch") ? n->in->value : NULL;
}

// A tensor cannot have two names: the second one gets a copy.
static int copy_value(struct cay_graph *g, struct cay_node *fetch, struct cay_err *err)
{
	struct cay_value *from = fetch->in->value, *to;
	struct cay_node *copy;

	if (from->dtype != CAY_DTYPE_F32)
		return cay_fail(err, CAY_EMODEL, "output '%s' is the same tensor as '%s'",
				fetch->name, from->name);
	copy = cay_graph_insert(g, fetch, "scale", err);
	if (!copy || !cay_node_add_in(g, copy, "X", from, err) ||
	    cay_node_set_float(g, copy, "scale", 1, err) < 0 ||
	    cay_node_set_float(g, copy, "bias", 0, err) < 0 ||
	    cay_node_set_bool(g, copy, "bias_after_scale", true, err) < 0)
		return -1;
	to = cay_node_add_out(g, copy, "Out", fetch->name, err);
	if (!to)
		return -1;
	to->dtype = from->dtype;
	to->shape = from->shape;
	cay_use_set(fetch->in, to);
	return 0;
}

struct owners {
	struct cay_names names; // index into values
	struct cay_value **values;
	uint32_t count;
};

// The first end of a name owns it: 1 if the value may have it, 0 if another value has it.
static int claim(struct owners *o, const char *name, struct cay_value *value, struct cay_err *err)
{
	uint32_t index = cay_names_get(&o->names, name);

	if (index != CAY_NO_INDEX)
		return o->values[index] == value;
	o->values[o->count] = value;
	return cay_names_set(&o->names, name, o->count++, err) < 0 ? -1 : 1;
}

// A value inside that happens to have the name of an end.
static int rename_inner(struct cay_graph *g, const struct owners *o, struct cay_value *value,
			struct cay_err *err)
{
	uint32_t index = cay_names_get(&o->names, value->name);

	if (index == CAY_NO_INDEX || o->values[index] == value)
		return 0;
	value->name = cay_graph_unique_name(g, value->name, err);
	return value->name ? 0 : -1;
}

static int name_ends(struct cay_graph *g, struct owners *o, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		struct cay_value *value = end_value(n);
		bool is_named;
		int mine;

		if (!value)
			continue;
		is_named = cay_value_is_constant(value) || value->is_end;
		if (cay_node_is(n, "fetch") && is_named && strcmp(value->name, n->name) != 0) {
			if (copy_value(g, n, err) < 0)
				return -1;
			value = n->in->value;
		}
		mine = claim(o, n->name, value, err);
		if (mine < 0)
			return -1;
		if (!mine)
			return cay_fail(err, CAY_EMODEL,
					"the name '%s' of an input or output is taken", n->name);
		value->name = n->name;
		value->is_end = true;
	}
	return 0;
}

int cay_pass_name_outputs(struct cay_graph *g, struct cay_err *err)
{
	struct owners o = {0};
	size_t ends = 2; // feed and fetch, which belong to the format

	for (const struct cay_node *n = g->first; n; n = n->next)
		ends += end_value(n) != NULL;
	cay_names_init(&o.names, &g->arena);
	o.values = cay_arena_array(&g->arena, ends, sizeof(struct cay_value *), err);
	if (!o.values || claim(&o, "feed", NULL, err) < 0 || claim(&o, "fetch", NULL, err) < 0 ||
	    name_ends(g, &o, err) < 0)
		return -1;
	for (struct cay_node *n = g->first; n; n = n->next) {
		for (struct cay_value *out = n->out; out; out = out->next)
			if (rename_inner(g, &o, out, err) < 0)
				return -1;
		for (struct cay_use *use = n->in; use; use = use->next)
			if (rename_inner(g, &o, use->value, err) < 0)
				return -1;
	}
	return 0;
}
