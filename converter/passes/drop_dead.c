// Drops what no output needs.
#include "converter/passes/passes.h"

static bool is_dead(const struct cay_node *n)
{
	if (cay_node_is(n, "feed") || cay_node_is(n, "fetch"))
		return false;
	for (const struct cay_value *out = n->out; out; out = out->next)
		if (out->uses)
			return false;
	return true;
}

int cay_pass_drop_dead(struct cay_graph *g, struct cay_err *err)
{
	(void)err; // cannot fail; same signature as every pass
	for (struct cay_node *n = g->last, *prev; n; n = prev) {
		prev = n->prev;
		if (is_dead(n))
			cay_graph_remove(g, n);
	}
	return 0;
}
