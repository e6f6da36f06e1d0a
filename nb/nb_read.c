// .nb bytes to program.
#include "nb/nb.h"
#include "common/size.h"
#include "nb/flatbuf.h"
#include "nb/schema.h"

#include <stdlib.h>
#include <string.h>

// Of the description, in bytes: real ones take less than twice the size of the topology.
#define EXPANSION   16
#define BASE_MEMORY ((size_t)64 << 10)

struct reader {
	struct cay_program *program;
	struct cay_fb fb;	   // the FlatBuffer being read; its failure is the reader's
	const uint8_t *data, *end; // what follows
	size_t ops;		   // in all blocks so far
	struct cay_err *err;
};

// Items in the program's arena. NULL, and the reader fails, if there is no memory.
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
		ints[i] = cay_fb_vector_int(vector, i, value->size);
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

// A list of dimensions. The rank must fit; the numbers are as they stand.
static struct cay_shape read_shape(struct reader *r, struct cay_fb_table table, unsigned slot)
{
	struct cay_fb_vector dims = cay_fb_vector(&r->fb, table, slot, 8);
	struct cay_shape shape = {0};

	if (dims.count > CAY_MAX_RANK) {
		cay_fb_fail(&r->fb, "more than 8 dimensions", dims.at);
		return shape;
	}
	shape.rank = dims.count;
	for (uint32_t i = 0; i < dims.count; i++)
		shape.dim[i] = cay_fb_vector_int(dims, i, 8);
	return shape;
}

