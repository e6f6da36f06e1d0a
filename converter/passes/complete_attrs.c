// Supplies attributes that a runtime reads without asking whether they are there, in its type.
#include "converter/passes/passes.h"
#include "common/size.h"

#include <string.h>

struct completion {
	const char *op, *name;
	enum cay_attr_type type;
	double number;
	const char *text;
	int64_t ints[2]; // INTS
};

#define INT(value)   .type = CAY_ATTR_INT, .number = (value)
#define FLOAT(value) .type = CAY_ATTR_FLOAT, .number = (value)
#define BOOL(value)  .type = CAY_ATTR_BOOLEAN, .number = (value)
#define TEXT(value)  .type = CAY_ATTR_STRING, .text = (value)
#define PAIR(value)  .type = CAY_ATTR_INTS, .ints = {(value), (value)}

static const struct completion completions[] = {
	{"arg_max", "axis", INT(-1)},
	{"batch_norm", "data_layout", TEXT("NCHW")},
	{"batch_norm", "epsilon", FLOAT(1e-5F)},
	{"batch_norm", "is_test", BOOL(true)},
	{"batch_norm", "momentum", FLOAT(0.9F)},
	{"bilinear_interp", "align_corners", BOOL(true)},
	{"bilinear_interp", "data_layout", TEXT("NCHW")},
	{"bilinear_interp", "interp_method", TEXT("bilinear")},
	{"bilinear_interp_v2", "align_corners", BOOL(true)},
	{"bilinear_interp_v2", "data_layout", TEXT("NCHW")},
	{"bilinear_interp_v2", "interp_method", TEXT("bilinear")},
	{"clip", "max", FLOAT(0)},
	{"clip", "min", FLOAT(0)},
	{"concat", "axis", INT(0)},
	{"conv2d", "dilations", PAIR(1)},
	{"conv2d", "groups", INT(1)},
	{"conv2d", "paddings", PAIR(0)},
	{"conv2d", "strides", PAIR(1)},
	{"conv2d_transpose", "dilations", PAIR(1)},
	{"conv2d_transpose", "groups", INT(1)},
	{"conv2d_transpose", "paddings", PAIR(0)},
	{"conv2d_transpose", "strides", PAIR(1)},
	{"depthwise_conv2d", "dilations", PAIR(1)},
	{"depthwise_conv2d", "groups", INT(1)},
	{"depthwise_conv2d", "paddings", PAIR(0)},
	{"depthwise_conv2d", "strides", PAIR(1)},
	{"depthwise_conv2d_transpose", "dilations", PAIR(1)},
	{"depthwise_conv2d_transpose", "groups", INT(1)},
	{"depthwise_conv2d_transpose", "paddings", PAIR(0)},
	{"depthwise_conv2d_transpose", "strides", PAIR(1)},
	{"elementwise_add", "axis", INT(-1)},
	{"elementwise_div", "axis", INT(-1)},
	{"elementwise_max", "axis", INT(-1)},
	{"elementwise_min", "axis", INT(-1)},
	{"elementwise_mul", "axis", INT(-1)},
	{"elementwise_sub", "axis", INT(-1)},
	{"elu", "alpha", FLOAT(1)},
	{"fill_constant", "force_cpu", BOOL(false)},
	{"fill_constant", "value", FLOAT(0)},
	{"flatten", "axis", INT(1)},
	{"flatten2", "axis", INT(1)},
	{"flatten_contiguous_range", "start_axis", INT(1)},
	{"flatten_contiguous_range", "stop_axis", INT(1)},
	{"group_norm", "epsilon", FLOAT(1e-5F)},
	{"group_norm", "groups", INT(1)},
	{"hard_sigmoid", "offset", FLOAT(0.5F)},
	{"hard_sigmoid", "slope", FLOAT(0.2F)},
	{"hard_swish", "offset", FLOAT(3)},
	{"hard_swish", "scale", FLOAT(6)},
	{"hard_swish", "threshold", FLOAT(6)},
	{"instance_norm", "epsilon", FLOAT(1e-5F)},
	{"layer_norm", "begin_norm_axis", INT(1)},
	{"layer_norm", "epsilon", FLOAT(1e-5F)},
	{"leaky_relu", "alpha", FLOAT(0.02F)},
	{"matmul", "alpha", FLOAT(1)},
	{"matmul", "transpose_X", BOOL(false)},
	{"matmul", "transpose_Y", BOOL(false)},
	{"matmul_v2", "trans_x", BOOL(false)},
	{"matmul_v2", "trans_y", BOOL(false)},
	{"mish", "threshold", FLOAT(20)},
	{"mul", "x_num_col_dims", INT(1)},
	{"mul", "y_num_col_dims", INT(1)},
	{"nearest_interp", "align_corners", BOOL(true)},
	{"nearest_interp", "data_layout", TEXT("NCHW")},
	{"nearest_interp", "interp_method", TEXT("nearest")},
	{"nearest_interp_v2", "align_corners", BOOL(true)},
	{"nearest_interp_v2", "data_layout", TEXT("NCHW")},
	{"nearest_interp_v2", "interp_method", TEXT("nearest")},
	{"pool2d", "adaptive", BOOL(false)},
	{"pool2d", "global_pooling", BOOL(false)},
	{"pool2d", "ksize", PAIR(1)},
	{"pool2d", "paddings", PAIR(0)},
	{"pool2d", "pooling_type", TEXT("max")},
	{"pool2d", "strides", PAIR(1)},
	{"pow", "factor", FLOAT(1)},
	{"prelu", "mode", TEXT("all")},
	{"relu6", "threshold", FLOAT(6)},
	{"scale", "bias", FLOAT(0)},
	{"scale", "bias_after_scale", BOOL(true)},
	{"scale", "scale", FLOAT(1)},
	{"softmax", "axis", INT(-1)},
	{"softplus", "beta", FLOAT(1)},
	{"softplus", "threshold", FLOAT(20)},
	{"split", "axis", INT(0)},
	{"split", "num", INT(0)},
	{"stack", "axis", INT(0)},
	{"swish", "beta", FLOAT(1)},
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

// Old programs have is_test as a number, which a runtime does not read. Where it does something at
// inference, dropout multiplies by 1 - p.
static int settle_dropout(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	const float p = cay_node_float(n, "dropout_prob", 0.5F);
	const char *form =
		strcmp(cay_node_string(n, "dropout_implementation", ""), "upscale_in_train")
			? "downgrade_in_infer"
			: "upscale_in_train";
	struct cay_use *seed = cay_node_use(n, "Seed");

	if (seed)
		cay_use_remove(seed);
	n->attr_count = 0;
	if (cay_node_set_float(g, n, "dropout_prob", p, err) < 0 ||
	    cay_node_set_bool(g, n, "is_test", true, err) < 0 ||
	    cay_node_set_bool(g, n, "fix_seed", false, err) < 0 || // read without a default
	    cay_node_set_int(g, n, "seed", 0, err) < 0)
		return -1;
	return cay_node_set_string(g, n, "dropout_implementation", form, err);
}

static int complete_node(struct cay_graph *g, struct cay_node *n, struct cay_err *err)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(completions); i++)
		if (cay_node_is(n, completions[i].op) && complete(g, n, &completions[i], err) < 0)
			return -1;
	// An exported program may still claim to be training.
	if (cay_node_is(n, "batch_norm") && cay_node_set_bool(g, n, "is_test", true, err) < 0)
		return -1;
	if (cay_node_is(n, "dropout") && settle_dropout(g, n, err) < 0)
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
