// Program to .nb bytes, of meta 2.
#include "nb/nb.h"
#include "common/size.h"
#include "nb/flatbuf.h"
#include "nb/schema.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	struct cay_fb_writer fb;
	struct cay_arena scratch; // sorted lists
	struct cay_err *err;
};

#define SCALAR(slot, bytes, bits) ((struct cay_fb_field){slot, bytes, (uint64_t)(bits), 0})
#define REFERENCE(slot)		  ((struct cay_fb_field){slot, 4, 0, 0})

// By the name that each item begins with; then as they stood, so that the order is always the same.
static int compare_names(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a;
	const char *const *y = *(const char *const *const *)b;
	int order = strcmp(*x, *y);

	return order ? order : (x > y) - (x < y);
}

// Pointers to the items, which begin with their names, in the order of these. NULL on failure.
static const void **sort_by_name(struct writer *w, const void *items, size_t count, size_t size)
{
	const void **sorted = cay_arena_array(&w->scratch, count, sizeof(*sorted), w->err);

	for (size_t i = 0; i < count && sorted; i++)
		sorted[i] = (const char *)items + i * size;
	if (sorted)
		qsort(sorted, count, sizeof(*sorted), compare_names);
	return sorted;
}

static void put_strings(struct writer *w, size_t hole, const char *const *texts, size_t count)
{
	size_t at = cay_fb_put_vector(&w->fb, hole, NULL, count, 4);

	for (size_t i = 0; i < count; i++)
		cay_fb_put_string(&w->fb, at + 4 * i, texts[i]);
}

static int put_slots(struct writer *w, size_t hole, const struct cay_slot *slots, size_t count)
{
	const void **sorted = sort_by_name(w, slots, count, sizeof(*slots));
	size_t at = cay_fb_put_vector(&w->fb, hole, NULL, count, 4);

	for (size_t i = 0; i < count && sorted; i++) {
		const struct cay_slot *slot = sorted[i];
		struct cay_fb_field f[] = {REFERENCE(SLOT_NAME), REFERENCE(SLOT_ARGS)};

		cay_fb_put_table(&w->fb, at + 4 * i, f, CAY_ARRAY_SIZE(f));
		cay_fb_put_string(&w->fb, f[0].at, slot->name);
		put_strings(w, f[1].at, slot->args, slot->count);
	}
	return sorted ? 0 : -1;
}

static bool fits(int64_t value, unsigned size)
{
	return size == 8 || (size == 4 && value >= INT32_MIN && value <= INT32_MAX) ||
	       (size == 1 && value >= 0 && value <= 1);
}

static int put_ints(struct writer *w, size_t hole, const struct cay_attr *attr, unsigned size)
{
	uint8_t *narrow = cay_arena_array(&w->scratch, attr->count, size, w->err);

	if (!narrow)
		return -1;
	for (size_t i = 0; i < attr->count; i++) {
		if (!fits(attr->ints[i], size))
			return cay_fail(w->err, CAY_EMODEL, "%lld does not fit",
					(long long)attr->ints[i]);
		memcpy(narrow + i * size, &attr->ints[i], size);
	}
	cay_fb_put_vector(&w->fb, hole, narrow, attr->count, size);
	return 0;
}

static uint64_t real_bits(double value, unsigned size)
{
	float single = (float)value;
	uint64_t bits = 0;

	memcpy(&bits, size == 4 ? (const void *)&single : (const void *)&value, size);
	return bits;
}

static int put_value(struct writer *w, size_t hole, const struct cay_attr *attr,
		     const struct cay_nb_value *value)
{
	switch (value->form) {
	case FORM_STRING:
		cay_fb_put_string(&w->fb, hole, attr->s);
		break;
	case FORM_STRINGS:
		put_strings(w, hole, attr->strings, attr->count);
		break;
	case FORM_INTS:
		return put_ints(w, hole, attr, value->size);
	case FORM_REALS:
		cay_fb_put_vector(&w->fb, hole, attr->floats, attr->count, value->size);
		break;
	case FORM_NONE:
	case FORM_INT:
	case FORM_REAL:
		break; // in the table
	}
	return 0;
}

// A BLOCK is written as an INT: that is where runtimes look for sub_block.
static int put_attr(struct writer *w, size_t hole, const struct cay_attr *attr)
{
	enum cay_attr_type type = attr->type == CAY_ATTR_BLOCK ? CAY_ATTR_INT : attr->type;
	const struct cay_nb_value *value = &cay_nb_values[type];
	struct cay_fb_field f[] = {REFERENCE(ATTR_NAME), REFERENCE(value->slot),
				   SCALAR(ATTR_TYPE, 4, type)};

	if (value->form == FORM_NONE)
		return cay_fail(w->err, CAY_EMODEL, "type %d cannot be stored", (int)type);
	if (value->form == FORM_INT) {
		if (!fits(attr->i, value->size))
			return cay_fail(w->err, CAY_EMODEL, "%lld does not fit",
					(long long)attr->i);
		f[1] = SCALAR(value->slot, value->size, attr->i);
	} else if (value->form == FORM_REAL) {
		f[1] = SCALAR(value->slot, value->size, real_bits(attr->f, value->size));
	}
	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, attr->name);
	return put_value(w, f[1].at, attr, value);
}

