// dropout at inference: nothing, or in its older form a factor.
#include "engine/ops/operands.h"

#include <string.h>

struct dropout {
	float factor;
};

static int dropout_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			   struct cay_err *err)
{
	struct dropout *dropout = cay_prepare_alloc(p, sizeof(*dropout), err);
	const char *form = cay_layer_string(layer, "dropout_implementation", "downgrade_in_infer");
	const float probability = cay_layer_float(layer, "dropout_prob", 0.5f);

	*state = dropout;
	if (!dropout || cay_operands_want_f32(p, layer, err) < 0)
		return -1;
	if (!(probability >= 0 && probability <= 1))
		return cay_layer_fail(layer, err, "dropout_prob is %g, want 0 to 1",
				      (double)probability);
	dropout->factor = strcmp(form, "upscale_in_train") == 0 ? 1 : 1 - probability;
	return 0;
}

static int dropout_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			const void *state, struct cay_err *err)
{
	const struct dropout *dropout = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;

	(void)layer;
	return dropout->factor == 1 ? cay_plan_alias(p, 0, 0, x, err)
				    : cay_plan_output(p, 0, x, err);
}

static int dropout_run(const struct cay_io *io, struct cay_err *err)
{
	const struct dropout *dropout = io->state;
	const struct cay_operand *x = &io->in[0];

	(void)err;
	io->kernels->unary_f32[CAY_UNARY_SCALE](x->data, io->out[0].data,
						cay_shape_product(x->shape, 0, x->shape->rank),
						dropout->factor, 0, 0);
	return 0;
}

const struct cay_op cay_op_dropout = {
	.in = {"X"},
	.out = {"Out"},
	.required = 1,
	.layout = CAY_OP_ANY,
	.prepare = dropout_prepare,
	.plan = dropout_plan,
	.run = dropout_run,
};
