// The topology of a .nb, metas 1 and 2: FlatBuffers bytes to blocks, variables and ops.
#include "nb/topology.h"
#include "common/size.h"
#include "nb/flatbuf.h"
#include "nb/schema.h"

#include <string.h>

// Bytes of the arena that a byte of the topology may take. Unless references share what they point
// to, the worst is a list of booleans: 8 bytes for each byte of the file. An empty op takes 20
// bytes there and 120 here, an empty text 12 and 24. Files of opt and the converter take up to 1.5.
#define EXPANSION   8
#define BASE_MEMORY ((size_t)64 << 10)

struct reader {
	struct cay_program *program;
	struct cay_fb fb; // where failures stick
	size_t ops;	  // in all blocks so far
	struct cay_err *err;
};

struct cay_shape cay_topology_shape(struct cay_fb *fb, struct cay_fb_table table, unsigned slot)
{
	struct cay_fb_vector dims = cay_fb_vector(fb, table, slot, 8);
	struct cay_shape shape = {0};

	if (dims.count > CAY_MAX_RANK) {
		cay_fb_fail(fb, "more than 8 dimensions", dims.at);
		return shape;
	}
	shape.rank = dims.count;
	for (uint32_t i = 0; i < dims.count; i++)
		shape.dim[i] = cay_fb_vector_int(dims, i, 8);
	return shape;
}

// Allocates items in the program's arena. NULL, and the reader fails, if there is no memory.
static void *take_array(struct reader *r, size_t count, size_t size)
{
	void *items =
		r->fb.failed ? NULL : cay_arena_array(&r->program->arena, count, size, r->err);

	r->fb.failed |= !items;
	return items;
}

static const char *take_text(struct reader *r, const char *text)
{
	char *copy = r->fb.failed ? NULL : cay_arena_strdup(&r->program->arena, text, r->err);

	r->fb.failed |= !copy;
	return copy ? copy : "";
}

static const char *read_string(struct reader *r, struct cay_fb_table table, unsigned slot)
{
	return take_text(r, cay_fb_string(&r->fb, table, slot));
}

static const char *const *read_strings(struct reader *r, struct cay_fb_table table, unsigned slot,
				       size_t *ret_count)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, table, slot, 4);
	const char **texts = take_array(r, vector.count, sizeof(*texts));

	for (uint32_t i = 0; i < vector.count && !r->fb.failed; i++)
		texts[i] = take_text(r, cay_fb_vector_string(&r->fb, vector, i));
	*ret_count = vector.count;
	return texts;
}

static const int64_t *read_ints(struct reader *r, struct cay_fb_table table,
				const struct cay_nb_value *value, size_t *ret_count)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, table, value->slot, value->size);
	int64_t *ints = take_array(r, vector.count, sizeof(*ints));

	for (uint32_t i = 0; i < vector.count && ints; i++)
		ints[i] = value->size > 1 ? cay_fb_vector_int(vector, i, value->size)
					  : vector.data[i] != 0; // booleans
	*ret_count = vector.count;
	return ints;
}

// Floats or doubles.
static void *read_reals(struct reader *r, struct cay_fb_table table,
			const struct cay_nb_value *value, size_t *ret_count)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, table, value->slot, value->size);
	void *reals = take_array(r, vector.count, value->size);

	if (reals && vector.count)
		memcpy(reals, vector.data, (size_t)vector.count * value->size);
	*ret_count = vector.count;
	return reals;
}

