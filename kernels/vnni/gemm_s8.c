// int8 matrix products and convolutions: vpdpbusd adds four products of bytes to each int32.
//
// It multiplies unsigned by signed bytes. Weights are packed with 128 added to them, which makes
// sums larger by 128 times the sum of A's row: the sums begin at minus that. It is exact.
#include "kernels/vnni/epilogue.h"
#include "kernels/rows.h"
#include "kernels/vnni/vnni.h"

#include <string.h>

enum {
	MR = 12,
	NR = 32,	 // two registers
	KR = 4,		 // products in a lane
	STAGE_MAX = 1024 // of a row's depth, see is_staged
};

// Taps that do not fill their lanes, as those of a picture's three channels, are copied together.
static bool is_staged(size_t k, size_t taps)
{
	return taps > 1 && k % KR != 0 && k * taps <= STAGE_MAX;
}

static size_t quads(size_t k)
{
	return (k + KR - 1) / KR;
}

static size_t depth_quads(size_t k, size_t taps)
{
	return is_staged(k, taps) ? quads(k * taps) : quads(k) * taps;
}

static size_t padded_columns(size_t n)
{
	return (n + NR - 1) / NR * NR;
}

// Packed: scale and bias of the padded columns, then for each panel of NR columns the quads of
// depth, each as [NR][KR] bytes. Padding is 0: nothing, whatever it is multiplied by.
static size_t packed_size(const struct cay_gemm *gemm, size_t n, size_t k, size_t taps)
{
	(void)gemm;
	return padded_columns(n) * (2 * sizeof(float) + depth_quads(k, taps) * KR);
}

static void pack_column(uint8_t *to, const int8_t *b, size_t k, size_t taps)
{
	const size_t run = is_staged(k, taps) ? k * taps : k;

	for (size_t at = 0; at < k * taps; at += run)
		for (size_t d = 0; d < quads(run) * KR; d++)
			to[(at / run * quads(run) + d / KR) * NR * KR + d % KR] =
				d < run ? (uint8_t)(b[at + d] + 128) : 0;
}

static void pack(const struct cay_gemm *gemm, void *packed, const void *b, const float *scale,
		 const float *bias, size_t n, size_t k, size_t taps)
{
	const size_t columns = padded_columns(n), panel = depth_quads(k, taps) * NR * KR;
	float *scales = packed, *biases = scales + columns;
	uint8_t *panels = (uint8_t *)(biases + columns);

	memset(packed, 0, packed_size(gemm, n, k, taps));
	for (size_t j = 0; j < n; j++) {
		scales[j] = scale[j];
		biases[j] = bias ? bias[j] : 0;
		pack_column(panels + j / NR * panel + j % NR * KR, (const int8_t *)b + j * k * taps,
			    k, taps);
	}
}

static int32_t sum_row(const int8_t *a, size_t k)
{
	const __m512i ones = _mm512_set1_epi8(1);
	__m512i sum = _mm512_setzero_si512();
	size_t d = 0;

	for (; d + 64 <= k; d += 64)
		sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(a + d));
	if (d < k)
		sum = _mm512_dpbusd_epi32(
			sum, ones, _mm512_maskz_loadu_epi8(UINT64_MAX >> (64 - (k - d)), a + d));
	return _mm512_reduce_add_epi32(sum);
}

// Four bytes in every lane; `some` of them are there.
ALWAYS_INLINE __m512i load_quad(const int8_t *a, size_t some)
{
	uint32_t quad = 0;

	if (some == KR)
		memcpy(&quad, a, KR);
	else
		for (size_t i = 0; i < some; i++)
			quad |= (uint32_t)(uint8_t)a[i] << (8 * i);
	return _mm512_set1_epi32((int32_t)quad);
}

ALWAYS_INLINE void multiply_quad(const int8_t *const *a, size_t at, size_t some, const uint8_t *b,
				 size_t count, __m512i (*acc)[2])
{
	const __m512i b0 = _mm512_loadu_si512(b), b1 = _mm512_loadu_si512(b + 64);

#pragma GCC unroll 12
	for (size_t r = 0; r < count; r++) {
		const __m512i quad = load_quad(a[r] + at, some);

		acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], b0, quad);
		acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], b1, quad);
	}
}

// The sums of `count` rows and one panel. Begins with what the rows' sums say.
ALWAYS_INLINE void multiply(const struct cay_gemm_rows *rows, const int32_t *row_sum,
			    const uint8_t *b, size_t count, int32_t (*sums)[NR])
{
	__m512i acc[MR][2];

#pragma GCC unroll 12
	for (size_t r = 0; r < count; r++)
		acc[r][0] = acc[r][1] = _mm512_set1_epi32(-128 * row_sum[r]);
	for (size_t t = 0; t < rows->taps; t++) {
		const int8_t *a[MR];
		size_t d = 0;

		for (size_t r = 0; r < count; r++)
			a[r] = cay_gemm_rows_at(rows, t, r, 1);
		for (; d + KR <= rows->k; d += KR, b += NR * KR)
			multiply_quad(a, d, KR, b, count, acc);
		if (d < rows->k) {
			multiply_quad(a, d, rows->k - d, b, count, acc);
			b += NR * KR;
		}
	}
#pragma GCC unroll 12
	for (size_t r = 0; r < count; r++) {
		_mm512_storeu_si512(sums[r], acc[r][0]);
		_mm512_storeu_si512(sums[r] + 16, acc[r][1]);
	}
}

