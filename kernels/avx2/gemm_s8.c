// int8 matrix products and convolutions: vpmaddubsw multiplies bytes and adds pairs of products.
//
// It multiplies unsigned by signed bytes. Rows that have no negative element, as those behind a
// relu, are the unsigned side; for others it is the weights' absolute values, and the row's
// elements take over the weights' signs. A pair is at most 2 * 127 * 128, which fits its int16. Two
// pairs fit too where the four weights' absolute values sum to 258 or less, as trained ones mostly
// do: the groups of which this is not true ("large") are found while packing.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/epilogue.h"
#include "kernels/inline.h"
#include "kernels/ref/ref.h"

#include <stdlib.h>

enum {
	MR = 4,
	NR = 16,
	GROUP = 8, // of depth: two quads, each [NR][4] bytes
	GROUP_BYTES = GROUP * NR,
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

// A panel: scale[16], bias[16], for each group how many from it on are not large (padded, so that
// the groups are aligned), the groups.
static size_t runs_size(size_t groups)
{
	return cay_round_up(groups, 32);
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

// Do the products of both quads need more than a lane's int16?
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

// Rows of A, from one on: a matrix, or found through offsets.
struct rows {
	const int8_t *a;
	size_t lda;
	const int32_t *offsets;
	size_t offset_stride;
	const int8_t *zero;
	size_t k, taps;	 // k: a multiple of GROUP
	char *c;	 // where the panel's outputs begin
	size_t row_size; // bytes from an output row to the next
	const struct epilogue *epilogue;
};

static void advance(struct rows *rows, size_t count)
{
	if (rows->offsets)
		rows->offsets += count;
	else
		rows->a += count * rows->lda;
	rows->c += count * rows->row_size;
}

ALWAYS_INLINE const int8_t *row_address(const struct rows *rows, size_t tap, size_t row)
{
	int32_t offset;

	if (!rows->offsets)
		return rows->a + row * rows->lda;
	offset = rows->offsets[tap * rows->offset_stride + row];
	return offset < 0 ? rows->zero : rows->a + offset;
}

static bool has_negative(const struct rows *rows, size_t count)
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

ALWAYS_INLINE __m256i broadcast_quad(const int8_t *a)
{
	int32_t quad;

	memcpy(&quad, a, sizeof(quad));
	return _mm256_set1_epi32(quad);
}

ALWAYS_INLINE __m256i load_columns(const int8_t *b, size_t half, size_t quad)
{
	return _mm256_loadu_si256((const __m256i *)b + 2 * quad + half);
}

// acc += the sums of the pairs in p and q; apart: an int16 does not hold both.
ALWAYS_INLINE __m256i add_pairs(__m256i acc, __m256i p, __m256i q, bool apart)
{
	const __m256i ones = _mm256_set1_epi16(1);

	if (!apart)
		return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_add_epi16(p, q), ones));
	acc = _mm256_add_epi32(acc, _mm256_madd_epi16(p, ones));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(q, ones));
}

ALWAYS_INLINE void multiply_unsigned(const int8_t *const *a, size_t d, const int8_t *b,
				     size_t count, bool apart, __m256i (*acc)[2])
{
	const __m256i b00 = load_columns(b, 0, 0), b01 = load_columns(b, 0, 1);
	const __m256i b10 = load_columns(b, 1, 0), b11 = load_columns(b, 1, 1);

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++) {
		const __m256i x0 = broadcast_quad(a[r] + d), x1 = broadcast_quad(a[r] + d + 4);

		acc[r][0] = add_pairs(acc[r][0], _mm256_maddubs_epi16(x0, b00),
				      _mm256_maddubs_epi16(x1, b01), apart);
		acc[r][1] = add_pairs(acc[r][1], _mm256_maddubs_epi16(x0, b10),
				      _mm256_maddubs_epi16(x1, b11), apart);
	}
}

ALWAYS_INLINE void multiply_signed(const int8_t *const *a, size_t d, const int8_t *b, size_t count,
				   bool apart, __m256i (*acc)[2])
{
#pragma GCC unroll 2
	for (size_t half = 0; half < 2; half++) {
		const __m256i b0 = load_columns(b, half, 0), b1 = load_columns(b, half, 1);
		const __m256i size0 = _mm256_abs_epi8(b0), size1 = _mm256_abs_epi8(b1);

#pragma GCC unroll 4
		for (size_t r = 0; r < count; r++) {
			const int8_t *x = a[r] + d;

			__asm__("" : "+r"(x)); // loading both quads again spares their registers
			acc[r][half] = add_pairs(
				acc[r][half],
				_mm256_maddubs_epi16(size0,
						     _mm256_sign_epi8(broadcast_quad(x), b0)),
				_mm256_maddubs_epi16(size1,
						     _mm256_sign_epi8(broadcast_quad(x + 4), b1)),
				apart);
		}
	}
}

