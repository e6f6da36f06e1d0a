// Makes one convolution of two in a row without an activation between them: their product.
#include "converter/passes/passes.h"
#include "common/size.h"

#include <string.h>

// What the second one, of 1x1, takes in, `middle` channels, the first one computes for it alone.
struct pair {
	struct cay_node *first, *second;
	struct cay_value *between;
	size_t in, middle, out; // channels
	size_t window;		// pixels of the first one's kernel
};

static bool all_are(const struct cay_node *n, const char *attr, int64_t wanted)
{
	size_t count;
	const int64_t *values = cay_attr_ints(n->attrs, n->attr_count, attr, &count);

	for (size_t i = 0; i < count; i++)
		if (values[i] != wanted)
			return false;
	return true;
}

static bool is_constant_or_absent(const struct cay_value *value, size_t count)
{
	return !value || (cay_value_is_constant(value) && value->dtype == CAY_DTYPE_F32 &&
			  value->size == count * sizeof(float));
}

// A convolution in floats of one group, with no activation.
static bool is_plain(const struct cay_node *n)
{
	const struct cay_value *filter = cay_node_in(n, "Filter");

	return cay_node_is(n, "conv2d") && cay_node_int(n, "groups", 1) == 1 &&
	       !cay_node_bool(n, "with_act", false) && !cay_node_in(n, "ResidualData") && filter &&
	       cay_value_is_constant(filter) && filter->dtype == CAY_DTYPE_F32 &&
	       filter->shape.rank == 4 && filter->size > 0 &&
	       is_constant_or_absent(cay_node_in(n, "Bias"), (size_t)filter->shape.dim[0]);
}

static bool find_pair(struct cay_node *n, struct pair *p)
{
	const struct cay_use *use;
	const struct cay_shape *a, *b;

	p->first = n;
	p->between = cay_node_out(n, "Output");
	use = p->between ? cay_value_only_use(p->between) : NULL;
	p->second = use && strcmp(use->slot, "Input") == 0 ? use->node : NULL;
	if (!p->second || !is_plain(n) || !is_plain(p->second) ||
	    !cay_node_out(p->second, "Output") || !all_are(p->second, "strides", 1) ||
	    !all_are(p->second, "paddings", 0))
		return false;
	a = &cay_node_in(n, "Filter")->shape;
	b = &cay_node_in(p->second, "Filter")->shape;
	p->in = (size_t)a->dim[1];
	p->middle = (size_t)a->dim[0];
	p->out = (size_t)b->dim[0];
	p->window = (size_t)(a->dim[2] * a->dim[3]);
	return b->dim[1] == a->dim[0] && b->dim[2] == 1 && b->dim[3] == 1;
}

// A narrow middle is cheaper left as it is, as between the blocks of MobileNetV2. opt 2.13 reckons
// with one pixel, and joins none that make fewer channels of more.
static bool is_worthwhile(const struct cay_graph *g, const struct pair *p)
{
	const bool as_opt = cay_compat_is_of_opt(g->compat);
	const double inner = (double)p->in * (as_opt ? 1 : (double)p->window);
	const double middle = (double)p->middle, out = (double)p->out;

	return inner * out <= (inner + out) * middle && !(as_opt && out <= middle);
}

// [rows, middle] by [middle, columns].
static float *multiply(struct cay_graph *g, const float *a, const float *b, size_t rows,
		       size_t middle, size_t columns, struct cay_err *err)
{
	size_t count;
	float *ret = cay_size_mul(rows, columns, &count)
			     ? cay_arena_array(&g->arena, count, sizeof(float), err)
			     : NULL;

	if (!ret)
		return NULL;
	memset(ret, 0, count * sizeof(float));
	for (size_t i = 0; i < rows; i++)
		for (size_t k = 0; k < middle; k++)
			for (size_t j = 0; j < columns; j++)
				ret[i * columns + j] += a[i * middle + k] * b[k * columns + j];
	return ret;
}

static const float *copy(struct cay_graph *g, const struct cay_value *from, struct cay_err *err)
{
	return cay_arena_copy(&g->arena, from->data, from->size, err);
}

// The second one's bias, and what it makes of the first one's.
static int join_bias(struct cay_graph *g, const struct pair *p, const float *weights,
		     struct cay_err *err)
{
	const struct cay_value *first = cay_node_in(p->first, "Bias");
	const struct cay_value *second = cay_node_in(p->second, "Bias");
	const struct cay_value *named = second ? second : first;
	const struct cay_shape shape = {.rank = 1, .dim = {(int64_t)p->out}};
	const float *a = first ? copy(g, first, err) : NULL,
		    *b = second ? copy(g, second, err) : NULL;
	struct cay_value *value;
	float *bias;

	if ((first && !a) || (second && !b))
		return -1;
	if (!named)
		return 0;
	bias = a ? multiply(g, weights, a, p->out, p->middle, 1, err)
		 : cay_arena_copy(&g->arena, b, p->out * sizeof(float), err);
	if (!bias)
		return -1;
	for (size_t i = 0; a && b && i < p->out; i++)
		bias[i] += b[i];
	value = cay_graph_constant(g, named->name, CAY_DTYPE_F32, &shape, bias, err);
	return cay_node_set_slot(g, p->first, "Bias", value, err);
}

static int join(struct cay_graph *g, const struct pair *p, struct cay_err *err)
{
	struct cay_value *filter = cay_use_own(g, cay_node_use(p->first, "Filter"), err);
	const float *a, *b;
	float *product;

	if (!filter)
		return -1;
	a = copy(g, filter, err);
	b = copy(g, cay_node_in(p->second, "Filter"), err);
	if (!a || !b)
		return -1;
	product = multiply(g, b, a, p->out, p->middle, p->in * p->window, err);
	if (!product || join_bias(g, p, b, err) < 0)
		return -1;
	filter->data = product;
	filter->size = p->out * p->in * p->window * sizeof(float);
	filter->shape.dim[0] = (int64_t)p->out;
	cay_graph_absorb(g, p->first, p->between, cay_node_out(p->second, "Output"));
	return 0;
}

int cay_pass_join_convs(struct cay_graph *g, struct cay_err *err)
{
	struct pair p;

	for (struct cay_node *n = g->first; n; n = n->next)
		while (find_pair(n, &p) && is_worthwhile(g, &p))
			if (join(g, &p, err) < 0)
				return -1;
	return 0;
}