// Full panels of int8 with a range for their activation: the common case.
static void store_range(const struct cay_gemm_args *args, int32_t (*sums)[NR], size_t row,
			size_t count, size_t column, const float *scale, const float *bias,
			const struct range *range)
{
	const __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
	const __m512 scale0 = _mm512_loadu_ps(scale + column);
	const __m512 scale1 = _mm512_loadu_ps(scale + column + 16);
	const __m512 bias0 = _mm512_loadu_ps(bias + column);
	const __m512 bias1 = _mm512_loadu_ps(bias + column + 16);
	int8_t *c = (int8_t *)args->c + row * args->ldc + column;

	for (size_t r = 0; r < count; r++, c += args->ldc) {
		const __m512i y0 =
			requantize_range(_mm512_loadu_si512(sums[r]), scale0, bias0, range);
		const __m512i y1 =
			requantize_range(_mm512_loadu_si512(sums[r] + 16), scale1, bias1, range);
		const __m256i y = _mm512_cvtepi16_epi8(_mm512_packs_epi32(y0, y1));

		_mm256_storeu_si256((__m256i *)c, _mm256_permutevar8x32_epi32(y, order));
	}
}

// range: NULL, or the activation's, for int8 outputs.
static void store_rows(const struct cay_gemm_args *args, int32_t (*sums)[NR], size_t row,
		       size_t count, size_t column, const float *scale, const float *bias,
		       const struct range *range)
{
	const size_t size = args->to_f32 ? sizeof(float) : 1;

	if (range && column + NR <= args->n) {
		store_range(args, sums, row, count, column, scale, bias, range);
		return;
	}
	for (size_t j = 0; j < NR && column + j < args->n; j += 16)
		for (size_t r = 0; r < count; r++)
			store_outputs((char *)args->c + ((row + r) * args->ldc + column + j) * size,
				      requantize(_mm512_loadu_si512(sums[r] + j),
						 scale + column + j, bias + column + j, &args->act),
				      args->to_f32, first_lanes(args->n - column - j));
}

static void stage_rows(const struct cay_gemm_args *args, size_t row, size_t count, int8_t *to,
		       size_t stride)
{
	for (size_t r = row; r < row + count; r++, to += stride)
		cay_gemm_gather_row(args, r, to, 1);
}

ALWAYS_INLINE void run_rows(const struct cay_gemm_args *args, size_t row, size_t count,
			    const struct range *range)
{
	const bool staged = is_staged(args->k, args->taps);
	const size_t columns = padded_columns(args->n);
	const size_t panel = depth_quads(args->k, args->taps) * NR * KR;
	const float *scale = args->packed, *bias = scale + columns;
	const size_t end = cay_gemm_end_column(args);
	const uint8_t *b = (const uint8_t *)(bias + columns) + args->first_column / NR * panel;
	int8_t stage[MR * STAGE_MAX];
	int32_t sums[MR][NR], row_sum[MR] = {0};
	const struct cay_gemm_rows rows = {
		.k = staged ? args->k * args->taps : args->k,
		.taps = staged ? 1 : args->taps,
		.args = args,
		.first = row,
		.stage = staged ? stage : NULL,
		.stage_stride = args->k * args->taps,
	};

	if (staged)
		stage_rows(args, row, count, stage, rows.stage_stride);
	for (size_t t = 0; t < rows.taps; t++) {
		for (size_t r = 0; r < count; r++)
			row_sum[r] += sum_row(cay_gemm_rows_at(&rows, t, r, 1), rows.k);
	}
	for (size_t j = args->first_column; j < end; j += NR, b += panel) {
		multiply(&rows, row_sum, b, count, sums);
		store_rows(args, sums, row, count, j, scale, bias, range);
	}
}

static void run(const struct cay_gemm *gemm, const struct cay_gemm_args *args)
{
	struct range act;
	const bool in_range =
		act_range(&args->act, &act) && !args->to_f32 &&
		cay_all_finite(args->packed, 2 * padded_columns(args->n)); // scales and biases
	const struct range *range = in_range ? &act : NULL;
	size_t row = 0;

	(void)gemm;
	for (; row + MR <= args->m; row += MR)
		run_rows(args, row, MR, range);
	for (; row + 4 <= args->m; row += 4)
		run_rows(args, row, 4, range);
	for (; row < args->m; row++)
		run_rows(args, row, 1, range);
}

const struct cay_gemm cay_gemm_s8_12x32_vnni = {
	.name = "gemm_s8_12x32_vnni",
	.mr = MR,
	.nr = NR,
	.kr = KR,
	.packed_size = packed_size,
	.pack = pack,
	.run = run,
};
