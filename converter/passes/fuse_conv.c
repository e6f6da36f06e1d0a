// Folds batch_norm, scale and the addition of a bias into the convolution before them.
#include "converter/passes/passes.h"
#include "converter/quant.h"

#include <math.h>
#include <string.h>

// A convolution, and the only node that reads its output.
struct pair {
	struct cay_node *conv, *user;
	struct cay_value *out; // of conv
	uint32_t axis;	       // of its filter: where the output channels are, or those of a group
	size_t channels;
	size_t groups; // that share the filter's axis, each with channels of its own
};

static bool find_pair(struct cay_node *conv, struct pair *p)
{
	const struct cay_value *filter = cay_node_in(conv, "Filter");
	const struct cay_use *use;
	int64_t groups;

	p->conv = conv;
	p->out = cay_node_out(conv, "Output");
	use = p->out ? cay_value_only_use(p->out) : NULL;
	if (!use || strcmp(use->slot, "X") != 0 || !filter || !cay_value_is_constant(filter) ||
	    filter->shape.rank != 4 || filter->size == 0 || cay_node_bool(conv, "with_act", false))
		return false;
	p->user = use->node;
	p->axis = cay_node_is(conv, "conv2d_transpose");
	groups = p->axis == 1 ? cay_node_int(conv, "groups", 1) : 1;
	if (groups < 1 || groups > filter->shape.dim[0])
		return false;
	p->groups = (size_t)groups;
	p->channels = (size_t)(filter->shape.dim[p->axis] * groups);
	return p->axis == 1 || cay_node_is(conv, "conv2d") || cay_node_is(conv, "depthwise_conv2d");
}

// Copies a constant that has one float per channel, or one for all; NULL in *ret if it is no such.
static int copy_channels(struct cay_graph *g, const struct cay_value *from, size_t channels,
			 float **ret, struct cay_err *err)
{
	size_t count;

	*ret = NULL;
	if (!from || !cay_value_is_constant(from) || from->dtype != CAY_DTYPE_F32)
		return 0;
	count = from->size / sizeof(float);
	if (count != channels && count != 1)
		return 0;
	*ret = cay_arena_array(&g->arena, channels, sizeof(float), err);
	if (!*ret)
		return -1;
	for (size_t i = 0; i < channels; i++)
		memcpy(*ret + i, (const char *)from->data + (count == 1 ? 0 : i) * sizeof(float),
		       sizeof(float));
	return 0;
}

// Gives the conv a bias, one float per channel, as the constant `value`: this bias, plus factor
// times the one that the conv has already.
static int set_bias(struct cay_graph *g, const struct pair *p, struct cay_value *value, float *bias,
		    const float *factor, struct cay_err *err)
{
	const struct cay_value *old = cay_node_in(p->conv, "Bias");
	float *add = NULL;

	if (!value || (old && copy_channels(g, old, p->channels, &add, err) < 0))
		return -1;
	for (size_t i = 0; add && i < p->channels; i++)
		bias[i] += factor ? factor[i] * add[i] : add[i];
	value->shape = (struct cay_shape){.rank = 1, .dim = {(int64_t)p->channels}};
	value->data = bias;
	value->size = p->channels * sizeof(*bias);
	return cay_node_set_slot(g, p->conv, "Bias", value, err);
}

// True if the bias of this shape is added per channel of an NCHW tensor.
static bool is_channel_bias(const struct cay_shape *shape, int64_t axis, size_t channels)
{
	uint32_t rank = shape->rank;
	int64_t first = axis < 0 ? 4 - (int64_t)rank : axis; // the dimension of X that Y begins at
	int64_t at = 1 - first;				     // where in Y the channels are

	if (rank == 0 || rank > 4 || at < 0 || at >= rank || shape->dim[at] != (int64_t)channels)
		return false;
	for (uint32_t i = 0; i < rank; i++)
		if (i != at && shape->dim[i] != 1)
			return false;
	return true;
}

// False where the file is to be like that of opt 2.13 and opt would not fold such a bias.
static bool may_add(const struct cay_graph *g, const struct cay_value *bias)
{
	return !cay_compat_is_of_opt(g->compat) || bias->shape.rank == 1;
}