static void read_value(struct reader *r, struct cay_fb_table table, struct cay_attr *ret)
{
	const struct cay_nb_value *value = &cay_nb_values[ret->type];

	switch (value->form) {
	case FORM_INT:
		ret->i = cay_fb_int(&r->fb, table, value->slot, value->size, 0);
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

// A variable's shape says little: where the memory planner lets activations share a name, it is that
// of one of them. What is no dimension counts as free.
static void read_var(struct reader *r, struct cay_fb_table table, struct cay_var_desc *ret)
{
	struct cay_fb_table type = cay_fb_table(&r->fb, table, VAR_TYPE), lod, tensor;

	ret->name = read_string(r, table, VAR_NAME);
	ret->type = (int)cay_fb_int(&r->fb, type, TYPE_NUMBER, 4, 0);
	ret->persistable = cay_fb_int(&r->fb, table, VAR_PERSISTABLE, 1, 0) != 0;
	ret->dtype = CAY_DTYPES;
	if (ret->type != CAY_VAR_TENSOR && ret->type != CAY_VAR_TENSOR_ARRAY)
		return;
	lod = cay_fb_table(&r->fb, type,
			   ret->type == CAY_VAR_TENSOR ? TYPE_TENSOR : TYPE_TENSOR_ARRAY);
	tensor = cay_fb_table(&r->fb, lod, LOD_TENSOR_TENSOR);
	if (!tensor.at)
		return;
	ret->dtype = cay_dtype_from_var_type(cay_fb_int(&r->fb, tensor, TENSOR_DATA_TYPE, 4, 0));
	ret->shape = read_shape(r, tensor, TENSOR_DIMS);
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
	ret->idx = (int)cay_fb_int(&r->fb, table, BLOCK_IDX, 4, 0);
	ret->parent = (int)cay_fb_int(&r->fb, table, BLOCK_PARENT, 4, 0);
	if (ret->parent < -1 || ret->parent >= (int)r->program->block_count)
		cay_fb_fail(&r->fb, "block in a block that is not there", table.at);
	read_vars(r, table, ret);
	read_ops(r, table, ret);
}

static int read_topology(struct reader *r, const uint8_t *data, size_t len)
{
	struct cay_program *program = r->program;
	struct cay_fb_table root;
	struct cay_fb_vector blocks;

	// References may share what they point to, so a small file could describe a huge program.
	program->arena.limit = len < CAY_PROGRAM_MAX_MEMORY / EXPANSION
				       ? BASE_MEMORY + len * EXPANSION
				       : CAY_PROGRAM_MAX_MEMORY;
	cay_fb_init(&r->fb, data, len, r->err);
	root = cay_fb_root(&r->fb);
	program->version = cay_fb_int(&r->fb, cay_fb_table(&r->fb, root, PROGRAM_VERSION),
				      VERSION_NUMBER, 8, 0);
	blocks = cay_fb_vector(&r->fb, root, PROGRAM_BLOCKS, 4);
	if (blocks.count == 0 || blocks.count > CAY_PROGRAM_MAX_BLOCKS)
		cay_fb_fail(&r->fb, "no block, or too many", root.at);
	program->blocks = take_array(r, blocks.count, sizeof(*program->blocks));
	program->block_count = blocks.count;
	for (uint32_t i = 0; i < blocks.count && !r->fb.failed; i++)
		read_block(r, cay_fb_vector_table(&r->fb, blocks, i), &program->blocks[i]);
	return r->fb.failed ? -1 : 0;
}

static int check_size(const struct cay_param *param, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	size_t want;

	if (param->dtype == CAY_DTYPES)
		return cay_fail(err, CAY_EMODEL, "unknown data type");
	if (cay_shape_bytes(&param->shape, param->dtype, &want, err) < 0)
		return -1;
	if (want != param->size)
		return cay_fail(err, CAY_EMODEL, "%zu bytes, but %s of %s takes %zu", param->size,
				cay_shape_text(&param->shape, text), cay_dtype_name(param->dtype),
				want);
	return 0;
}

static int read_param(struct reader *r, struct cay_fb_table table, struct cay_param *ret)
{
	struct cay_fb_table tensor = cay_fb_table(&r->fb, table, PARAM_TENSOR);
	struct cay_fb_vector data = cay_fb_vector(&r->fb, tensor, PARAM_DATA, 1);

	if (cay_fb_int(&r->fb, table, PARAM_UNION, 1, 0) != CAY_NB_UNION_TENSOR)
		cay_fb_fail(&r->fb, "parameter that is no tensor", table.at);
	ret->name = read_string(r, table, PARAM_NAME);
	ret->dtype = cay_dtype_from_var_type(cay_fb_int(&r->fb, tensor, PARAM_DATA_TYPE, 4, 0));
	ret->shape = read_shape(r, tensor, PARAM_DIMS);
	ret->data = data.data;
	ret->size = data.count;
	return r->fb.failed ? -1 : check_size(ret, r->err);
}

// The next bytes of the file; NULL, with *err set, if it ends before.
static const uint8_t *next_bytes(struct reader *r, size_t count)
{
	const uint8_t *bytes = r->data;

	if (count > (size_t)(r->end - r->data)) {
		cay_fail(r->err, CAY_EMODEL, "the file is cut off");
		return NULL;
	}
	r->data += count;
	return bytes;
}

static size_t get_le(const uint8_t *p, size_t size)
{
	size_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

// u32 size of what follows, u32 offset, offset - 4 bytes to skip, a FlatBuffer.
static int read_record(struct reader *r, struct cay_param *ret)
{
	const uint8_t *record = next_bytes(r, 8);
	size_t size, offset;

	if (!record)
		return -1;
	size = get_le(record, 4);
	offset = get_le(record + 4, 4);
	if (offset < 4 || size < offset)
		return cay_fail(r->err, CAY_EMODEL, "a record of %zu bytes begins at its byte %zu",
				size, offset);
	record = next_bytes(r, size - 4);
	if (!record)
		return -1;
	cay_fb_init(&r->fb, record + (offset - 4), size - offset, r->err);
	return read_param(r, cay_fb_root(&r->fb), ret);
}

static int compare_params(const void *a, const void *b)
{
	const struct cay_param *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int sort_params(struct cay_program *program, struct cay_err *err)
{
	struct cay_param *params = program->params;

	qsort(params, program->param_count, sizeof(*params), compare_params);
	for (size_t i = 1; i < program->param_count; i++)
		if (strcmp(params[i - 1].name, params[i].name) == 0)
			return cay_fail(err, CAY_EMODEL, "parameter '%s' is there twice",
					params[i].name);
	return 0;
}

// u16 version, u16 bytes of metadata and they, u16 bytes of the header, u16 count, u32 size of the
// largest (a hint), the header's rest, the records.
static int read_params(struct reader *r)
{
	struct cay_program *program = r->program;
	const uint8_t *head = next_bytes(r, 4);
	size_t size;

	if (!head || get_le(head, 2) != 0)
		return !head ? -1
			     : cay_fail(r->err, CAY_EMODEL, "parameters of version %zu, not 0",
					get_le(head, 2));
	if (!next_bytes(r, get_le(head + 2, 2)) || !(head = next_bytes(r, 2)))
		return -1;
	size = get_le(head, 2);
	if (size < CAY_NB_PARAM_HEADER)
		return cay_fail(r->err, CAY_EMODEL, "a parameter header of %zu bytes", size);
	head = next_bytes(r, size);
	if (!head)
		return -1;
	program->param_count = get_le(head, 2);
	if (program->param_count > (size_t)(r->end - r->data) / 8)
		return cay_fail(r->err, CAY_EMODEL, "the file is cut off");
	program->params = take_array(r, program->param_count, sizeof(*program->params));
	if (!program->params)
		return -1;
	for (size_t i = 0; i < program->param_count; i++)
		if (read_record(r, &program->params[i]) < 0)
			return cay_wrap(r->err, "parameter %zu '%s'", i,
					program->params[i].name ? program->params[i].name : "");
	return sort_params(program, r->err);
}

static int read_meta_2(struct reader *r, size_t topology_size)
{
	const uint8_t *topology = next_bytes(r, topology_size);

	if (!topology || read_topology(r, topology, topology_size) < 0)
		return -1;
	r->program->arena.limit = CAY_PROGRAM_MAX_MEMORY;
	return read_params(r);
}

static void read_version(const uint8_t *text, char ret[CAY_NB_VERSION_TEXT + 1])
{
	for (size_t i = 0; i < CAY_NB_VERSION_TEXT && text[i]; i++)
		ret[i] = text[i] > ' ' && text[i] < 0x7f ? (char)text[i] : '?';
}

static int read_file(struct reader *r)
{
	const uint8_t *header = next_bytes(r, CAY_NB_HEADER);
	uint64_t topology_size;

	if (!header)
		return cay_fail(r->err, CAY_EMODEL, "too short for a .nb file");
	r->program->meta = (int)get_le(header, 2);
	read_version(header + 2, r->program->opt_version);
	memcpy(&topology_size, header + 18, sizeof(topology_size));
	if (r->program->meta > CAY_NB_META)
		return cay_fail(r->err, CAY_EMODEL, "not a .nb file: it begins with meta %d",
				r->program->meta);
	if (r->program->meta < CAY_NB_META)
		return cay_fail(r->err, CAY_EMODEL,
				"a .nb of meta %d, written by opt '%s', cannot be read; opt 2.8 or "
				"later writes meta 2",
				r->program->meta, r->program->opt_version);
	if (topology_size > (size_t)(r->end - r->data))
		return cay_fail(r->err, CAY_EMODEL, "the file is cut off");
	return read_meta_2(r, (size_t)topology_size);
}

int cay_nb_read(const uint8_t *data, size_t len, struct cay_program *ret, struct cay_err *err)
{
	struct cay_program program = {0};
	struct reader r = {.program = &program, .data = data, .end = data + len, .err = err};

	if (read_file(&r) < 0) {
		cay_program_finish(&program);
		if (err->code != CAY_ENOMEM)
			err->code = CAY_EMODEL; // whichever limit it was over
		return -1;
	}
	*ret = program;
	return 0;
}

bool cay_nb_probe(const uint8_t *data, size_t len)
{
	bool ended = false;

	if (len < CAY_NB_HEADER || get_le(data, 2) > CAY_NB_META)
		return false;
	for (size_t i = 2; i < 2 + CAY_NB_VERSION_TEXT && !ended; i++) {
		ended = data[i] == 0;
		if (!ended && (data[i] <= ' ' || data[i] >= 0x7f))
			return false;
	}
	return get_le(data + 18, 4) != 0 && get_le(data + 22, 4) == 0; // under 4 GiB
}
