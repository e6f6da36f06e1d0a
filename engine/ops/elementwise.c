// Functions of two tensors that are broadcast to each other: add, sub, mul, div, max, min, prelu.
#include "common/size.h"
#include "engine/ops/operands.h"

#include <string.h>

struct elementwise {
	enum cay_binary_kind kind;
	enum cay_dtype dtype;
	bool relu;    // afterwards
	int64_t axis; // of the larger operand, where the smaller begins; -1: they end together
	bool flat;    // the second operand counts as one of a single dimension
};

// The loops over the output's bytes, outermost first; the last one is the kernel's.
struct loops {
	uint32_t rank;
	size_t extent[CAY_MAX_RANK + 1];
	size_t stride[2][CAY_MAX_RANK + 1]; // of the operands, in elements; 0: the same for all
};

static const struct form {
	const char *type;
	enum cay_binary_kind kind;
} forms[] = {
	{"elementwise_add", CAY_BINARY_ADD},
	{"elementwise_div", CAY_BINARY_DIV},
	{"elementwise_max", CAY_BINARY_MAX},
	{"elementwise_min", CAY_BINARY_MIN},
	{"elementwise_mul", CAY_BINARY_MUL},
	{"elementwise_sub", CAY_BINARY_SUB},
	{"fusion_elementwise_add_activation", CAY_BINARY_ADD},
	{"fusion_elementwise_mul_activation", CAY_BINARY_MUL},
	{"fusion_elementwise_sub_activation", CAY_BINARY_SUB},
	{"prelu", CAY_BINARY_PRELU},
};

// prelu's alpha is one value, or one for each channel or element of an image. That of channels has
// so many values under any shape: [C], or [1, C, 1, 1] for images of any rank.
static int read_prelu(const struct cay_layer *layer, struct elementwise *e, struct cay_err *err)
{
	const struct cay_value *alpha = layer->in[1];
	const char *mode = cay_layer_string(layer, "mode", "all");
	const bool all = strcmp(mode, "all") == 0, channel = strcmp(mode, "channel") == 0;

	if (e->dtype != CAY_DTYPE_F32)
		return cay_layer_fail(layer, err, "'%.80s' is %s, want FP32", layer->in[0]->name,
				      cay_dtype_name(e->dtype));
	if (!all && !channel && strcmp(mode, "element") != 0)
		return cay_layer_fail(layer, err, "mode '%.40s' is not supported", mode);
	if (all && alpha->size != sizeof(float))
		return cay_layer_fail(layer, err, "'%.80s' must be a parameter of one value",
				      alpha->name);
	if (channel && strcmp(cay_layer_string(layer, "data_format", "NCHW"), "NHWC") == 0)
		return cay_layer_fail(layer, err, "data_format NHWC is not supported");
	e->axis = channel ? 1 : -1;
	e->flat = all || channel;
	return 0;
}

static int elementwise_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			       struct cay_err *err)
{
	struct elementwise *e = cay_prepare_alloc(p, sizeof(*e), err);
	const char *act = cay_layer_string(layer, "act_type", "");
	const struct form *form = forms;

	*state = e;
	if (!e || cay_operands_want_alike(p, layer, err) < 0)
		return -1;
	e->dtype = layer->in[0]->dtype;
	if (e->dtype != CAY_DTYPE_F32 && e->dtype != CAY_DTYPE_I32 && e->dtype != CAY_DTYPE_I64)
		return cay_layer_fail(layer, err, "'%.80s' is %s, want FP32, INT32 or INT64",
				      layer->in[0]->name, cay_dtype_name(e->dtype));
	while (strcmp(form->type, layer->type) != 0)
		form++;
	e->kind = form->kind;
	e->axis = cay_layer_int(layer, "axis", -1);
	e->relu = strcmp(act, "relu") == 0;
	if (*act && !e->relu)
		return cay_layer_fail(layer, err, "activation '%.40s' is not supported", act);
	return e->kind == CAY_BINARY_PRELU ? read_prelu(layer, e, err) : 0;
}

// Puts the smaller operand's dimensions at their place among the larger's, with ones around them.
static int align(const struct cay_layer *layer, const struct elementwise *e,
		 const struct cay_shape *large, const struct cay_shape *small,
		 struct cay_shape *ret, uint32_t *ret_axis, struct cay_err *err)
{
	uint32_t rank = small->rank, axis = large->rank - small->rank;

	if (e->axis != -1) {
		if (e->axis < 0 || e->axis > large->rank)
			return cay_layer_fail(layer, err, "axis %lld does not fit %u dimensions",
					      (long long)e->axis, large->rank);
		axis = (uint32_t)e->axis;
	}
	while (axis + rank > large->rank && small->dim[rank - 1] == 1)
		rank--; // ones at the end say nothing
	if (axis + rank > large->rank)
		return cay_layer_fail(layer, err, "%u dimensions from axis %u on do not fit %u",
				      rank, axis, large->rank);
	ret->rank = large->rank;
	for (uint32_t i = 0; i < large->rank; i++)
		ret->dim[i] = i >= axis && i < axis + rank ? small->dim[i - axis] : 1;
	*ret_axis = axis;
	return 0;
}

