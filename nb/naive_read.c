// .nb files of meta 0, which opt wrote until 2.6: fields one behind the other, none left out.
#include "nb/naive.h"
#include "common/size.h"
#include "nb/schema.h"

#include <string.h>

// The bytes not read yet. The first failure sticks in `failed` and *err: after it every number
// is 0, every list empty and every string "".
struct reader {
	const uint8_t *data, *end;
	struct cay_program *program;
	size_t ops; // in all blocks so far
	bool failed;
	struct cay_err *err;
};

// Paddle's numbers for the types of variables and elements, by this format's own numbers.
static const int types[] = {0, 1, 2,  3,  4,  5,  6,  19, 20, 21, 7,
			    8, 9, 10, 11, 12, 13, 14, 15, 17, 18};

// Fewest bytes that an item of a list takes: a count beyond what is left is refused before any
// memory is asked for.
enum { STRING_MIN = 8, SLOT_MIN = 16, ATTR_MIN = 89, OP_MIN = 33, VAR_MIN = 73, BLOCK_MIN = 28 };
enum { LOD_TENSOR_MIN = 16, PARAM_MIN = 52 };

static void fail(struct reader *r, const char *what)
{
	if (!r->failed)
		cay_fail(r->err, CAY_EMODEL, "%s", what);
	r->failed = true;
}

// Takes the next bytes; after a failure eight zeros, which are enough for any number.
static const uint8_t *take(struct reader *r, uint64_t size)
{
	static const uint8_t nothing[8];
	const uint8_t *bytes = r->data;

	if (!r->failed && size > (uint64_t)(r->end - r->data))
		fail(r, "the file is cut off");
	if (r->failed)
		return nothing;
	r->data += size;
	return bytes;
}

