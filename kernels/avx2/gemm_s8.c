// int8 matrix products and convolutions: panels, staged rows, and the loops over the tiles of
// gemm_s8_tile.h.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/gemm_s8_tile.h"
#include "kernels/ref/ref.h"

#include <stdlib.h>

enum {
	PAIRS_LIMIT = 32767 / 127, // of four absolute weights' sum
	BLOCK = 128 * 1024,	   // bytes of A that pass by one panel
	STAGE = 16 * 1024,	   // bytes of staged rows
	MAX_STAGED = STAGE / MR,   // of a row's depth
	MIN_DIRECT = 32		   // depth of a tap from which on its address is worth finding
};

// Gathered first, zeros at the end: all taps of a row one after another.
static bool is_staged(size_t k, size_t taps)
{
	return k % GROUP != 0 || (taps > 1 && k < MIN_DIRECT && k * taps <= MAX_STAGED);
}

// Layers that are ragged and too deep for the stage are not worth a loop of their own.
static const struct cay_gemm *const plain = &cay_gemm_s8_4x16_ref;

static bool is_plain(size_t k, size_t taps)
{
	return k % GROUP != 0 && k * taps > MAX_STAGED;
}

static size_t group_count(size_t k, size_t taps)
{
	return cay_round_up(k * taps, GROUP) / GROUP;
}

static size_t panel_size(size_t k, size_t taps)
{
	const size_t groups = group_count(k, taps);

	return 2 * NR * sizeof(float) + runs_size(groups) + groups * GROUP_BYTES;
}

static size_t packed_size(const struct cay_gemm *gemm, size_t n, size_t k, size_t taps)
{
	(void)gemm;
	if (is_plain(k, taps))
		return plain->packed_size(plain, n, k, taps);
	return cay_round_up(n, NR) / NR * panel_size(k, taps);
}

static void pack_column(int8_t *groups, const int8_t *b, size_t depth)
{
	for (size_t d = 0; d < depth; d++)
		groups[d / 4 * 4 * NR + d % 4] = b[d];
}

// True if the products of both quads together may not fit a lane's int16.
static bool is_large(const int8_t *group)
{
	for (size_t i = 0; i < 4 * NR; i += 2) {
		const int8_t *low = group + i, *high = low + 4 * NR;

		if (abs(low[0]) + abs(low[1]) + abs(high[0]) + abs(high[1]) > PAIRS_LIMIT)
			return true;
	}
	return false;
}

static void pack(const struct cay_gemm *gemm, void *packed, const void *b, const float *scale,
		 const float *bias, size_t n, size_t k, size_t taps)
{
	const size_t groups = group_count(k, taps);
	char *to = packed;

	if (is_plain(k, taps)) {
		plain->pack(plain, packed, b, scale, bias, n, k, taps);
		return;
	}
	memset(packed, 0, packed_size(gemm, n, k, taps));
	for (size_t j = 0; j < n; j += NR, to += panel_size(k, taps)) {
		float *head = (float *)(void *)to;
		uint8_t *runs = (uint8_t *)(head + 2 * NR);
		int8_t *at = (int8_t *)runs + runs_size(groups);

		for (size_t i = 0; i < cay_minimum(n - j, NR); i++) {
			head[i] = scale[j + i];
			head[NR + i] = bias ? bias[j + i] : 0;
			pack_column(at + 4 * i, (const int8_t *)b + (j + i) * k * taps, k * taps);
		}
		for (size_t g = groups, run = 0; g--; runs[g] = (uint8_t)run)
			run = is_large(at + g * GROUP_BYTES) ? 0 : cay_minimum(run + 1, UINT8_MAX);
	}
}

static bool has_negative(const struct cay_gemm_args *rows, size_t count)
{
	for (size_t r = 0; r < count; r++)
		for (size_t t = 0; t < rows->taps; t++) {
			const int8_t *a = row_address(rows, t, r);
			__m256i any = _mm256_setzero_si256();
			size_t d = 0;

			for (; d + 32 <= rows->k; d += 32)
				any = _mm256_or_si256(any,
						      _mm256_loadu_si256((const __m256i *)(a + d)));
			for (; d < rows->k; d += GROUP)
				any = _mm256_or_si256(any, _mm256_zextsi128_si256(_mm_loadl_epi64(
								   (const __m128i *)(a + d))));
			if (_mm256_movemask_epi8(any))
				return true;
		}
	return false;
}