// The output's shape, and the operands' as seen from it; axis[i] is where operand i begins.
static int broadcast(const struct cay_layer *layer, const struct elementwise *e,
		     const struct cay_shape *const in[2], struct cay_shape seen[2],
		     uint32_t axis[2], struct cay_shape *ret, struct cay_err *err)
{
	const size_t large = in[0]->rank < in[1]->rank;
	char text[2][CAY_SHAPE_TEXT];

	seen[large] = *in[large];
	axis[large] = 0;
	if (align(layer, e, in[large], in[!large], &seen[!large], &axis[!large], err) < 0)
		return -1;
	ret->rank = in[large]->rank;
	for (uint32_t i = 0; i < ret->rank; i++) {
		const int64_t a = seen[0].dim[i], b = seen[1].dim[i];

		if (a != b && a != 1 && b != 1)
			return cay_layer_fail(
				layer, err, "%s and %s cannot be broadcast to each other",
				cay_shape_text(in[0], text[0]), cay_shape_text(in[1], text[1]));
		ret->dim[i] = a == 1 ? b : a;
	}
	if (e->kind == CAY_BINARY_PRELU && !cay_shape_equal(ret, in[0]))
		return cay_layer_fail(layer, err, "its input is %s, alpha %s",
				      cay_shape_text(in[0], text[0]),
				      cay_shape_text(in[1], text[1]));
	return 0;
}

// Steps of an operand's bytes along the output's dimensions.
static void find_strides(const struct cay_shape *in, enum cay_layout layout,
			 const struct cay_shape *seen, uint32_t axis, size_t stride[CAY_MAX_RANK])
{
	uint32_t order[CAY_MAX_RANK];
	size_t step = 1;

	memset(stride, 0, CAY_MAX_RANK * sizeof(*stride));
	cay_layout_order(layout, in->rank, order);
	for (uint32_t i = in->rank; i-- > 0;) {
		const uint32_t d = order[i];

		if (axis + d < seen->rank && in->dim[d] != 1)
			stride[axis + d] = step;
		step *= (size_t)in->dim[d];
	}
}

// Adds a loop inside the others, or lengthens the innermost one if both operands go on alike.
static void add_loop(struct loops *loops, size_t extent, size_t stride1, size_t stride2)
{
	const uint32_t last = loops->rank - 1;

	if (extent == 1)
		return;
	if (loops->rank && loops->stride[0][last] == stride1 * extent &&
	    loops->stride[1][last] == stride2 * extent) {
		loops->extent[last] *= extent;
		loops->stride[0][last] = stride1;
		loops->stride[1][last] = stride2;
		return;
	}
	loops->extent[loops->rank] = extent;
	loops->stride[0][loops->rank] = stride1;
	loops->stride[1][loops->rank] = stride2;
	loops->rank++;
}

// One loop, or rows that go on through memory or are the same again.
static bool is_by_rows(const struct elementwise *e, const struct loops *loops)
{
	bool result = e->dtype == CAY_DTYPE_F32 && loops->rank <= 2;

	for (size_t i = 0; i < 2 && loops->rank == 2; i++)
		result &= loops->stride[i][1] == 1 &&
			  (loops->stride[i][0] == 0 || loops->stride[i][0] == loops->extent[1]);
	return result;
}

