// What a file does not say of its inputs and outputs, worked out from the ops.
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

// A filter is [in, out / groups, height, width].
static bool of_conv_transpose(const struct cay_program *program, const struct cay_op_desc *op,
			      struct cay_shape *ret)
{
	const struct cay_param *filter = find_param(program, op, "Filter");

	if (!filter || filter->shape.rank != 4 || filter->shape.dim[0] < 1)
		return false;
	*ret = (struct cay_shape){4, {-1, filter->shape.dim[0], -1, -1}};
	return true;
}

static bool of_image(const struct cay_program *program, const struct cay_op_desc *op,
		     struct cay_shape *ret)
{
	(void)program, (void)op;
	*ret = (struct cay_shape){4, {-1, -1, -1, -1}};
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

static const struct reader {
	const char *type;
	bool (*shape)(const struct cay_program *program, const struct cay_op_desc *op,
		      struct cay_shape *ret);
	bool sure;	   // the op takes no other shapes
	bool goes_through; // the output has the shape, too: a later op may tell more of it
} readers[] = {
	{"batch_norm", of_norm, false, false},
	{"bilinear_interp", of_image, true, false},
	{"calib", NULL, false, true},
	{"clip", NULL, false, true},
	{"conv2d", of_conv, true, false},
	{"conv2d_transpose", of_conv_transpose, true, false},
	{"depthwise_conv2d", of_conv, true, false},
	{"dropout", NULL, false, true},
	{"fc", of_matrix, false, false},
	{"hard_sigmoid", NULL, false, true},
	{"hard_swish", NULL, false, true},
	{"leaky_relu", NULL, false, true},
	{"mul", of_matrix, false, false},
	{"nearest_interp", of_image, true, false},
	{"pool2d", of_image, true, true}, // the channels stay
	{"relu", NULL, false, true},
	{"relu6", NULL, false, true},
	{"scale", NULL, false, true},
	{"sigmoid", NULL, false, true},
	{"swish", NULL, false, true},
	{"tanh", NULL, false, true},
};

static const struct reader *find_reader(const char *type)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].type, type) == 0)
			return &readers[i];
	return NULL;
}

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

	if (cay_kernel_key_parse(kernel, &key, &ignored) == 0) {
		if (key.precision == CAY_PRECISION_INT32)
			return CAY_DTYPE_I32;
		if (key.precision == CAY_PRECISION_INT64)
			return CAY_DTYPE_I64;
	}
	return CAY_DTYPE_F32;
}

void cay_describe_input(const struct cay_program *program, const char *name, struct cay_port *ret)
{
	const struct cay_block *block = &program->blocks[0];
	const char *first = name;

	ret->dtype = CAY_DTYPE_F32;
	ret->shape = (struct cay_shape){1, {-1}};
	ret->guessed = true;
	for (size_t i = 0; i < block->op_count; i++) {
		const struct cay_op_desc *op = &block->ops[i];
		const struct reader *reader = find_reader(op->type);

		if (!reads(op, name))
			continue;
		if (name == first)
			ret->dtype = read_dtype(op);
		if (!reader)
			return;
		if (reader->shape && reader->shape(program, op, &ret->shape))
			ret->guessed = !reader->sure;
		if (!reader->goes_through || op->out_count == 0 || op->out[0].count != 1)
			return;
		name = op->out[0].args[0];
	}
}

// Makes a plan with `batch` for first dimensions that are free, and `size` for others.
static struct cay_plan *try_plan(const struct cay_model *m, int64_t batch, int64_t size,
				 struct cay_err *err)
{
	const struct cay_tracker progress = cay_tracker_part(m->limits.progress, "plan", 1, 1);
	const struct cay_allowance allowance = {m->limits.deadline, &progress};
	struct cay_shape shapes[CAY_MAX_PORTS];

	for (size_t i = 0; i < m->input_count; i++) {
		shapes[i] = m->inputs[i].shape;
		for (uint32_t d = 0; d < shapes[i].rank; d++)
			if (shapes[i].dim[d] < 0)
				shapes[i].dim[d] = d == 0 ? batch : size;
	}
	return cay_plan_new(m, shapes, &allowance, err);
}

// Frees the dimensions of a shape that differ from those of another one.
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

int cay_describe_outputs(struct cay_model *m, struct cay_err *err)
{
	static const int64_t sizes[] = {224, 320, 256, 192, 160, 128, 112, 96, 64, 48, 32};
	struct cay_err failure;
	size_t plans = 0; // two batches of two sizes tell what is free

	for (size_t i = 0; i < 2 * CAY_ARRAY_SIZE(sizes) && plans < 4; i++) {
		struct cay_plan *plan = try_plan(m, i % 2 + 1, sizes[i / 2], &failure);

		if (!plan && (failure.code == CAY_ETIMEOUT || failure.code == CAY_ECANCELED)) {
			*err = failure;
			return -1;
		}

		for (size_t k = 0; plan && k < m->output_count; k++)
			merge(&m->outputs[k].shape, &plan->outputs[k].shape, plans == 0);
		plans += plan != NULL;
		cay_plan_free(plan);
	}
	return 0;
}
