// Drops what does nothing at inference time.
#include "converter/passes/passes.h"

#include <string.h>

static bool is_one(const struct cay_value *value)
{
	const struct cay_node *fill = value ? value->def : NULL;
	size_t count;
	const int64_t *shape =
		fill ? cay_attr_ints(fill->attrs, fill->attr_count, "shape", &count) : NULL;

	return shape && cay_node_is(fill, "fill_constant") && count == 1 && shape[0] == 1 &&
	       !cay_node_use(fill, "ShapeTensor") && !cay_node_use(fill, "ShapeTensorList") &&
	       !cay_node_use(fill, "ValueTensor") && cay_node_float(fill, "value", 0) == 1;
}

static bool is_identity(const struct cay_node *n)
{
	if (cay_node_is(n, "elementwise_mul"))
		return is_one(cay_node_in(n, "Y"));
	if (cay_node_is(n, "scale"))
		return !cay_node_use(n, "ScaleTensor") && cay_node_float(n, "scale", 1) == 1 &&
		       cay_node_float(n, "bias", 0) == 0;
	if (cay_node_is(n, "dropout"))
		return strcmp(cay_node_string(n, "dropout_implementation", "downgrade_in_infer"),
			      "upscale_in_train") == 0;
	return cay_node_is(n, "assign") || cay_node_is(n, "moving_average_abs_max_scale");
}

// The other kind of dropout multiplies by 1 - p at inference. Old programs have is_test as a
// number, which a runtime does not read.
static int settle_dropout(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const float p = cay_node_float(n, "dropout_prob", 0.5F);
	struct cay_use *seed = cay_node_use(n, "Seed");

	if (seed)
		cay_use_remove(seed);
	n->attr_count = 0;
	if (cay_node_set_float(g, n, "dropout_prob", p, err) < 0 ||
	    cay_node_set_bool(g, n, "is_test", true, err) < 0 ||
	    cay_node_set_bool(g, n, "fix_seed", false, err) < 0 || // read without a default
	    cay_node_set_int(g, n, "seed", 0, err) < 0)
		return -1;
	return cay_node_set_string(g, n, "dropout_implementation", "downgrade_in_infer", err);
}

int cay_pass_drop_identity(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		struct cay_value *x = cay_node_in(n, "X"), *out = cay_node_out(n, "Out");
		struct cay_value *mask = cay_node_out(n, "Mask");

		next = n->next;
		if (!x || !out || (mask && mask->uses))
			continue;
		if (is_identity(n)) {
			cay_graph_replace_uses(out, x);
			cay_graph_remove(g, n);
		} else if (cay_node_is(n, "dropout") && settle_dropout(g, n, err) < 0) {
			return -1;
		}
	}
	return 0;
}
