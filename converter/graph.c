// The graph's structure: building it, changing it, asking it, checking it.
#include "converter/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Where nodes share a weight each may need a copy of its own, which a hostile program could use to
// fill the memory.
#define MAX_MEMORY ((size_t)1 << 30)

void cay_graph_init(struct cay_graph *graph)
{
	*graph = (struct cay_graph){0};
	cay_arena_init(&graph->arena, MAX_MEMORY);
	cay_names_init(&graph->names, &graph->arena);
	graph->last_note = &graph->notes;
}

void cay_graph_finish(struct cay_graph *graph)
{
	cay_arena_finish(&graph->arena);
	*graph = (struct cay_graph){0};
}

const char *cay_graph_unique_name(struct cay_graph *graph, const char *wanted, struct cay_err *err)
{
	const char *name = wanted;

	while (cay_names_get(&graph->names, name) != CAY_NO_INDEX) {
		name = cay_arena_printf(&graph->arena, err, "%s/%zu", wanted, ++graph->renamed);
		if (!name)
			return NULL;
	}
	return cay_names_set(&graph->names, name, 0, err) < 0 ? NULL : name;
}

struct cay_node *cay_graph_insert(struct cay_graph *graph, struct cay_node *before, const char *op,
				  struct cay_err *err)
{
	struct cay_node *node = cay_arena_alloc(&graph->arena, sizeof(*node), err);

	if (!node)
		return NULL;
	node->op = op;
	node->in_end = &node->in;
	node->out_end = &node->out;
	node->next = before;
	node->prev = before ? before->prev : graph->last;
	*(node->prev ? &node->prev->next : &graph->first) = node;
	*(before ? &before->prev : &graph->last) = node;
	return node;
}

static struct cay_value *new_value(struct cay_graph *graph, const char *name, struct cay_err *err)
{
	struct cay_value *value = cay_arena_alloc(&graph->arena, sizeof(*value), err);

	if (!value)
		return NULL;
	value->name = cay_graph_unique_name(graph, name, err);
	return value->name ? value : NULL;
}

struct cay_value *cay_graph_constant(struct cay_graph *graph, const char *name,
				     enum cay_dtype dtype, const struct cay_shape *shape,
				     const void *data, struct cay_err *err)
{
	struct cay_value *value = new_value(graph, name, err);

	if (!value || cay_shape_bytes(shape, dtype, &value->size, err) < 0)
		return NULL;
	value->dtype = dtype;
	value->shape = *shape;
	value->data = data;
	return value;
}

struct cay_value *cay_node_add_out(struct cay_graph *graph, struct cay_node *node, const char *slot,
				   const char *name, struct cay_err *err)
{
	struct cay_value *value = new_value(graph, name, err);

	if (!value)
		return NULL;
	value->def = node;
	value->slot = slot;
	*node->out_end = value;
	node->out_end = &value->next;
	return value;
}

static void link_use(struct cay_use *use, struct cay_value *value)
{
	use->value = value;
	use->next_use = value->uses;
	use->link_use = &value->uses;
	if (use->next_use)
		use->next_use->link_use = &use->next_use;
	value->uses = use;
}

static void unlink_use(struct cay_use *use)
{
	*use->link_use = use->next_use;
	if (use->next_use)
		use->next_use->link_use = use->link_use;
}

struct cay_use *cay_node_add_in(struct cay_graph *graph, struct cay_node *node, const char *slot,
				struct cay_value *value, struct cay_err *err)
{
	struct cay_use *use = cay_arena_alloc(&graph->arena, sizeof(*use), err);

	if (!use)
		return NULL;
	use->node = node;
	use->slot = slot;
	link_use(use, value);
	*node->in_end = use;
	node->in_end = &use->next;
	return use;
}

void cay_use_set(struct cay_use *use, struct cay_value *value)
{
	unlink_use(use);
	link_use(use, value);
}

void cay_use_remove(struct cay_use *use)
{
	struct cay_use **at = &use->node->in;

	unlink_use(use);
	while (*at != use)
		at = &(*at)->next;
	*at = use->next;
	if (!*at)
		use->node->in_end = at;
}

void cay_node_remove_out(struct cay_node *node, struct cay_value *out)
{
	struct cay_value **at = &node->out;

	while (*at != out)
		at = &(*at)->next;
	*at = out->next;
	if (!*at)
		node->out_end = at;
}

