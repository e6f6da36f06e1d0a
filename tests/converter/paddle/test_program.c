// Decoding of programs and tensor descriptions.
#include "converter/paddle/program.h"
#include "common/file.h"
#include "tests/converter/pb.h"
#include "tests/test.h"

#include <string.h>

// Numbers of Paddle's framework.proto.
enum { PROGRAM_BLOCKS = 1, PROGRAM_VERSION = 4 };
enum { BLOCK_IDX = 1, BLOCK_PARENT = 2, BLOCK_VARS = 3, BLOCK_OPS = 4 };
enum { VAR_NAME = 1, VAR_TYPE = 2, VAR_PERSISTABLE = 3 };
enum { TYPE_TYPE = 1, TYPE_LOD_TENSOR = 3, LOD_TENSOR = 1, TENSOR_TYPE = 1, TENSOR_DIMS = 2 };
enum { OP_INPUTS = 1, OP_OUTPUTS = 2, OP_TYPE = 3, OP_ATTRS = 4, SLOT_NAME = 1, SLOT_ARGS = 2 };
enum {
	ATTR_NAME = 1,
	ATTR_TYPE = 2,
	ATTR_I = 3,
	ATTR_INTS = 6,
	ATTR_FLOATS = 7,
	ATTR_SCALAR = 20,
	ATTR_SCALARS = 21
};

// A program of one block, which is emptied, decoded.
static int decode_block(struct cay_buf *block, struct cay_program *ret, struct cay_err *err)
{
	struct cay_buf program = {0};
	int result;

	pb_part(&program, PROGRAM_BLOCKS, block);
	result = cay_program_decode(program.data, program.len, ret, err);
	cay_buf_finish(&program);
	return result;
}

// A block with one op, which is emptied.
static int decode_op(struct cay_buf *op, struct cay_program *ret, struct cay_err *err)
{
	struct cay_buf block = {0};

	pb_text(op, OP_TYPE, "conv2d");
	pb_part(&block, BLOCK_OPS, op);
	return decode_block(&block, ret, err);
}

static void check_op_fails(struct cay_buf *op, const char *message)
{
	struct cay_program program = {.meta = 77};
	struct cay_err err = {0};

	ck_assert_int_lt(decode_op(op, &program, &err), 0);
	ck_assert_str_eq(err.msg, message);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_int_eq(program.meta, 77); // untouched
}

START_TEST(a_variable_has_its_type_and_shape)
{
	struct cay_buf block = {0}, var = {0}, type = {0}, lod = {0}, tensor = {0};
	struct cay_program program;
	struct cay_err err = {0};
	const struct cay_var_desc *v;

	pb_varint(&tensor, TENSOR_TYPE, 5);
	pb_varint(&tensor, TENSOR_DIMS, (uint64_t)-1);
	pb_varint(&tensor, TENSOR_DIMS, 3);
	pb_part(&lod, LOD_TENSOR, &tensor);
	pb_varint(&type, TYPE_TYPE, CAY_VAR_TENSOR);
	pb_part(&type, TYPE_LOD_TENSOR, &lod);
	pb_text(&var, VAR_NAME, "x");
	pb_part(&var, VAR_TYPE, &type);
	pb_varint(&var, VAR_PERSISTABLE, 1);
	pb_part(&block, BLOCK_VARS, &var);
	ck_ok(decode_block(&block, &program, &err), err);
	ck_assert_uint_eq(program.blocks[0].var_count, 1);
	v = &program.blocks[0].vars[0];
	ck_assert_str_eq(v->name, "x");
	ck_assert_int_eq(v->dtype, CAY_DTYPE_F32);
	ck_assert(v->persistable);
	ck_assert_uint_eq(v->shape.rank, 2);
	ck_assert_int_eq(v->shape.dim[0], -1);
	ck_assert_int_eq(v->shape.dim[1], 3);
	cay_program_finish(&program);
}
END_TEST

