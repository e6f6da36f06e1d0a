// Writes files of meta 0: each field in its order, as docs of the format have it.
#include "tests/nb/naive_write.h"

#include <string.h>

static void put_number(struct cay_buf *b, int64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
	cay_buf_put(b, bytes, size);
}

static void put_bytes(struct cay_buf *b, const void *data, size_t size)
{
	put_number(b, (int64_t)size, 8);
	if (size)
		cay_buf_put(b, data, size);
}

static void put_string(struct cay_buf *b, const char *text)
{
	put_bytes(b, text, strlen(text));
}

static void put_strings(struct cay_buf *b, const char *const *texts, size_t count)
{
	put_number(b, (int64_t)count, 8);
	for (size_t i = 0; i < count; i++)
		put_string(b, texts[i]);
}

static void put_ints(struct cay_buf *b, const int64_t *ints, size_t count, size_t size)
{
	put_number(b, (int64_t)count, 8);
	for (size_t i = 0; i < count; i++)
		put_number(b, ints[i], size);
}

// Its place in the format's own order of types.
static int64_t type_number(int paddle)
{
	static const int types[] = {0, 1, 2,  3,  4,  5,  6,  19, 20, 21, 7,
				    8, 9, 10, 11, 12, 13, 14, 15, 17, 18};
	int64_t i = 0;

	while (i < 20 && types[i] != paddle)
		i++;
	return i;
}

static void put_tensor(struct cay_buf *b, enum cay_dtype dtype, const struct cay_shape *shape)
{
	put_number(b, dtype < CAY_DTYPES ? type_number(cay_dtype_to_var_type(dtype)) : 77, 4);
	put_ints(b, shape->dim, shape->rank, 8);
}

static void put_attr(struct cay_buf *b, const struct cay_attr *attr)
{
	static const size_t int_sizes[] = {[CAY_ATTR_INTS] = 4,
					   [CAY_ATTR_BOOLEANS] = 1,
					   [CAY_ATTR_BLOCKS] = 4,
					   [CAY_ATTR_LONGS] = 8};

	put_string(b, attr->name);
	put_number(b, attr->type, 4);
	for (int type = 0; type <= CAY_ATTR_LONGS; type++) {
		const bool is = (int)attr->type == type;
		const float f = is && type == CAY_ATTR_FLOAT ? (float)attr->f : 0;

		switch (type) {
		case CAY_ATTR_FLOAT:
			cay_buf_put(b, &f, sizeof(f));
			break;
		case CAY_ATTR_STRING:
			put_string(b, is ? attr->s : "");
			break;
		case CAY_ATTR_FLOATS:
			put_number(b, is ? (int64_t)attr->count : 0, 8);
			if (is && attr->count)
				cay_buf_put(b, attr->floats, attr->count * sizeof(float));
			break;
		case CAY_ATTR_STRINGS:
			put_strings(b, is ? attr->strings : NULL, is ? attr->count : 0);
			break;
		case CAY_ATTR_INTS:
		case CAY_ATTR_BOOLEANS:
		case CAY_ATTR_BLOCKS:
		case CAY_ATTR_LONGS:
			put_ints(b, is ? attr->ints : NULL, is ? attr->count : 0, int_sizes[type]);
			break;
		default:
			put_number(b, is ? attr->i : 0,
				   type == CAY_ATTR_LONG      ? 8
				   : type == CAY_ATTR_BOOLEAN ? 1
							      : 4);
		}
	}
}

static void put_slots(struct cay_buf *b, const struct cay_slot *slots, size_t count)
{
	put_number(b, (int64_t)count, 8);
	for (size_t i = 0; i < count; i++) {
		put_string(b, slots[i].name);
		put_strings(b, slots[i].args, slots[i].count);
	}
}

static void put_op(struct cay_buf *b, const struct cay_op_desc *op)
{
	size_t count = 0;

	put_string(b, op->type);
	put_slots(b, op->in, op->in_count);
	put_slots(b, op->out, op->out_count);
	for (size_t i = 0; i < op->attr_count; i++)
		count += op->attrs[i].type <= CAY_ATTR_LONGS;
	put_number(b, (int64_t)count, 8);
	for (size_t i = 0; i < op->attr_count; i++)
		if (op->attrs[i].type <= CAY_ATTR_LONGS)
			put_attr(b, &op->attrs[i]);
	put_number(b, 0, 1);
}

static void put_var(struct cay_buf *b, const struct cay_var_desc *var)
{
	static const struct cay_shape none;
	const bool tensor = var->type == CAY_VAR_TENSOR;
	const bool array = var->type == CAY_VAR_TENSOR_ARRAY;

	put_string(b, var->name);
	put_number(b, type_number(var->type), 4);
	put_tensor(b, CAY_DTYPES, &none); // selected rows: never set, so its type is anything
	put_tensor(b, tensor ? var->dtype : CAY_DTYPES, tensor ? &var->shape : &none);
	put_number(b, 0, 4);
	put_tensor(b, array ? var->dtype : CAY_DTYPES, array ? &var->shape : &none);
	put_number(b, 0, 4);
	put_number(b, 1, 8); // a reader's: one tensor
	put_tensor(b, CAY_DTYPES, &none);
	put_number(b, 0, 4);
	put_ints(b, (int64_t[]){10, 10}, 2, 4); // a tuple's
	put_number(b, var->persistable, 1);
}

static void put_block(struct cay_buf *b, const struct cay_block *block)
{
	put_number(b, block->idx, 4);
	put_number(b, block->parent, 4);
	put_number(b, (int64_t)block->var_count, 8);
	for (size_t i = 0; i < block->var_count; i++)
		put_var(b, &block->vars[i]);
	put_number(b, (int64_t)block->op_count, 8);
	for (size_t i = 0; i < block->op_count; i++)
		put_op(b, &block->ops[i]);
	put_number(b, -1, 4);
}

static void put_param(struct cay_buf *b, const struct cay_param *param)
{
	put_string(b, param->name);
	put_number(b, 0, 4);
	put_number(b, 1, 8); // levels of detail: one, of two offsets
	put_number(b, 1, 8);
	put_ints(b, (int64_t[]){0, 1}, 2, 8);
	put_number(b, 0, 4);
	put_tensor(b, param->dtype, &param->shape);
	put_bytes(b, param->data, param->size);
}

void naive_write(const struct cay_program *program, struct cay_buf *ret)
{
	struct cay_buf topology = {0};
	char version[16] = "";

	put_number(&topology, (int64_t)program->block_count, 8);
	for (size_t i = 0; i < program->block_count; i++)
		put_block(&topology, &program->blocks[i]);
	put_number(&topology, program->version, 8);
	memcpy(version, program->opt_version, strlen(program->opt_version));
	put_number(ret, 0, 2);
	cay_buf_put(ret, version, sizeof(version));
	put_bytes(ret, topology.data, topology.len);
	put_number(ret, (int64_t)program->param_count, 8);
	for (size_t i = 0; i < program->param_count; i++)
		put_param(ret, &program->params[i]);
	cay_buf_finish(&topology);
}