void cay_graph_replace_uses(struct cay_value *old, struct cay_value *new)
{
	while (old->uses)
		cay_use_set(old->uses, new);
}

void cay_graph_remove(struct cay_graph *graph, struct cay_node *node)
{
	for (struct cay_use *use = node->in; use; use = use->next)
		unlink_use(use);
	*(node->prev ? &node->prev->next : &graph->first) = node->next;
	*(node->next ? &node->next->prev : &graph->last) = node->prev;
	node->order = SIZE_MAX; // so that cay_graph_verify finds a use that is left over
}

void cay_graph_absorb(struct cay_graph *graph, struct cay_node *node, struct cay_value *own,
		      struct cay_value *result)
{
	struct cay_value **at = &node->out;

	cay_graph_remove(graph, result->def);
	while (*at != own)
		at = &(*at)->next;
	*at = result;
	result->next = own->next;
	if (!result->next)
		node->out_end = &result->next;
	result->slot = own->slot;
	result->def = node;
}

int cay_node_set_slot(struct cay_graph *graph, struct cay_node *node, const char *slot,
		      struct cay_value *value, struct cay_err *err)
{
	struct cay_use *use = cay_node_use(node, slot);

	if (use)
		cay_use_set(use, value);
	else
		use = cay_node_add_in(graph, node, slot, value, err);
	return use ? 0 : -1;
}

struct cay_value *cay_use_own(struct cay_graph *graph, struct cay_use *use, struct cay_err *err)
{
	struct cay_value *shared = use->value, *own;

	if (cay_value_only_use(shared))
		return shared;
	own = new_value(graph, shared->name, err);
	if (!own)
		return NULL;
	own->dtype = shared->dtype;
	own->shape = shared->shape;
	own->data = shared->data;
	own->size = shared->size;
	own->scales = shared->scales;
	own->scale_count = shared->scale_count;
	cay_use_set(use, own);
	return own;
}

struct cay_use *cay_node_use(const struct cay_node *node, const char *slot)
{
	struct cay_use *use = node->in;

	while (use && strcmp(use->slot, slot) != 0)
		use = use->next;
	return use;
}

struct cay_value *cay_node_in(const struct cay_node *node, const char *slot)
{
	const struct cay_use *use = cay_node_use(node, slot);

	return use ? use->value : NULL;
}

struct cay_value *cay_node_out(const struct cay_node *node, const char *slot)
{
	struct cay_value *value = node->out;

	while (value && strcmp(value->slot, slot) != 0)
		value = value->next;
	return value;
}

const char *cay_node_label(const struct cay_node *node)
{
	return node->out ? node->out->name : node->in ? node->in->value->name : "";
}

bool cay_node_is(const struct cay_node *node, const char *op)
{
	return strcmp(node->op, op) == 0;
}

struct cay_use *cay_value_only_use(const struct cay_value *value)
{
	return value->uses && !value->uses->next_use ? value->uses : NULL;
}

bool cay_value_is_constant(const struct cay_value *value)
{
	return !value->def;
}

bool cay_use_is_last_of_constant(const struct cay_use *use)
{
	return cay_value_is_constant(use->value) && !use->next_use;
}

int64_t cay_node_int(const struct cay_node *node, const char *name, int64_t absent)
{
	return cay_attr_int(node->attrs, node->attr_count, name, absent);
}

float cay_node_float(const struct cay_node *node, const char *name, float absent)
{
	return cay_attr_float(node->attrs, node->attr_count, name, absent);
}

bool cay_node_bool(const struct cay_node *node, const char *name, bool absent)
{
	return cay_attr_bool(node->attrs, node->attr_count, name, absent);
}

const char *cay_node_string(const struct cay_node *node, const char *name, const char *absent)
{
	return cay_attr_string(node->attrs, node->attr_count, name, absent);
}

bool cay_node_has(const struct cay_node *node, const char *name)
{
	return cay_attr_find(node->attrs, node->attr_count, name);
}

int cay_node_set(struct cay_graph *graph, struct cay_node *node, const struct cay_attr *attr,
		 struct cay_err *err)
{
	size_t i = 0;

