// Simulated quantization that gives back floats: weights become int8, activations get scales.
#include "converter/passes/passes.h"
#include "converter/quant.h"
#include "common/size.h"

#include <math.h>
#include <string.h>

// Nodes that round a tensor to int8 and give back floats.
struct form {
	const char *op, *out;
	const char *threshold; // the input that holds it; NULL: taken from the data of each run
};

static const struct form forms[] = {
	{"dequantize_linear", "Y", "Scale"},
	{"fake_channel_wise_quantize_dequantize_abs_max", "Out", NULL},
	{"fake_quantize_dequantize_abs_max", "Out", NULL},
	{"fake_quantize_dequantize_moving_average_abs_max", "Out", "InScale"},
};

// One such node; the linear form may have two.
struct qdq {
	const struct form *form;
	struct cay_node *node, *quantize; // quantize_linear before dequantize_linear, or NULL
	struct cay_value *x, *out;
};

static const struct form *find_form(const struct cay_node *n)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(forms); i++)
		if (cay_node_is(n, forms[i].op))
			return &forms[i];
	return NULL;
}

static int check_bits(const struct cay_node *n, struct cay_err *err)
{
	int64_t bits = cay_node_int(n, "bit_length", 8);

	return bits == 8 ? 0
			 : cay_fail(err, CAY_EMODEL, "%s '%s': quantized to %lld bits, not to 8",
				    n->op, cay_node_label(n), (long long)bits);
}

