// Writes relu6 with another limit than 6 as clip: Paddle-Lite, 2.9 and 2.13, clips every relu6 that
// is an op of its own at 6.
#include "converter/passes/passes.h"

int cay_pass_clip_relu6(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next) {
		const float end = cay_node_float(n, "threshold", 6);

		if (!cay_node_is(n, "relu6") || end == 6)
			continue;
		n->op = "clip";
		if (cay_node_set_float(g, n, "min", 0, err) < 0 ||
		    cay_node_set_float(g, n, "max", end, err) < 0)
			return -1;
	}
	return 0;
}
