// expand, expand_v2 and tile: a tensor repeated along its axes.
#include "common/size.h"
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

#include <string.h>

struct expand {
	bool to_shape; // the numbers are the output's dimensions, not how often
	struct cay_numbers numbers;
};

static const struct form {
	const char *type, *list;
	bool to_shape;
} forms[] = {
	{"expand", "expand_times", false},
	{"expand_v2", "shape", true},
	{"tile", "repeat_times", false},
};

static int expand_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			  struct cay_err *err)
{
	struct expand *expand = cay_prepare_alloc(p, sizeof(*expand), err);
	const struct form *form = forms;

	*state = expand;
	if (!expand)
		return -1;
	while (strcmp(form->type, layer->type) != 0)
		form++;
	expand->to_shape = form->to_shape;
	layer->out[0]->dtype = layer->in[0]->dtype;
	return cay_operands_want_ints(p, layer, 1, err) < 0
		       ? -1
		       : cay_numbers_of_attr(layer, form->list, &expand->numbers, err);
}

// The numbers count from the last dimension; the input has ones in front, or they repeat once.
static int plan_copy(struct cay_plan_context *p, const struct cay_layer *layer, bool to_shape,
		     const struct cay_numbers *numbers, struct cay_err *err)
{
	const struct cay_tensor *in = cay_plan_in(p, 0);
	const struct cay_shape *x = &in->shape;
	const uint32_t given = (uint32_t)numbers->count, rank = x->rank > given ? x->rank : given;
	struct cay_strided *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = {.rank = rank};
	char text[CAY_SHAPE_TEXT];
	size_t total = 1;

	if (!plan)
		return -1;
	plan->element = cay_dtype_size(in->dtype);
	for (uint32_t i = 0; i < rank; i++) {
		const bool own = i >= rank - x->rank;
		const int64_t extent = own ? x->dim[i - (rank - x->rank)] : 1;
		const size_t stride =
			own ? cay_shape_product(x, i - (rank - x->rank) + 1, x->rank) : 0;
		int64_t times = i >= rank - given ? numbers->value[i - (rank - given)] : 1;

		if (to_shape)
			times = times == -1 || times == extent ? 1 : extent == 1 ? times : 0;
		if (times < 1 || times > CAY_MAX_DIM / extent ||
		    !cay_size_mul(total, (size_t)(extent * times), &total))
			return cay_layer_fail(layer, err, "%s cannot be repeated so",
					      cay_shape_text(x, text));
		y.dim[i] = extent * times;
		cay_strided_add(plan, (size_t)times, 0);
		cay_strided_add(plan, (size_t)extent, (ptrdiff_t)(stride * plan->element));
	}
	return cay_plan_output(p, 0, &y, err);
}

static int expand_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct expand *expand = state;
	struct cay_numbers numbers = expand->numbers;

	return cay_numbers_of_list(p, layer, 1, &numbers, err) < 0
		       ? -1
		       : plan_copy(p, layer, expand->to_shape, &numbers, err);
}

static int expand_run(const struct cay_io *io, struct cay_err *err)
{
	(void)err;
	cay_strided_copy(io->plan, io->in[0].data, io->out[0].data);
	return 0;
}

#define EXPAND(tensor, list)                                                                       \
	{                                                                                          \
		.in = {"X", tensor, list}, .out = {"Out"}, .required = 1, .variadic = true,        \
		.layout = CAY_OP_NCHW, .prepare = expand_prepare, .plan = expand_plan,             \
		.run = expand_run                                                                  \
	}
const struct cay_op cay_op_expand = EXPAND("ExpandTimes", "expand_times_tensor");
const struct cay_op cay_op_expand_v2 = EXPAND("Shape", "expand_shapes_tensor");
const struct cay_op cay_op_tile = EXPAND("RepeatTimes", "repeat_times_tensor");
