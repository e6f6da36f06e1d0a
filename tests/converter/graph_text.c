// Graphs as text.
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <ctype.h>
#include <string.h>

#define MAX_LIST 64

struct reader {
	const char *at; // what is left of the text
	struct cay_graph *graph;
	struct cay_err err;
};

static void skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t");
}

static bool accept(struct reader *r, const char *token)
{
	size_t length = strlen(token);

	skip_blanks(r);
	if (strncmp(r->at, token, length) != 0)
		return false;
	r->at += length;
	return true;
}

static void expect(struct reader *r, const char *token)
{
	ck_assert_msg(accept(r, token), "'%s' expected at: %.60s", token, r->at);
}

static char *keep(struct reader *r, const char *text, size_t length)
{
	char *copy = cay_arena_strndup(&r->graph->arena, text, length, &r->err);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

// A bare word, or a text in quotes.
static char *read_name(struct reader *r)
{
	const char *start;

	skip_blanks(r);
	start = r->at;
	if (*start == '"') {
		r->at = strchr(start + 1, '"') + 1;
		return keep(r, start + 1, (size_t)(r->at - start - 2));
	}
	while (isalnum((unsigned char)*r->at) || (*r->at && strchr("_./@-", *r->at)))
		r->at++;
	ck_assert_msg(r->at > start, "a name expected at: %.60s", r->at);
	return keep(r, start, (size_t)(r->at - start));
}

static double read_number(struct reader *r, bool *ret_is_float)
{
	char *end;
	double number;

	skip_blanks(r);
	number = strtod(r->at, &end);
	ck_assert_msg(end > r->at, "a number expected at: %.60s", r->at);
	*ret_is_float = false;
	for (; r->at < end; r->at++)
		*ret_is_float |= strchr(".enia", *r->at) != NULL;
	return number;
}

static float read_scale(struct reader *r)
{
	bool is_float;

	return accept(r, "*") ? (float)read_number(r, &is_float) : 0;
}

static void read_dtype(struct reader *r, enum cay_dtype *dtype)
{
	*dtype = cay_dtype_from_name(read_name(r));
	ck_assert_int_lt(*dtype, CAY_DTYPES);
}

static void read_shape(struct reader *r, struct cay_shape *shape)
{
	size_t length;

	skip_blanks(r);
	length = strcspn(r->at, " *,\n");
	ck_ok(cay_shape_parse(keep(r, r->at, length), shape, &r->err), r->err);
	r->at += length;
}

static void store(void *data, enum cay_dtype dtype, size_t i, double number)
{
	switch (dtype) {
	case CAY_DTYPE_F32:
		((float *)data)[i] = (float)number;
		return;
	case CAY_DTYPE_S8:
		((int8_t *)data)[i] = (int8_t)number;
		return;
	case CAY_DTYPE_S16:
		((int16_t *)data)[i] = (int16_t)number;
		return;
	case CAY_DTYPE_I32:
		((int32_t *)data)[i] = (int32_t)number;
		return;
	case CAY_DTYPE_I64:
		((int64_t *)data)[i] = (int64_t)number;
		return;
	default:
		ck_abort_msg("constants of this type are not read");
	}
}

// The numbers up to the end of the line or a '*'; "..." at their end is passed over.
static size_t read_list(struct reader *r, double list[MAX_LIST])
{
	size_t count = 0;
	bool is_float;

	while (!accept(r, "...") && *r->at && *r->at != '\n' && *r->at != '*') {
		ck_assert_uint_lt(count, MAX_LIST);
		list[count++] = read_number(r, &is_float);
		skip_blanks(r);
	}
	return count;
}

static void read_constant(struct reader *r)
{
	const char *name = read_name(r);
	double list[MAX_LIST];
	enum cay_dtype dtype;
	struct cay_shape shape;
	struct cay_value *value;
	size_t count, elements;
	void *data;

	read_dtype(r, &dtype);
	read_shape(r, &shape);
	expect(r, "=");
	count = read_list(r, list);
	ck_ok(cay_shape_count(&shape, &elements, &r->err), r->err);
	data = cay_arena_array(&r->graph->arena, elements, cay_dtype_size(dtype), &r->err);
	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < elements; i++)
		store(data, dtype, i, list[i % count]);
	value = cay_graph_constant(r->graph, name, dtype, &shape, data, &r->err);
	ck_assert_ptr_nonnull(value);
	if (accept(r, "*")) {
		float *scales =
			cay_arena_alloc(&r->graph->arena, sizeof(float) * MAX_LIST, &r->err);

		value->scale_count = read_list(r, list);
		for (size_t i = 0; i < value->scale_count; i++)
			scales[i] = (float)list[i];
		value->scales = scales;
	}
	// Found by name later, through a node that will be dropped again.
	ck_assert_ptr_nonnull(cay_node_add_in(r->graph, r->graph->first, "", value, &r->err));
}

static struct cay_value *find_value(struct reader *r, const char *name)
{
	for (struct cay_node *n = r->graph->first; n; n = n->next) {
		for (struct cay_value *out = n->out; out; out = out->next)
			if (strcmp(out->name, name) == 0)
				return out;
		for (struct cay_use *use = n->in; use; use = use->next)
			if (strcmp(use->value->name, name) == 0)
				return use->value;
	}
	ck_abort_msg("no value is called '%s'", name);
}