	while (i < node->attr_count && strcmp(node->attrs[i].name, attr->name) != 0)
		i++;
	if (i == node->attr_capacity) {
		size_t capacity = node->attr_count * 2 + 8;
		struct cay_attr *attrs =
			cay_arena_array(&graph->arena, capacity, sizeof(*attrs), err);

		if (!attrs)
			return -1;
		if (node->attr_count)
			memcpy(attrs, node->attrs, node->attr_count * sizeof(*attrs));
		node->attrs = attrs;
		node->attr_capacity = capacity;
	}
	node->attrs[i] = *attr;
	if (i == node->attr_count)
		node->attr_count++;
	return 0;
}

int cay_node_set_int(struct cay_graph *graph, struct cay_node *node, const char *name,
		     int64_t value, struct cay_err *err)
{
	const struct cay_attr attr = {.name = name, .type = CAY_ATTR_INT, .i = value};

	return cay_node_set(graph, node, &attr, err);
}

int cay_node_set_bool(struct cay_graph *graph, struct cay_node *node, const char *name, bool value,
		      struct cay_err *err)
{
	const struct cay_attr attr = {.name = name, .type = CAY_ATTR_BOOLEAN, .i = value};

	return cay_node_set(graph, node, &attr, err);
}

int cay_node_set_float(struct cay_graph *graph, struct cay_node *node, const char *name,
		       float value, struct cay_err *err)
{
	const struct cay_attr attr = {.name = name, .type = CAY_ATTR_FLOAT, .f = (double)value};

	return cay_node_set(graph, node, &attr, err);
}

int cay_node_set_string(struct cay_graph *graph, struct cay_node *node, const char *name,
			const char *value, struct cay_err *err)
{
	const struct cay_attr attr = {.name = name, .type = CAY_ATTR_STRING, .s = value};

	return cay_node_set(graph, node, &attr, err);
}

int cay_node_set_floats(struct cay_graph *graph, struct cay_node *node, const char *name,
			const float *values, size_t count, struct cay_err *err)
{
	const struct cay_attr attr = {
		.name = name, .type = CAY_ATTR_FLOATS, .floats = values, .count = count};

	return cay_node_set(graph, node, &attr, err);
}

int cay_graph_tell(struct cay_graph *graph, size_t bytes, struct cay_err *err)
{
	graph->worked_bytes += bytes;
	return cay_tracker_tell(&graph->progress, graph->worked_bytes, graph->all_bytes, err);
}

int cay_graph_note(struct cay_graph *graph, struct cay_err *err, const char *fmt, ...)
{
	struct cay_note *note = cay_arena_alloc(&graph->arena, sizeof(*note), err);
	char text[256];
	va_list ap;

	if (!note)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note->text = cay_arena_strdup(&graph->arena, text, err);
	if (!note->text)
		return -1;
	*graph->last_note = note;
	graph->last_note = &note->next;
	return 0;
}

static int verify_use(const struct cay_use *use, const struct cay_node *node, struct cay_err *err)
{
	const struct cay_value *value = use->value;

	if (use->node != node || *use->link_use != use)
		return cay_fail(err, CAY_EIO, "%s '%s': its use of '%s' is not listed", node->op,
				cay_node_label(node), value->name);
	if (value->def ? value->def->order >= node->order : !value->data && value->size)
		return cay_fail(err, CAY_EIO, "%s '%s': '%s' is not defined before", node->op,
				cay_node_label(node), value->name);
	return 0;
}

static int verify_out(const struct cay_value *value, const struct cay_node *node,
		      struct cay_err *err)
{
	if (value->def != node)
		return cay_fail(err, CAY_EIO, "'%s' is not defined by %s", value->name, node->op);
	for (const struct cay_use *use = value->uses; use; use = use->next_use)
		if (use->value != value || use->node->order <= node->order)
			return cay_fail(err, CAY_EIO, "'%s' is used by %s before it is defined",
					value->name, use->node->op);
	return 0;
}

int cay_graph_verify(struct cay_graph *graph, struct cay_err *err)
{
	size_t order = 0;

	for (struct cay_node *node = graph->first; node; node = node->next)
		node->order = ++order;
	for (struct cay_node *node = graph->first; node; node = node->next) {
		if (node->next ? node->next->prev != node : graph->last != node)
			return cay_fail(err, CAY_EIO, "the list of nodes is broken at %s",
					node->op);
		for (const struct cay_use *use = node->in; use; use = use->next)
			if (verify_use(use, node, err) < 0)
				return -1;
		for (const struct cay_value *value = node->out; value; value = value->next)
			if (verify_out(value, node, err) < 0)
				return -1;
	}
	return 0;
}
