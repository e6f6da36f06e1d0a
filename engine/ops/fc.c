// fc, and mul and matmul with a matrix of weights: y = act(x . w + bias), int8 or float.
#include "engine/ops/fc.h"
#include "common/size.h"
#include "engine/ops/operands.h"
#include "engine/ops/quant.h"
#include "engine/rows.h"

#include <string.h>

#define BLOCK ((size_t)32) // rows and columns that are transposed at once

struct fc {
	const struct cay_gemm *gemm;
	void *packed;
	size_t k, n;
	int64_t split;		  // x is flattened to a matrix at this dimension,
	bool along_last;	  // or at the last one
	struct cay_shape columns; // the dimensions that w's columns stand for, usually one
	bool int8, to_f32;
	struct cay_act act;
};
struct fc_plan {
	size_t m;
};

// What differs between the ops that multiply by a matrix of weights.
struct form {
	const char *type;
	const char *input, *weight; // names of their scales
	const char *split;	    // attribute: where x is flattened; NULL: at its last dimension
	const char *weight_split;   // attribute: where w is flattened; NULL: after its first one
	const char *transpose_weight; // attribute, or NULL
};
static const struct form forms[] = {
	{"fc", "Input", "W", "in_num_col_dims", NULL, NULL},
	{"mul", "X", "Y", "x_num_col_dims", "y_num_col_dims", NULL},
	{"matmul", "X", "Y", NULL, NULL, "transpose_Y"},
	{"matmul_v2", "X", "Y", NULL, NULL, "trans_y"},
};

static const struct form *find_form(const struct cay_layer *layer)
{
	const struct form *form = forms;

	while (strcmp(form->type, layer->type) != 0)
		form++;
	return form;
}

static int read_weights(const struct cay_layer *layer, const struct form *form, struct fc *fc,
			bool transposed, struct cay_err *err)
{
	const struct cay_value *w = layer->in[1];
	const struct cay_shape *s = &w->shape;
	enum cay_dtype want = layer->int8 ? CAY_DTYPE_S8 : CAY_DTYPE_F32;
	int64_t split = form->weight_split ? cay_layer_int(layer, form->weight_split, 1) : 1;
	char text[CAY_SHAPE_TEXT];

	if (!w->data || w->dtype != want || s->rank < 2 || (!form->weight_split && s->rank != 2))
		return cay_layer_fail(layer, err, "'%.60s' is %s %s, want a 2-D parameter of %s",
				      w->name, cay_dtype_name(w->dtype), cay_shape_text(s, text),
				      cay_dtype_name(want));
	if (split < 1 || split >= s->rank)
		return cay_layer_fail(layer, err, "%s is %lld, with %u dimensions",
				      form->weight_split, (long long)split, s->rank);
	if (cay_operand_want(layer, 0, want, err) < 0)
		return -1;
	fc->k = cay_shape_product(s, 0, (uint32_t)split);
	fc->n = cay_shape_product(s, (uint32_t)split, s->rank);
	fc->columns.rank = s->rank - (uint32_t)split;
	memcpy(fc->columns.dim, s->dim + split, fc->columns.rank * sizeof(s->dim[0]));
	if (transposed) { // 2-D then
		fc->columns.dim[0] = s->dim[0];
		fc->k = (size_t)s->dim[1];
		fc->n = (size_t)s->dim[0];
	}
	if (fc->k > CAY_MAX_DEPTH)
		return cay_layer_fail(layer, err, "%zu products in a sum, over the limit of %d",
				      fc->k, CAY_MAX_DEPTH);
	return 0;
}

// fc says by op_type what it was made of: matmul multiplies along the last dimension whatever
// in_num_col_dims says.
static void read_split(const struct cay_layer *layer, const struct form *form, struct fc *fc)
{
	const char *origin = cay_layer_string(layer, "op_type", "mul");

	fc->split = form->split ? cay_layer_int(layer, form->split, 1) : -1;
	fc->along_last = !form->split || strncmp(origin, "matmul", 6) == 0;
}