static int try_bias(struct cay_graph *g, const struct pair *p, bool *ret_done, struct cay_err *err)
{
	const struct cay_value *old = cay_node_in(p->conv, "Bias");
	struct cay_use *y = cay_node_use(p->user, "Y");
	struct cay_value *result = cay_node_out(p->user, "Out");
	float *bias;

	if (!cay_node_is(p->user, "elementwise_add") || !y || !result || !may_add(g, y->value) ||
	    (old && !cay_value_is_constant(old)) ||
	    !is_channel_bias(&y->value->shape, cay_node_int(p->user, "axis", -1), p->channels))
		return 0;
	if (copy_channels(g, y->value, p->channels, &bias, err) < 0)
		return -1;
	if (!bias)
		return 0;
	if (set_bias(g, p, cay_use_own(g, y, err), bias, NULL, err) < 0)
		return -1;
	cay_graph_absorb(g, p->conv, p->out, result);
	*ret_done = true;
	return 0;
}

struct norm {
	float *scale, *bias, *mean, *variance; // of channels each
};

static int read_norm(struct cay_graph *g, const struct pair *p, struct norm *ret,
		     struct cay_err *err)
{
	const struct cay_node *n = p->user;

	if (copy_channels(g, cay_node_in(n, "Scale"), p->channels, &ret->scale, err) < 0 ||
	    copy_channels(g, cay_node_in(n, "Bias"), p->channels, &ret->bias, err) < 0 ||
	    copy_channels(g, cay_node_in(n, "Mean"), p->channels, &ret->mean, err) < 0)
		return -1;
	return copy_channels(g, cay_node_in(n, "Variance"), p->channels, &ret->variance, err);
}

static bool only_output_used(const struct cay_node *n, const struct cay_value *result)
{
	for (const struct cay_value *out = n->out; out; out = out->next)
		if (out != result && out->uses)
			return false;
	return true;
}

// Multiplies the channels of an int8 weight: the factor's sign goes into the weights, its size into
// the scales.
static int scale_int8(struct cay_graph *g, struct cay_value *filter, uint32_t axis,
		      const float *alpha, struct cay_err *err)
{
	size_t channels = filter->scale_count;
	size_t inner = cay_shape_product(&filter->shape, axis + 1, filter->shape.rank);
	float *scales = cay_arena_copy(&g->arena, filter->scales, channels * sizeof(float), err);
	int8_t *data = cay_arena_copy(&g->arena, filter->data, filter->size, err);

	if (!scales || !data)
		return -1;
	for (size_t c = 0; c < channels; c++) {
		scales[c] *= fabsf(alpha[c]);
		if (!isfinite(scales[c]))
			return cay_fail(err, CAY_EMODEL,
					"weight '%s' gets a scale of %g from batch_norm",
					filter->name, (double)scales[c]);
	}
	for (size_t i = 0; i < filter->size; i++)
		if (alpha[i / inner % channels] < 0)
			data[i] = (int8_t)(data[i] == INT8_MIN ? INT8_MAX : -data[i]);
	filter->scales = scales;
	filter->data = data;
	return cay_graph_tell(g, filter->size, err);
}

// Multiplies the channels of a weight that is stored as integers and restored to floats before it
// is used: its scales take the factors.
static int scale_stored(struct cay_graph *g, struct cay_value *filter, const float *alpha,
			struct cay_err *err)
{
	size_t channels = filter->scale_count;
	float *scales = cay_arena_copy(&g->arena, filter->scales, channels * sizeof(float), err);

	if (!scales)
		return -1;
	for (size_t c = 0; c < channels; c++)
		scales[c] *= alpha[c];
	filter->scales = scales;
	return 0;
}

static int scale_float(struct cay_graph *g, const struct pair *p, struct cay_value *filter,
		       const float *alpha, struct cay_err *err)
{
	float *data = cay_arena_copy(&g->arena, filter->data, filter->size, err), *w = data;
	const size_t channels = (size_t)filter->shape.dim[p->axis]; // of each group
	const size_t rows = cay_shape_product(&filter->shape, 0, p->axis);
	const size_t inner = cay_shape_product(&filter->shape, p->axis + 1, filter->shape.rank);

	if (!data)
		return -1;
	// Rows are input channels, where there are any, those of the first group first.
	for (size_t row = 0; row < rows; row++)
		for (size_t c = 0; c < channels; c++) {
			const float factor = alpha[row * p->groups / rows * channels + c];

			for (size_t i = 0; i < inner; i++)
				*w++ *= factor;
		}
	filter->data = data;
	return cay_graph_tell(g, filter->size, err);
}

static int fold_norm(struct cay_graph *g, const struct pair *p, const struct norm *norm,
		     struct cay_err *err)
{
	struct cay_value *filter = cay_use_own(g, cay_node_use(p->conv, "Filter"), err);
	float epsilon = cay_node_float(p->user, "epsilon", 1e-5F);
	float *alpha = norm->scale, *bias = norm->bias;

