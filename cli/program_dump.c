// The program in a .nb as it stands there: text for people, JSON for scripts.
#include "cli/program_dump.h"
#include "cli/cli.h"

#include <inttypes.h>

// FNV-1a of a parameter's bytes: enough to tell whether two files hold the same weights.
static uint64_t fingerprint(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static void put_float(struct cay_buf *out, double value, int digits)
{
	if (value - value == 0)
		cay_buf_printf(out, "%.*g", digits, value);
	else // JSON has no other word for it
		cay_buf_text(out, value > 0   ? "\"Infinity\""
				  : value < 0 ? "\"-Infinity\""
					      : "\"NaN\"");
}

static void put_item(struct cay_buf *out, const struct cay_attr *attr, size_t i)
{
	if (attr->type == CAY_ATTR_FLOATS)
		put_float(out, (double)attr->floats[i], 9);
	else if (attr->type == CAY_ATTR_FLOAT64S)
		put_float(out, attr->doubles[i], 17);
	else if (attr->type == CAY_ATTR_STRINGS)
		cay_buf_json_string(out, attr->strings[i]);
	else
		cay_buf_printf(out, "%" PRId64, attr->ints[i]);
}

static void put_list(struct cay_buf *out, const struct cay_attr *attr)
{
	cay_buf_text(out, "[");
	for (size_t i = 0; i < attr->count; i++) {
		cay_buf_text(out, i ? ", " : "");
		put_item(out, attr, i);
	}
	cay_buf_text(out, "]");
}

static void put_value(struct cay_buf *out, const struct cay_attr *attr)
{
	switch (attr->type) {
	case CAY_ATTR_INT:
	case CAY_ATTR_LONG:
	case CAY_ATTR_BLOCK:
		cay_buf_printf(out, "%" PRId64, attr->i);
		return;
	case CAY_ATTR_BOOLEAN:
		cay_buf_text(out, attr->i ? "true" : "false");
		return;
	case CAY_ATTR_FLOAT:
	case CAY_ATTR_FLOAT64:
		put_float(out, attr->f, attr->type == CAY_ATTR_FLOAT ? 9 : 17);
		return;
	case CAY_ATTR_STRING:
		cay_buf_json_string(out, attr->s);
		return;
	case CAY_ATTR_INTS:
	case CAY_ATTR_LONGS:
	case CAY_ATTR_BLOCKS:
	case CAY_ATTR_BOOLEANS:
	case CAY_ATTR_FLOATS:
	case CAY_ATTR_FLOAT64S:
	case CAY_ATTR_STRINGS:
		put_list(out, attr);
		return;
	case CAY_ATTR_TYPES:
		break;
	}
	cay_buf_text(out, "null");
}

static void put_arguments(struct cay_buf *out, const struct cay_slot *slot)
{
	cay_buf_text(out, "[");
	for (size_t i = 0; i < slot->count; i++) {
		cay_buf_text(out, i ? ", " : "");
		cay_buf_json_string(out, slot->args[i]);
	}
	cay_buf_text(out, "]");
}

// --- Text: names and values as JSON has them, since they may be anything ------------------------

static void text_slots(struct cay_buf *out, const char *mark, const struct cay_slot *slots,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cay_buf_printf(out, "    %s ", mark);
		cay_print_name(out, slots[i].name);
		cay_buf_text(out, " ");
		put_arguments(out, &slots[i]);
		cay_buf_text(out, "\n");
	}
}

static void text_block(struct cay_buf *out, const struct cay_block *block)
{
	cay_buf_printf(out, "block %d, within %d\n", block->idx, block->parent);
	for (size_t i = 0; i < block->op_count; i++) {
		const struct cay_op_desc *op = &block->ops[i];

		cay_buf_printf(out, "  %zu ", i);
		cay_buf_json_string(out, op->type);
		cay_buf_text(out, "\n");
		text_slots(out, "<-", op->in, op->in_count);
		text_slots(out, "->", op->out, op->out_count);
		for (size_t k = 0; k < op->attr_count; k++) {
			cay_buf_text(out, "    ");
			cay_print_name(out, op->attrs[k].name);
			cay_buf_text(out, " = ");
			put_value(out, &op->attrs[k]);
			cay_buf_text(out, "\n");
		}
	}
}

void cay_program_dump_text(const struct cay_program *program, struct cay_buf *out)
{
	char text[CAY_SHAPE_TEXT];

	for (size_t i = 0; i < program->block_count; i++)
		text_block(out, &program->blocks[i]);
	cay_buf_printf(out, "%zu parameters\n", program->param_count);
	for (size_t i = 0; i < program->param_count; i++) {
		const struct cay_param *param = &program->params[i];

		cay_buf_printf(out, "  %-6s %-16s %016" PRIx64 " ", cay_dtype_name(param->dtype),
			       cay_shape_text(&param->shape, text),
			       fingerprint(param->data, param->size));
		cay_buf_json_string(out, param->name);
		cay_buf_text(out, "\n");
	}
}

// --- JSON ---------------------------------------------------------------------------------------

static void json_slots(struct cay_buf *out, const char *key, const struct cay_slot *slots,
		       size_t count)
{
	cay_buf_printf(out, ", \"%s\": {", key);
	for (size_t i = 0; i < count; i++) {
		cay_buf_text(out, i ? ", " : "");
		cay_buf_json_string(out, slots[i].name);
		cay_buf_text(out, ": ");
		put_arguments(out, &slots[i]);
	}
	cay_buf_text(out, "}");
}

static void json_op(struct cay_buf *out, const struct cay_op_desc *op)
{
	cay_buf_text(out, "{\"type\": ");
	cay_buf_json_string(out, op->type);
	json_slots(out, "inputs", op->in, op->in_count);
	json_slots(out, "outputs", op->out, op->out_count);
	cay_buf_text(out, ", \"attrs\": {");
	for (size_t i = 0; i < op->attr_count; i++) {
		cay_buf_text(out, i ? ", " : "");
		cay_buf_json_string(out, op->attrs[i].name);
		cay_buf_text(out, ": ");
		put_value(out, &op->attrs[i]);
	}
	cay_buf_text(out, "}}");
}

static void json_param(struct cay_buf *out, const struct cay_param *param)
{
	cay_buf_text(out, "{\"name\": ");
	cay_buf_json_string(out, param->name);
	cay_buf_printf(out, ", \"datatype\": \"%s\", \"shape\": ", cay_dtype_name(param->dtype));
	cay_shape_put_json(&param->shape, out);
	cay_buf_printf(out, ", \"fnv1a\": \"%016" PRIx64 "\"}",
		       fingerprint(param->data, param->size));
}

void cay_program_dump_json(const struct cay_program *program, struct cay_buf *out)
{
	cay_buf_printf(out, "{\"meta\": %d, \"opt_version\": ", program->meta);
	cay_buf_json_string(out, program->opt_version);
	cay_buf_text(out, ",\n \"blocks\": [");
	for (size_t b = 0; b < program->block_count; b++) {
		cay_buf_text(out, b ? ",\n [" : "\n [");
		for (size_t i = 0; i < program->blocks[b].op_count; i++) {
			cay_buf_text(out, i ? ",\n  " : "\n  ");
			json_op(out, &program->blocks[b].ops[i]);
		}
		cay_buf_text(out, "]");
	}
	cay_buf_text(out, "],\n \"parameters\": [");
	for (size_t i = 0; i < program->param_count; i++) {
		cay_buf_text(out, i ? ",\n  " : "\n  ");
		json_param(out, &program->params[i]);
	}
	cay_buf_text(out, "]}\n");
}
