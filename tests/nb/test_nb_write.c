// Tests of nb/nb_write.c, and that what it writes reads back.
#include "nb/nb.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

struct file {
	struct cay_buf bytes;
	struct cay_program program;
};

static struct file write_and_read(const struct cay_program *program)
{
	struct cay_err err = {0};
	struct file file = {0};

	ck_ok(cay_nb_write(program, &file.bytes, &err), err);
	ck_assert(cay_nb_probe(file.bytes.data, file.bytes.len));
	ck_ok(cay_nb_read(file.bytes.data, file.bytes.len, &file.program, &err), err);
	return file;
}

static void finish(struct file *file)
{
	cay_program_finish(&file->program);
	cay_buf_finish(&file->bytes);
}

START_TEST(every_type_of_attribute_survives)
{
	struct cay_program sample = sample_program();
	const struct cay_op_desc *old = &sample.blocks[0].ops[0];
	struct file file = write_and_read(&sample);
	const struct cay_op_desc *op = &file.program.blocks[0].ops[0];

	ck_assert_uint_eq(op->attr_count, old->attr_count);
	for (size_t i = 0; i < old->attr_count; i++) {
		const struct cay_attr *a = &old->attrs[i], *b = cay_op_desc_attr(op, a->name);

		ck_assert_msg(b, "%s", a->name);
		ck_assert_int_eq(a->type, b->type);
		ck_assert_uint_eq(a->count, b->count);
	}
	finish(&file);
}
END_TEST

TEST_MAIN("nb_write", every_type_of_attribute_survives)
