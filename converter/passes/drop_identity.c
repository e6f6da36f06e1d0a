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

static bool is_left_over(const struct cay_node *n)
{
	if (cay_node_is(n, "elementwise_mul"))
		return is_one(cay_node_in(n, "Y"));
	return cay_node_is(n, "moving_average_abs_max_scale");
}

static bool is_scale_by_one(const struct cay_node *n)
{
	return cay_node_is(n, "scale") && !cay_node_use(n, "ScaleTensor") &&
	       cay_node_float(n, "scale", 1) == 1 && cay_node_float(n, "bias", 0) == 0;
}

static bool is_idle_dropout(const struct cay_node *n)
{
	return cay_node_is(n, "dropout") &&
	       strcmp(cay_node_string(n, "dropout_implementation", "downgrade_in_infer"),
		      "upscale_in_train") == 0;
}

static bool is_identity(const struct cay_node *n)
{
	return is_left_over(n) || is_scale_by_one(n) || is_idle_dropout(n) ||
	       cay_node_is(n, "assign");
}

// True if the node's input can take the place of its output, and nothing uses its mask.
static bool has_one_output(const struct cay_node *n)
{
	const struct cay_value *mask = cay_node_out(n, "Mask");

	return cay_node_in(n, "X") && cay_node_out(n, "Out") && !(mask && mask->uses);
}

static void drop(struct cay_graph *g, struct cay_node *n)
{
	cay_graph_replace_uses(cay_node_out(n, "Out"), cay_node_in(n, "X"));
	cay_graph_remove(g, n);
}

static void drop_all(struct cay_graph *g, bool (*is_wanted)(const struct cay_node *))
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (has_one_output(n) && is_wanted(n))
			drop(g, n);
	}
}

// Drops nodes that only observed the range of their input in training, and hand it on as it is.
static void drop_linear_observers(struct cay_graph *g)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		struct cay_value *x = cay_node_in(n, "X"), *y = cay_node_out(n, "Y");

		next = n->next;
		if (!cay_node_bool(n, "only_observer", false) || !x || !y ||
		    !(cay_node_is(n, "quantize_linear") || cay_node_is(n, "dequantize_linear")))
			continue;
		cay_graph_replace_uses(y, x);
		cay_graph_remove(g, n);
	}
}

int cay_pass_drop_identity(struct cay_graph *g, struct cay_err *err)
{
	(void)err; // cannot fail; same signature as every pass
	drop_linear_observers(g);
	drop_all(g, is_identity);
	return 0;
}

// True for a copy of a parameter. Paddle 2.6 makes one of the filter of a Conv1D; opt 2.13 fails
// on it.
static bool copies_parameter(const struct cay_node *n)
{
	return cay_node_is(n, "assign") && cay_value_is_constant(cay_node_in(n, "X"));
}

static bool is_of_training(const struct cay_node *n)
{
	return is_left_over(n) || copies_parameter(n);
}

int cay_pass_drop_observers(struct cay_graph *g, struct cay_err *err)
{
	(void)err;
	drop_linear_observers(g);
	drop_all(g, is_of_training);
	return 0;
}

// True if the node is the only reader of what another node computes: opt 2.13 drops only those.
static bool is_lone(const struct cay_node *n)
{
	const struct cay_value *x = cay_node_in(n, "X");

	return x->def && cay_value_only_use(x);
}

int cay_pass_drop_scale(struct cay_graph *g, struct cay_err *err)
{
	(void)err;
	// opt keeps a scale behind another scale: of several in a row only the first one goes.
	// Backwards, the others have been looked at while it was still there.
	for (struct cay_node *n = g->last, *prev; n; n = prev) {
		prev = n->prev;
		if (has_one_output(n) && is_scale_by_one(n) && is_lone(n) &&
		    !cay_node_is(cay_node_in(n, "X")->def, "scale"))
			drop(g, n);
	}
	return 0;
}

// True for a dropout that opt 2.13 drops: one with the output Mask, which Paddle 2.6 leaves out.
static bool is_lone_dropout(const struct cay_node *n)
{
	return is_idle_dropout(n) && is_lone(n) && cay_node_out(n, "Mask");
}

int cay_pass_drop_dropout(struct cay_graph *g, struct cay_err *err)
{
	(void)err;
	drop_all(g, is_lone_dropout);
	return 0;
}
