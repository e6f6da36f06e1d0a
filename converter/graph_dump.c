// A graph as text.
#include "converter/graph.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_VALUES 16 // of a constant; "..." stands for the others

// Writes a name without quotes if it could not be read as anything else.
static void dump_name(const char *name, struct cay_buf *ret)
{
	const char *c = name;

	while (*c && (isalnum((unsigned char)*c) || strchr("_./@-", *c)))
		c++;
	if (*name && !*c)
		cay_buf_text(ret, name);
	else
		cay_buf_json_string(ret, name);
}

static double element(const struct cay_value *value, size_t i)
{
	const uint8_t *at = (const uint8_t *)value->data + i * cay_dtype_size(value->dtype);
	float f32;
	double f64;
	int64_t integer = 0;

	switch (value->dtype) {
	case CAY_DTYPE_F32:
		memcpy(&f32, at, sizeof(f32));
		return (double)f32;
	case CAY_DTYPE_F64:
		memcpy(&f64, at, sizeof(f64));
		return f64;
	case CAY_DTYPE_S8:
		return *(const int8_t *)at;
	case CAY_DTYPE_S16:
	case CAY_DTYPE_I32:
	case CAY_DTYPE_I64:
	case CAY_DTYPE_U8:
	case CAY_DTYPE_BOOL:
	case CAY_DTYPE_F16:
	case CAY_DTYPES:
		break;
	}
	memcpy(&integer, at, cay_dtype_size(value->dtype)); // little-endian, as the file
	return (double)integer;
}

static void dump_constant(const struct cay_value *value, struct cay_buf *ret)
{
	size_t count = value->size / cay_dtype_size(value->dtype);
	char shape[CAY_SHAPE_TEXT];

	cay_buf_text(ret, "const ");
	dump_name(value->name, ret);
	cay_buf_printf(ret, " %s %s =", cay_dtype_name(value->dtype),
		       cay_shape_text(&value->shape, shape));
	for (size_t i = 0; i < count && i < SHOWN_VALUES; i++)
		cay_buf_printf(ret, " %.9g", element(value, i));
	if (count > SHOWN_VALUES)
		cay_buf_text(ret, " ...");
	for (size_t i = 0; i < value->scale_count; i++)
		cay_buf_printf(ret, "%s%.9g", i ? " " : " * ", (double)value->scales[i]);
	cay_buf_text(ret, "\n");
}

// Writes a number so that it cannot be read as an integer.
static void dump_float(double value, struct cay_buf *ret)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9g", value);
	cay_buf_printf(ret, "%s%s", text, strpbrk(text, ".enia") ? "" : ".0");
}

static void dump_element(const struct cay_attr *attr, size_t i, struct cay_buf *ret)
{
	switch (attr->type) {
	case CAY_ATTR_INTS:
	case CAY_ATTR_BLOCKS:
		cay_buf_printf(ret, "%lld", (long long)attr->ints[i]);
		return;
	case CAY_ATTR_LONGS:
		cay_buf_printf(ret, "%lldL", (long long)attr->ints[i]);
		return;
	case CAY_ATTR_BOOLEANS:
		cay_buf_text(ret, attr->ints[i] ? "true" : "false");
		return;
	case CAY_ATTR_FLOATS:
		dump_float((double)attr->floats[i], ret);
		return;
	case CAY_ATTR_FLOAT64S:
		dump_float(attr->doubles[i], ret);
		cay_buf_text(ret, "d");
		return;
	case CAY_ATTR_STRINGS:
		cay_buf_json_string(ret, attr->strings[i]);
		return;
	case CAY_ATTR_INT:
	case CAY_ATTR_FLOAT:
	case CAY_ATTR_STRING:
	case CAY_ATTR_BOOLEAN:
	case CAY_ATTR_BLOCK:
	case CAY_ATTR_LONG:
	case CAY_ATTR_FLOAT64:
	case CAY_ATTR_TYPES:
		return;
	}
}

static void dump_attr(const struct cay_attr *attr, struct cay_buf *ret)
{
	cay_buf_printf(ret, "%s=", attr->name);
	switch (attr->type) {
	case CAY_ATTR_INT:
	case CAY_ATTR_BLOCK:
		cay_buf_printf(ret, "%lld", (long long)attr->i);
		return;
	case CAY_ATTR_LONG:
		cay_buf_printf(ret, "%lldL", (long long)attr->i);
		return;
	case CAY_ATTR_BOOLEAN:
		cay_buf_text(ret, attr->i ? "true" : "false");
		return;
	case CAY_ATTR_FLOAT:
		dump_float(attr->f, ret);
		return;
	case CAY_ATTR_FLOAT64:
		dump_float(attr->f, ret);
		cay_buf_text(ret, "d");
		return;
	case CAY_ATTR_STRING:
		cay_buf_json_string(ret, attr->s);
		return;
	case CAY_ATTR_INTS:
	case CAY_ATTR_FLOATS:
	case CAY_ATTR_STRINGS:
	case CAY_ATTR_BOOLEANS:
	case CAY_ATTR_BLOCKS:
	case CAY_ATTR_LONGS:
	case CAY_ATTR_FLOAT64S:
	case CAY_ATTR_TYPES:
		break;
	}
	cay_buf_text(ret, "[");
	for (size_t i = 0; i < attr->count; i++) {
		cay_buf_text(ret, i ? ", " : "");
		dump_element(attr, i, ret);
	}
	cay_buf_text(ret, "]");
}

static void dump_ins(const struct cay_node *node, struct cay_buf *ret)
{
	cay_buf_text(ret, "(");
	for (const struct cay_use *use = node->in; use; use = use->next) {
		cay_buf_printf(ret, "%s%s=", use == node->in ? "" : ", ", use->slot);
		dump_name(use->value->name, ret);
		if (use->scale)
			cay_buf_printf(ret, "*%.9g", (double)use->scale);
	}
	cay_buf_text(ret, ")");
}

static void dump_outs(const struct cay_node *node, struct cay_buf *ret)
{
	char shape[CAY_SHAPE_TEXT];

	for (const struct cay_value *value = node->out; value; value = value->next) {
		cay_buf_printf(ret, "%s%s=", value == node->out ? " -> " : ", ", value->slot);
		dump_name(value->name, ret);
		cay_buf_printf(ret, ":%s", cay_dtype_name(value->dtype));
		if (value->shape.rank)
			cay_buf_printf(ret, ":%s", cay_shape_text(&value->shape, shape));
		if (node->out_scale)
			cay_buf_printf(ret, "*%.9g", (double)node->out_scale);
	}
}

static void dump_node(const struct cay_node *node, struct cay_buf *ret)
{
	cay_buf_text(ret, node->op);
	if (node->name) {
		cay_buf_text(ret, " ");
		dump_name(node->name, ret);
	}
	dump_ins(node, ret);
	dump_outs(node, ret);
	for (size_t i = 0; i < node->attr_count; i++) {
		cay_buf_text(ret, i ? ", " : " {");
		dump_attr(&node->attrs[i], ret);
	}
	cay_buf_text(ret, node->attr_count ? "}\n" : "\n");
}

void cay_graph_dump(const struct cay_graph *graph, struct cay_buf *ret)
{
	for (const struct cay_node *node = graph->first; node; node = node->next) {
		for (const struct cay_use *use = node->in; use; use = use->next)
			if (cay_use_is_last_of_constant(use))
				dump_constant(use->value, ret);
		dump_node(node, ret);
	}
}
