// A program as data into Paddle's protobuf.
#include "converter/paddle/program.h"
#include "framework.pb-c.h"

// Messages are built in one arena, which borrows all texts and numbers from the program.
struct encoding {
	struct cay_arena arena;
	struct cay_err *err;
};

// Room for `count` messages and for the list of pointers to them that protobuf-c wants.
#define LIST(e, type, count, items)                                                                \
	({                                                                                         \
		type **pointers = cay_arena_array(&(e)->arena, (count), sizeof(type *), (e)->err); \
		(items) = pointers ? cay_arena_array(&(e)->arena, (count), sizeof(type), (e)->err) \
				   : NULL;                                                         \
		for (size_t at = 0; (items) && at < (count); at++)                                 \
			pointers[at] = &(items)[at];                                               \
		(items) ? pointers : NULL;                                                         \
	})

static char *text(const char *borrowed)
{
	return (char *)(uintptr_t)borrowed; // packing only reads
}

static int32_t *narrow(struct encoding *e, const struct cay_attr *from)
{
	int32_t *to = cay_arena_array(&e->arena, from->count, sizeof(*to), e->err);

	for (size_t i = 0; to && i < from->count; i++)
		to[i] = (int32_t)from->ints[i];
	return to;
}

static protobuf_c_boolean *booleans(struct encoding *e, const struct cay_attr *from)
{
	protobuf_c_boolean *to = cay_arena_array(&e->arena, from->count, sizeof(*to), e->err);

	for (size_t i = 0; to && i < from->count; i++)
		to[i] = from->ints[i] != 0;
	return to;
}

// The types that are lists, and those that a program cannot hold.
static int encode_list(struct encoding *e, const struct cay_attr *from, Cay__OpDesc__Attr *to)
{
	switch ((int)from->type) {
	case CAY_ATTR_INTS:
		to->n_ints = from->count;
		to->ints = narrow(e, from);
		return to->ints ? 0 : -1;
	case CAY_ATTR_BLOCKS:
		to->n_blocks_idx = from->count;
		to->blocks_idx = narrow(e, from);
		return to->blocks_idx ? 0 : -1;
	case CAY_ATTR_BOOLEANS:
		to->n_bools = from->count;
		to->bools = booleans(e, from);
		return to->bools ? 0 : -1;
	case CAY_ATTR_LONGS:
		to->n_longs = from->count;
		to->longs = (int64_t *)(uintptr_t)from->ints;
		return 0;
	case CAY_ATTR_FLOATS:
		to->n_floats = from->count;
		to->floats = (float *)(uintptr_t)from->floats;
		return 0;
	case CAY_ATTR_FLOAT64S:
		to->n_float64s = from->count;
		to->float64s = (double *)(uintptr_t)from->doubles;
		return 0;
	case CAY_ATTR_STRINGS:
		to->n_strings = from->count;
		to->strings = (char **)(uintptr_t)from->strings;
		return 0;
	default:
		return cay_fail(e->err, CAY_EMODEL, "attribute '%s' has the type %d", from->name,
				(int)from->type);
	}
}

static int encode_attr(struct encoding *e, const struct cay_attr *from, Cay__OpDesc__Attr *to)
{
	cay__op_desc__attr__init(to);
	to->name = text(from->name);
	to->has_type = true;
	to->type = (int32_t)from->type;
	switch ((int)from->type) {
	case CAY_ATTR_INT:
		to->has_i = true;
		to->i = (int32_t)from->i;
		return 0;
	case CAY_ATTR_FLOAT:
		to->has_f = true;
		to->f = (float)from->f;
		return 0;
	case CAY_ATTR_STRING:
		to->s = text(from->s);
		return 0;
	case CAY_ATTR_BOOLEAN:
		to->has_b = true;
		to->b = from->i != 0;
		return 0;
	case CAY_ATTR_BLOCK:
		to->has_block_idx = true;
		to->block_idx = (int32_t)from->i;
		return 0;
	case CAY_ATTR_LONG:
		to->has_l = true;
		to->l = from->i;
		return 0;
	case CAY_ATTR_FLOAT64:
		to->has_float64 = true;
		to->float64 = from->f;
		return 0;
	default:
		return encode_list(e, from, to);
	}
}

static Cay__OpDesc__Var **encode_slots(struct encoding *e, const struct cay_slot *from,
				       size_t count)
{
	Cay__OpDesc__Var *to, **list = LIST(e, Cay__OpDesc__Var, count, to);

	for (size_t i = 0; list && i < count; i++) {
		cay__op_desc__var__init(&to[i]);
		to[i].parameter = text(from[i].name);
		to[i].n_arguments = from[i].count;
		to[i].arguments = (char **)(uintptr_t)from[i].args;
	}
	return list;
}

