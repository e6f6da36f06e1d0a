// Models written as text, for tests.
#include "tests/engine/model_text.h"
#include "common/buf.h"
#include "nb/nb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 64

struct reader {
	struct cay_program *program;
	struct cay_arena *arena;
	struct cay_block *block;
	struct cay_err err;
	int feeds, fetches;
};

static void *take(struct reader *r, size_t size)
{
	void *data = cay_arena_alloc(r->arena, size, &r->err);

	ck_assert_msg(data != NULL, "%s", r->err.msg);
	return data;
}

static const char *copy(struct reader *r, const char *text)
{
	const char *c = cay_arena_strdup(r->arena, text, &r->err);

	ck_assert_ptr_nonnull(c);
	return c;
}

static struct cay_shape shape_of(struct reader *r, const char *text)
{
	struct cay_shape shape;

	ck_assert_msg(cay_shape_parse(text, &shape, &r->err) == 0, "%s", r->err.msg);
	return shape;
}

static void add_var(struct reader *r, const char *name, struct cay_shape shape)
{
	ck_assert_uint_lt(r->block->var_count, MAX_ITEMS);
	r->block->vars[r->block->var_count++] = (struct cay_var_desc){
		.name = copy(r, name), .type = CAY_VAR_TENSOR, .shape = shape};
}

static struct cay_op_desc *add_op(struct reader *r, const char *type)
{
	struct cay_op_desc *op = &r->block->ops[r->block->op_count++];

	ck_assert_uint_le(r->block->op_count, MAX_ITEMS);
	op->type = copy(r, type);
	op->in = take(r, 8 * sizeof(*op->in));
	op->out = take(r, 8 * sizeof(*op->out));
	op->attrs = take(r, 32 * sizeof(*op->attrs));
	return op;
}

static void add_slot(struct reader *r, struct cay_slot *slots, size_t *count, char *text)
{
	struct cay_slot *slot = &slots[(*count)++];
	const char **args = take(r, MAX_ITEMS * sizeof(*args));
	char *save, *value = strchr(text, '=');

	ck_assert_msg(value != NULL, "no '=' in '%s'", text);
	*value++ = '\0';
	slot->name = copy(r, text);
	slot->args = args;
	for (char *a = strtok_r(value, ",", &save); a; a = strtok_r(NULL, ",", &save))
		args[slot->count++] = copy(r, a);
}

static void read_list(struct reader *r, struct cay_attr *attr, const char *text)
{
	bool floats = strchr(text, '.') != NULL;
	int64_t *ints = take(r, MAX_ITEMS * sizeof(*ints));
	float *reals = take(r, MAX_ITEMS * sizeof(*reals));
	char *end = (char *)text + 1;

	while (*end && *end != ']') {
		ints[attr->count] = strtoll(end, floats ? NULL : &end, 10);
		if (floats)
			reals[attr->count] = strtof(end, &end);
		attr->count++;
		end += *end == ',';
	}
	attr->type = floats ? CAY_ATTR_FLOATS : CAY_ATTR_INTS;
	if (floats)
		attr->floats = reals;
	else
		attr->ints = ints;
}

static void add_attr(struct reader *r, struct cay_op_desc *op, char *text)
{
	struct cay_attr *attr = &op->attrs[op->attr_count++];
	char *value = strchr(text, '='), *end;

	ck_assert_msg(value != NULL, "no '=' in '%s'", text);
	*value++ = '\0';
	attr->name = copy(r, strcmp(text, "kernel") == 0 ? CAY_KERNEL_ATTR : text);
	attr->type = CAY_ATTR_INT;
	attr->i = strtoll(value, &end, 10);
	if (!*end)
		return;
	attr->type = CAY_ATTR_FLOAT;
	attr->f = strtof(value, &end);
	if (!*end)
		return;
	if (*value == '[') {
		read_list(r, attr, value);
	} else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
		attr->type = CAY_ATTR_BOOLEAN;
		attr->i = *value == 't';
	} else {
		attr->type = CAY_ATTR_STRING;
		attr->s = copy(r, value);
	}
}

static void add_string(struct reader *r, struct cay_op_desc *op, const char *name,
		       const char *value)
{
	op->attrs[op->attr_count++] =
		(struct cay_attr){.name = name, .type = CAY_ATTR_STRING, .s = copy(r, value)};
}

static void read_op(struct reader *r, const char *type, char **save)
{
	struct cay_op_desc *op = add_op(r, type);
	int part = 0; // 0 inputs, 1 outputs, 2 attributes
	bool kernel = false;
	char key[128];

	for (char *word = strtok_r(NULL, " ", save); word; word = strtok_r(NULL, " ", save)) {
		if (strcmp(word, ">") == 0 || strcmp(word, ":") == 0) {
			part = *word == '>' ? 1 : 2;
			continue;
		}
		kernel |= strncmp(word, "kernel=", 7) == 0;
		if (part == 0)
			add_slot(r, op->in, &op->in_count, word);
		else if (part == 1)
			add_slot(r, op->out, &op->out_count, word);
		else
			add_attr(r, op, word);
	}
	snprintf(key, sizeof(key), "%s/def/4/1/1", type);
	if (!kernel)
		add_string(r, op, CAY_KERNEL_ATTR, key);
	for (size_t i = 0; i < op->out_count; i++)
		for (size_t k = 0; k < op->out[i].count; k++)
			add_var(r, op->out[i].args[k], (struct cay_shape){0});
}

