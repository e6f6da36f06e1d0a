// The topology of a .nb: blocks, variables and ops to FlatBuffers bytes.
#include "nb/topology.h"
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

static int compare_names(const void *a, const void *b)
{
	const char *const *x = *(const char *const *const *)a;
	const char *const *y = *(const char *const *const *)b;
	int order = strcmp(*x, *y);

	return order ? order : (x > y) - (x < y);
}

const void **cay_topology_sort(struct cay_arena *arena, const void *items, size_t count,
			       size_t size, struct cay_err *err)
{
	const void **sorted = cay_arena_array(arena, count, sizeof(*sorted), err);

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
	const void **sorted = cay_topology_sort(&w->scratch, slots, count, sizeof(*slots), w->err);
	size_t at = cay_fb_put_vector(&w->fb, hole, NULL, count, 4);

	for (size_t i = 0; i < count && sorted; i++) {
		const struct cay_slot *slot = sorted[i];
		struct cay_fb_field f[] = {CAY_FB_REFERENCE(SLOT_NAME),
					   CAY_FB_REFERENCE(SLOT_ARGS)};

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
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(ATTR_NAME), CAY_FB_REFERENCE(value->slot),
				   CAY_FB_SCALAR(ATTR_TYPE, 4, type)};

	if (value->form == FORM_NONE)
		return cay_fail(w->err, CAY_EMODEL, "type %d cannot be stored", (int)type);
	if (value->form == FORM_INT) {
		if (!fits(attr->i, value->size))
			return cay_fail(w->err, CAY_EMODEL, "%lld does not fit",
					(long long)attr->i);
		f[1] = CAY_FB_SCALAR(value->slot, value->size, attr->i);
	} else if (value->form == FORM_REAL) {
		f[1] = CAY_FB_SCALAR(value->slot, value->size, real_bits(attr->f, value->size));
	}
	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, attr->name);
	return put_value(w, f[1].at, attr, value);
}

static int put_attrs(struct writer *w, size_t hole, const struct cay_op_desc *op)
{
	const void **sorted = cay_topology_sort(&w->scratch, op->attrs, op->attr_count,
						sizeof(*op->attrs), w->err);
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
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(OP_TYPE), CAY_FB_REFERENCE(OP_INPUTS),
				   CAY_FB_REFERENCE(OP_OUTPUTS), CAY_FB_REFERENCE(OP_ATTRS)};

	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, op->type);
	if (put_slots(w, f[1].at, op->in, op->in_count) < 0 ||
	    put_slots(w, f[2].at, op->out, op->out_count) < 0)
		return -1;
	return put_attrs(w, f[3].at, op);
}

static void put_tensor_type(struct writer *w, size_t hole, const struct cay_var_desc *var)
{
	struct cay_fb_field lod[] = {CAY_FB_REFERENCE(LOD_TENSOR_TENSOR)};
	struct cay_fb_field tensor[] = {
		CAY_FB_REFERENCE(TENSOR_DIMS),
		CAY_FB_SCALAR(TENSOR_DATA_TYPE, 4, cay_dtype_to_var_type(var->dtype)),
	};

	cay_fb_put_table(&w->fb, hole, lod, CAY_ARRAY_SIZE(lod));
	cay_fb_put_table(&w->fb, lod[0].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&w->fb, tensor[0].at, var->shape.dim, var->shape.rank, 8);
}

static int put_var(struct writer *w, size_t hole, const struct cay_var_desc *var)
{
	bool is_array = var->type == CAY_VAR_TENSOR_ARRAY;
	bool is_tensor = is_array || var->type == CAY_VAR_TENSOR;
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(VAR_NAME), CAY_FB_REFERENCE(VAR_TYPE),
				   CAY_FB_SCALAR(VAR_PERSISTABLE, 1, var->persistable)};
	struct cay_fb_field type[] = {CAY_FB_SCALAR(TYPE_NUMBER, 4, (uint32_t)var->type),
				      CAY_FB_REFERENCE(is_array ? TYPE_TENSOR_ARRAY : TYPE_TENSOR)};

	if (is_tensor && var->dtype >= CAY_DTYPES)
		return cay_fail(w->err, CAY_EMODEL, "variable '%s': unknown data type", var->name);
	cay_fb_put_table(&w->fb, hole, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&w->fb, f[0].at, var->name);
	cay_fb_put_table(&w->fb, f[1].at, type, is_tensor ? 2 : 1);
	if (is_tensor)
		put_tensor_type(w, type[1].at, var);
	return 0;
}

static int put_block(struct writer *w, size_t hole, const struct cay_block *block)
{
	struct cay_fb_field f[] = {CAY_FB_SCALAR(BLOCK_IDX, 4, (uint32_t)block->idx),
				   CAY_FB_SCALAR(BLOCK_PARENT, 4, (uint32_t)block->parent),
				   CAY_FB_REFERENCE(BLOCK_VARS), CAY_FB_REFERENCE(BLOCK_OPS)};
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

static int put_program(struct writer *w, const struct cay_program *program)
{
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(PROGRAM_BLOCKS),
				   CAY_FB_REFERENCE(PROGRAM_VERSION)};
	struct cay_fb_field version[] = {CAY_FB_SCALAR(VERSION_NUMBER, 8, program->version)};
	size_t blocks;

	cay_fb_put_table(&w->fb, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_table(&w->fb, f[1].at, version, CAY_ARRAY_SIZE(version));
	blocks = cay_fb_put_vector(&w->fb, f[0].at, NULL, program->block_count, 4);
	for (size_t i = 0; i < program->block_count; i++)
		if (put_block(w, blocks + 4 * i, &program->blocks[i]) < 0)
			return -1;
	return cay_fb_writer_check(&w->fb, w->err);
}

int cay_topology_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	struct writer w = {.err = err};
	int result;

	cay_arena_init(&w.scratch, 0);
	cay_fb_writer_init(&w.fb, ret);
	result = put_program(&w, program);
	cay_arena_finish(&w.scratch);
	return result;
}