static void read_value(struct reader *r, struct cay_fb_table table, struct cay_attr *ret)
{
	const struct cay_nb_value *value = &cay_nb_values[ret->type];

	switch (value->form) {
	case FORM_INT:
		ret->i = cay_fb_int(&r->fb, table, value->slot, value->size, 0);
		if (ret->type == CAY_ATTR_BOOLEAN)
			ret->i = ret->i != 0;
		break;
	case FORM_REAL:
		ret->f = cay_fb_real(&r->fb, table, value->slot, value->size);
		break;
	case FORM_STRING:
		ret->s = read_string(r, table, value->slot);
		break;
	case FORM_INTS:
		ret->ints = read_ints(r, table, value, &ret->count);
		break;
	case FORM_REALS:
		ret->floats = read_reals(r, table, value, &ret->count);
		break;
	case FORM_STRINGS:
		ret->strings = read_strings(r, table, value->slot, &ret->count);
		break;
	case FORM_NONE:
		cay_fb_fail(&r->fb, "attribute of an unknown type", table.at);
		break;
	}
}

static void read_attrs(struct reader *r, struct cay_fb_table op, struct cay_op_desc *ret)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, op, OP_ATTRS, 4);

	ret->attrs = take_array(r, vector.count, sizeof(*ret->attrs));
	ret->attr_count = vector.count;
	for (uint32_t i = 0; i < vector.count && !r->fb.failed; i++) {
		struct cay_fb_table table = cay_fb_vector_table(&r->fb, vector, i);
		struct cay_attr *attr = &ret->attrs[i];
		int64_t type = cay_fb_int(&r->fb, table, ATTR_TYPE, 4, 0);

		attr->name = read_string(r, table, ATTR_NAME);
		attr->type = (enum cay_attr_type)type;
		if (type >= 0 && type < CAY_ATTR_TYPES)
			read_value(r, table, attr);
		else
			cay_fb_fail(&r->fb, "attribute of an unknown type", table.at);
		if (r->fb.failed)
			cay_wrap(r->err, "attribute '%s'", attr->name);
	}
}

static struct cay_slot *read_slots(struct reader *r, struct cay_fb_table op, unsigned slot,
				   size_t *ret_count)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, op, slot, 4);
	struct cay_slot *slots = take_array(r, vector.count, sizeof(*slots));

	for (uint32_t i = 0; i < vector.count && !r->fb.failed; i++) {
		struct cay_fb_table table = cay_fb_vector_table(&r->fb, vector, i);

		slots[i].name = read_string(r, table, SLOT_NAME);
		slots[i].args = read_strings(r, table, SLOT_ARGS, &slots[i].count);
	}
	*ret_count = vector.count;
	return slots;
}

static void read_op(struct reader *r, struct cay_fb_table table, struct cay_op_desc *ret)
{
	ret->type = read_string(r, table, OP_TYPE);
	ret->in = read_slots(r, table, OP_INPUTS, &ret->in_count);
	ret->out = read_slots(r, table, OP_OUTPUTS, &ret->out_count);
	read_attrs(r, table, ret);
}

// Takes a variable's shape, which says little: where opt's memory planner lets activations share a
// name, it is the shape of one of them. A number that cannot be a dimension counts as free.
static void read_var(struct reader *r, struct cay_fb_table table, struct cay_var_desc *ret)
{
	struct cay_fb_table type = cay_fb_table(&r->fb, table, VAR_TYPE), lod, tensor;

	ret->name = read_string(r, table, VAR_NAME);
	ret->type = (int)cay_fb_int(&r->fb, type, TYPE_NUMBER, 4, 0);
	ret->persistable = cay_fb_int(&r->fb, table, VAR_PERSISTABLE, 1, 0) != 0;
	ret->dtype = CAY_DTYPES;
	if (!type.at)
		cay_fb_fail(&r->fb, "variable without a type", table.at);
	if (ret->type != CAY_VAR_TENSOR && ret->type != CAY_VAR_TENSOR_ARRAY)
		return;
	lod = cay_fb_table(&r->fb, type,
			   ret->type == CAY_VAR_TENSOR ? TYPE_TENSOR : TYPE_TENSOR_ARRAY);
	tensor = cay_fb_table(&r->fb, lod, LOD_TENSOR_TENSOR);
	if (!tensor.at)
		return;
	ret->dtype = cay_dtype_from_var_type(cay_fb_int(&r->fb, tensor, TENSOR_DATA_TYPE, 4, 0));
	ret->shape = cay_topology_shape(&r->fb, tensor, TENSOR_DIMS);
	for (uint32_t i = 0; i < ret->shape.rank; i++)
		if (ret->shape.dim[i] < 0 || ret->shape.dim[i] > CAY_MAX_DIM)
			ret->shape.dim[i] = -1;
}

