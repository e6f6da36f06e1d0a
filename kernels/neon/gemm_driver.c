// Panels, staging and the loops over tiles of the int8 GEMMs.
#include "kernels/neon/gemm_driver.h"
#include "kernels/ref/ref.h"

enum {
	HEAD = 64,	   // bytes before the panels: are all scales and biases finite?
	STAGE = 16 * 1024, // bytes of staged rows; also of the rows of A that one pass over B takes
	MAX_STAGED = STAGE / CAY_TILE_ROWS,
	MIN_DIRECT = 32 // depth of a tap from which on its address is worth finding
};

static size_t round_up(size_t value, size_t step)
{
	return (value + step - 1) / step * step;
}

static size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_ragged(const struct cay_gemm_tiling *v, size_t k)
{
	return k % v->k_min != 0;
}

static bool is_staged(const struct cay_gemm_tiling *v, size_t k, size_t taps)
{
	return is_ragged(v, k) || (taps > 1 && k < MIN_DIRECT && k * taps <= MAX_STAGED);
}

// Ragged and too deep for the stage: such layers are not worth a loop of their own.
static bool is_plain(const struct cay_gemm_tiling *v, size_t k, size_t taps)
{
	return is_ragged(v, k) && k * taps > MAX_STAGED;
}

// Bytes of one panel.
static size_t panel_size(const struct cay_gemm_tiling *v, size_t depth)
{
	return v->nr * (2 * sizeof(float) + depth);
}

size_t cay_gemm_s8_packed_size_neon(const struct cay_gemm_tiling *v, size_t n, size_t k,
				    size_t taps)
{
	if (is_plain(v, k, taps))
		return cay_gemm_s8_4x16_ref.packed_size(n, k, taps);
	return HEAD + round_up(n, v->nr) / v->nr * panel_size(v, round_up(k * taps, v->k_min));
}

// `depth` bytes of each of `columns` rows of b, b_stride apart. Returns the end of what it wrote.
static int8_t *pack_groups(const struct cay_gemm_tiling *v, int8_t *to, const int8_t *b,
			   size_t b_stride, size_t columns, size_t depth)
{
	size_t group;

	for (size_t d = 0; d < depth; d += group) {
		group = minimum(round_up(depth - d, v->k_min), v->k_step);
		for (size_t j = 0; j < v->nr; j++, to += group) {
			memset(to, 0, group);
			if (j < columns)
				memcpy(to, b + j * b_stride + d, minimum(group, depth - d));
		}
	}
	return to;
}

void cay_gemm_s8_pack_neon(const struct cay_gemm_tiling *v, void *packed, const void *b,
			   const float *scale, const float *bias, size_t n, size_t k, size_t taps)
{
	const bool staged = is_staged(v, k, taps);
	const size_t depth = k * taps, run = staged ? depth : k;
	int8_t *to = (int8_t *)packed + HEAD;

	if (is_plain(v, k, taps)) {
		cay_gemm_s8_4x16_ref.pack(packed, b, scale, bias, n, k, taps);
		return;
	}
	*(int8_t *)packed = cay_epilogue_finite_neon(scale, bias, n);
	for (size_t j = 0; j < n; j += v->nr) {
		const size_t columns = minimum(n - j, v->nr);
		float *head = (float *)(void *)to;

		memset(head, 0, 2 * v->nr * sizeof(float));
		memcpy(head, scale + j, columns * sizeof(float));
		if (bias)
			memcpy(head + v->nr, bias + j, columns * sizeof(float));
		to = (int8_t *)(head + 2 * v->nr);
		for (size_t d = 0; d < depth; d += run)
			to = pack_groups(v, to, (const int8_t *)b + j * depth + d, depth, columns,
					 run);
	}
}

// Short copies whose size the compiler knows.
static inline void copy_tap(int8_t *to, const int8_t *from, size_t k)
{
	switch (k) {
	case 1:
		*to = *from;
		break;
	case 3:
		memcpy(to, from, 2);
		to[2] = from[2];
		break;
	case 4:
		memcpy(to, from, 4);
		break;
	case 8:
		memcpy(to, from, 8);
		break;
	case 16:
		memcpy(to, from, 16);
		break;
	default:
		memcpy(to, from, k);
	}
}

// Three pixels of a picture that lie beside each other, as those of a window's row do inside the
// picture. False if they do not.
static inline bool stage_triple(const struct cay_gemm_args *args, size_t tap, size_t row,
				int8_t *to)
{
	const int32_t *offset = args->offsets + tap * args->offset_stride + row;
	const int32_t first = offset[0];
	const int8_t *from = (const int8_t *)args->a + first;

	if (first < 0 || offset[args->offset_stride] != first + 3 ||
	    offset[2 * args->offset_stride] != first + 6)
		return false;
	memcpy(to, from, 8);
	to[8] = from[8];
	return true;
}

