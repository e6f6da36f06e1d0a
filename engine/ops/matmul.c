// mul, matmul and matmul_v2: a matrix of weights is packed once (fc.c). Else the second operand is
// packed at each run: mul's are flattened to matrices, the others' are batches of them as in numpy.
#include "common/size.h"
#include "engine/ops/fc.h"
#include "engine/ops/operands.h"

#include <string.h>

struct matmul {
	void *weights; // fc's state; NULL: the general case
	bool flatten;  // mul: operands become matrices, split at x_split and y_split
	int64_t x_split, y_split;
	bool transpose_x, transpose_y;
	float alpha;
};

struct matmul_plan {
	size_t m, k, n;
	size_t batch;
	size_t *x_offset, *y_offset; // [batch] elements
};

static int matmul_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			  struct cay_err *err)
{
	struct matmul *matmul = cay_prepare_alloc(p, sizeof(*matmul), err);
	bool v2 = strcmp(layer->type, "matmul_v2") == 0;
	const struct cay_value *y = layer->in[1];

	*state = matmul;
	if (!matmul)
		return -1;
	matmul->transpose_x = cay_layer_bool(layer, v2 ? "trans_x" : "transpose_X", false);
	matmul->transpose_y = cay_layer_bool(layer, v2 ? "trans_y" : "transpose_Y", false);
	matmul->alpha = cay_layer_float(layer, "alpha", 1);
	matmul->flatten = strcmp(layer->type, "mul") == 0;
	matmul->x_split = cay_layer_int(layer, "x_num_col_dims", 1);
	matmul->y_split = cay_layer_int(layer, "y_num_col_dims", 1);
	if (y->data && (matmul->flatten || (y->shape.rank == 2 && !matmul->transpose_x)))
		return cay_fc_prepare(p, layer, &matmul->weights, err);
	if (layer->int8)
		return cay_layer_fail(layer, err, "int8 wants a matrix of weights");
	layer->kernel = p->kernels->gemm_f32->name;
	return cay_operands_want_f32(p, layer, err);
}

// A vector counts as a row on the left and as a column on the right; transposing changes neither.
static struct cay_shape as_matrix(const struct cay_shape *s, bool left, bool transpose)
{
	struct cay_shape m = *s;
	uint32_t last = m.rank - 1;

	if (s->rank == 1)
		return left ? (struct cay_shape){2, {1, s->dim[0]}}
			    : (struct cay_shape){2, {s->dim[0], 1}};
	if (transpose) {
		m.dim[last] = s->dim[last - 1];
		m.dim[last - 1] = s->dim[last];
	}
	return m;
}

// The dimension of s that stands i-th from the right, beyond the matrix itself; 1 where there is
// none.
static int64_t batch_dim(const struct cay_shape *s, uint32_t i)
{
	return i + 2 < s->rank ? s->dim[s->rank - 3 - i] : 1;
}

// Elements before the matrix of batch number `batch` of the broadcast dimensions `dims`.
static size_t batch_offset(const struct cay_shape *s, const struct cay_shape *dims, size_t batch)
{
	size_t offset = 0, stride = cay_shape_product(s, s->rank - 2, s->rank);

	for (uint32_t i = 0; i < dims->rank; i++) { // from the right
		size_t extent = (size_t)dims->dim[dims->rank - 1 - i];
		size_t own = (size_t)batch_dim(s, i);

		offset += own == 1 ? 0 : batch % extent * stride;
		batch /= extent;
		stride *= own;
	}
	return offset;
}

// The dimensions in front of the matrices, with those that are 1 repeated as often as needed.
static int broadcast(const struct cay_layer *layer, const struct cay_shape *x,
		     const struct cay_shape *y, struct cay_shape *ret, struct cay_err *err)
{
	uint32_t rank = x->rank > y->rank ? x->rank : y->rank;
	char a[CAY_SHAPE_TEXT], b[CAY_SHAPE_TEXT];

	*ret = (struct cay_shape){.rank = rank - 2};
	for (uint32_t i = 0; i < ret->rank; i++) {
		int64_t d = batch_dim(x, i), e = batch_dim(y, i);

		if (d != e && d != 1 && e != 1)
			return cay_layer_fail(layer, err, "cannot multiply %s by %s",
					      cay_shape_text(x, a), cay_shape_text(y, b));
		ret->dim[ret->rank - 1 - i] = d == 1 ? e : d;
	}
	return 0;
}

