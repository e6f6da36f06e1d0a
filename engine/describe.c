// What a file leaves unsaid of its inputs, from the ops that read them.
#include "engine/describe.h"
#include "common/size.h"
#include "nb/nb.h"

#include <string.h>

static const struct cay_param *find_param(const struct cay_program *program,
					  const struct cay_op_desc *op, const char *slot)
{
	const struct cay_slot *found = cay_slot_find(op->in, op->in_count, slot);

	return found && found->count == 1 ? cay_program_param(program, found->args[0]) : NULL;
}

// A filter is [out, in / groups, height, width].
static bool of_conv(const struct cay_program *program, const struct cay_op_desc *op,
		    struct cay_shape *ret)
{
	const struct cay_param *filter = find_param(program, op, "Filter");
	const int64_t groups = cay_attr_int(op->attrs, op->attr_count, "groups", 1);
	int64_t channels = -1;

	if (!filter || filter->shape.rank != 4 ||
	    __builtin_mul_overflow(filter->shape.dim[1], groups, &channels) || channels < 1 ||
	    channels > CAY_MAX_DIM)
		return false;
	*ret = (struct cay_shape){4, {-1, channels, -1, -1}};
	return true;
}

static bool of_norm(const struct cay_program *program, const struct cay_op_desc *op,
		    struct cay_shape *ret)
{
	const struct cay_param *mean = find_param(program, op, "Mean");

	if (!mean || mean->shape.rank != 1 || mean->shape.dim[0] < 1)
		return false;
	*ret = (struct cay_shape){4, {-1, mean->shape.dim[0], -1, -1}};
	return true;
}

// Weights are [in, out]; what is in front of the last dimension is one here.
static bool of_matrix(const struct cay_program *program, const struct cay_op_desc *op,
		      struct cay_shape *ret)
{
	const struct cay_param *w = find_param(program, op, strcmp(op->type, "fc") ? "Y" : "W");
	const char *columns = strcmp(op->type, "fc") ? "x_num_col_dims" : "in_num_col_dims";

	if (!w || w->shape.rank != 2 || w->shape.dim[0] < 1 ||
	    cay_attr_int(op->attrs, op->attr_count, columns, 1) != 1)
		return false;
	*ret = (struct cay_shape){2, {-1, w->shape.dim[0]}};
	return true;
}

// NULL: the shape goes through, and a later op says what it is.
static const struct {
	const char *type;
	bool (*shape)(const struct cay_program *program, const struct cay_op_desc *op,
		      struct cay_shape *ret);
} readers[] = {
	{"batch_norm", of_norm},
	{"calib", NULL},
	{"clip", NULL},
	{"conv2d", of_conv},
	{"depthwise_conv2d", of_conv},
	{"dropout", NULL},
	{"fc", of_matrix},
	{"mul", of_matrix},
	{"pool2d", NULL},
	{"relu", NULL},
	{"relu6", NULL},
	{"scale", NULL},
};

static bool reads(const struct cay_op_desc *op, const char *name)
{
	for (size_t i = 0; i < op->in_count; i++)
		for (size_t k = 0; k < op->in[i].count; k++)
			if (strcmp(op->in[i].args[k], name) == 0)
				return true;
	return false;
}

// The type that the kernel of the op computes on.
static enum cay_dtype read_dtype(const struct cay_op_desc *op)
{
	const char *kernel = cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, "");
	struct cay_kernel_key key;
	struct cay_err ignored;

	if (cay_kernel_key_parse(kernel, &key, &ignored) < 0)
		return CAY_DTYPES;
	return key.precision == CAY_PRECISION_FLOAT || strcmp(key.alias, "fp32_to_int8") == 0
		       ? CAY_DTYPE_F32
		       : CAY_DTYPES;
}

bool cay_describe_input(const struct cay_program *program, const char *name,
			struct cay_var_desc *ret)
{
	const struct cay_block *block = &program->blocks[0];
	enum cay_dtype dtype = CAY_DTYPES;

	for (size_t i = 0; i < block->op_count; i++) {
		const struct cay_op_desc *op = &block->ops[i];
		size_t row = 0;

		if (!reads(op, name))
			continue;
		while (row < CAY_ARRAY_SIZE(readers) && strcmp(readers[row].type, op->type) != 0)
			row++;
		if (row == CAY_ARRAY_SIZE(readers))
			return false;
		dtype = dtype == CAY_DTYPES ? read_dtype(op) : dtype;
		if (readers[row].shape) {
			ret->dtype = dtype;
			return dtype != CAY_DTYPES && readers[row].shape(program, op, &ret->shape);
		}
		if (op->out_count == 0 || op->out[0].count != 1)
			return false;
		name = op->out[0].args[0];
	}
	return false;
}

// One batch and one size of pictures for all that is free.
static struct cay_plan *try_plan(const struct cay_model *m, int64_t batch, int64_t size)
{
	struct cay_shape shapes[CAY_MAX_PORTS];
	struct cay_err ignored;

	for (size_t i = 0; i < m->input_count; i++) {
		shapes[i] = m->inputs[i].shape;
		for (uint32_t d = 0; d < shapes[i].rank; d++)
			if (shapes[i].dim[d] < 0)
				shapes[i].dim[d] = d == 0 ? batch : size;
	}
	return cay_plan_new(m, shapes, &ignored);
}

// Dimensions that differ are free.
static void merge(struct cay_shape *into, const struct cay_shape *shape, bool first)
{
	if (first)
		*into = *shape;
	else if (into->rank != shape->rank)
		into->rank = 0;
	for (uint32_t d = 0; d < into->rank; d++)
		if (into->dim[d] != shape->dim[d])
			into->dim[d] = -1;
}

void cay_describe_outputs(struct cay_model *m)
{
	static const int64_t sizes[] = {224, 320, 256, 192, 160, 128, 112, 96, 64, 48, 32};
	size_t plans = 0; // two batches of two sizes tell what is free

	for (size_t i = 0; i < 2 * CAY_ARRAY_SIZE(sizes) && plans < 4; i++) {
		struct cay_plan *plan = try_plan(m, i % 2 + 1, sizes[i / 2]);

		for (size_t k = 0; plan && k < m->output_count; k++)
			merge(&m->outputs[k].shape, &plan->outputs[k].shape, plans == 0);
		plans += plan != NULL;
		cay_plan_free(plan);
	}
}