static uint64_t take_unsigned(struct reader *r, size_t size)
{
	const uint8_t *p = take(r, size);
	uint64_t value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static int64_t take_int(struct reader *r, size_t size)
{
	const uint64_t value = take_unsigned(r, size);

	return size == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

// Takes the number of items that follow.
static size_t take_count(struct reader *r, size_t item_min)
{
	const uint64_t count = take_unsigned(r, 8);

	if (!r->failed && count > (uint64_t)(r->end - r->data) / item_min)
		fail(r, "the file is cut off");
	return r->failed ? 0 : (size_t)count;
}

// Allocates items in the program's arena; NULL after a failure.
static void *new_array(struct reader *r, size_t count, size_t size)
{
	void *items = r->failed ? NULL : cay_arena_array(&r->program->arena, count, size, r->err);

	r->failed |= !items;
	return items;
}

static const char *take_string(struct reader *r)
{
	const size_t len = take_count(r, 1);
	const uint8_t *bytes = take(r, len);
	char *text;

	if (!r->failed && memchr(bytes, 0, len))
		fail(r, "a text with a NUL in it");
	text = r->failed ? NULL
			 : cay_arena_strndup(&r->program->arena, (const char *)bytes, len, r->err);
	r->failed |= !text;
	return text ? text : "";
}

static const char *const *take_strings(struct reader *r, size_t *ret_count)
{
	const size_t count = take_count(r, STRING_MIN);
	const char **texts = new_array(r, count, sizeof(*texts));

	for (size_t i = 0; i < count && !r->failed; i++)
		texts[i] = take_string(r);
	*ret_count = count;
	return texts;
}

static const int64_t *take_ints(struct reader *r, size_t size, size_t *ret_count)
{
	const size_t count = take_count(r, size);
	int64_t *ints = new_array(r, count, sizeof(*ints));

	for (size_t i = 0; i < count && !r->failed; i++)
		ints[i] = size > 1 ? take_int(r, size) : take_unsigned(r, 1) != 0;
	*ret_count = count;
	return ints;
}

static const void *take_reals(struct reader *r, size_t size, size_t *ret_count)
{
	const size_t count = take_count(r, size);
	const uint8_t *bytes = take(r, count * size);
	void *reals = new_array(r, count, size);

	if (!r->failed && count)
		memcpy(reals, bytes, count * size);
	*ret_count = count;
	return reals;
}

static float take_float(struct reader *r)
{
	const uint32_t bits = (uint32_t)take_unsigned(r, 4);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

// Takes an attribute's value of one type.
static void take_value(struct reader *r, enum cay_attr_type type, struct cay_attr *ret)
{
	const struct cay_nb_value *value = &cay_nb_values[type];

	switch (value->form) {
	case FORM_INT:
		ret->i = value->size > 1 ? take_int(r, value->size) : take_unsigned(r, 1) != 0;
		break;
	case FORM_REAL:
		ret->f = (double)take_float(r);
		break;
	case FORM_STRING:
		ret->s = take_string(r);
		break;
	case FORM_INTS:
		ret->ints = take_ints(r, value->size, &ret->count);
		break;
	case FORM_REALS:
		ret->floats = take_reals(r, value->size, &ret->count);
		break;
	case FORM_STRINGS:
		ret->strings = take_strings(r, &ret->count);
		break;
	case FORM_NONE:
		break;
	}
}

// Takes an attribute. It has a value of each type, of which only that of its own type means
// something.
static void take_attr(struct reader *r, struct cay_attr *ret)
{
	const char *name = take_string(r);
	const int64_t type = take_int(r, 4);
	struct cay_attr kept = {0};

	if (type < 0 || type > CAY_ATTR_LONGS)
		fail(r, "an attribute of an unknown type");
	for (int t = 0; t <= CAY_ATTR_LONGS && !r->failed; t++) {
		struct cay_attr one = {.type = (enum cay_attr_type)t};

		take_value(r, one.type, &one);
		if (t == type)
			kept = one;
	}
	*ret = kept;
	ret->name = name;
	if (r->failed)
		cay_wrap(r->err, "attribute '%.80s'", name);
}

static struct cay_slot *take_slots(struct reader *r, size_t *ret_count)
{
	const size_t count = take_count(r, SLOT_MIN);
	struct cay_slot *slots = new_array(r, count, sizeof(*slots));

	for (size_t i = 0; i < count && !r->failed; i++) {
		slots[i].name = take_string(r);
		slots[i].args = take_strings(r, &slots[i].count);
	}
	*ret_count = count;
	return slots;
}

// Later versions have a scale for each slot, and lists of them.
static void rename_scale(struct reader *r, const struct cay_op_desc *op, struct cay_attr *attr)
{
	const bool is_fc = strcmp(op->type, "fc") == 0;
	const bool is_conv = strstr(op->type, "conv2d") != NULL;
	const struct {
		const char *old, *conv, *fc, *product;
	} names[] = {
		{"input_scale", "Input0_scale", "Input0_scale", "X0_scale"},
		{"weight_scale", "Filter0_scale", "W0_scale", "Y0_scale"},
		{"output_scale", "Output0_scale", "Out0_scale", "Out0_scale"},
	};
	size_t i = 0;

	while (i < CAY_ARRAY_SIZE(names) && strcmp(names[i].old, attr->name) != 0)
		i++;
	if (i == CAY_ARRAY_SIZE(names))
		return;
	attr->name = is_conv ? names[i].conv : is_fc ? names[i].fc : names[i].product;
	if (attr->type == CAY_ATTR_FLOAT) {
		float *scale = new_array(r, 1, sizeof(*scale));

		if (scale)
			*scale = (float)attr->f;
		*attr = (struct cay_attr){attr->name, CAY_ATTR_FLOATS, {.floats = scale}, 1};
	}
}

static void take_op(struct reader *r, struct cay_op_desc *ret)
{
	ret->type = take_string(r);
	ret->in = take_slots(r, &ret->in_count);
	ret->out = take_slots(r, &ret->out_count);
	ret->attr_count = take_count(r, ATTR_MIN);
	ret->attrs = new_array(r, ret->attr_count, sizeof(*ret->attrs));
	for (size_t i = 0; i < ret->attr_count && !r->failed; i++)
		take_attr(r, &ret->attrs[i]);
	if (!r->failed && cay_attr_bool(ret->attrs, ret->attr_count, "enable_int8", false))
		for (size_t i = 0; i < ret->attr_count && !r->failed; i++)
			rename_scale(r, ret, &ret->attrs[i]);
	take(r, 1); // is_target
}

static enum cay_dtype take_dtype(struct reader *r)
{
	const int64_t number = take_int(r, 4);

	return number >= 0 && number < (int64_t)CAY_ARRAY_SIZE(types)
		       ? cay_dtype_from_var_type(types[number])
		       : CAY_DTYPES;
}

static struct cay_shape take_shape(struct reader *r)
{
	const size_t rank = take_count(r, 8);
	struct cay_shape shape = {0};

	if (rank > CAY_MAX_RANK)
		fail(r, "more than 8 dimensions");
	for (size_t i = 0; i < rank && !r->failed; i++)
		shape.dim[shape.rank++] = take_int(r, 8);
	return shape;
}

// A tensor's description and its level of detail, which none here has.
static void take_tensor(struct reader *r, struct cay_var_desc *ret)
{
	struct cay_var_desc unused = {0};

	ret = ret ? ret : &unused;
	ret->dtype = take_dtype(r);
	ret->shape = take_shape(r);
	take(r, 4);
}

static void take_var(struct reader *r, struct cay_var_desc *ret)
{
	struct cay_var_desc tensor = {0}, array = {0};
	int64_t type;

	ret->name = take_string(r);
	type = take_int(r, 4);
	if (type < 0 || type >= (int64_t)CAY_ARRAY_SIZE(types)) {
		fail(r, "a variable of an unknown type");
		return;
	}
	ret->type = types[type];
	ret->dtype = CAY_DTYPES;
	take_dtype(r); // of selected rows
	take_shape(r);
	take_tensor(r, &tensor);
	take_tensor(r, &array);
	for (size_t n = take_count(r, LOD_TENSOR_MIN); n && !r->failed; n--)
		take_tensor(r, NULL);  // of a reader
	take(r, 4 * take_count(r, 4)); // of a tuple
	ret->persistable = take_unsigned(r, 1) != 0;
	if (ret->type != CAY_VAR_TENSOR && ret->type != CAY_VAR_TENSOR_ARRAY)
		return;
	if (ret->type == CAY_VAR_TENSOR_ARRAY)
		tensor = array;
	if (tensor.shape.rank == 0)
		return; // opt left it undescribed: the bytes are what was in opt's memory
	ret->dtype = tensor.dtype;
	ret->shape = tensor.shape;
	for (uint32_t i = 0; i < ret->shape.rank; i++)
		if (ret->shape.dim[i] < 0 || ret->shape.dim[i] > CAY_MAX_DIM)
			ret->shape.dim[i] = -1;
}

static void take_vars(struct reader *r, struct cay_block *ret)
{
	ret->var_count = take_count(r, VAR_MIN);
	ret->vars = new_array(r, ret->var_count, sizeof(*ret->vars));
	for (size_t i = 0; i < ret->var_count && !r->failed; i++) {
		take_var(r, &ret->vars[i]);
		if (r->failed)
			cay_wrap(r->err, "variable %zu '%.80s'", i, ret->vars[i].name);
	}
}

static void take_ops(struct reader *r, struct cay_block *ret)
{
	ret->op_count = take_count(r, OP_MIN);
	if (ret->op_count > CAY_PROGRAM_MAX_OPS - r->ops)
		fail(r, "too many ops");
	r->ops += ret->op_count;
	ret->ops = new_array(r, ret->op_count, sizeof(*ret->ops));
	for (size_t i = 0; i < ret->op_count && !r->failed; i++) {
		take_op(r, &ret->ops[i]);
		if (r->failed)
			cay_wrap(r->err, "op %zu '%.80s'", i, ret->ops[i].type);
	}
}

static void take_block(struct reader *r, struct cay_block *ret)
{
	int64_t parent;

	take(r, 4); // its place, by its own account
	parent = take_int(r, 4);
	ret->parent = ret->idx ? (int)parent : -1;
	if (ret->parent < -1 || ret->parent >= ret->idx)
		fail(r, "a block in a later one");
	take_vars(r, ret);
	take_ops(r, ret);
	take(r, 4); // the block of the forward pass
}

static int finish(struct reader *r)
{
	if (!r->failed && r->data != r->end)
		fail(r, "more bytes than the format has");
	return r->failed ? -1 : 0;
}

int cay_naive_read_topology(const uint8_t *data, size_t len, struct cay_program *program,
			    struct cay_err *err)
{
	struct reader r = {.data = data, .end = data + len, .program = program, .err = err};

	program->arena.limit = CAY_PROGRAM_MAX_MEMORY; // nothing can be shared here
	program->block_count = take_count(&r, BLOCK_MIN);
	if (!r.failed &&
	    (program->block_count == 0 || program->block_count > CAY_PROGRAM_MAX_BLOCKS))
		fail(&r, "no block, or too many");
	program->blocks = new_array(&r, program->block_count, sizeof(*program->blocks));
	for (size_t i = 0; i < program->block_count && !r.failed; i++) {
		program->blocks[i].idx = (int)i;
		take_block(&r, &program->blocks[i]);
	}
	program->version = take_int(&r, 8);
	return finish(&r);
}

static void take_param(struct reader *r, struct cay_param *ret)
{
	ret->name = take_string(r);
	take(r, 4 + 8); // version, level of detail
	for (size_t n = take_count(r, 8); n && !r->failed; n--)
		take(r, 8 * take_count(r, 8));
	take(r, 4); // version of the tensor
	ret->dtype = take_dtype(r);
	ret->shape = take_shape(r);
	ret->size = take_count(r, 1);
	ret->data = take(r, ret->size);
	if (!r->failed)
		r->failed = cay_param_check(ret, r->err) < 0;
}

int cay_naive_read_params(const uint8_t *data, size_t len, struct cay_program *program,
			  struct cay_err *err)
{
	struct reader r = {.data = data, .end = data + len, .program = program, .err = err};

	program->param_count = take_count(&r, PARAM_MIN);
	program->params = new_array(&r, program->param_count, sizeof(*program->params));
	for (size_t i = 0; i < program->param_count && !r.failed; i++) {
		take_param(&r, &program->params[i]);
		if (r.failed)
			cay_wrap(err, "parameter %zu '%.80s'", i,
				 program->params[i].name ? program->params[i].name : "");
	}
	return finish(&r);
}