// An operand of mul as a matrix: flattened at dimension `split`.
static int flatten(const struct cay_layer *layer, const struct cay_shape *s, int64_t split,
		   struct cay_shape *ret, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];

	if (split < 1 || split >= s->rank)
		return cay_layer_fail(layer, err, "cannot flatten %s at dimension %lld",
				      cay_shape_text(s, text), (long long)split);
	*ret = (struct cay_shape){2,
				  {(int64_t)cay_shape_product(s, 0, (uint32_t)split),
				   (int64_t)cay_shape_product(s, (uint32_t)split, s->rank)}};
	return 0;
}

static int output_of_mul(const struct cay_layer *layer, const struct matmul *matmul,
			 const struct cay_shape *x, const struct cay_shape *y,
			 struct cay_shape *ret, struct cay_err *err)
{
	struct cay_shape out = *x;

	out.rank = (uint32_t)matmul->x_split;
	if (out.rank + y->rank - (uint32_t)matmul->y_split > CAY_MAX_RANK)
		return cay_layer_fail(layer, err, "its output would have too many dimensions");
	for (uint32_t i = (uint32_t)matmul->y_split; i < y->rank; i++)
		out.dim[out.rank++] = y->dim[i];
	*ret = out;
	return 0;
}

// The output's shape: the broadcast dimensions, then m and n where they come from matrices.
static struct cay_shape output_shape(const struct cay_shape *dims, const struct matmul_plan *plan,
				     uint32_t x_rank, uint32_t y_rank)
{
	struct cay_shape out = *dims;

	if (x_rank > 1)
		out.dim[out.rank++] = (int64_t)plan->m;
	if (y_rank > 1)
		out.dim[out.rank++] = (int64_t)plan->n;
	if (out.rank == 0)
		out.dim[out.rank++] = 1;
	return out;
}

// Bytes of one packed matrix of y, rounded up so that what follows it is aligned, too.
static size_t packed_bytes(const struct cay_gemm *gemm, const struct matmul_plan *plan)
{
	return cay_size_round_up(gemm->packed_size(gemm, plan->n, plan->k, 1), CAY_ARENA_ALIGN);
}

static int general_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			const struct matmul *matmul, struct cay_err *err)
{
	const struct cay_shape *in[2] = {&cay_plan_in(p, 0)->shape, &cay_plan_in(p, 1)->shape};
	struct matmul_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	const struct cay_gemm *gemm = cay_plan_kernels(p)->gemm_f32;
	struct cay_shape x, y, dims, out;
	char a[CAY_SHAPE_TEXT], b[CAY_SHAPE_TEXT];

	if (!plan)
		return -1;
	if (in[0]->rank == 0 || in[1]->rank == 0)
		return cay_layer_fail(layer, err, "a scalar is no matrix");
	x = as_matrix(in[0], true, matmul->transpose_x);
	y = as_matrix(in[1], false, matmul->transpose_y);
	if (matmul->flatten && (flatten(layer, in[0], matmul->x_split, &x, err) < 0 ||
				flatten(layer, in[1], matmul->y_split, &y, err) < 0))
		return -1;
	plan->m = (size_t)x.dim[x.rank - 2];
	plan->k = (size_t)x.dim[x.rank - 1];
	plan->n = (size_t)y.dim[y.rank - 1];
	if ((size_t)y.dim[y.rank - 2] != plan->k)
		return cay_layer_fail(layer, err, "cannot multiply %s by %s", cay_shape_text(&x, a),
				      cay_shape_text(&y, b));
	if (broadcast(layer, &x, &y, &dims, err) < 0)
		return -1;
	out = output_shape(&dims, plan, in[0]->rank, in[1]->rank);
	if (matmul->flatten && output_of_mul(layer, matmul, in[0], in[1], &out, err) < 0)
		return -1;
	if (cay_plan_output(p, 0, &out, err) < 0)
		return -1;
	plan->batch = cay_shape_product(&dims, 0, dims.rank);
	plan->x_offset = cay_plan_table(p, plan->batch * sizeof(size_t), err);
	plan->y_offset = cay_plan_table(p, plan->batch * sizeof(size_t), err);
	if (!plan->x_offset || !plan->y_offset)
		return -1;
	for (size_t i = 0; i < plan->batch; i++) {
		plan->x_offset[i] = batch_offset(&x, &dims, i);
		plan->y_offset[i] = batch_offset(&y, &dims, i);
	}
	cay_plan_scratch(p,
			 packed_bytes(gemm, plan) + (plan->m + plan->n) * plan->k * sizeof(float));
	return 0;
}

