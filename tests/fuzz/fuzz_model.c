// Fuzz target: a .nb is loaded, planned and run. Its mutator changes the program, not the bytes:
// what gets through to the ops is a file that any reader would take.
#include "engine/session.h"
#include "nb/nb.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static const struct cay_model_limits limits = {
	.arena = 4 << 20, .plans = 1 << 20, .weights = 4 << 20};

static void run(struct cay_model *model)
{
	static const float zeros[1 << 16];
	struct cay_err err = {0};
	struct cay_session *session = cay_session_new(model, &err);
	struct cay_tensor in[64];
	size_t count, size;
	const struct cay_port *ports = cay_model_inputs(model, &count);

	for (size_t i = 0; i < count; i++) {
		in[i] = (struct cay_tensor){.name = ports[i].name,
					    .dtype = ports[i].dtype,
					    .shape = ports[i].shape,
					    .data = zeros};
		for (uint32_t k = 0; k < in[i].shape.rank; k++)
			if (in[i].shape.dim[k] < 0)
				in[i].shape.dim[k] = k == 0 ? 2 : 8;
		if (cay_shape_bytes(&in[i].shape, in[i].dtype, &size, &err) < 0 ||
		    size > sizeof(zeros))
			count = i; // too few inputs: an error too
		in[i].size = size;
	}
	if (session && cay_session_run(session, in, count, 0, &err) == 0)
		for (size_t i = 0; i < cay_session_step_count(session); i++)
			if (!cay_session_step(session, i).op.type)
				abort();
	cay_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cay_kernels kernels;
	struct cay_err err = {0};
	struct cay_model *model;

	cay_kernels_init(&kernels, cay_cpu_detect());
	model = cay_model_load(data, len, &kernels, &limits, &err);
	if (!model && !*err.msg)
		abort();
	if (model)
		run(model);
	cay_model_free(model);
	return 0;
}

static int64_t odd_number(unsigned *seed)
{
	static const int64_t numbers[] = {0, 1,	 -1,  2,     3,		4,	   5,	    7,
					  8, 16, 100, 65536, INT32_MAX, INT32_MIN, 1 << 20, -2};
	*seed = *seed * 1664525 + 1013904223;
	return numbers[(*seed >> 16) % (sizeof(numbers) / sizeof(numbers[0]))];
}

static void mutate_attr(struct cay_attr *attr, unsigned *seed)
{
	int64_t number = odd_number(seed);

	switch ((int)attr->type) {
	case CAY_ATTR_INT:
		attr->i = number;
		break;
	case CAY_ATTR_BOOLEAN:
		attr->i = number & 1;
		break;
	case CAY_ATTR_FLOAT:
		attr->f = (double)(float)number;
		break;
	case CAY_ATTR_INTS:
		if (number < 0 && attr->count)
			attr->count--;
		else if (attr->count)
			((int64_t *)(uintptr_t)attr->ints)[*seed / 65536 % attr->count] = number;
		break;
	case CAY_ATTR_FLOATS:
		if (number < 0 && attr->count)
			attr->count--;
		else if (attr->count)
			((float *)(uintptr_t)attr->floats)[0] = (float)number;
		break;
	default:
		attr->name = "gone";
	}
}

static void mutate_op(struct cay_op_desc *op, unsigned *seed)
{
	switch (odd_number(seed) & 3) {
	case 0:
		if (op->in_count) // another operand, or none
			op->in[*seed / 65536 % op->in_count].count = 0;
		break;
	case 1:
		if (op->in_count > 1)
			op->in[0].args = op->in[1].args, op->in[0].count = op->in[1].count;
		break;
	default:
		if (op->attr_count)
			mutate_attr(&op->attrs[*seed / 65536 % op->attr_count], seed);
	}
}

static void mutate_shape(struct cay_shape *shape, unsigned *seed)
{
	int64_t number = odd_number(seed);

	if (number < 0 && shape->rank)
		shape->rank--;
	else if (number > 100 && shape->rank < CAY_MAX_RANK)
		shape->dim[shape->rank++] = 1;
	else if (shape->rank)
		shape->dim[*seed / 65536 % shape->rank] = number < 0 ? -1 : number;
}

static void mutate(struct cay_program *program, unsigned *seed)
{
	struct cay_block *block = &program->blocks[0];
	int64_t kind = odd_number(seed) & 7;

	if (kind == 0 && block->var_count) {
		mutate_shape(&block->vars[*seed / 65536 % block->var_count].shape, seed);
	} else if (kind == 1 && program->param_count) {
		struct cay_param *param = &program->params[*seed / 65536 % program->param_count];
		struct cay_shape shape = param->shape;

		if (shape.rank > 1) { // other dimensions of the same product
			param->shape.dim[0] = shape.dim[shape.rank - 1];
			param->shape.dim[shape.rank - 1] = shape.dim[0];
		}
	} else if (block->op_count) {
		mutate_op(&block->ops[*seed / 65536 % block->op_count], seed);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct cay_program program;
	struct cay_buf nb = {0};
	struct cay_err err = {0};

	if (cay_nb_read(data, size, &program, &err) < 0)
		return size;
	for (unsigned i = 0; i <= seed % 3; i++)
		mutate(&program, &seed);
	if (cay_nb_write(&program, &nb, &err) == 0 && nb.len <= max_size) {
		memcpy(data, nb.data, nb.len);
		size = nb.len;
	}
	cay_buf_finish(&nb);
	cay_program_finish(&program);
	return size;
}