static void stage_row(const struct cay_gemm_args *args, size_t row, int8_t *to)
{
	const size_t k = args->k;
	size_t t = 0;

	if (!args->offsets) {
		memcpy(to, (const int8_t *)args->a + row * args->lda, k);
		return;
	}
	while (t < args->taps) {
		const int32_t offset = args->offsets[t * args->offset_stride + row];

		if (k == 3 && t + 3 <= args->taps && stage_triple(args, t, row, to + t * k)) {
			t += 3;
			continue;
		}
		copy_tap(to + t * k, offset < 0 ? args->zero : (const int8_t *)args->a + offset, k);
		t++;
	}
}

static void stage_rows(const struct cay_gemm_args *args, size_t row, size_t rows, size_t depth,
		       int8_t *to)
{
	const size_t used = args->k * args->taps;

	for (size_t i = row; i < row + rows; i++, to += depth) {
		stage_row(args, i, to);
		memset(to + used, 0, depth - used);
	}
}

// k is a multiple of 16.
static void weave_rows(const int8_t *a, size_t lda, size_t rows, size_t k, int8_t *to)
{
	for (size_t i = 0; i < rows; i += 2) {
		const int8_t *x = a + i * lda, *y = i + 1 < rows ? x + lda : x;

		for (size_t d = 0; d < k; d += 16, to += 32) {
			const int64x2_t p = vreinterpretq_s64_s8(vld1q_s8(x + d));
			const int64x2_t q = vreinterpretq_s64_s8(vld1q_s8(y + d));

			vst1q_s8(to, vreinterpretq_s8_s64(vzip1q_s64(p, q)));
			vst1q_s8(to + 16, vreinterpretq_s8_s64(vzip2q_s64(p, q)));
		}
	}
}

// All columns of `rows` rows; t stands at the first of both.
static void run_block(const struct cay_gemm_tiling *v, struct cay_tile t,
		      const struct cay_gemm_args *args, size_t rows)
{
	const struct cay_tile first = t;
	const float *panel = (const float *)(const void *)((const char *)args->packed + HEAD);

	for (size_t j = 0; j < args->n; j += v->nr) {
		t.scale = panel;
		t.bias = panel + v->nr;
		t.b = (const int8_t *)(panel + 2 * v->nr);
		t.columns = minimum(args->n - j, v->nr);
		t.a = first.a;
		t.offsets = first.offsets;
		t.c = (char *)first.c + j * t.element;
		if (rows >= v->mr)
			v->tiles[v->mr - 1](&t, rows / v->mr);
		if (rows % v->mr) {
			tile_advance(&t, rows / v->mr * v->mr);
			v->tiles[rows % v->mr - 1](&t, 1);
		}
		panel = (const float *)(const void *)((const char *)panel +
						      panel_size(v, t.k * t.taps));
	}
}

static struct cay_tile first_tile(const struct cay_gemm_args *args,
				  const struct cay_epilogue *epilogue)
{
	return (struct cay_tile){
		.a = args->a,
		.lda = args->lda,
		.offsets = args->offsets,
		.offset_stride = args->offset_stride,
		.zero = args->zero,
		.k = args->k,
		.taps = args->taps,
		.c = args->c,
		.ldc = args->ldc,
		.element = args->to_f32 ? sizeof(float) : 1,
		.epilogue = epilogue,
	};
}

void cay_gemm_s8_run_neon(const struct cay_gemm_tiling *v, const struct cay_gemm_args *args)
{
	const struct cay_epilogue epilogue =
		cay_epilogue_make_neon(&args->act, args->to_f32, *(const int8_t *)args->packed);
	const size_t depth = round_up(args->k * args->taps, v->k_min);
	const bool staged = is_staged(v, args->k, args->taps);
	const size_t fit = STAGE / depth / v->mr * v->mr, block = fit ? fit : v->mr;
	const bool paired =
		v->weaves_pairs && !staged && !args->offsets && fit && args->k % 16 == 0;
	int8_t stage[STAGE] __attribute__((aligned(64)));
	struct cay_tile t = first_tile(args, &epilogue);

	if (is_plain(v, args->k, args->taps)) {
		cay_gemm_s8_4x16_ref.run(args);
		return;
	}
	if (staged) {
		t.a = stage;
		t.lda = t.k = depth;
		t.taps = 1;
		t.offsets = NULL;
	}
	if (paired) {
		t.a = stage;
		t.lda = args->k;
		t.paired = true;
	}
	for (size_t i = 0; i < args->m; i += block) {
		const size_t rows = minimum(args->m - i, block);

		if (paired)
			weave_rows((const int8_t *)args->a + i * args->lda, args->lda, rows,
				   args->k, stage);
		else if (staged)
			stage_rows(args, i, rows, depth, stage);
		else if (args->offsets)
			t.offsets = args->offsets + i;
		else
			t.a = (const int8_t *)args->a + i * args->lda;
		t.c = (char *)args->c + i * args->ldc * (args->to_f32 ? sizeof(float) : 1);
		run_block(v, t, args, rows);
	}
}