static int matmul_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct matmul *matmul = state;

	return matmul->weights ? cay_fc_plan(p, layer, matmul->weights, err)
			       : general_plan(p, layer, matmul, err);
}

// Packs one matrix of y, times alpha, as the kernel wants it: [n][k].
static void pack_y(const struct cay_io *io, const struct matmul *matmul,
		   const struct matmul_plan *plan, const float *y, float *work, void *packed)
{
	const struct cay_gemm *gemm = io->kernels->gemm_f32;

	if (matmul->transpose_y)
		memcpy(work, y, plan->n * plan->k * sizeof(*work));
	else
		io->kernels->transpose(y, plan->n, work, plan->k, plan->k, plan->n, sizeof(*work));
	for (size_t i = 0; i < plan->n * plan->k && matmul->alpha != 1; i++)
		work[i] *= matmul->alpha;
	gemm->pack(gemm, packed, work, NULL, NULL, plan->n, plan->k, 1);
}

// Multiplies one matrix of x by the packed one of y.
static void multiply(const struct cay_io *io, const float *x, float *out)
{
	const struct matmul_plan *plan = io->plan;
	const struct cay_gemm *gemm = io->kernels->gemm_f32;
	const struct cay_gemm_args args = {
		.m = plan->m,
		.n = plan->n,
		.k = plan->k,
		.taps = 1,
		.a = x,
		.lda = plan->k,
		.packed = io->scratch,
		.c = out,
		.ldc = plan->n,
		.to_f32 = true,
	};

	gemm->run(gemm, &args);
}

static void general_run(const struct cay_io *io, const struct matmul *matmul)
{
	const struct matmul_plan *plan = io->plan;
	const struct cay_gemm *gemm = io->kernels->gemm_f32;
	float *y_work = (float *)((char *)io->scratch + packed_bytes(gemm, plan));
	float *x_work = y_work + plan->n * plan->k;

	for (size_t i = 0; i < plan->batch; i++) {
		const float *x = (const float *)io->in[0].data + plan->x_offset[i];

		if (i == 0 || plan->y_offset[i] != plan->y_offset[i - 1])
			pack_y(io, matmul, plan, (const float *)io->in[1].data + plan->y_offset[i],
			       y_work, io->scratch);
		if (matmul->transpose_x) {
			io->kernels->transpose(x, plan->m, x_work, plan->k, plan->k, plan->m,
					       sizeof(*x));
			x = x_work;
		}
		multiply(io, x, (float *)io->out[0].data + i * plan->m * plan->n);
	}
}

static int matmul_run(const struct cay_io *io, struct cay_err *err)
{
	const struct matmul *matmul = io->state;
	struct cay_io inner = *io;

	if (!matmul->weights) {
		general_run(io, matmul);
		return 0;
	}
	inner.state = matmul->weights;
	return cay_fc_run(&inner, err);
}

#define MATMUL                                                                                     \
	{                                                                                          \
		.in = {"X", "Y"}, .out = {"Out"}, .required = 2, .layout = CAY_OP_NCHW,            \
		.prepare = matmul_prepare, .plan = matmul_plan, .run = matmul_run                  \
	}
const struct cay_op cay_op_mul = MATMUL;
const struct cay_op cay_op_matmul = MATMUL;
const struct cay_op cay_op_matmul_v2 = MATMUL;