START_TEST(slots_and_attributes_are_sorted)
{
	struct cay_buf op = {0}, part = {0};
	struct cay_program program;
	struct cay_err err = {0};
	const struct cay_op_desc *o;

	pb_text(&part, SLOT_NAME, "Input");
	pb_text(&part, SLOT_ARGS, "x");
	pb_part(&op, OP_INPUTS, &part);
	pb_text(&part, SLOT_NAME, "Filter");
	pb_part(&op, OP_INPUTS, &part);
	pb_text(&part, ATTR_NAME, "strides");
	pb_varint(&part, ATTR_TYPE, CAY_ATTR_INTS);
	pb_varint(&part, ATTR_INTS, 1);
	pb_varint(&part, ATTR_INTS, (uint64_t)-2);
	pb_part(&op, OP_ATTRS, &part);
	pb_text(&part, ATTR_NAME, "groups");
	pb_varint(&part, ATTR_TYPE, CAY_ATTR_INT);
	pb_varint(&part, ATTR_I, 4);
	pb_part(&op, OP_ATTRS, &part);
	ck_ok(decode_op(&op, &program, &err), err);
	o = &program.blocks[0].ops[0];
	ck_assert_str_eq(o->in[0].name, "Filter");
	ck_assert_uint_eq(o->in[0].count, 0);
	ck_assert_str_eq(o->in[1].args[0], "x");
	ck_assert_str_eq(o->attrs[0].name, "groups");
	ck_assert_int_eq(o->attrs[0].i, 4);
	ck_assert_int_eq(o->attrs[1].ints[1], -2);
	cay_program_finish(&program);
}
END_TEST

START_TEST(packed_numbers_and_unknown_fields_are_read)
{
	static const uint8_t ints[] = {1, 2, 0x80, 1}; // 1, 2, 128
	const float floats[] = {0.5F, 2};
	struct cay_buf op = {0}, part = {0};
	struct cay_program program;
	struct cay_err err = {0};
	const struct cay_attr *attrs;

	pb_text(&part, ATTR_NAME, "a");
	pb_varint(&part, ATTR_TYPE, CAY_ATTR_INTS);
	pb_bytes(&part, ATTR_INTS, ints, sizeof(ints));
	pb_varint(&part, 1000, 7);
	pb_part(&op, OP_ATTRS, &part);
	pb_text(&part, ATTR_NAME, "b");
	pb_varint(&part, ATTR_TYPE, CAY_ATTR_FLOATS);
	pb_bytes(&part, ATTR_FLOATS, floats, sizeof(floats));
	pb_float(&part, ATTR_FLOATS, 4);
	pb_part(&op, OP_ATTRS, &part);
	pb_text(&op, 1001, "of a later version");
	ck_ok(decode_op(&op, &program, &err), err);
	attrs = program.blocks[0].ops[0].attrs;
	ck_assert_uint_eq(attrs[0].count, 3);
	ck_assert_int_eq(attrs[0].ints[2], 128);
	ck_assert_uint_eq(attrs[1].count, 3);
	ck_assert_float_eq(attrs[1].floats[2], 4);
	cay_program_finish(&program);
}
END_TEST

START_TEST(scalars_are_plain_attributes)
{
	struct cay_buf op = {0}, part = {0}, scalar = {0};
	struct cay_program program;
	struct cay_err err = {0};

	pb_varint(&scalar, 1, 2); // LONG
	pb_varint(&scalar, 3, 11);
	pb_text(&part, ATTR_NAME, "value");
	pb_varint(&part, ATTR_TYPE, 16);
	pb_part(&part, ATTR_SCALAR, &scalar);
	pb_part(&op, OP_ATTRS, &part);
	ck_ok(decode_op(&op, &program, &err), err);
	ck_assert_int_eq(program.blocks[0].ops[0].attrs[0].type, CAY_ATTR_LONG);
	ck_assert_int_eq(program.blocks[0].ops[0].attrs[0].i, 11);
	cay_program_finish(&program);
}
END_TEST