static void read_vars(struct reader *r, struct cay_fb_table table, struct cay_block *ret)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, table, BLOCK_VARS, 4);

	ret->vars = take_array(r, vector.count, sizeof(*ret->vars));
	ret->var_count = vector.count;
	for (uint32_t i = 0; i < vector.count && !r->fb.failed; i++) {
		read_var(r, cay_fb_vector_table(&r->fb, vector, i), &ret->vars[i]);
		if (r->fb.failed)
			cay_wrap(r->err, "variable %u '%s'", i, ret->vars[i].name);
	}
}

static void read_ops(struct reader *r, struct cay_fb_table table, struct cay_block *ret)
{
	struct cay_fb_vector vector = cay_fb_vector(&r->fb, table, BLOCK_OPS, 4);

	if (vector.count > CAY_PROGRAM_MAX_OPS - r->ops) {
		cay_fb_fail(&r->fb, "too many ops", table.at);
		return;
	}
	r->ops += vector.count;
	ret->ops = take_array(r, vector.count, sizeof(*ret->ops));
	ret->op_count = vector.count;
	for (uint32_t i = 0; i < vector.count && !r->fb.failed; i++) {
		read_op(r, cay_fb_vector_table(&r->fb, vector, i), &ret->ops[i]);
		if (r->fb.failed)
			cay_wrap(r->err, "op %u '%s'", i, ret->ops[i].type);
	}
}

static void read_block(struct reader *r, struct cay_fb_table table, struct cay_block *ret)
{
	// Some files say that block 0 is in itself.
	ret->parent = ret->idx ? (int)cay_fb_int(&r->fb, table, BLOCK_PARENT, 4, 0) : -1;
	if (ret->parent < -1 || ret->parent >= ret->idx)
		cay_fb_fail(&r->fb, "block in a later one", table.at);
	read_vars(r, table, ret);
	read_ops(r, table, ret);
}

int cay_topology_read(const uint8_t *data, size_t len, struct cay_program *program,
		      struct cay_err *err)
{
	struct reader reader = {.program = program, .err = err}, *r = &reader;
	struct cay_fb_table root;
	struct cay_fb_vector blocks;

	// References may share what they point to, so a small file could describe a huge program.
	program->arena.limit = len < CAY_PROGRAM_MAX_MEMORY / EXPANSION
				       ? BASE_MEMORY + len * EXPANSION
				       : CAY_PROGRAM_MAX_MEMORY;
	cay_fb_init(&r->fb, data, len, err);
	root = cay_fb_root(&r->fb);
	program->version = cay_fb_int(&r->fb, cay_fb_table(&r->fb, root, PROGRAM_VERSION),
				      VERSION_NUMBER, 8, 0);
	blocks = cay_fb_vector(&r->fb, root, PROGRAM_BLOCKS, 4);
	if (blocks.count == 0 || blocks.count > CAY_PROGRAM_MAX_BLOCKS)
		cay_fb_fail(&r->fb, "no block, or too many", root.at);
	program->blocks = take_array(r, blocks.count, sizeof(*program->blocks));
	program->block_count = blocks.count;
	for (uint32_t i = 0; i < blocks.count && !r->fb.failed; i++) {
		program->blocks[i].idx = (int)i;
		read_block(r, cay_fb_vector_table(&r->fb, blocks, i), &program->blocks[i]);
	}
	return r->fb.failed ? -1 : 0;
}
