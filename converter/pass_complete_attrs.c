// Supplies attributes that a runtime reads without asking whether they are there, in its type.
#include "converter/passes.h"
#include "common/size.h"

#include <string.h>

struct completion {
	const char *op, *name;
	enum cay_attr_type type;
	double number;
	const char *text;
	int64_t ints[2]; // INTS
};

#define INT(op, name, value)                                                                       \
	{                                                                                          \
		op, name, CAY_ATTR_INT, value, NULL,                                               \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define FLOAT(op, name, value)                                                                     \
	{                                                                                          \
		op, name, CAY_ATTR_FLOAT, value, NULL,                                             \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define BOOL(op, name, value)                                                                      \
	{                                                                                          \
		op, name, CAY_ATTR_BOOLEAN, value, NULL,                                           \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define TEXT(op, name, value)                                                                      \
	{                                                                                          \
		op, name, CAY_ATTR_STRING, 0, value,                                               \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define PAIR(op, name, value)                                                                      \
	{                                                                                          \
		op, name, CAY_ATTR_INTS, 0, NULL,                                                  \
		{                                                                                  \
			value, value                                                               \
		}                                                                                  \
	}
#define CONV(op)                                                                                   \
	PAIR(op, "dilations", 1), INT(op, "groups", 1), PAIR(op, "paddings", 0),                   \
		PAIR(op, "strides", 1)

static const struct completion completions[] = {
	TEXT("batch_norm", "data_layout", "NCHW"),
	FLOAT("batch_norm", "epsilon", 1e-5F),
	BOOL("batch_norm", "is_test", true),
	FLOAT("batch_norm", "momentum", 0.9F),
	FLOAT("clip", "max", 0),
	FLOAT("clip", "min", 0),
	INT("concat", "axis", 0),
	CONV("conv2d"),
	CONV("depthwise_conv2d"),
	INT("elementwise_add", "axis", -1),
	INT("elementwise_div", "axis", -1),
	INT("elementwise_max", "axis", -1),
	INT("elementwise_min", "axis", -1),
	INT("elementwise_mul", "axis", -1),
	INT("elementwise_sub", "axis", -1),
	INT("flatten", "axis", 1),
	INT("flatten2", "axis", 1),
	INT("flatten_contiguous_range", "start_axis", 1),
	INT("flatten_contiguous_range", "stop_axis", 1),
	FLOAT("hard_sigmoid", "offset", 0.5F),
	FLOAT("hard_sigmoid", "slope", 0.2F),
	FLOAT("hard_swish", "offset", 3),
	FLOAT("hard_swish", "scale", 6),
	FLOAT("hard_swish", "threshold", 6),
	FLOAT("leaky_relu", "alpha", 0.02F),
	FLOAT("matmul", "alpha", 1),
	BOOL("matmul", "transpose_X", false),
	BOOL("matmul", "transpose_Y", false),
	BOOL("matmul_v2", "trans_x", false),
	BOOL("matmul_v2", "trans_y", false),
	INT("mul", "x_num_col_dims", 1),
	INT("mul", "y_num_col_dims", 1),
	BOOL("pool2d", "adaptive", false),
	BOOL("pool2d", "global_pooling", false),
	PAIR("pool2d", "ksize", 1),
	PAIR("pool2d", "paddings", 0),
	TEXT("pool2d", "pooling_type", "max"),
	PAIR("pool2d", "strides", 1),
	FLOAT("relu6", "threshold", 6),
	FLOAT("scale", "bias", 0),
	BOOL("scale", "bias_after_scale", true),
	FLOAT("scale", "scale", 1),
	INT("softmax", "axis", -1),
	FLOAT("swish", "beta", 1),
};

// Numbers convert as long as they fit; a list or a text of another type counts as absent.
static int complete(struct cay_graph *g, struct cay_node *n, const struct completion *c,
		    struct cay_err *err)
{
	const struct cay_attr *attr = cay_attr_find(n->attrs, n->attr_count, c->name);
	struct cay_attr list = {.name = c->name,
				.type = CAY_ATTR_INTS,
				.ints = c->ints,
				.count = CAY_ARRAY_SIZE(c->ints)};

	if (attr && attr->type == c->type)
		return 0;
	if (c->type == CAY_ATTR_INT)
		return cay_node_set_int(g, n, c->name, cay_node_int(n, c->name, (int64_t)c->number),
					err);
	if (c->type == CAY_ATTR_FLOAT)
		return cay_node_set_float(g, n, c->name,
					  cay_node_float(n, c->name, (float)c->number), err);
	if (c->type == CAY_ATTR_BOOLEAN)
		return cay_node_set_bool(g, n, c->name, cay_node_bool(n, c->name, c->number != 0),
					 err);
	if (c->type == CAY_ATTR_STRING)
		return cay_node_set_string(g, n, c->name, c->text, err);
	if (attr && attr->type == CAY_ATTR_LONGS) {
		list.ints = attr->ints;
		list.count = attr->count;
	}
	return cay_node_set(g, n, &list, err);
}

// Everything behind this computes with the channels in front.
static int check_layout(const struct cay_node *n, struct cay_err *err)
{
	static const char *const names[] = {"data_format", "data_layout"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(names); i++)
		if (strcmp(cay_node_string(n, names[i], "NCHW"), "NHWC") == 0)
			return cay_fail(err, CAY_EMODEL, "%s '%s': %s NHWC is not supported", n->op,
					cay_node_label(n), names[i]);
	return 0;
}

static int complete_node(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(completions); i++)
		if (cay_node_is(n, completions[i].op) && complete(g, n, &completions[i], err) < 0)
			return -1;
	// An exported program may still claim to be training.
	if (cay_node_is(n, "batch_norm") && cay_node_set_bool(g, n, "is_test", true, err) < 0)
		return -1;
	return check_layout(n, err);
}

int cay_pass_complete_attrs(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first; n; n = n->next)
		if (complete_node(g, n, err) < 0)
			return -1;
	return 0;
}