	if (!filter)
		return -1;
	for (size_t c = 0; c < p->channels; c++)
		alpha[c] /= sqrtf(norm->variance[c] + epsilon);
	if ((cay_node_stored_weight(p->conv) ? scale_stored(g, filter, alpha, err)
	     : filter->scales		     ? scale_int8(g, filter, p->axis, alpha, err)
					     : scale_float(g, p, filter, alpha, err)) < 0 ||
	    set_bias(g, p, cay_use_own(g, cay_node_use(p->user, "Bias"), err), bias, alpha, err) <
		    0)
		return -1;
	for (size_t c = 0; c < p->channels; c++) // last, as Paddle-Lite's opt rounds it
		bias[c] += -norm->mean[c] * alpha[c];
	return 0;
}

static int try_norm(struct cay_graph *g, const struct pair *p, bool *ret_done, struct cay_err *err)
{
	const struct cay_value *filter = cay_node_in(p->conv, "Filter");
	const struct cay_value *old = cay_node_in(p->conv, "Bias");
	struct cay_value *result = cay_node_out(p->user, "Y");
	struct norm norm = {0};

	if (!cay_node_is(p->user, "batch_norm") || !result ||
	    (p->groups > 1 && (!cay_compat_is_of_opt(g->compat) || filter->scales)) ||
	    !only_output_used(p->user, result) || (old && !cay_value_is_constant(old)) ||
	    (filter->dtype != CAY_DTYPE_F32 && !filter->scales))
		return 0;
	if (read_norm(g, p, &norm, err) < 0)
		return -1;
	if (!norm.scale || !norm.bias || !norm.mean || !norm.variance)
		return 0;
	if (fold_norm(g, p, &norm, err) < 0)
		return -1;
	cay_graph_absorb(g, p->conv, p->out, result);
	*ret_done = true;
	return 0;
}

// Folds a scale op: all channels are multiplied by one number, and another one is added.
static int fold_scale(struct cay_graph *g, const struct pair *p, struct cay_err *err)
{
	struct cay_value *filter = cay_use_own(g, cay_node_use(p->conv, "Filter"), err);
	const struct cay_shape shape = {.rank = 1, .dim = {(int64_t)p->channels}};
	float scale = cay_node_float(p->user, "scale", 1),
	      shift = cay_node_float(p->user, "bias", 0);
	float *alpha = cay_arena_array(&g->arena, p->channels, sizeof(float), err);
	float *bias = cay_arena_array(&g->arena, p->channels, sizeof(float), err);
	struct cay_value *value;

	if (!filter || !alpha || !bias)
		return -1;
	for (size_t c = 0; c < p->channels; c++) {
		alpha[c] = scale;
		bias[c] = cay_node_bool(p->user, "bias_after_scale", true) ? shift : scale * shift;
	}
	if (scale_float(g, p, filter, alpha, err) < 0)
		return -1;
	if (shift == 0 && !cay_node_in(p->conv, "Bias"))
		return 0;
	value = cay_graph_constant(g, p->out->name, CAY_DTYPE_F32, &shape, bias, err);
	return set_bias(g, p, value, bias, alpha, err);
}

// False where the file is to be like that of opt 2.13, which folds a scale only if the conv has a
// bias.
static bool may_scale(const struct cay_graph *g, const struct cay_value *bias)
{
	return !cay_compat_is_of_opt(g->compat) || bias;
}

static int try_scale(struct cay_graph *g, const struct pair *p, bool *ret_done, struct cay_err *err)
{
	const struct cay_value *old = cay_node_in(p->conv, "Bias");
	struct cay_value *result = cay_node_out(p->user, "Out");

	if (!cay_node_is(p->user, "scale") || cay_node_use(p->user, "ScaleTensor") || !result ||
	    !may_scale(g, old) || cay_node_in(p->conv, "Filter")->dtype != CAY_DTYPE_F32 ||
	    (old && !cay_value_is_constant(old)))
		return 0;
	if (fold_scale(g, p, err) < 0)
		return -1;
	cay_graph_absorb(g, p->conv, p->out, result);
	*ret_done = true;
	return 0;
}

int cay_pass_fuse_conv(struct cay_graph *g, struct cay_err *err)
{
	struct pair p;

	for (struct cay_node *n = g->first; n; n = n->next) {
		bool again = true;

		while (again && find_pair(n, &p)) {
			again = false;
			if (try_bias(g, &p, &again, err) < 0 ||
			    (!again && try_norm(g, &p, &again, err) < 0) ||
			    (!again && try_scale(g, &p, &again, err) < 0))
				return -1;
		}
	}
	return 0;
}
