// Supplies outputs that a runtime writes to without asking whether they are there.
#include "converter/passes/passes.h"
#include "common/size.h"

// Paddle 2.6 leaves these out; Paddle-Lite 2.9 crashes without them.
static const struct {
	const char *op, *slot, *name; // name: that of the variable, made unique
} outputs[] = {
	{"dropout", "Mask", "mask"},
	{"flatten2", "XShape", "xshape"},
	{"flatten_contiguous_range", "XShape", "xshape"},
	{"instance_norm", "SavedMean", "saved_mean"},
	{"instance_norm", "SavedVariance", "saved_variance"},
	{"reshape2", "XShape", "xshape"},
	{"squeeze2", "XShape", "xshape"},
	{"transpose2", "XShape", "xshape"},
	{"unsqueeze2", "XShape", "xshape"},
};

int cay_pass_complete_outputs(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		for (size_t i = 0; i < CAY_ARRAY_SIZE(outputs); i++) {
			struct cay_value *value;

			if (!cay_node_is(n, outputs[i].op) || cay_node_out(n, outputs[i].slot))
				continue;
			value = cay_node_add_out(g, n, outputs[i].slot, outputs[i].name, err);
			if (!value)
				return -1;
			value->dtype = CAY_DTYPE_F32;
		}
	return 0;
}
