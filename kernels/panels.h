// How the float kernels of all instruction sets pack their weights: in panels of columns.
//
// A panel is bias[width], then [depth][width] weights, so that a tile reads one stream. Zeros fill
// the last one. A column is an output channel: of a GEMM, depth is taps * k; of a depthwise
// convolution, taps.
#ifndef CAY_KERNELS_PANELS_H
#define CAY_KERNELS_PANELS_H

#include "kernels/kernels.h"

// Bytes of all panels.
static inline size_t cay_panels_size(size_t columns, size_t depth, size_t width)
{
	return (columns + width - 1) / width * width * (1 + depth) * sizeof(float);
}

// weights: [columns][depth]; bias: [columns], NULL: zeros.
static inline void cay_panels_pack(float *to, const float *weights, const float *bias,
				   size_t columns, size_t depth, size_t width)
{
	for (size_t first = 0; first < columns; first += width) {
		for (size_t j = first; j < first + width; j++)
			*to++ = bias && j < columns ? bias[j] : 0;
		for (size_t d = 0; d < depth; d++)
			for (size_t j = first; j < first + width; j++)
				*to++ = j < columns ? weights[j * depth + d] : 0;
	}
}

// A GEMM's packed_size and pack, for panels of its tile's columns.
static inline size_t cay_panels_gemm_size(const struct cay_gemm *gemm, size_t n, size_t k,
					  size_t taps)
{
	return cay_panels_size(n, k * taps, gemm->nr);
}

static inline void cay_panels_gemm_pack(const struct cay_gemm *gemm, void *packed, const void *b,
					const float *scale, const float *bias, size_t n, size_t k,
					size_t taps)
{
	(void)scale;
	cay_panels_pack(packed, b, bias, n, k * taps, gemm->nr);
}

#endif
