// Fuzz target: .nb bytes. What can be read must be writable, and stay the same from then on.
#include "nb/nb.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

// The program as bytes, or none: it has a variable of an unknown data type, which no writer takes.
static struct cay_buf write_program(const struct cay_program *program)
{
	struct cay_buf bytes = {0};
	struct cay_err err = {0};

	if (cay_nb_write(program, &bytes, &err) < 0 && !strstr(err.msg, "unknown data type"))
		abort();
	return bytes;
}

// Reads what an engine reads first.
static void look_at_kernels(const struct cay_program *program)
{
	struct cay_kernel_key key;
	struct cay_err err = {0};

	for (size_t i = 0; i < program->blocks[0].op_count; i++) {
		const struct cay_op_desc *op = &program->blocks[0].ops[i];
		const char *kernel =
			cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, "");

		if (cay_kernel_key_parse(kernel, &key, &err) < 0 && !*err.msg)
			abort();
		for (size_t j = 0; j < op->in_count; j++)
			if (op->in[j].count)
				cay_program_param(program, op->in[j].args[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cay_program program;
	struct cay_err err = {0};
	struct cay_buf once, twice;

	cay_nb_probe(data, len);
	if (cay_nb_read(data, len, &program, &err) < 0)
		return 0;
	look_at_kernels(&program);
	once = write_program(&program);
	cay_program_finish(&program);
	if (once.len) {
		if (cay_nb_read(once.data, once.len, &program, &err) < 0)
			abort();
		twice = write_program(&program);
		if (twice.len != once.len || memcmp(twice.data, once.data, once.len) != 0)
			abort();
		cay_buf_finish(&twice);
		cay_program_finish(&program);
	}
	cay_buf_finish(&once);
	return 0;
}