START_TEST(lists_of_scalars_are_doubles)
{
	struct cay_buf op = {0}, part = {0}, scalar = {0};
	struct cay_program program;
	struct cay_err err = {0};
	const struct cay_attr *attr;

	pb_text(&part, ATTR_NAME, "values");
	pb_varint(&part, ATTR_TYPE, 17);
	for (unsigned i = 0; i < 2; i++) {
		pb_varint(&scalar, 1, 2); // LONG
		pb_varint(&scalar, 3, 11 + i);
		pb_part(&part, ATTR_SCALARS, &scalar);
	}
	pb_part(&op, OP_ATTRS, &part);
	ck_ok(decode_op(&op, &program, &err), err);
	attr = &program.blocks[0].ops[0].attrs[0];
	ck_assert_int_eq(attr->type, CAY_ATTR_FLOAT64S);
	ck_assert_uint_eq(attr->count, 2);
	ck_assert(attr->doubles[0] == 11 && attr->doubles[1] == 12);
	cay_program_finish(&program);
}
END_TEST

START_TEST(attributes_about_the_script_are_dropped)
{
	struct cay_buf op = {0}, part = {0};
	struct cay_program program;
	struct cay_err err = {0};

	pb_text(&part, ATTR_NAME, "op_callstack");
	pb_varint(&part, ATTR_TYPE, CAY_ATTR_STRINGS);
	pb_part(&op, OP_ATTRS, &part);
	ck_ok(decode_op(&op, &program, &err), err);
	ck_assert_uint_eq(program.blocks[0].ops[0].attr_count, 0);
	cay_program_finish(&program);
}
END_TEST

START_TEST(what_is_wrong_with_an_op_is_named)
{
	struct cay_buf op = {0}, part = {0};

	pb_text(&part, ATTR_NAME, "a");
	pb_varint(&part, ATTR_TYPE, 99);
	pb_part(&op, OP_ATTRS, &part);
	check_op_fails(&op, "op 'conv2d': attribute 'a' has the unknown type 99");
	pb_text(&part, ATTR_NAME, "a");
	pb_varint(&part, ATTR_TYPE, 16);
	pb_part(&op, OP_ATTRS, &part);
	check_op_fails(&op, "op 'conv2d': attribute 'a' is a scalar of an unknown type");
	for (int i = 0; i < 2; i++) {
		pb_text(&part, ATTR_NAME, "a");
		pb_part(&op, OP_ATTRS, &part);
	}
	check_op_fails(&op, "op 'conv2d': attribute 'a' stands there twice");
	for (int i = 0; i < 2; i++) {
		pb_text(&part, SLOT_NAME, "X");
		pb_part(&op, OP_OUTPUTS, &part);
	}
	check_op_fails(&op, "op 'conv2d': 'X' stands there twice");
	pb_text(&part, SLOT_ARGS, "x");
	pb_part(&op, OP_INPUTS, &part);
	check_op_fails(&op, "op 'conv2d': an input or output has no name");
}
END_TEST

START_TEST(bytes_that_are_no_program_are_refused)
{
	const char *text = "# Model card\n";
	struct cay_program program;
	struct cay_err err = {0};

	ck_assert_int_lt(cay_program_decode((const uint8_t *)text, strlen(text), &program, &err),
			 0);
	ck_assert_str_eq(err.msg, "the program is no valid protobuf message");
	ck_assert_int_lt(cay_program_decode(NULL, 0, &program, &err), 0);
	ck_assert_str_eq(err.msg, "the program has no block");
}
END_TEST