static void read_attr_list(struct reader *r, struct cay_attr *attr)
{
	int64_t *ints = cay_arena_alloc(&r->graph->arena, sizeof(*ints) * MAX_LIST, &r->err);
	float *floats = cay_arena_alloc(&r->graph->arena, sizeof(*floats) * MAX_LIST, &r->err);
	bool is_float = false;

	while (!accept(r, "]")) {
		double number;

		ck_assert_uint_lt(attr->count, MAX_LIST);
		number = read_number(r, &is_float);
		ints[attr->count] = is_float ? 0 : (int64_t)number;
		floats[attr->count++] = (float)number;
		accept(r, ",");
	}
	attr->type = is_float ? CAY_ATTR_FLOATS : CAY_ATTR_INTS;
	if (is_float)
		attr->floats = floats;
	else
		attr->ints = ints;
}

static void read_attr(struct reader *r, struct cay_node *node)
{
	struct cay_attr attr = {.name = read_name(r)};
	bool is_float;
	double number;

	expect(r, "=");
	skip_blanks(r);
	if (*r->at == '"') {
		attr.type = CAY_ATTR_STRING;
		attr.s = read_name(r);
	} else if (accept(r, "true") || accept(r, "false")) {
		attr.type = CAY_ATTR_BOOLEAN;
		attr.i = r->at[-2] == 'u'; // tr(u)e
	} else if (accept(r, "[")) {
		read_attr_list(r, &attr);
	} else {
		number = read_number(r, &is_float);
		attr.type = is_float	     ? CAY_ATTR_FLOAT
			    : accept(r, "L") ? CAY_ATTR_LONG
					     : CAY_ATTR_INT;
		if (is_float)
			attr.f = number;
		else
			attr.i = (int64_t)number;
	}
	ck_ok(cay_node_set(r->graph, node, &attr, &r->err), r->err);
}

static void read_out(struct reader *r, struct cay_node *node)
{
	const char *slot = read_name(r), *name;
	struct cay_value *value;

	expect(r, "=");
	name = read_name(r);
	value = cay_node_add_out(r->graph, node, slot, name, &r->err);
	ck_assert_ptr_nonnull(value);
	if (accept(r, ":"))
		read_dtype(r, &value->dtype);
	if (accept(r, ":"))
		read_shape(r, &value->shape);
	node->out_scale = read_scale(r);
}

static void read_node(struct reader *r)
{
	struct cay_node *node = cay_graph_insert(r->graph, NULL, read_name(r), &r->err);

	ck_assert_ptr_nonnull(node);
	if (!accept(r, "(")) {
		node->name = read_name(r);
		expect(r, "(");
	}
	while (!accept(r, ")")) {
		const char *slot = read_name(r);
		struct cay_use *use;

		expect(r, "=");
		use = cay_node_add_in(r->graph, node, slot, find_value(r, read_name(r)), &r->err);
		ck_assert_ptr_nonnull(use);
		use->scale = read_scale(r);
		accept(r, ",");
	}
	for (bool more = accept(r, "->"); more; more = accept(r, ","))
		read_out(r, node);
	if (accept(r, "{"))
		while (!accept(r, "}")) {
			read_attr(r, node);
			accept(r, ",");
		}
}

// Two readings of all lines: the constants first.
static void read_lines(struct reader *r, const char *text, bool constants)
{
	for (r->at = text; *r->at; r->at += strspn(r->at, " \t\n")) {
		skip_blanks(r);
		if (accept(r, "const ") != constants) {
			r->at += strcspn(r->at, "\n");
			continue;
		}
		if (constants)
			read_constant(r);
		else
			read_node(r);
		skip_blanks(r);
		ck_assert_msg(!*r->at || *r->at == '\n', "end of line expected at: %.60s", r->at);
	}
}

void graph_read(const char *text, struct cay_graph *graph)
{
	struct reader r = {.graph = graph};
	struct cay_node *holder; // keeps the constants findable

	cay_graph_init(graph);
	holder = cay_graph_insert(graph, NULL, "holder", &r.err);
	ck_assert_ptr_nonnull(holder);
	read_lines(&r, text, true);
	read_lines(&r, text, false);
	cay_graph_remove(graph, holder);
	ck_ok(cay_graph_verify(graph, &r.err), r.err);
}

void check_pass(pass_fn *pass, const char *before, const char *after)
{
	check_pass_for(CAY_COMPAT_2_9, pass, before, after);
}

void check_pass_for(enum cay_compat compat, pass_fn *pass, const char *before, const char *after)
{
	struct cay_graph graph;
	struct cay_buf dump = {0};
	struct cay_err err = {0};

	graph_read(before, &graph);
	graph.compat = compat;
	ck_ok(pass(&graph, &err), err);
	ck_ok(cay_graph_verify(&graph, &err), err);
	cay_graph_dump(&graph, &dump);
	ck_assert_str_eq(cay_buf_cstr(&dump), after);
	cay_buf_finish(&dump);
	cay_graph_finish(&graph);
}

void check_pass_fails(pass_fn *pass, const char *before, const char *part)
{
	struct cay_graph graph;
	struct cay_err err = {0};

	graph_read(before, &graph);
	ck_assert_int_lt(pass(&graph, &err), 0);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_msg(strstr(err.msg, part) != NULL, "%s", err.msg);
	cay_graph_finish(&graph);
}