static int elementwise_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			    const void *state, struct cay_err *err)
{
	const struct elementwise *e = state;
	const struct cay_shape *second = &cay_plan_in(p, 1)->shape;
	const struct cay_shape flat = {1, {(int64_t)cay_shape_product(second, 0, second->rank)}};
	const struct cay_shape *const in[2] = {&cay_plan_in(p, 0)->shape, e->flat ? &flat : second};
	struct loops *loops = cay_plan_alloc(p, sizeof(*loops), err);
	struct cay_shape seen[2], out;
	uint32_t axis[2], order[CAY_MAX_RANK], last;
	size_t stride[2][CAY_MAX_RANK];

	if (!loops || broadcast(layer, e, in, seen, axis, &out, err) < 0 ||
	    cay_plan_output(p, 0, &out, err) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		find_strides(in[i], cay_plan_in_layout(p, i), &seen[i], axis[i], stride[i]);
	cay_layout_order(cay_plan_layout(p), out.rank, order);
	for (uint32_t i = 0; i < out.rank; i++)
		add_loop(loops, (size_t)out.dim[order[i]], stride[0][order[i]],
			 stride[1][order[i]]);
	last = loops->rank - 1;
	if (!loops->rank || loops->stride[0][last] > 1 || loops->stride[1][last] > 1)
		loops->extent[loops->rank++] = 1; // the kernel takes no other steps than 0 and 1
	if (is_by_rows(e, loops)) {
		last = loops->rank - 1;
		cay_plan_rows(p, &(struct cay_rows){.count = loops->extent[0],
						    .width = last ? loops->extent[1] : 1,
						    .tile = 1,
						    .work = sizeof(float),
						    .elementwise = true});
	}
	return 0;
}

// Moves the operands, by elements, to the next place of the outer loops; false behind the last one.
static bool advance(const struct loops *loops, size_t *at, size_t x[2])
{
	for (uint32_t i = loops->rank - 1; i-- > 0;) {
		x[0] += loops->stride[0][i];
		x[1] += loops->stride[1][i];
		if (++at[i] < loops->extent[i])
			return true;
		x[0] -= loops->stride[0][i] * at[i];
		x[1] -= loops->stride[1][i] * at[i];
		at[i] = 0;
	}
	return false;
}

// Sizes are what integers are for: sums wrap around, and nothing is divided by 0 or out of range.
static int64_t compute(enum cay_binary_kind kind, int64_t a, int64_t b)
{
	int64_t y;

	switch (kind) {
	case CAY_BINARY_ADD:
		__builtin_add_overflow(a, b, &y);
		return y;
	case CAY_BINARY_SUB:
		__builtin_sub_overflow(a, b, &y);
		return y;
	case CAY_BINARY_MUL:
		__builtin_mul_overflow(a, b, &y);
		return y;
	case CAY_BINARY_DIV:
		return b == 0 || (a == INT64_MIN && b == -1) ? 0 : a / b;
	case CAY_BINARY_MAX:
		return a > b ? a : b;
	case CAY_BINARY_MIN:
		return a < b ? a : b;
	case CAY_BINARY_PRELU: // of floats alone
	case CAY_BINARY_KINDS:
		break;
	}
	return 0;
}

static void run_integers(const struct cay_io *io, const struct elementwise *e, const size_t x[2],
			 const size_t step[2], size_t y, size_t n)
{
	const void *a = io->in[0].data, *b = io->in[1].data;
	int32_t *y32 = io->out[0].data;
	int64_t *y64 = io->out[0].data;

	for (size_t i = 0; i < n; i++) {
		const size_t k = x[0] + i * step[0], l = x[1] + i * step[1];

		if (e->dtype == CAY_DTYPE_I64)
			y64[y + i] =
				compute(e->kind, ((const int64_t *)a)[k], ((const int64_t *)b)[l]);
		else
			y32[y + i] = (int32_t)compute(e->kind, ((const int32_t *)a)[k],
						      ((const int32_t *)b)[l]);
	}
}

static int elementwise_run(const struct cay_io *io, struct cay_err *err)
{
	const struct elementwise *e = io->state;
	const struct loops *loops = io->plan;
	const uint32_t last = loops->rank - 1;
	const size_t step[2] = {loops->stride[0][last], loops->stride[1][last]};
	const size_t n = loops->extent[last];
	const float *x1 = io->in[0].data, *x2 = io->in[1].data;
	float *y = io->out[0].data;
	size_t at[CAY_MAX_RANK] = {0}, x[2] = {0, 0}, done = 0;

	(void)err;
	do {
		if (e->dtype == CAY_DTYPE_F32)
			io->kernels->binary_f32[e->kind](x1 + x[0], step[0], x2 + x[1], step[1],
							 y + done, n, e->relu);
		else
			run_integers(io, e, x, step, done, n);
		done += n;
	} while (advance(loops, at, x));
	return 0;
}

static void run_rows(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct elementwise *e = io->state;
	const struct loops *loops = io->plan;
	const uint32_t last = loops->rank - 1;
	const size_t step[2] = {loops->stride[0][last], loops->stride[1][last]};
	const size_t move[2] = {loops->stride[0][0], loops->stride[1][0]};
	const size_t n = last ? loops->extent[1] : count; // one loop: all rows are one
	const float *x1 = (const float *)io->in[0].data + first * move[0];
	const float *x2 = (const float *)io->in[1].data + first * move[1];
	float *y = (float *)io->out[0].data + first * (last ? n : 1);

	for (size_t i = 0; i < count; i += last ? 1 : count, y += n) {
		io->kernels->binary_f32[e->kind](x1, step[0], x2, step[1], y, n, e->relu);
		x1 += move[0];
		x2 += move[1];
	}
}

#define ELEMENTWISE(second)                                                                        \
	{                                                                                          \
		.in = {"X", second}, .out = {"Out"}, .required = 2, .layout = CAY_OP_ANY,          \
		.prepare = elementwise_prepare, .plan = elementwise_plan, .run = elementwise_run,  \
		.rows = run_rows                                                                   \
	}
const struct cay_op cay_op_elementwise_add = ELEMENTWISE("Y");
const struct cay_op cay_op_elementwise_div = ELEMENTWISE("Y");
const struct cay_op cay_op_elementwise_max = ELEMENTWISE("Y");
const struct cay_op cay_op_elementwise_min = ELEMENTWISE("Y");
const struct cay_op cay_op_elementwise_mul = ELEMENTWISE("Y");
const struct cay_op cay_op_elementwise_sub = ELEMENTWISE("Y");
const struct cay_op cay_op_fusion_elementwise_add_activation = ELEMENTWISE("Y");
const struct cay_op cay_op_fusion_elementwise_mul_activation = ELEMENTWISE("Y");
const struct cay_op cay_op_fusion_elementwise_sub_activation = ELEMENTWISE("Y");
const struct cay_op cay_op_prelu = ELEMENTWISE("Alpha");