static bool same_parameter(const struct cay_value *a, const struct cay_value *b)
{
	return a == b || (a && b && cay_value_is_constant(a) && cay_value_is_constant(b) &&
			  a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}

static int find_qdq(struct cay_node *n, struct qdq *q, struct cay_err *err)
{
	*q = (struct qdq){.form = find_form(n), .node = n, .x = cay_node_in(n, "X")};
	q->out = cay_node_out(n, q->form->out);
	if (!q->x || !q->out)
		return cay_fail(err, CAY_EMODEL, "%s '%s' has no X or no %s", n->op,
				cay_node_label(n), q->form->out);
	if (!cay_node_is(n, "dequantize_linear") || cay_value_is_constant(q->x))
		return check_bits(n, err);
	q->quantize = q->x->def;
	if (!cay_node_is(q->quantize, "quantize_linear") || !cay_node_in(q->quantize, "X"))
		return cay_fail(err, CAY_EMODEL, "%s '%s': its input is not quantized", n->op,
				cay_node_label(n));
	if (!same_parameter(cay_node_in(n, "Scale"), cay_node_in(q->quantize, "Scale")))
		return cay_fail(err, CAY_EMODEL,
				"%s '%s': quantized by another threshold than dequantized", n->op,
				cay_node_label(n));
	q->x = cay_node_in(q->quantize, "X");
	return check_bits(q->quantize, err) < 0 ? -1 : check_bits(n, err);
}

// A constant as multiples of steps, of one size or of one for each index along an axis.
struct steps {
	float *data; // whole numbers of steps, if the file had such
	float *scales;
	size_t count, scale_count, inner; // inner: elements between two indices of the axis
	uint32_t axis;
	bool is_int8;
};

// Finds out how many thresholds there are, and along which axis.
static int find_axis(const struct qdq *q, struct steps *s, struct cay_err *err)
{
	const struct cay_value *given =
		q->form->threshold ? cay_node_in(q->node, q->form->threshold) : NULL;
	int64_t axis = cay_node_int(q->node, "quant_axis", -1);
	bool is_one = given ? given->size == sizeof(float)
			    : cay_node_is(q->node, "fake_quantize_dequantize_abs_max");

	s->scale_count = 1;
	s->inner = s->count;
	if (is_one)
		return 0;
	if (!given && axis < 0)
		axis = 0;
	if (axis < 0 || axis >= q->x->shape.rank)
		return cay_fail(err, CAY_EMODEL, "%s '%s': quant_axis is %lld of '%s'", q->node->op,
				cay_node_label(q->node), (long long)axis, q->x->name);
	s->axis = (uint32_t)axis;
	s->scale_count = (size_t)q->x->shape.dim[axis];
	s->inner = cay_shape_product(&q->x->shape, s->axis + 1, q->x->shape.rank);
	return 0;
}

// The thresholds that a file holds for a weight may be older than the weight: Paddle takes them
// from the weight itself.
static int find_thresholds(const struct qdq *q, struct steps *s, struct cay_err *err)
{
	if (q->form->threshold)
		return cay_quant_read_thresholds(q->node, cay_node_in(q->node, q->form->threshold),
						 s->scale_count, s->scales, err);
	for (size_t i = 0; i < s->count; i++) {
		float *most = &s->scales[i / s->inner % s->scale_count];

		*most = fmaxf(*most, fabsf(s->data[i]));
	}
	return 0;
}

// Paddle's round_type 0 rounds halves to even, 1 away from zero.
static float round_step(float x, float threshold, bool to_even)
{
	float inverse = threshold <= 1e-6F ? 1 / (threshold + 1e-6F) : 1 / threshold;
	float step = CAY_QUANT_RANGE * inverse * x;

	step = to_even ? rintf(step) : roundf(step);
	return fminf(fmaxf(step, -CAY_QUANT_RANGE), CAY_QUANT_RANGE);
}

static int count_steps(struct cay_graph *g, const struct qdq *q, struct steps *s,
		       struct cay_err *err)
{
	bool is_held = cay_node_is(q->node, "dequantize_linear") && !q->quantize;
	bool to_even = q->quantize ? cay_node_int(q->quantize, "round_type", 0) == 0
				   : cay_node_int(q->node, "round_type", 1) == 0;

	if (q->x->dtype != CAY_DTYPE_F32 && !(is_held && q->x->dtype == CAY_DTYPE_S8))
		return cay_fail(err, CAY_EMODEL, "%s '%s': its constant '%s' is %s", q->node->op,
				cay_node_label(q->node), q->x->name, cay_dtype_name(q->x->dtype));
	*s = (struct steps){.count = q->x->size / cay_dtype_size(q->x->dtype), .is_int8 = true};
	if (find_axis(q, s, err) < 0)
		return -1;
	s->data = cay_arena_array(&g->arena, s->count, sizeof(float), err);
	s->scales = cay_arena_array(&g->arena, s->scale_count, sizeof(float), err);
	if (!s->data || !s->scales)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		s->data[i] = cay_quant_element(q->x, i);
	if (find_thresholds(q, s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		float *step = &s->data[i];

		if (!is_held)
			*step = round_step(*step, s->scales[i / s->inner % s->scale_count],
					   to_even);
		s->is_int8 &= *step >= INT8_MIN && *step <= INT8_MAX && *step == truncf(*step);
	}
	for (size_t i = 0; i < s->scale_count; i++)
		s->scales[i] /= CAY_QUANT_RANGE;
	return cay_graph_tell(g, q->x->size, err);
}

// True if the node computes on int8 of this constant.
static bool takes_int8(const struct cay_use *use, const struct cay_shape *shape,
		       const struct steps *s)
{
	const struct cay_quant_op *op = cay_quant_op_find(use->node);

	return op && cay_node_can_int8(use->node) && s->is_int8 && s->count > 0 &&
	       strcmp(use->slot, op->weight) == 0 && shape->rank == op->rank &&
	       (s->scale_count == 1 || s->axis == op->axis) &&
	       !cay_node_bool(use->node, "transpose_Y", false) &&
	       !cay_node_bool(use->node, "trans_y", false);
}

static struct cay_value *make_float(struct cay_graph *g, const struct qdq *q, const struct steps *s,
				    struct cay_err *err)
{
	float *data = cay_arena_array(&g->arena, s->count, sizeof(*data), err);

	if (!data)
		return NULL;
	for (size_t i = 0; i < s->count; i++)
		data[i] = s->data[i] * s->scales[i / s->inner % s->scale_count];
	return cay_graph_constant(g, q->x->name, CAY_DTYPE_F32, &q->x->shape, data, err);
}

static struct cay_value *make_int8(struct cay_graph *g, const struct qdq *q, const struct steps *s,
				   uint32_t axis, struct cay_err *err)
{
	size_t channels = (size_t)q->x->shape.dim[axis];
	int8_t *data = cay_arena_array(&g->arena, s->count, sizeof(*data), err);
	float *scales = cay_arena_array(&g->arena, channels, sizeof(*scales), err);
	struct cay_value *value =
		cay_graph_constant(g, q->x->name, CAY_DTYPE_S8, &q->x->shape, data, err);

	if (!data || !scales || !value)
		return NULL;
	for (size_t i = 0; i < s->count; i++)
		data[i] = (int8_t)s->data[i];
	for (size_t i = 0; i < channels; i++)
		scales[i] = s->scales[s->scale_count == 1 ? 0 : i];
	value->scales = scales;
	value->scale_count = channels;
	return value;
}

static int fold_constant(struct cay_graph *g, const struct qdq *q, struct cay_err *err)
{
	struct cay_value *as_int8 = NULL, *as_float = NULL;
	struct steps s;

	if (count_steps(g, q, &s, err) < 0)
		return -1;
	while (q->out->uses) {
		struct cay_use *use = q->out->uses;
		bool is_int8 = takes_int8(use, &q->x->shape, &s);
		struct cay_value **value = is_int8 ? &as_int8 : &as_float;

		if (!*value)
			*value = is_int8 ? make_int8(g, q, &s, cay_quant_op_find(use->node)->axis,
						     err)
					 : make_float(g, q, &s, err);
		if (!*value)
			return -1;
		cay_use_set(use, *value);
	}
	cay_graph_remove(g, q->node);
	// The new constant keeps the name of the parameter whose place it takes.
	if (!q->x->uses && (as_int8 || as_float))
		(as_int8 ? as_int8 : as_float)->name = q->x->name;
	return 0;
}

// True if the use is the input of a node that now computes on int8.
static bool begins_int8(const struct cay_use *use)
{
	const struct cay_quant_op *op = cay_quant_op_find(use->node);
	const struct cay_use *weight = op ? cay_node_use(use->node, op->weight) : NULL;

	return weight && strcmp(use->slot, op->in) == 0 && cay_use_is_int8_weight(weight);
}

// Replaces the simulated quantization of an activation: readers that compute on int8 get its scale,
// the others get rounded floats.
static int fold_activation(struct cay_graph *g, const struct qdq *q, size_t *rounded_count,
			   struct cay_err *err)
{
	struct cay_value *rounded = NULL;
	float threshold;

	if (!q->form->threshold) { // a .nb file cannot say so
		cay_graph_replace_uses(q->out, q->x);
		cay_graph_remove(g, q->node);
		return cay_graph_note(g, err, "'%s' goes on in fp32: it is quantized dynamically",
				      q->x->name);
	}
	if (cay_quant_read_thresholds(q->node, cay_node_in(q->node, q->form->threshold), 1,
				      &threshold, err) < 0)
		return -1;
	while (q->out->uses) {
		struct cay_use *use = q->out->uses;

		if (begins_int8(use)) {
			use->scale = cay_quant_scale(threshold);
			cay_use_set(use, q->x);
			continue;
		}
		if (!rounded)
			rounded =
				cay_quant_round(g, q->node, q->x, cay_quant_scale(threshold), err);
		if (!rounded)
			return -1;
		cay_use_set(use, rounded);
	}
	cay_graph_remove(g, q->node);
	*rounded_count += rounded != NULL;
	return 0;
}

static int fold_constants(struct cay_graph *g, struct cay_err *err)
{
	struct qdq q;

	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (!find_form(n))
			continue;
		if (find_qdq(n, &q, err) < 0)
			return -1;
		if (cay_value_is_constant(q.x) && fold_constant(g, &q, err) < 0)
			return -1;
	}
	return 0;
}

// Comes after the weights, which tell what computes on int8.
static int fold_activations(struct cay_graph *g, struct cay_err *err)
{
	size_t rounded = 0;
	struct qdq q;

	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (find_form(n) &&
		    (find_qdq(n, &q, err) < 0 || fold_activation(g, &q, &rounded, err) < 0))
			return -1;
	}
	return rounded ? cay_graph_note(g, err,
					"%zu tensors are rounded to int8 and go on in fp32, "
					"as the program has it",
					rounded)
		       : 0;
}

// Fails if a quantize node is left that something uses: what it feeds has no dequantize node.
static int drop_quantize(struct cay_graph *g, struct cay_err *err)
{
	for (struct cay_node *n = g->first, *next; n; n = next) {
		next = n->next;
		if (!cay_node_is(n, "quantize_linear"))
			continue;
		for (const struct cay_value *out = n->out; out; out = out->next)
			if (out->uses)
				return cay_fail(err, CAY_EMODEL,
						"%s '%s' reads the quantized '%s' and is not "
						"dequantized",
						out->uses->node->op,
						cay_node_label(out->uses->node), out->name);
		cay_graph_remove(g, n);
	}
	return 0;
}

int cay_pass_fold_qdq(struct cay_graph *g, struct cay_err *err)
{
	return fold_constants(g, err) < 0 || fold_activations(g, err) < 0 ? -1
									  : drop_quantize(g, err);
}