static int encode_op(struct encoding *e, const struct cay_op_desc *from, Cay__OpDesc *to)
{
	Cay__OpDesc__Attr *attrs;

	cay__op_desc__init(to);
	to->type = text(from->type);
	to->n_inputs = from->in_count;
	to->inputs = encode_slots(e, from->in, from->in_count);
	to->n_outputs = from->out_count;
	to->outputs = encode_slots(e, from->out, from->out_count);
	to->n_attrs = from->attr_count;
	to->attrs = LIST(e, Cay__OpDesc__Attr, from->attr_count, attrs);
	if (!to->inputs || !to->outputs || !to->attrs)
		return -1;
	for (size_t i = 0; i < from->attr_count; i++)
		if (encode_attr(e, &from->attrs[i], &attrs[i]) < 0)
			return cay_wrap(e->err, "%s", from->type);
	return 0;
}

static int encode_var(struct encoding *e, const struct cay_var_desc *from, Cay__VarDesc *to)
{
	Cay__VarType *type = cay_arena_alloc(&e->arena, sizeof(*type), e->err);
	Cay__LoDTensorDesc *lod = cay_arena_alloc(&e->arena, sizeof(*lod), e->err);
	Cay__TensorDesc *tensor = cay_arena_alloc(&e->arena, sizeof(*tensor), e->err);

	if (!type || !lod || !tensor)
		return -1;
	cay__var_desc__init(to);
	to->name = text(from->name);
	to->type = type;
	to->has_persistable = true;
	to->persistable = from->persistable;
	cay__var_type__init(type);
	type->has_type = true;
	type->type = from->type;
	if (from->dtype == CAY_DTYPES)
		return 0;
	cay__lo_dtensor_desc__init(lod);
	cay__tensor_desc__init(tensor);
	lod->tensor = tensor;
	tensor->has_data_type = true;
	tensor->data_type = cay_dtype_to_var_type(from->dtype);
	tensor->n_dims = from->shape.rank;
	tensor->dims = (int64_t *)(uintptr_t)from->shape.dim;
	if (from->type == CAY_VAR_TENSOR_ARRAY)
		type->tensor_array = lod;
	else
		type->lod_tensor = lod;
	return 0;
}

static int encode_block(struct encoding *e, const struct cay_block *from, Cay__BlockDesc *to)
{
	Cay__VarDesc *vars;
	Cay__OpDesc *ops;

	cay__block_desc__init(to);
	to->has_idx = to->has_parent_idx = true;
	to->idx = from->idx;
	to->parent_idx = from->parent;
	to->n_vars = from->var_count;
	to->vars = LIST(e, Cay__VarDesc, from->var_count, vars);
	to->n_ops = from->op_count;
	to->ops = LIST(e, Cay__OpDesc, from->op_count, ops);
	if (!to->vars || !to->ops)
		return -1;
	for (size_t i = 0; i < from->var_count; i++)
		if (encode_var(e, &from->vars[i], &vars[i]) < 0)
			return -1;
	for (size_t i = 0; i < from->op_count; i++)
		if (encode_op(e, &from->ops[i], &ops[i]) < 0)
			return -1;
	return 0;
}

static int pack(const Cay__ProgramDesc *desc, struct cay_buf *ret, struct cay_err *err)
{
	size_t len = cay__program_desc__get_packed_size(desc);
	uint8_t *room = cay_buf_reserve(ret, len);

	if (room)
		ret->len += cay__program_desc__pack(desc, room);
	return cay_buf_check(ret, err);
}

int cay_program_encode(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	struct encoding e = {.err = err};
	Cay__ProgramDesc desc = CAY__PROGRAM_DESC__INIT;
	Cay__Version version = CAY__VERSION__INIT;
	Cay__BlockDesc *blocks;
	int result = 0;

	cay_arena_init(&e.arena, 0);
	version.has_version = true;
	version.version = program->version;
	desc.version = &version;
	desc.n_blocks = program->block_count;
	desc.blocks = LIST(&e, Cay__BlockDesc, program->block_count, blocks);
	if (!desc.blocks)
		result = -1;
	for (size_t i = 0; result == 0 && i < program->block_count; i++)
		result = encode_block(&e, &program->blocks[i], &blocks[i]);
	if (result == 0)
		result = pack(&desc, ret, err);
	cay_arena_finish(&e.arena);
	return result;
}

int cay_tensor_desc_encode(enum cay_dtype dtype, const struct cay_shape *shape, struct cay_buf *ret,
			   struct cay_err *err)
{
	Cay__TensorDesc desc = CAY__TENSOR_DESC__INIT;
	uint8_t *room;

	desc.has_data_type = true;
	desc.data_type = cay_dtype_to_var_type(dtype);
	desc.n_dims = shape->rank;
	desc.dims = (int64_t *)(uintptr_t)shape->dim;
	room = cay_buf_reserve(ret, cay__tensor_desc__get_packed_size(&desc));
	if (room)
		ret->len += cay__tensor_desc__pack(&desc, room);
	return cay_buf_check(ret, err);
}
