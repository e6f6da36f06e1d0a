// Paddle's protobuf into a program as data.
#include "converter/paddle/program.h"
#include "common/size.h"
#include "framework.pb-c.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The unpacker's memory is the program's: strings and numbers of the result point into it.
struct unpacking {
	struct cay_arena *arena;
	const char *what;
	struct cay_err err; // of a failed allocation
};

static void *unpacking_alloc(void *context, size_t size)
{
	struct unpacking *u = context;

	return cay_arena_alloc(u->arena, size, &u->err);
}

static void unpacking_free(void *context, void *pointer)
{
	(void)context, (void)pointer; // dropped with the arena
}

// Tells bytes that are no message from a message that there is no memory for.
static int unpacking_fail(const struct unpacking *u, struct cay_err *err)
{
	if (u->err.code == CAY_OK)
		return cay_fail(err, CAY_EMODEL, "%s is no valid protobuf message", u->what);
	*err = u->err;
	return cay_wrap(err, "%s", u->what);
}

static int copy_dims(const Cay__TensorDesc *desc, const char *what, struct cay_shape *ret,
		     struct cay_err *err)
{
	if (desc->n_dims > CAY_MAX_RANK)
		return cay_fail(err, CAY_EMODEL, "%s has %zu dimensions, the limit is %d", what,
				desc->n_dims, CAY_MAX_RANK);
	*ret = (struct cay_shape){.rank = (uint32_t)desc->n_dims};
	for (size_t i = 0; i < desc->n_dims; i++) {
		if (desc->dims[i] > CAY_MAX_DIM)
			return cay_fail(err, CAY_EMODEL, "%s: dimension %zu is %lld", what, i,
					(long long)desc->dims[i]);
		ret->dim[i] = desc->dims[i];
	}
	return 0;
}

int cay_tensor_desc_decode(const uint8_t *data, size_t len, enum cay_dtype *ret_dtype,
			   struct cay_shape *ret_shape, struct cay_err *err)
{
	struct cay_arena arena;
	struct unpacking u = {.arena = &arena, .what = "the tensor description"};
	ProtobufCAllocator allocator = {unpacking_alloc, unpacking_free, &u};
	Cay__TensorDesc *desc;
	int result = -1;

	cay_arena_init(&arena, 1 << 20);
	desc = cay__tensor_desc__unpack(&allocator, len, data);
	if (!desc || !desc->has_data_type)
		unpacking_fail(&u, err);
	else if (cay_dtype_from_var_type(desc->data_type) == CAY_DTYPES)
		cay_fail(err, CAY_EMODEL, "element type %d is not supported", desc->data_type);
	else
		result = copy_dims(desc, "the tensor", ret_shape, err);
	if (result == 0)
		*ret_dtype = cay_dtype_from_var_type(desc->data_type);
	cay_arena_finish(&arena);
	return result;
}

static int decode_var(const Cay__VarDesc *from, struct cay_var_desc *to, struct cay_err *err)
{
	const Cay__LoDTensorDesc *lod;

	if (!from->name || !from->type || !from->type->has_type)
		return cay_fail(err, CAY_EMODEL, "a variable has no name or no type");
	*to = (struct cay_var_desc){.name = from->name,
				    .type = from->type->type,
				    .persistable = from->persistable,
				    .dtype = CAY_DTYPES};
	lod = to->type == CAY_VAR_TENSOR_ARRAY ? from->type->tensor_array : from->type->lod_tensor;
	if (!lod || !lod->tensor)
		return 0;
	to->dtype = cay_dtype_from_var_type(lod->tensor->data_type);
	if (copy_dims(lod->tensor, "it", &to->shape, err) < 0)
		return cay_wrap(err, "variable '%s'", to->name);
	for (uint32_t i = 0; i < to->shape.rank; i++)
		if (to->shape.dim[i] < 0)
			to->shape.dim[i] = -1;
	return 0;
}

// Compares two slots, or two attributes, by their names, which are their first members.
static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int decode_slots(Cay__OpDesc__Var *const *from, size_t count, struct cay_arena *arena,
			struct cay_slot **ret, size_t *ret_count, struct cay_err *err)
{
	struct cay_slot *slots = cay_arena_array(arena, count, sizeof(*slots), err);

	if (!slots)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!from[i]->parameter)
			return cay_fail(err, CAY_EMODEL, "an input or output has no name");
		slots[i] = (struct cay_slot){.name = from[i]->parameter,
					     .args = (const char *const *)from[i]->arguments,
					     .count = from[i]->n_arguments};
	}
	if (count)
		qsort(slots, count, sizeof(*slots), compare_names);
	for (size_t i = 1; i < count; i++)
		if (strcmp(slots[i - 1].name, slots[i].name) == 0)
			return cay_fail(err, CAY_EMODEL, "'%s' stands there twice", slots[i].name);
	*ret = slots;
	*ret_count = count;
	return 0;
}