static void read_param(struct reader *r, bool int8, char **save)
{
	struct cay_param *param = &r->program->params[r->program->param_count++];
	const char *name = strtok_r(NULL, " ", save);
	size_t count, n = 0;
	float values[256], *floats;
	int8_t *bytes;

	param->name = copy(r, name);
	param->dtype = int8 ? CAY_DTYPE_S8 : CAY_DTYPE_F32;
	param->shape = shape_of(r, strtok_r(NULL, " ", save));
	ck_assert_int_eq(cay_shape_bytes(&param->shape, param->dtype, &param->size, &r->err), 0);
	count = param->size / cay_dtype_size(param->dtype);
	for (char *v = strtok_r(NULL, " ", save); v && n < 256; v = strtok_r(NULL, " ", save))
		values[n++] = strtof(v, NULL);
	ck_assert_uint_gt(n, 0);
	floats = take(r, count * sizeof(float));
	bytes = (int8_t *)floats;
	for (size_t i = 0; i < count; i++)
		if (int8)
			bytes[i] = (int8_t)values[i % n];
		else
			floats[i] = values[i % n];
	param->data = floats;
}

static void read_port(struct reader *r, bool input, char **save)
{
	struct cay_op_desc *op = add_op(r, input ? "feed" : "fetch");
	const char *name = strtok_r(NULL, " ", save);
	const char **port = take(r, sizeof(*port)), **args = take(r, sizeof(*args));

	*port = input ? "feed" : "fetch";
	*args = copy(r, name);
	op->in[op->in_count++] = (struct cay_slot){"X", input ? port : args, 1};
	op->out[op->out_count++] = (struct cay_slot){"Out", input ? args : port, 1};
	op->attrs[op->attr_count++] = (struct cay_attr){
		.name = "col", .type = CAY_ATTR_INT, .i = input ? r->feeds++ : r->fetches++};
	add_string(r, op, CAY_KERNEL_ATTR, input ? "feed/def/1/4/2" : "fetch/def/1/4/2");
	if (input)
		add_var(r, name, shape_of(r, strtok_r(NULL, " ", save)));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cay_param *)a)->name, ((const struct cay_param *)b)->name);
}

void program_from_text(const char *text, struct cay_program *program)
{
	struct reader r = {.program = program, .arena = &program->arena};
	char *lines, *save_line, *save;

	*program = (struct cay_program){.meta = 2, .opt_version = "v2.13-rc", .block_count = 1};
	cay_arena_init(&program->arena, 0);
	program->blocks = r.block = take(&r, sizeof(*r.block));
	r.block->parent = -1;
	r.block->vars = take(&r, MAX_ITEMS * sizeof(*r.block->vars));
	r.block->ops = take(&r, MAX_ITEMS * sizeof(*r.block->ops));
	program->params = take(&r, MAX_ITEMS * sizeof(*program->params));
	lines = cay_arena_strdup(&program->arena, text, &r.err);
	for (char *line = strtok_r(lines, "\n", &save_line); line;
	     line = strtok_r(NULL, "\n", &save_line)) {
		const char *word = strtok_r(line, " ", &save);

		if (!word)
			continue;
		if (strcmp(word, "input") == 0 || strcmp(word, "output") == 0)
			read_port(&r, *word == 'i', &save);
		else if (strcmp(word, "param") == 0 || strcmp(word, "param8") == 0)
			read_param(&r, word[5] == '8', &save);
		else
			read_op(&r, word, &save);
	}
	qsort(program->params, program->param_count, sizeof(*program->params), by_name);
}

const struct cay_kernels *test_kernels(void)
{
	static struct cay_kernels kernels;

	if (!kernels.gemm_f32)
		cay_kernels_init(&kernels, cay_cpu_detect());
	return &kernels;
}

struct cay_model *model_from_text_with(const char *text, const struct cay_kernels *kernels,
				       const struct cay_model_limits *limits, struct cay_err *err)
{
	struct cay_program program;
	struct cay_buf nb = {0};
	struct cay_model *model;

	program_from_text(text, &program);
	ck_assert_msg(cay_nb_write(&program, &nb, err) == 0, "%s", err->msg);
	model = cay_model_load(nb.data, nb.len, kernels, limits, err);
	cay_buf_finish(&nb);
	cay_program_finish(&program);
	return model;
}

struct cay_model *model_from_text(const char *text)
{
	struct cay_err err = {0};
	struct cay_model *model = model_from_text_with(text, test_kernels(), NULL, &err);

	ck_assert_msg(model != NULL, "%s", err.msg);
	return model;
}