// opt 2.11-rc left op_type as it was where it took a flatten away: only in_num_col_dims fits then.
static int64_t find_split(const struct fc *fc, const struct cay_shape *x)
{
	const int64_t last = (int64_t)x->rank - 1;

	if (!fc->along_last)
		return fc->split;
	if (fc->split > 0 && fc->split < last && (size_t)x->dim[last] != fc->k &&
	    cay_shape_product(x, (uint32_t)fc->split, x->rank) == fc->k)
		return fc->split;
	return last;
}

// Makes columns of `from` rows of `to`: so many rows, of so many elements each.
static inline void transpose_block(char *to, size_t to_stride, const char *from, size_t from_stride,
				   size_t rows, size_t columns, size_t element)
{
	for (size_t j = 0; j < rows; j++)
		for (size_t i = 0; i < columns; i++)
			memcpy(to + (j * to_stride + i) * element,
			       from + (i * from_stride + j) * element, element);
}

// [k][n] to [n][k], block by block: element by element, each one of a large matrix would be read
// from a cache line of its own.
static int transpose(const struct cay_prepare *p, const char *from, size_t k, size_t n,
		     size_t element, char *to, struct cay_err *err)
{
	for (size_t j = 0; j < n; j += BLOCK) {
		for (size_t i = 0; i < k; i += BLOCK) {
			char *block = to + (j * k + i) * element;
			const char *source = from + (i * n + j) * element;
			const size_t rows = cay_size_min(n - j, BLOCK),
				     columns = cay_size_min(k - i, BLOCK);

			if (element == sizeof(float)) // a constant, so that memcpy is one move
				transpose_block(block, k, source, n, rows, columns, sizeof(float));
			else
				transpose_block(block, k, source, n, rows, columns, element);
		}
		if (cay_prepare_tell(p, err) < 0)
			return -1;
	}
	return 0;
}

// The packed weights want [n][k]; the file has [k][n] unless it is transposed.
static int pack(struct cay_prepare *p, struct fc *fc, const struct cay_value *w, bool transposed,
		float alpha, const struct cay_quant *q, struct cay_err *err)
{
	size_t element = w->size / (fc->k * fc->n);
	struct cay_arena work;
	char *weights;
	int result = -1;

	fc->packed = cay_prepare_alloc(p, fc->gemm->packed_size(fc->gemm, fc->n, fc->k, 1), err);
	if (!fc->packed)
		return -1;
	cay_arena_init(&work, 0);
	weights = transposed ? cay_arena_copy(&work, w->data, w->size, err)
			     : cay_arena_alloc(&work, w->size, err);
	if (weights)
		result =
			transposed ? 0 : transpose(p, w->data, fc->k, fc->n, element, weights, err);
	for (size_t i = 0; result == 0 && !q->scale && alpha != 1 && i < fc->k * fc->n; i++)
		((float *)weights)[i] *= alpha;
	if (result == 0)
		fc->gemm->pack(fc->gemm, fc->packed, weights, q->scale, q->bias, fc->n, fc->k, 1);
	cay_arena_finish(&work);
	return result;
}

int cay_fc_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		   struct cay_err *err)
{
	const struct form *form = find_form(layer);
	struct fc *fc = cay_prepare_alloc(p, sizeof(*fc), err);
	struct cay_quant q = {.out_scale = 1, .to_f32 = true};
	struct cay_value *bias = layer->in_count > 2 ? layer->in[2] : NULL;
	bool is_fc = form == forms;
	bool transposed =
		form->transpose_weight && cay_layer_bool(layer, form->transpose_weight, false);
	float alpha = is_fc ? 1 : cay_layer_float(layer, "alpha", 1);

	*state = fc;
	if (!fc || read_weights(layer, form, fc, transposed, err) < 0)
		return -1;
	if (layer->int8) {
		if (cay_quant_read(p, layer, form->input, form->weight, "Out", bias, fc->n, alpha,
				   &q, err) < 0)
			return -1;
	} else if (bias) {
		q.bias = cay_prepare_floats(p, layer, bias, fc->n, err);
		if (!q.bias)
			return -1;
	}
	if (is_fc && cay_act_read(layer, cay_layer_string(layer, "activation_type", ""), "alpha",
				  q.out_scale, &fc->act, err) < 0)
		return -1;
	read_split(layer, form, fc);
	fc->int8 = layer->int8;
	fc->to_f32 = q.to_f32;
	fc->gemm = layer->int8 ? p->kernels->gemm_s8 : p->kernels->gemm_f32;
	layer->kernel = fc->gemm->name;
	layer->out[0]->dtype = q.to_f32 ? CAY_DTYPE_F32 : CAY_DTYPE_S8;
	return pack(p, fc, layer->in[1], transposed, alpha, &q, err);
}

