// shuffle_channel: channel c of g groups moves to the place that transposing [g, c/g] gives it.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

struct shuffle {
	int64_t group;
};

static int shuffle_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			   struct cay_err *err)
{
	struct shuffle *shuffle = cay_prepare_alloc(p, sizeof(*shuffle), err);

	*state = shuffle;
	if (!shuffle || cay_operands_want_alike(p, layer, err) < 0)
		return -1;
	shuffle->group = cay_layer_int(layer, "group", 0);
	if (shuffle->group < 1)
		return cay_layer_fail(layer, err, "group is %lld", (long long)shuffle->group);
	return 0;
}

static int shuffle_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			const void *state, struct cay_err *err)
{
	const struct shuffle *shuffle = state;
	const struct cay_tensor *in = cay_plan_in(p, 0);
	const struct cay_shape x = in->shape;
	struct cay_strided *plan = cay_plan_alloc(p, sizeof(*plan), err);
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (x.rank != 4 || x.dim[1] % shuffle->group != 0)
		return cay_layer_fail(layer, err,
				      "its input is %s, which %lld groups do not divide",
				      cay_shape_text(&x, text), (long long)shuffle->group);
	plan->element = cay_dtype_size(in->dtype);
	cay_layout_strides(cay_plan_layout(p), &x, plan->element, stride);
	cay_layout_order(cay_plan_layout(p), x.rank, order);
	for (uint32_t i = 0; i < x.rank; i++) {
		const uint32_t d = order[i];
		const int64_t each = x.dim[1] / shuffle->group;

		if (d == 1) {
			cay_strided_add(plan, (size_t)each, (ptrdiff_t)stride[1]);
			cay_strided_add(plan, (size_t)shuffle->group,
					(ptrdiff_t)stride[1] * (ptrdiff_t)each);
		} else {
			cay_strided_add(plan, (size_t)x.dim[d], (ptrdiff_t)stride[d]);
		}
	}
	return cay_plan_output(p, 0, &x, err);
}

static int shuffle_run(const struct cay_io *io, struct cay_err *err)
{
	(void)err;
	cay_strided_copy(io->plan, io->in[0].data, io->out[0].data);
	return 0;
}

const struct cay_op cay_op_shuffle_channel = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.prepare = shuffle_prepare,
	.plan = shuffle_plan,
	.run = shuffle_run,
};