static int put_attrs(struct writer *w, size_t hole, const struct cay_op_desc *op)
{
	const void **sorted = sort_by_name(w, op->attrs, op->attr_count, sizeof(*op->attrs));
	size_t at = cay_fb_put_vector(&w->fb, hole, NULL, op->attr_count, 4);

	for (size_t i = 0; i < op->attr_count && sorted; i++) {
		const struct cay_attr *attr = sorted[i];

		if (put_attr(w, at + 4 * i, attr) < 0)
			return cay_wrap(w->err, "attribute '%s'", attr->name);
	}
	return sorted ? 0 : -1;
}

static int put_op(struct writer *w, size_t hole, const struct cay_op_desc *op)
{
	struct cay_fb_field f[] = {REFERENCE(OP_TYPE), REFERENCE(OP_INPUTS), REFERENCE(OP_OUTPUTS),
				   REFERENCE(OP_ATTRS)};

	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, op->type);
	if (put_slots(w, f[1].at, op->in, op->in_count) < 0 ||
	    put_slots(w, f[2].at, op->out, op->out_count) < 0)
		return -1;
	return put_attrs(w, f[3].at, op);
}

static void put_tensor_type(struct writer *w, size_t hole, const struct cay_var_desc *var)
{
	struct cay_fb_field lod[] = {REFERENCE(LOD_TENSOR_TENSOR)};
	struct cay_fb_field tensor[] = {
		REFERENCE(TENSOR_DIMS),
		SCALAR(TENSOR_DATA_TYPE, 4, cay_dtype_to_var_type(var->dtype)),
	};

	cay_fb_put_table(&w->fb, hole, lod, CAY_ARRAY_SIZE(lod));
	cay_fb_put_table(&w->fb, lod[0].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&w->fb, tensor[0].at, var->shape.dim, var->shape.rank, 8);
}

static int put_var(struct writer *w, size_t hole, const struct cay_var_desc *var)
{
	bool is_array = var->type == CAY_VAR_TENSOR_ARRAY;
	bool is_tensor = is_array || var->type == CAY_VAR_TENSOR;
	struct cay_fb_field f[] = {REFERENCE(VAR_NAME), REFERENCE(VAR_TYPE),
				   SCALAR(VAR_PERSISTABLE, 1, var->persistable)};
	struct cay_fb_field type[] = {SCALAR(TYPE_NUMBER, 4, (uint32_t)var->type),
				      REFERENCE(is_array ? TYPE_TENSOR_ARRAY : TYPE_TENSOR)};

	if (is_tensor && (var->dtype >= CAY_DTYPES || var->shape.rank > CAY_MAX_RANK))
		return cay_fail(w->err, CAY_EMODEL, "variable '%s': no known data type", var->name);
	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, var->name);
	cay_fb_put_table(&w->fb, f[1].at, type, is_tensor ? 2 : 1);
	if (is_tensor)
		put_tensor_type(w, type[1].at, var);
	return 0;
}

static int put_block(struct writer *w, size_t hole, const struct cay_block *block)
{
	struct cay_fb_field f[] = {SCALAR(BLOCK_IDX, 4, (uint32_t)block->idx),
				   SCALAR(BLOCK_PARENT, 4, (uint32_t)block->parent),
				   REFERENCE(BLOCK_VARS), REFERENCE(BLOCK_OPS)};
	size_t vars, ops;

	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	vars = cay_fb_put_vector(&w->fb, f[2].at, NULL, block->var_count, 4);
	for (size_t i = 0; i < block->var_count; i++)
		if (put_var(w, vars + 4 * i, &block->vars[i]) < 0)
			return -1;
	ops = cay_fb_put_vector(&w->fb, f[3].at, NULL, block->op_count, 4);
	for (size_t i = 0; i < block->op_count; i++)
		if (put_op(w, ops + 4 * i, &block->ops[i]) < 0)
			return cay_wrap(w->err, "op %zu '%s'", i, block->ops[i].type);
	return 0;
}

