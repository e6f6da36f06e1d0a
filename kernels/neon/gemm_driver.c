// Panels, staging and the loops over tiles of the int8 GEMMs.
#include "kernels/neon/gemm_driver.h"
#include "kernels/ref/ref.h"
#include "kernels/requant.h"
#include "kernels/rows.h"

enum {
	HEAD = 64,	   // bytes before the panels: are all scales and biases finite?
	BLOCK = 16 * 1024, // bytes of A that one pass over B takes, if more than one tile
	STAGE = 28 * 1024  // bytes of staged rows
};

static bool is_ragged(const struct cay_gemm *v, size_t k)
{
	return k % v->tiling->k_min != 0;
}

// Bytes of a row of the stage.
static size_t stage_width(const struct cay_gemm *v, size_t depth)
{
	return cay_round_up(depth, v->tiling->unit);
}

static bool is_staged(const struct cay_gemm *v, size_t depth)
{
	return stage_width(v, depth) * v->mr <= STAGE;
}

// Layers that are ragged and too deep for the stage are not worth a loop of their own.
static const struct cay_gemm *const plain = &cay_gemm_s8_4x16_ref;

static bool is_plain(const struct cay_gemm *v, size_t k, size_t taps)
{
	return is_ragged(v, k) && !is_staged(v, k * taps);
}

// Bytes of one panel.
static size_t panel_size(const struct cay_gemm *v, size_t depth)
{
	return v->nr * (2 * sizeof(float) + depth);
}

size_t cay_gemm_s8_packed_size_neon(const struct cay_gemm *v, size_t n, size_t k, size_t taps)
{
	if (is_plain(v, k, taps))
		return plain->packed_size(plain, n, k, taps);
	return HEAD + cay_round_up(n, v->nr) / v->nr *
			      panel_size(v, cay_round_up(k * taps, v->tiling->k_min));
}

// `depth` bytes of each of `columns` rows of b, b_stride apart. Returns the end of what it wrote.
static int8_t *pack_groups(const struct cay_gemm *v, int8_t *to, const int8_t *b, size_t b_stride,
			   size_t columns, size_t depth)
{
	size_t group;

	for (size_t d = 0; d < depth; d += group) {
		group = cay_minimum(cay_round_up(depth - d, v->tiling->k_min), v->kr);
		for (size_t j = 0; j < v->nr; j++, to += group) {
			memset(to, 0, group);
			if (j < columns)
				memcpy(to, b + j * b_stride + d, cay_minimum(group, depth - d));
		}
	}
	return to;
}

void cay_gemm_s8_pack_neon(const struct cay_gemm *v, void *packed, const void *b,
			   const float *scale, const float *bias, size_t n, size_t k, size_t taps)
{
	const size_t depth = k * taps, run = is_staged(v, depth) ? depth : k;
	int8_t *to = (int8_t *)packed + HEAD;

	if (is_plain(v, k, taps)) {
		plain->pack(plain, packed, b, scale, bias, n, k, taps);
		return;
	}
	*(int8_t *)packed = cay_all_finite(scale, n) && (!bias || cay_all_finite(bias, n));
	for (size_t j = 0; j < n; j += v->nr) {
		const size_t columns = cay_minimum(n - j, v->nr);
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

// Copies rows [row, row + rows) of A to places `width` bytes apart, with zeros up to `depth`.
static void gather_rows(const struct cay_gemm_args *args, size_t row, size_t rows, size_t depth,
			size_t width, int8_t *to)
{
	const size_t used = args->k * args->taps;

	for (size_t i = row; i < row + rows; i++, to += width) {
		if (args->offsets)
			cay_gemm_gather_row(args, i, to, 1);
		else
			memcpy(to, (const int8_t *)args->a + i * args->lda, used);
		memset(to + used, 0, depth - used);
	}
}

// Fills the stage with rows of A: woven by full tiles, the rest row by row. depth: that of a tile.
static void stage_rows(const struct cay_gemm *v, const struct cay_gemm_args *args, size_t row,
		       size_t rows, size_t depth, int8_t *stage)
{
	const size_t width = stage_width(v, depth), used = args->k * args->taps;
	const bool in_place = !args->offsets && used == depth;
	int8_t gathered[STAGE] __attribute__((aligned(64)));

	for (size_t i = 0; i < rows; i += v->mr, stage += v->mr * width) {
		const size_t count = cay_minimum(rows - i, v->mr);
		const int8_t *a =
			in_place ? (const int8_t *)args->a + (row + i) * args->lda : gathered;
		const size_t lda = in_place ? args->lda : width;

		if (!in_place)
			gather_rows(args, row + i, count, depth, width, gathered);
		if (count == v->mr)
			v->tiling->weave(a, lda, depth, stage);
		else
			for (size_t j = 0; j < count; j++)
				memcpy(stage + j * width, a + j * lda, depth);
	}
}

// The columns that are asked for of `rows` rows; t stands at the first row and column 0.
static void run_block(const struct cay_gemm *v, struct cay_tile t, const struct cay_gemm_args *args,
		      size_t rows, bool staged)
{
	const struct cay_tile first = t;
	const size_t size = panel_size(v, t.k * t.taps), end = cay_gemm_end_column(args);
	const char *at = (const char *)args->packed + HEAD + args->first_column / v->nr * size;

	for (size_t j = args->first_column; j < end; j += v->nr, at += size) {
		const float *panel = (const float *)(const void *)at;

		t.scale = panel;
		t.bias = panel + v->nr;
		t.b = (const int8_t *)(panel + 2 * v->nr);
		t.columns = cay_minimum(end - j, v->nr);
		t.a = first.a;
		t.offsets = first.offsets;
		t.c = (char *)first.c + j * t.element;
		if (rows >= v->mr)
			(staged ? v->tiling->woven : v->tiling->tiles[v->mr - 1])(&t, rows / v->mr);
		if (rows % v->mr) {
			tile_advance(&t, rows / v->mr * v->mr);
			v->tiling->tiles[rows % v->mr - 1](&t, 1);
		}
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

void cay_gemm_s8_run_neon(const struct cay_gemm *v, const struct cay_gemm_args *args)
{
	const struct cay_epilogue epilogue =
		cay_epilogue_make_neon(&args->act, args->to_f32, *(const int8_t *)args->packed);
	const size_t depth = cay_round_up(args->k * args->taps, v->tiling->k_min);
	const bool staged = is_staged(v, depth);
	const size_t fit = BLOCK / stage_width(v, depth) / v->mr * v->mr;
	const size_t block = fit ? fit : v->mr;
	int8_t stage[STAGE] __attribute__((aligned(64)));
	struct cay_tile t = first_tile(args, &epilogue);

	if (is_plain(v, args->k, args->taps)) {
		plain->run(plain, args);
		return;
	}
	if (staged) {
		t.a = stage;
		t.lda = stage_width(v, depth);
		t.k = depth;
		t.taps = 1;
		t.offsets = NULL;
	}
	for (size_t i = 0; i < args->m; i += block) {
		const size_t rows = cay_minimum(args->m - i, block);

		if (staged)
			stage_rows(v, args, i, rows, depth, stage);
		else if (args->offsets)
			t.offsets = args->offsets + i;
		else
			t.a = (const int8_t *)args->a + i * args->lda;
		t.c = (char *)args->c + i * args->ldc * t.element;
		run_block(v, t, args, rows, staged);
	}
}
