// reduce_mean, reduce_sum, reduce_max, reduce_min, reduce_prod: one number for all along some axes.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

#include <math.h>
#include <string.h>

enum kind { MEAN, SUM, MAX, MIN, PROD };

struct reduce {
	enum kind kind;
	bool all, keep;
	struct cay_numbers axes;
};

// The input's dimensions in the order of its bytes; stride: of the output, 0 where it is reduced.
struct reduce_plan {
	enum kind kind;
	uint32_t rank;
	size_t extent[CAY_MAX_RANK], stride[CAY_MAX_RANK];
	size_t count; // of the output
	float factor; // of each sum
};

static const struct form {
	const char *type;
	enum kind kind;
} forms[] = {
	{"reduce_max", MAX},   {"reduce_mean", MEAN}, {"reduce_min", MIN},
	{"reduce_prod", PROD}, {"reduce_sum", SUM},
};

static int reduce_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			  struct cay_err *err)
{
	struct reduce *reduce = cay_prepare_alloc(p, sizeof(*reduce), err);
	const struct form *form = forms;

	*state = reduce;
	if (!reduce || cay_operands_want_f32(p, layer, err) < 0 ||
	    cay_numbers_of_attr(layer, "dim", &reduce->axes, err) < 0)
		return -1;
	while (strcmp(form->type, layer->type) != 0)
		form++;
	reduce->kind = form->kind;
	reduce->keep = cay_layer_bool(layer, "keep_dim", false);
	reduce->all = cay_layer_bool(layer, "reduce_all", false) || reduce->axes.count == 0;
	return 0;
}

static int find_reduced(const struct cay_layer *layer, const struct reduce *reduce, uint32_t rank,
			bool reduced[CAY_MAX_RANK], struct cay_err *err)
{
	for (uint32_t i = 0; i < CAY_MAX_RANK; i++)
		reduced[i] = reduce->all;
	for (size_t i = 0; i < reduce->axes.count && !reduce->all; i++) {
		uint32_t axis;

		if (cay_axis_resolve(layer, reduce->axes.value[i], rank, &axis, err) < 0)
			return -1;
		reduced[axis] = true;
	}
	return 0;
}

static int reduce_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct reduce *reduce = state;
	const struct cay_shape x = cay_plan_in(p, 0)->shape;
	struct reduce_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape kept = x, y = {0};
	bool reduced[CAY_MAX_RANK];
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];

	if (!plan || find_reduced(layer, reduce, x.rank, reduced, err) < 0)
		return -1;
	for (uint32_t i = 0; i < x.rank; i++) {
		kept.dim[i] = reduced[i] ? 1 : x.dim[i];
		if (reduce->keep || !reduced[i])
			y.dim[y.rank++] = kept.dim[i];
	}
	if (y.rank == 0)
		y.dim[y.rank++] = 1;
	// The output's bytes are those of `kept`, in its own layout if all dimensions stay.
	cay_layout_strides(y.rank == x.rank ? cay_plan_layout(p) : CAY_LAYOUT_NCHW, &kept, 1,
			   stride);
	cay_layout_order(cay_plan_layout(p), x.rank, order);
	plan->kind = reduce->kind;
	plan->rank = x.rank;
	for (uint32_t i = 0; i < x.rank; i++) {
		plan->extent[i] = (size_t)x.dim[order[i]];
		plan->stride[i] = reduced[order[i]] ? 0 : stride[order[i]];
	}
	plan->count = cay_shape_product(&y, 0, y.rank);
	plan->factor = (float)plan->count / (float)cay_shape_product(&x, 0, x.rank);
	return cay_plan_output(p, 0, &y, err);
}

static inline float join(enum kind kind, float a, float b)
{
	switch (kind) {
	case MAX:
		return a > b ? a : b;
	case MIN:
		return a < b ? a : b;
	case PROD:
		return a * b;
	case MEAN:
	case SUM:
		break;
	}
	return a + b;
}

// One innermost row of the input into the output. Long sums are taken in double.
static void reduce_row(const struct reduce_plan *plan, const float *x, float *y)
{
	const size_t n = plan->rank ? plan->extent[plan->rank - 1] : 1;
	const size_t stride = plan->rank ? plan->stride[plan->rank - 1] : 0;
	const bool sums = plan->kind == MEAN || plan->kind == SUM;
	double sum = 0;

	if (stride || !sums) {
		for (size_t i = 0; i < n; i++)
			y[i * stride] = join(plan->kind, y[i * stride], x[i]);
		return;
	}
	for (size_t i = 0; i < n; i++)
		sum += (double)x[i];
	*y += (float)sum;
}

static int reduce_run(const struct cay_io *io, struct cay_err *err)
{
	static const float starts[] = {
		[MEAN] = 0, [SUM] = 0, [MAX] = -INFINITY, [MIN] = INFINITY, [PROD] = 1};
	const struct reduce_plan *plan = io->plan;
	const uint32_t last = plan->rank ? plan->rank - 1 : 0;
	size_t at[CAY_MAX_RANK] = {0};
	const float *x = io->in[0].data;
	float *y = io->out[0].data;
	uint32_t d;

	(void)err;
	for (size_t i = 0; i < plan->count; i++)
		y[i] = starts[plan->kind];
	do {
		reduce_row(plan, x, y);
		x += plan->rank ? plan->extent[last] : 1;
		for (d = last; d > 0; d--) {
			y += plan->stride[d - 1];
			if (++at[d - 1] < plan->extent[d - 1])
				break;
			y -= plan->stride[d - 1] * at[d - 1];
			at[d - 1] = 0;
		}
	} while (d > 0);
	y = io->out[0].data;
	for (size_t i = 0; i < plan->count && plan->kind == MEAN; i++)
		y[i] *= plan->factor;
	return 0;
}

#define REDUCE                                                                                     \
	{                                                                                          \
		.in = {"X"}, .out = {"Out"}, .required = 1, .layout = CAY_OP_ANY,                  \
		.prepare = reduce_prepare, .plan = reduce_plan, .run = reduce_run                  \
	}
const struct cay_op cay_op_reduce_max = REDUCE;
const struct cay_op cay_op_reduce_mean = REDUCE;
const struct cay_op cay_op_reduce_min = REDUCE;
const struct cay_op cay_op_reduce_prod = REDUCE;
const struct cay_op cay_op_reduce_sum = REDUCE;