int cay_fc_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		struct cay_err *err)
{
	const struct fc *fc = state;
	const struct cay_shape *x = &cay_plan_in(p, 0)->shape;
	int64_t split = find_split(fc, x);
	struct fc_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = *x;
	char text[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (split < 0 || split >= x->rank ||
	    cay_shape_product(x, (uint32_t)split, x->rank) != fc->k)
		return cay_layer_fail(layer, err,
				      "its input is %s, its weights want %zu values from "
				      "dimension %lld on",
				      cay_shape_text(x, text), fc->k, (long long)split);
	plan->m = cay_shape_product(x, 0, (uint32_t)split);
	y.rank = (uint32_t)split + fc->columns.rank;
	if (y.rank > CAY_MAX_RANK)
		return cay_layer_fail(layer, err, "its output would have %u dimensions", y.rank);
	memcpy(y.dim + split, fc->columns.dim, fc->columns.rank * sizeof(y.dim[0]));
	cay_plan_rows(p, &(struct cay_rows){.count = plan->m,
					    .width = fc->n,
					    .tile = fc->gemm->mr,
					    .work = fc->n * fc->k});
	return cay_plan_output(p, 0, &y, err);
}

// Rows [first, first + count), and columns from one to another; end 0: all.
static void run_part(const struct cay_io *io, size_t first, size_t count, size_t first_column,
		     size_t end_column)
{
	const struct fc *fc = io->state;
	const size_t in_size = fc->int8 ? 1 : sizeof(float),
		     out_size = fc->to_f32 ? sizeof(float) : 1;
	const struct cay_gemm_args args = {
		.m = count,
		.n = fc->n,
		.k = fc->k,
		.first_column = first_column,
		.end_column = end_column,
		.taps = 1,
		.a = (const char *)io->in[0].data + first * fc->k * in_size,
		.lda = fc->k,
		.packed = fc->packed,
		.c = (char *)io->out[0].data + first * fc->n * out_size,
		.ldc = fc->n,
		.to_f32 = fc->to_f32,
		.act = fc->act,
	};

	fc->gemm->run(fc->gemm, &args);
}

static void run_rows(const void *context, size_t first, size_t count)
{
	run_part(context, first, count, 0, 0);
}

// All rows of `count` panels of columns.
static void run_panels(const void *context, size_t first, size_t count)
{
	const struct cay_io *io = context;
	const struct fc *fc = io->state;
	const struct fc_plan *plan = io->plan;
	const size_t end = (first + count) * fc->gemm->nr;

	run_part(io, 0, plan->m, first * fc->gemm->nr, end < fc->n ? end : fc->n);
}

int cay_fc_run(const struct cay_io *io, struct cay_err *err)
{
	const struct fc *fc = io->state;
	const struct fc_plan *plan = io->plan;
	const size_t nr = fc->gemm->nr;

	(void)err;
	if (cay_columns_split_better(fc->gemm, plan->m, fc->n))
		cay_rows_run(io, (fc->n + nr - 1) / nr, 1, plan->m * fc->k * nr, run_panels, io);
	else
		cay_rows_run(io, plan->m, fc->gemm->mr, fc->n * fc->k, run_rows, io);
	return 0;
}

const struct cay_op cay_op_fc = {
	.in = {"Input", "W", "Bias"},
	.out = {"Out"},
	.required = 2,
	.layout = CAY_OP_NCHW,
	.prepare = cay_fc_prepare,
	.plan = cay_fc_plan,
	.run = cay_fc_run,
	.rows = run_rows,
};
