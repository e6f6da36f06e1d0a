// Supplies outputs that a runtime writes to without asking whether they are there.
#include "converter/passes.h"
#include "common/size.h"

// Paddle 2.6 leaves XShape out; Paddle-Lite 2.9 crashes on such a flatten or transpose.
static const char *const with_xshape[] = {
	"flatten2", "flatten_contiguous_range", "reshape2", "squeeze2", "transpose2", "unsqueeze2",
};

int cay_pass_complete_outputs(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		for (size_t i = 0; i < CAY_ARRAY_SIZE(with_xshape); i++) {
			struct cay_value *xshape;

			if (!cay_node_is(n, with_xshape[i]) || cay_node_out(n, "XShape"))
				continue;
			xshape = cay_node_add_out(g, n, "XShape", "xshape", err);
			if (!xshape)
				return -1;
			xshape->dtype = CAY_DTYPE_F32;
		}
	return 0;
}
