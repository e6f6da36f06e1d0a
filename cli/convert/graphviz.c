// A .nb as a picture: Graphviz, one graph a block, ops as boxes and tensors as arrows.
#include "cli/convert/convert.h"
#include "common/file.h"
#include "common/names.h"
#include "nb/nb.h"

#include <stdio.h>
#include <string.h>

#define MAX_NB ((size_t)1 << 30) // bytes

// Graphviz takes \" for a quote and \\ for a backslash; bytes that no terminal should see are
// left out.
static void put_escaped(struct cay_buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			cay_buf_text(out, "\\");
		if ((unsigned char)*text >= ' ' && *text != 0x7f)
			cay_buf_put(out, text, 1);
	}
}

// Appends the text in an op's box: type, kernel, and its weights' shapes.
static void put_op(struct cay_buf *out, const struct cay_program *program, size_t index,
		   const struct cay_op_desc *op)
{
	const char *kernel = cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, "");
	struct cay_kernel_key key = {0};
	struct cay_err err;
	char text[CAY_SHAPE_TEXT];
	bool int8;

	if (*kernel && cay_kernel_key_parse(kernel, &key, &err) < 0)
		key = (struct cay_kernel_key){0};
	int8 = key.precision == CAY_PRECISION_INT8 || strcmp(key.alias, "fp32_to_int8") == 0;
	cay_buf_printf(out, "  op%zu [label=\"", index);
	put_escaped(out, op->type);
	if (*key.alias && strcmp(key.alias, "def") != 0) {
		cay_buf_text(out, "\\n");
		put_escaped(out, key.alias);
	}
	for (size_t i = 0; i < op->in_count; i++)
		for (size_t k = 0; k < op->in[i].count; k++) {
			const struct cay_param *param =
				cay_program_param(program, op->in[i].args[k]);

			if (!param)
				continue;
			cay_buf_text(out, "\\n");
			put_escaped(out, op->in[i].name);
			cay_buf_printf(out, " %s", cay_shape_text(&param->shape, text));
		}
	cay_buf_printf(out, "\", fillcolor=\"%s\"];\n", int8 ? "#cfe8cf" : "#dbe4f3");
}

// An arrow from the op that computed the variable last.
static void put_arrows(struct cay_buf *out, const struct cay_names *computed, size_t index,
		       const struct cay_op_desc *op)
{
	for (size_t i = 0; i < op->in_count; i++)
		for (size_t k = 0; k < op->in[i].count; k++) {
			uint32_t from = cay_names_get(computed, op->in[i].args[k]);

			if (from == CAY_NO_INDEX)
				continue;
			cay_buf_printf(out, "  op%u -> op%zu [label=\"", from, index);
			put_escaped(out, op->in[i].args[k]);
			cay_buf_text(out, "\"];\n");
		}
}

static int put_block(struct cay_buf *out, const struct cay_program *program,
		     const struct cay_block *block, struct cay_err *err)
{
	struct cay_arena arena;
	struct cay_names computed;
	int result = 0;

	cay_arena_init(&arena, 0);
	cay_names_init(&computed, &arena);
	cay_buf_text(out, "// green: int8, blue: fp32 and others\ndigraph G {\n"
			  "  node [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\"];\n"
			  "  edge [fontname=\"sans-serif\", fontsize=9];\n");
	for (size_t i = 0; result == 0 && i < block->op_count; i++) {
		const struct cay_op_desc *op = &block->ops[i];

		put_op(out, program, i, op);
		put_arrows(out, &computed, i, op);
		for (size_t s = 0; s < op->out_count; s++)
			for (size_t k = 0; result == 0 && k < op->out[s].count; k++)
				result = cay_names_set(&computed, op->out[s].args[k], (uint32_t)i,
						       err);
	}
	cay_buf_text(out, "}\n");
	cay_arena_finish(&arena);
	return result;
}

static int write_block(const struct cay_program *program, size_t index, const char *dir)
{
	struct cay_buf dot = {0}, path = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	cay_buf_printf(&path, "%s/Block_%zu.dot", dir, index);
	if (put_block(&dot, program, &program->blocks[index], &err) < 0 ||
	    cay_buf_check(&dot, &err) < 0 || cay_buf_check(&path, &err) < 0 ||
	    cay_file_write(cay_buf_cstr(&path), dot.data, dot.len, &err) < 0)
		status = cay_exit_fail(dir, &err);
	else
		printf("%s\n", cay_buf_cstr(&path));
	cay_buf_finish(&dot);
	cay_buf_finish(&path);
	return status;
}

int cay_write_graphviz(const char *nb_path, const char *dir)
{
	struct cay_buf nb = {0};
	struct cay_program program = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (cay_input_read(nb_path, MAX_NB, &nb, &err) < 0 ||
	    cay_nb_read(nb.data, nb.len, &program, &err) < 0)
		status = cay_exit_fail(nb_path, &err);
	for (size_t i = 0; status == CAY_EXIT_DONE && i < program.block_count; i++)
		status = write_block(&program, i, dir);
	cay_program_finish(&program);
	cay_buf_finish(&nb);
	return status;
}