ALWAYS_INLINE void multiply_group(const int8_t *const *a, size_t d, const int8_t *b, size_t count,
				  bool is_signed, bool apart, __m256i (*acc)[2])
{
	if (is_signed)
		multiply_signed(a, d, b, count, apart, acc);
	else
		multiply_unsigned(a, d, b, count, apart, acc);
}

static void store_slow(const struct rows *rows, __m256i (*acc)[2], const float *scale,
		       size_t columns, size_t count)
{
	const size_t size = rows->epilogue->to_f32 ? sizeof(float) : 1;

	for (size_t j = 0; j < columns; j += 8)
		for (size_t r = 0; r < count; r++)
			store_outputs(rows->epilogue, acc[r][j / 8], _mm256_loadu_ps(scale + j),
				      _mm256_loadu_ps(scale + NR + j),
				      rows->c + r * rows->row_size + j * size,
				      cay_minimum(columns - j, 8));
}

ALWAYS_INLINE void store_some(char *c, __m128i y, size_t columns)
{
	char bytes[NR];

	if (columns >= NR) {
		_mm_storeu_si128((__m128i *)c, y);
		return;
	}
	_mm_storeu_si128((__m128i *)bytes, y);
	memcpy(c, bytes, columns);
}

ALWAYS_INLINE void store_fast(const struct rows *rows, __m256i (*acc)[2], const float *scale,
			      size_t columns, size_t count, bool from_zero)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256i low = _mm256_set1_epi8(rows->epilogue->low);
	const __m256 high = _mm256_set1_ps(rows->epilogue->high);
	__m256i words[MR];

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++)
		words[r] = _mm256_packs_epi32(
			round_sums(acc[r][0], _mm256_loadu_ps(scale), _mm256_loadu_ps(scale + NR),
				   high, from_zero),
			round_sums(acc[r][1], _mm256_loadu_ps(scale + 8),
				   _mm256_loadu_ps(scale + NR + 8), high, from_zero));
#pragma GCC unroll 2
	for (size_t r = 0; r < count; r += 2) {
		const size_t other = r + 1 < count ? r + 1 : r;
		const __m256i bytes = _mm256_permutevar8x32_epi32(
			_mm256_max_epi8(_mm256_packs_epi16(words[r], words[other]), low), order);
		char *c = rows->c + r * rows->row_size;

		store_some(c, _mm256_castsi256_si128(bytes), columns);
		if (other != r)
			store_some(c + rows->row_size, _mm256_extracti128_si256(bytes, 1), columns);
	}
}

// `count` rows and one panel, whose first `columns` columns are stored.
ALWAYS_INLINE void run_tile(const struct rows *rows, const char *panel, size_t columns,
			    size_t count, bool is_signed)
{
	const float *scale = (const float *)(const void *)panel;
	const uint8_t *run = (const uint8_t *)(scale + 2 * NR);
	const int8_t *b = (const int8_t *)run + runs_size(rows->k / GROUP * rows->taps);
	__m256i acc[MR][2];

#pragma GCC unroll 4
	for (size_t r = 0; r < count; r++)
		acc[r][0] = acc[r][1] = _mm256_setzero_si256();
	for (size_t t = 0; t < rows->taps; t++) {
		const int8_t *a[MR];

#pragma GCC unroll 4
		for (size_t r = 0; r < count; r++)
			a[r] = row_address(rows, t, r);
		for (size_t d = 0; d < rows->k;) {
			const size_t end = cay_minimum(d + *run * GROUP, rows->k);

			if (__builtin_expect(d == end, 0)) {
				multiply_group(a, d, b, count, is_signed, true, acc);
				d += GROUP;
				b += GROUP_BYTES;
				run++;
				continue;
			}
			run += (end - d) / GROUP;
			for (; d < end; d += GROUP, b += GROUP_BYTES)
				multiply_group(a, d, b, count, is_signed, false, acc);
		}
	}
	if (!rows->epilogue->fast)
		store_slow(rows, acc, scale, columns, count);
	else if (rows->epilogue->from_zero)
		store_fast(rows, acc, scale, columns, count, true);
	else
		store_fast(rows, acc, scale, columns, count, false);
}

