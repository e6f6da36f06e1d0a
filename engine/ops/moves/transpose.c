// transpose: any order of the dimensions.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

struct transpose {
	uint32_t rank;
	uint32_t order[CAY_MAX_RANK]; // dimension i of the output is order[i] of the input
};

static int transpose_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			     struct cay_err *err)
{
	struct transpose *t = cay_prepare_alloc(p, sizeof(*t), err);
	bool seen[CAY_MAX_RANK] = {false};
	size_t count;
	const int64_t *axis = cay_layer_ints(layer, "axis", &count);

	*state = t;
	if (!t || cay_operands_want_alike(p, layer, err) < 0)
		return -1;
	if (!axis || count < 1 || count > CAY_MAX_RANK)
		return cay_layer_fail(layer, err, "axis has %zu values, want 1 to %d",
				      axis ? count : 0, CAY_MAX_RANK);
	t->rank = (uint32_t)count;
	for (uint32_t i = 0; i < t->rank; i++) {
		if (cay_axis_resolve(layer, axis[i], t->rank, &t->order[i], err) < 0)
			return -1;
		if (seen[t->order[i]])
			return cay_layer_fail(layer, err, "axis %u is there twice", t->order[i]);
		seen[t->order[i]] = true;
	}
	return 0;
}

static int transpose_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			  const void *state, struct cay_err *err)
{
	const struct transpose *t = state;
	const struct cay_tensor *in = cay_plan_in(p, 0);
	const struct cay_shape *x = &in->shape;
	struct cay_strided *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = {.rank = t->rank};
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (x->rank != t->rank)
		return cay_layer_fail(layer, err, "its input is %s, its axis has %u values",
				      cay_shape_text(x, text), t->rank);
	plan->element = cay_dtype_size(in->dtype);
	for (uint32_t i = 0; i < t->rank; i++) {
		const uint32_t d = t->order[i];

		y.dim[i] = x->dim[d];
		cay_strided_add(plan, (size_t)x->dim[d],
				(ptrdiff_t)(cay_shape_product(x, d + 1, x->rank) * plan->element));
	}
	return plan->rank <= 1 ? cay_plan_alias(p, 0, 0, &y, err) : cay_plan_output(p, 0, &y, err);
}

// A batch of matrices, which the kernel has a fast way for.
static bool is_matrices(const struct cay_strided *plan)
{
	const uint32_t r = plan->rank;
	const size_t size = plan->element;

	return (size == 1 || size == 4 || size == 8) && r <= 3 &&
	       plan->stride[r - 2] == (ptrdiff_t)size &&
	       plan->stride[r - 1] == (ptrdiff_t)(plan->extent[r - 2] * size);
}

static void run_matrices(const struct cay_io *io, const struct cay_strided *plan)
{
	const uint32_t r = plan->rank;
	const size_t columns = plan->extent[r - 2], rows = plan->extent[r - 1];
	const size_t batch = r == 3 ? plan->extent[0] : 1;
	const char *x = io->in[0].data;
	char *y = io->out[0].data;

	for (size_t i = 0; i < batch; i++, x += rows * columns * plan->element)
		io->kernels->transpose(x, columns, y + i * rows * columns * plan->element, rows,
				       rows, columns, plan->element);
}

static int transpose_run(const struct cay_io *io, struct cay_err *err)
{
	const struct cay_strided *plan = io->plan;

	(void)err;
	if (is_matrices(plan))
		run_matrices(io, plan);
	else
		cay_strided_copy(plan, io->in[0].data, io->out[0].data);
	return 0;
}

#define TRANSPOSE                                                                                  \
	{                                                                                          \
		.in = {"X"}, .out = {"Out"}, .required = 1, .layout = CAY_OP_NCHW,                 \
		.prepare = transpose_prepare, .plan = transpose_plan, .run = transpose_run         \
	}
const struct cay_op cay_op_transpose = TRANSPOSE;
const struct cay_op cay_op_transpose2 = TRANSPOSE;