// What tells where in a script the op came from, or which GPU workspace it wanted.
static bool is_dropped(const char *name)
{
	static const char *const dropped[] = {"op_callstack", "op_namescope", "op_role",
					      "op_role_var", "workspace_size_MB"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(dropped); i++)
		if (strcmp(name, dropped[i]) == 0)
			return true;
	return false;
}

static int widen(const int32_t *from, size_t count, struct cay_arena *arena, struct cay_attr *to,
		 struct cay_err *err)
{
	int64_t *wide = cay_arena_array(arena, count, sizeof(*wide), err);

	if (!wide)
		return -1;
	for (size_t i = 0; i < count; i++)
		wide[i] = from[i];
	to->ints = wide;
	to->count = count;
	return 0;
}

// A Scalar is written as the plain attribute that it stands for.
static int decode_scalar(const Cay__Scalar *from, struct cay_attr *to, struct cay_err *err)
{
	enum { SCALAR_BOOLEAN = 1, SCALAR_LONG = 2, SCALAR_FLOAT64 = 3 };

	switch (from ? from->type : 0) {
	case SCALAR_BOOLEAN:
		to->type = CAY_ATTR_BOOLEAN;
		to->i = from->b;
		return 0;
	case SCALAR_LONG:
		to->type = CAY_ATTR_LONG;
		to->i = from->i;
		return 0;
	case SCALAR_FLOAT64:
		to->type = CAY_ATTR_FLOAT64;
		to->f = from->r;
		return 0;
	default:
		return cay_fail(err, CAY_EMODEL, "attribute '%s' is a scalar of an unknown type",
				to->name);
	}
}

// Scalars are numbers of whatever type: as doubles they keep what programs write so.
static int decode_scalars(Cay__Scalar *const *from, size_t count, struct cay_arena *arena,
			  struct cay_attr *to, struct cay_err *err)
{
	double *doubles = cay_arena_array(arena, count, sizeof(*doubles), err);
	struct cay_attr one = {.name = to->name};

	if (!doubles)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (decode_scalar(from[i], &one, err) < 0)
			return -1;
		doubles[i] = one.type == CAY_ATTR_FLOAT64 ? one.f : (double)one.i;
	}
	to->type = CAY_ATTR_FLOAT64S;
	to->doubles = doubles;
	to->count = count;
	return 0;
}

static int decode_attr(const Cay__OpDesc__Attr *from, struct cay_arena *arena, struct cay_attr *to,
		       struct cay_err *err)
{
	enum { ATTR_SCALAR = 16, ATTR_SCALARS = 17 };

	to->name = from->name;
	if (from->type == ATTR_SCALAR)
		return decode_scalar(from->scalar, to, err);
	if (from->type == ATTR_SCALARS)
		return decode_scalars(from->scalars, from->n_scalars, arena, to, err);
	to->type = (enum cay_attr_type)from->type;
	switch (from->type) {
	case CAY_ATTR_INT:
		to->i = from->i;
		return 0;
	case CAY_ATTR_FLOAT:
		to->f = (double)from->f;
		return 0;
	case CAY_ATTR_STRING:
		to->s = from->s ? from->s : "";
		return 0;
	case CAY_ATTR_INTS:
		return widen(from->ints, from->n_ints, arena, to, err);
	case CAY_ATTR_FLOATS:
		to->floats = from->floats;
		to->count = from->n_floats;
		return 0;
	case CAY_ATTR_STRINGS:
		to->strings = (const char *const *)from->strings;
		to->count = from->n_strings;
		return 0;
	case CAY_ATTR_BOOLEAN:
		to->i = from->b;
		return 0;
	case CAY_ATTR_BOOLEANS:
		return widen(from->bools, from->n_bools, arena, to, err);
	case CAY_ATTR_BLOCK:
		to->i = from->block_idx;
		return 0;
	case CAY_ATTR_LONG:
		to->i = from->l;
		return 0;
	case CAY_ATTR_BLOCKS:
		return widen(from->blocks_idx, from->n_blocks_idx, arena, to, err);
	case CAY_ATTR_LONGS:
		to->ints = from->longs;
		to->count = from->n_longs;
		return 0;
	case CAY_ATTR_FLOAT64S:
		to->doubles = from->float64s;
		to->count = from->n_float64s;
		return 0;
	case CAY_ATTR_FLOAT64:
		to->f = from->float64;
		return 0;
	default:
		return cay_fail(err, CAY_EMODEL, "attribute '%s' has the unknown type %d", to->name,
				from->type);
	}
}