START_TEST(limits_are_kept)
{
	struct cay_buf bytes = {0}, block = {0}, op = {0};
	struct cay_program program;
	struct cay_err err = {0};

	for (int i = 0; i <= CAY_PROGRAM_MAX_BLOCKS; i++)
		pb_part(&bytes, PROGRAM_BLOCKS, &block);
	ck_assert_int_lt(cay_program_decode(bytes.data, bytes.len, &program, &err), 0);
	ck_assert_str_eq(err.msg, "257 blocks, the limit is 256");
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	cay_buf_finish(&bytes);
	for (int i = 0; i <= CAY_PROGRAM_MAX_OPS; i++)
		pb_part(&block, BLOCK_OPS, &op);
	ck_assert_int_lt(decode_block(&block, &program, &err), 0);
	ck_assert_str_eq(err.msg, "100001 ops, the limit is 100000");
}
END_TEST

START_TEST(small_messages_that_grow_large_are_refused)
{
	static const uint8_t empty_op[] = {BLOCK_OPS << 3 | 2, 0};
	struct cay_buf block = {0};
	struct cay_program program;
	struct cay_err err = {0};

	for (int i = 0; i < 4000000; i++) // two bytes each, over a hundred unpacked
		cay_buf_put(&block, empty_op, sizeof(empty_op));
	ck_assert_int_lt(decode_block(&block, &program, &err), 0);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_str_eq(err.msg,
			 "the program: needs more than the limit of 268435456 bytes of memory");
}
END_TEST

START_TEST(every_truncation_of_the_blocks_is_an_error)
{
	struct cay_program whole, program;
	struct cay_buf file = {0};
	struct cay_err err = {0};
	size_t accepted = 0;

	ck_ok(cay_file_read(TEST_DATA "softmax/model/__model__", SIZE_MAX, &file, &err), err);
	ck_ok(cay_program_decode(file.data, file.len, &whole, &err), err);
	for (size_t len = 0; len < file.len; len++) {
		uint8_t *copy = malloc(len ? len : 1); // so that a read behind the end is found

		memcpy(copy, file.data, len);
		if (cay_program_decode(copy, len, &program, &err) == 0) {
			ck_assert_uint_eq(program.blocks[0].op_count, whole.blocks[0].op_count);
			cay_program_finish(&program);
			accepted++;
		}
		free(copy);
	}
	ck_assert_uint_le(accepted, 2); // without the version of Paddle, or those of the ops
	cay_program_finish(&whole);
	cay_buf_finish(&file);
}
END_TEST

START_TEST(tensor_descriptions_that_lie_are_refused)
{
	struct cay_buf desc = {0};
	enum cay_dtype dtype;
	struct cay_shape shape;
	struct cay_err err = {0};

	pb_varint(&desc, TENSOR_TYPE, 7); // LOD_TENSOR is no element type
	ck_assert_int_lt(cay_tensor_desc_decode(desc.data, desc.len, &dtype, &shape, &err), 0);
	ck_assert_str_eq(err.msg, "element type 7 is not supported");
	cay_buf_finish(&desc);
	pb_varint(&desc, TENSOR_TYPE, 5);
	for (int i = 0; i < 9; i++)
		pb_varint(&desc, TENSOR_DIMS, 1);
	ck_assert_int_lt(cay_tensor_desc_decode(desc.data, desc.len, &dtype, &shape, &err), 0);
	ck_assert_str_eq(err.msg, "the tensor has 9 dimensions, the limit is 8");
	cay_buf_finish(&desc);
	pb_varint(&desc, TENSOR_DIMS, 1); // no type
	ck_assert_int_lt(cay_tensor_desc_decode(desc.data, desc.len, &dtype, &shape, &err), 0);
	cay_buf_finish(&desc);
}
END_TEST

TEST_MAIN("program", a_variable_has_its_type_and_shape, slots_and_attributes_are_sorted,
	  packed_numbers_and_unknown_fields_are_read, scalars_are_plain_attributes,
	  lists_of_scalars_are_doubles, attributes_about_the_script_are_dropped,
	  what_is_wrong_with_an_op_is_named, bytes_that_are_no_program_are_refused, limits_are_kept,
	  small_messages_that_grow_large_are_refused, every_truncation_of_the_blocks_is_an_error,
	  tensor_descriptions_that_lie_are_refused)