static void advance(struct cay_gemm_args *rows, size_t count)
{
	cay_gemm_advance(rows, count, 1, output_size(rows));
}

// Runs the tiles of a panel, one below the other.
typedef void tiles_fn(struct cay_gemm_args rows, const struct epilogue *e, const char *panel,
		      size_t columns, size_t tiles);

#define TILES(name, count, is_signed)                                                              \
	static void name(struct cay_gemm_args rows, const struct epilogue *e, const char *panel,   \
			 size_t columns, size_t tiles)                                             \
	{                                                                                          \
		for (; tiles; tiles--, advance(&rows, count))                                      \
			run_tile(&rows, e, panel, columns, count, is_signed);                      \
	}

TILES(unsigned_1, 1, false)
TILES(unsigned_2, 2, false)
TILES(unsigned_3, 3, false)
TILES(unsigned_4, 4, false)
TILES(signed_1, 1, true)
TILES(signed_2, 2, true)
TILES(signed_3, 3, true)
TILES(signed_4, 4, true)

static void run_block(const struct cay_gemm_args *rows, const struct epilogue *e, size_t count)
{
	static tiles_fn *const tiles[2][MR] = {{unsigned_1, unsigned_2, unsigned_3, unsigned_4},
					       {signed_1, signed_2, signed_3, signed_4}};
	tiles_fn *const *tile = tiles[has_negative(rows, count)];
	const size_t panel_bytes = panel_size(rows->k, rows->taps);
	const size_t end = cay_gemm_end_column(rows);
	const char *panel = (const char *)rows->packed + rows->first_column / NR * panel_bytes;

	for (size_t j = rows->first_column; j < end; j += NR, panel += panel_bytes) {
		const size_t columns = cay_minimum(end - j, NR);
		struct cay_gemm_args at = *rows;

		at.c = (char *)at.c + j * output_size(rows);
		tile[MR - 1](at, e, panel, columns, count / MR);
		advance(&at, count / MR * MR);
		if (count % MR)
			tile[count % MR - 1](at, e, panel, columns, 1);
	}
}

static void stage_rows(const struct cay_gemm_args *args, size_t row, size_t count, size_t depth,
		       int8_t *to)
{
	const size_t used = args->k * args->taps;

	for (size_t r = row; r < row + count; r++, to += depth) {
		cay_gemm_gather_row(args, r, to, 1);
		memset(to + used, 0, depth - used);
	}
}

// What the epilogue may assume of all panels' scales and biases.
static struct epilogue find_epilogue(const struct cay_gemm_args *args)
{
	struct epilogue e = {0};
	const char *panel = args->packed;
	bool fast = true;

	for (size_t j = 0; j < args->n; j += NR, panel += panel_size(args->k, args->taps)) {
		const float *scale = (const float *)(const void *)panel;

		e = make_epilogue(&args->act, args->to_f32, scale, scale + NR, NR);
		fast = fast && e.fast;
	}
	e.fast = fast;
	return e;
}

static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	const size_t depth = cay_round_up(args->k * args->taps, GROUP);
	const bool staged = is_staged(args->k, args->taps);
	const size_t fit = (staged ? STAGE : BLOCK) / depth / MR * MR, block = fit ? fit : MR;
	int8_t stage[STAGE] __attribute__((aligned(64)));
	struct epilogue epilogue;

	(void)gemm;
	if (is_plain(args->k, args->taps)) {
		plain->run(plain, args);
		return;
	}
	epilogue = find_epilogue(args);
	for (size_t i = 0; i < args->m; i += block) {
		const size_t count = cay_minimum(args->m - i, block);
		struct cay_gemm_args rows = *args;

		if (staged) {
			stage_rows(args, i, count, depth, stage);
			rows = cay_gemm_staged(args, i, stage, depth, output_size(args));
		} else {
			advance(&rows, i);
		}
		run_block(&rows, &epilogue, count);
	}
}

const struct cay_gemm cay_gemm_s8_4x16_avx2 = {
	.name = "gemm_s8_4x16_avx2",
	.mr = MR,
	.nr = NR,
	.kr = GROUP,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