static int decode_attrs(const Cay__OpDesc *from, struct cay_arena *arena, struct cay_op_desc *to,
			struct cay_err *err)
{
	to->attrs = cay_arena_array(arena, from->n_attrs, sizeof(*to->attrs), err);
	if (!to->attrs)
		return -1;
	for (size_t i = 0; i < from->n_attrs; i++) {
		if (!from->attrs[i]->name)
			return cay_fail(err, CAY_EMODEL, "an attribute has no name");
		if (is_dropped(from->attrs[i]->name))
			continue;
		if (decode_attr(from->attrs[i], arena, &to->attrs[to->attr_count++], err) < 0)
			return -1;
	}
	if (to->attr_count)
		qsort(to->attrs, to->attr_count, sizeof(*to->attrs), compare_names);
	for (size_t i = 1; i < to->attr_count; i++)
		if (strcmp(to->attrs[i - 1].name, to->attrs[i].name) == 0)
			return cay_fail(err, CAY_EMODEL, "attribute '%s' stands there twice",
					to->attrs[i].name);
	return 0;
}

static int decode_op(const Cay__OpDesc *from, struct cay_arena *arena, struct cay_op_desc *to,
		     struct cay_err *err)
{
	if (!from->type)
		return cay_fail(err, CAY_EMODEL, "an op has no type");
	to->type = from->type;
	if (decode_slots(from->inputs, from->n_inputs, arena, &to->in, &to->in_count, err) < 0 ||
	    decode_slots(from->outputs, from->n_outputs, arena, &to->out, &to->out_count, err) <
		    0 ||
	    decode_attrs(from, arena, to, err) < 0)
		return cay_wrap(err, "op '%s'", to->type);
	return 0;
}

static int decode_block(const Cay__BlockDesc *from, struct cay_arena *arena, struct cay_block *to,
			struct cay_err *err)
{
	to->idx = from->idx;
	to->parent = from->parent_idx;
	to->var_count = from->n_vars;
	to->op_count = from->n_ops;
	to->vars = cay_arena_array(arena, to->var_count, sizeof(*to->vars), err);
	to->ops = cay_arena_array(arena, to->op_count, sizeof(*to->ops), err);
	if (!to->vars || !to->ops)
		return -1;
	for (size_t i = 0; i < to->var_count; i++)
		if (decode_var(from->vars[i], &to->vars[i], err) < 0)
			return -1;
	for (size_t i = 0; i < to->op_count; i++)
		if (decode_op(from->ops[i], arena, &to->ops[i], err) < 0)
			return -1;
	return 0;
}

static int check_limits(const Cay__ProgramDesc *desc, struct cay_err *err)
{
	size_t ops = 0;

	if (desc->n_blocks == 0)
		return cay_fail(err, CAY_EMODEL, "the program has no block");
	if (desc->n_blocks > CAY_PROGRAM_MAX_BLOCKS)
		return cay_fail(err, CAY_ETOOLARGE, "%zu blocks, the limit is %d", desc->n_blocks,
				CAY_PROGRAM_MAX_BLOCKS);
	for (size_t i = 0; i < desc->n_blocks; i++)
		ops += desc->blocks[i]->n_ops;
	if (ops > CAY_PROGRAM_MAX_OPS)
		return cay_fail(err, CAY_ETOOLARGE, "%zu ops, the limit is %d", ops,
				CAY_PROGRAM_MAX_OPS);
	return 0;
}

static int decode(const uint8_t *data, size_t len, struct cay_program *program, struct cay_err *err)
{
	struct unpacking u = {.arena = &program->arena, .what = "the program"};
	ProtobufCAllocator allocator = {unpacking_alloc, unpacking_free, &u};
	const Cay__ProgramDesc *desc = cay__program_desc__unpack(&allocator, len, data);

	if (!desc)
		return unpacking_fail(&u, err);
	if (check_limits(desc, err) < 0)
		return -1;
	program->version = desc->version ? desc->version->version : 0;
	program->block_count = desc->n_blocks;
	program->blocks =
		cay_arena_array(&program->arena, desc->n_blocks, sizeof(*program->blocks), err);
	if (!program->blocks)
		return -1;
	for (size_t i = 0; i < desc->n_blocks; i++)
		if (decode_block(desc->blocks[i], &program->arena, &program->blocks[i], err) < 0)
			return -1;
	return 0;
}

int cay_program_decode(const uint8_t *data, size_t len, struct cay_program *ret,
		       struct cay_err *err)
{
	struct cay_program program = {.meta = -1};

	if (len > CAY_TOPOLOGY_MAX_BYTES)
		return cay_fail(err, CAY_ETOOLARGE, "the program has %zu bytes, the limit is %zu",
				len, CAY_TOPOLOGY_MAX_BYTES);
	cay_arena_init(&program.arena, CAY_PROGRAM_MAX_MEMORY);
	if (decode(data, len, &program, err) < 0) {
		cay_program_finish(&program);
		return -1;
	}
	*ret = program;
	return 0;
}