static int put_topology(struct writer *w, const struct cay_program *program, struct cay_buf *ret)
{
	struct cay_fb_field f[] = {REFERENCE(PROGRAM_BLOCKS), REFERENCE(PROGRAM_VERSION)};
	struct cay_fb_field version[] = {SCALAR(VERSION_NUMBER, 8, program->version)};
	size_t blocks;

	cay_fb_writer_init(&w->fb, ret);
	cay_fb_put_table(&w->fb, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_table(&w->fb, f[1].at, version, CAY_ARRAY_SIZE(version));
	blocks = cay_fb_put_vector(&w->fb, f[0].at, NULL, program->block_count, 4);
	for (size_t i = 0; i < program->block_count; i++)
		if (put_block(w, blocks + 4 * i, &program->blocks[i]) < 0)
			return -1;
	return cay_fb_writer_check(&w->fb, w->err);
}

static int check_param(const struct cay_param *param, struct cay_err *err)
{
	size_t size;

	if (param->dtype >= CAY_DTYPES || param->shape.rank > CAY_MAX_RANK)
		return cay_fail(err, CAY_EMODEL, "no known data type");
	if (cay_shape_bytes(&param->shape, param->dtype, &size, err) < 0)
		return -1;
	if (size != param->size)
		return cay_fail(err, CAY_EMODEL, "%zu bytes, but the shape takes %zu", param->size,
				size);
	return 0;
}

// u32 bytes that follow, u32 offset 4, the FlatBuffer.
static int put_param(struct writer *w, const struct cay_param *param, struct cay_buf *ret)
{
	struct cay_fb_field f[] = {REFERENCE(PARAM_NAME), REFERENCE(PARAM_TENSOR),
				   SCALAR(PARAM_UNION, 1, CAY_NB_UNION_TENSOR)};
	struct cay_fb_field tensor[] = {
		REFERENCE(PARAM_DIMS), REFERENCE(PARAM_DATA),
		SCALAR(PARAM_DATA_TYPE, 4, cay_dtype_to_var_type(param->dtype))};
	uint32_t head[2] = {0, 4};
	size_t start = ret->len;

	if (check_param(param, w->err) < 0)
		return -1;
	cay_buf_put(ret, head, sizeof(head));
	cay_fb_writer_init(&w->fb, ret);
	cay_fb_put_table(&w->fb, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, param->name);
	cay_fb_put_table(&w->fb, f[1].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&w->fb, tensor[0].at, param->shape.dim, param->shape.rank, 8);
	cay_fb_put_vector(&w->fb, tensor[1].at, param->data ? param->data : "", param->size, 1);
	if (cay_fb_writer_check(&w->fb, w->err) < 0)
		return -1;
	head[0] = (uint32_t)(ret->len - start - 4);
	memcpy(ret->data + start, head, sizeof(head));
	return 0;
}

static int put_params(struct writer *w, const struct cay_program *program, struct cay_buf *ret)
{
	size_t count = program->param_count;
	const void **sorted = sort_by_name(w, program->params, count, sizeof(*program->params));
	uint16_t head[] = {0, 0, CAY_NB_PARAM_HEADER, (uint16_t)count};
	uint32_t largest = 0;

	if (!sorted)
		return -1;
	if (count > CAY_NB_MAX_PARAMS)
		return cay_fail(w->err, CAY_EMODEL, "%zu parameters; a .nb holds %d", count,
				CAY_NB_MAX_PARAMS);
	for (size_t i = 0; i < count; i++)
		if (program->params[i].size > largest)
			largest = (uint32_t)program->params[i].size;
	cay_buf_put(ret, head, sizeof(head));
	cay_buf_put(ret, &largest, sizeof(largest));
	for (size_t i = 0; i < count; i++) {
		const struct cay_param *param = sorted[i];

		if (i && strcmp(*(const char *const *)sorted[i - 1], param->name) == 0)
			return cay_fail(w->err, CAY_EMODEL, "parameter '%s' is there twice",
					param->name);
		if (put_param(w, param, ret) < 0)
			return cay_wrap(w->err, "parameter '%s'", param->name);
	}
	return cay_buf_check(ret, w->err);
}

static int put_file(struct writer *w, const struct cay_program *program, struct cay_buf *ret)
{
	const uint16_t meta = CAY_NB_META;
	size_t start = ret->len;
	uint64_t topology;

	cay_buf_put(ret, &meta, sizeof(meta));
	cay_buf_put(ret, program->opt_version, strnlen(program->opt_version, CAY_NB_VERSION_TEXT));
	cay_buf_fill(ret, 0,
		     start + CAY_NB_HEADER - ret->len); // the topology's size is yet to come
	if (put_topology(w, program, ret) < 0)
		return -1;
	topology = ret->len - start - CAY_NB_HEADER;
	memcpy(ret->data + start + CAY_NB_HEADER - sizeof(topology), &topology, sizeof(topology));
	return put_params(w, program, ret);
}

int cay_nb_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	struct writer w = {.err = err};
	size_t start = ret->len;
	int result;

	cay_arena_init(&w.scratch, 0);
	result = put_file(&w, program, ret);
	cay_arena_finish(&w.scratch);
	if (result < 0)
		ret->len = start;
	return result;
}