// Tiles one below the other.
typedef void tiles_fn(struct rows rows, const char *panel, size_t columns, size_t tiles);

#define TILES(name, count, is_signed)                                                              \
	static void name(struct rows rows, const char *panel, size_t columns, size_t tiles)        \
	{                                                                                          \
		for (; tiles; tiles--, advance(&rows, count))                                      \
			run_tile(&rows, panel, columns, count, is_signed);                         \
	}

TILES(unsigned_1, 1, false)
TILES(unsigned_2, 2, false)
TILES(unsigned_3, 3, false)
TILES(unsigned_4, 4, false)
TILES(signed_1, 1, true)
TILES(signed_2, 2, true)
TILES(signed_3, 3, true)
TILES(signed_4, 4, true)

static void run_block(const struct cay_gemm_args *args, const struct rows *rows, size_t count)
{
	static tiles_fn *const tiles[2][MR] = {{unsigned_1, unsigned_2, unsigned_3, unsigned_4},
					       {signed_1, signed_2, signed_3, signed_4}};
	tiles_fn *const *tile = tiles[has_negative(rows, count)];
	const size_t size = args->to_f32 ? sizeof(float) : 1;
	const size_t panel_bytes = panel_size(rows->k, rows->taps);
	const size_t end = cay_gemm_end_column(args);
	const char *panel = (const char *)args->packed + args->first_column / NR * panel_bytes;

	for (size_t j = args->first_column; j < end; j += NR, panel += panel_bytes) {
		const size_t columns = cay_minimum(end - j, NR);
		struct rows at = *rows;

		at.c += j * size;
		tile[MR - 1](at, panel, columns, count / MR);
		advance(&at, count / MR * MR);
		if (count % MR)
			tile[count % MR - 1](at, panel, columns, 1);
	}
}

// Three pixels of a picture that lie beside each other, as those of a window's row do inside the
// picture. False if they do not.
static bool stage_triple(const struct cay_gemm_args *args, size_t tap, size_t row, int8_t *to)
{
	const int32_t *offsets = args->offsets + tap * args->offset_stride + row;
	const int32_t first = offsets[0];

	if (first < 0 || offsets[args->offset_stride] != first + 3 ||
	    offsets[2 * args->offset_stride] != first + 6)
		return false;
	memcpy(to, (const int8_t *)args->a + first, 9);
	return true;
}

static void stage_row(const struct cay_gemm_args *args, const struct rows *rows, size_t row,
		      int8_t *to)
{
	const size_t k = args->k;

	for (size_t t = 0; t < args->taps;) {
		const int8_t *from;

		if (k == 3 && t + 3 <= args->taps && stage_triple(args, t, row, to + t * k)) {
			t += 3;
			continue;
		}
		from = row_address(rows, t, row);
		if (k == 3) {
			memcpy(to + t * k, from, 3);
		} else if (k == 8) {
			memcpy(to + t * k, from, 8);
		} else if (k == 16) {
			memcpy(to + t * k, from, 16);
		} else {
			memcpy(to + t * k, from, k);
		}
		t++;
	}
}

static void stage_rows(const struct cay_gemm_args *args, const struct rows *rows, size_t row,
		       size_t count, size_t depth, int8_t *to)
{
	const size_t used = args->k * args->taps;

	for (size_t r = row; r < row + count; r++, to += depth) {
		stage_row(args, rows, r, to);
		memset(to + used, 0, depth - used);
	}
}

// Of all panels' scales and biases.
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
	struct rows all = {
		.a = args->a,
		.lda = args->lda,
		.offsets = args->offsets,
		.offset_stride = args->offset_stride,
		.zero = args->zero,
		.k = args->k,
		.taps = args->taps,
		.c = args->c,
		.row_size = args->ldc * (args->to_f32 ? sizeof(float) : 1),
		.epilogue = &epilogue,
	};

	(void)gemm;
	if (is_plain(args->k, args->taps)) {
		plain->run(plain, args);
		return;
	}
	epilogue = find_epilogue(args);
	for (size_t i = 0; i < args->m; i += block) {
		const size_t count = cay_minimum(args->m - i, block);
		struct rows rows = all;

		if (staged) {
			stage_rows(args, &all, i, count, depth, stage);
			rows.a = stage;
			rows.lda = rows.k = depth;
			rows.offsets = NULL;
			rows.taps = 1;
			rows.c += i * rows.row_size;
		} else {
			advance(&rows, i);
		}
		run_block(args, &rows, count);
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
