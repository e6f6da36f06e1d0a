// Where the rows of A lie, as kernels/kernels.h says it, for the kernels of all instruction sets.
// `size` is that of an element; it is a constant where these are inlined.
#ifndef CAY_KERNELS_ROWS_H
#define CAY_KERNELS_ROWS_H

#include "kernels/inline.h"
#include "kernels/kernels.h"

#include <string.h>

// A(row, tap) of a GEMM.
ALWAYS_INLINE const void *cay_gemm_row(const struct cay_gemm_args *args, size_t tap, size_t row,
				       size_t size)
{
	const char *a = args->a;
	int32_t offset;

	if (!args->offsets)
		return a + row * args->lda * size;
	offset = args->offsets[tap * args->offset_stride + row];
	return offset < 0 ? args->zero : a + (size_t)offset * size;
}

// Where a tile's rows are: `taps` runs of k elements each, or one behind another in a stage.
struct cay_gemm_rows {
	size_t k, taps;
	const struct cay_gemm_args *args;
	size_t first;
	const void *stage; // NULL: in args
	size_t stage_stride;
};

ALWAYS_INLINE const void *cay_gemm_rows_at(const struct cay_gemm_rows *rows, size_t tap, size_t row,
					   size_t size)
{
	return rows->stage ? (const char *)rows->stage + row * rows->stage_stride * size
			   : cay_gemm_row(rows->args, tap, rows->first + row, size);
}

// Of a depthwise convolution, which always has offsets.
ALWAYS_INLINE const void *cay_depthwise_row(const struct cay_depthwise_args *args, size_t tap,
					    size_t row, size_t size)
{
	const int32_t offset = args->offsets[tap * args->offset_stride + row];

	return offset < 0 ? args->zero : (const char *)args->a + (size_t)offset * size;
}

// On to the rows behind these; c_size is the size of an output.
ALWAYS_INLINE void cay_gemm_advance(struct cay_gemm_args *args, size_t rows, size_t size,
				    size_t c_size)
{
	if (args->offsets)
		args->offsets += rows;
	else
		args->a = (const char *)args->a + rows * args->lda * size;
	args->c = (char *)args->c + rows * args->ldc * c_size;
}

// The rows from one on as they lie in a stage, one behind another, so many elements each.
ALWAYS_INLINE struct cay_gemm_args cay_gemm_staged(const struct cay_gemm_args *args, size_t row,
						   const void *stage, size_t depth, size_t c_size)
{
	struct cay_gemm_args staged = *args;

	staged.a = stage;
	staged.lda = staged.k = depth;
	staged.taps = 1;
	staged.offsets = NULL;
	staged.c = (char *)args->c + row * args->ldc * c_size;
	return staged;
}

// Copies three pixels of three channels that lie beside each other, as those of a window's row do
// inside the picture. False if they do not.
ALWAYS_INLINE bool take_triple(const struct cay_gemm_args *args, size_t tap, size_t row, void *to,
			       size_t size)
{
	const int32_t *offsets = args->offsets + tap * args->offset_stride + row;
	const int32_t first = offsets[0];

	if (first < 0 || offsets[args->offset_stride] != first + 3 ||
	    offsets[2 * args->offset_stride] != first + 6)
		return false;
	memcpy(to, (const char *)args->a + (size_t)first * size, 9 * size);
	return true;
}

// Copies k elements; for the usual numbers the compiler knows how.
ALWAYS_INLINE void copy_tap(void *to, const void *from, size_t k, size_t size)
{
	switch (k) {
	case 1:
		memcpy(to, from, size);
		break;
	case 3:
		memcpy(to, from, 3 * size);
		break;
	case 4:
		memcpy(to, from, 4 * size);
		break;
	case 8:
		memcpy(to, from, 8 * size);
		break;
	case 16:
		memcpy(to, from, 16 * size);
		break;
	default:
		memcpy(to, from, k * size);
	}
}

// Copies a row of A: its taps one after another.
ALWAYS_INLINE void cay_gemm_gather_row(const struct cay_gemm_args *args, size_t row, void *to,
				       size_t size)
{
	const size_t k = args->k,
		     taps = args->taps; // the copies could change them, for all C knows

	for (size_t t = 0; t < taps;) {
		char *at = (char *)to + t * k * size;

		if (k == 3 && t + 3 <= taps && take_triple(args, t, row, at, size))
			t += 3;
		else
			copy_tap(at, cay_gemm_row(args, t++, row, size), k, size);
	}
}

// A pixel of a depthwise convolution, and its first taps; others are looked up when needed.
enum { CAY_PIXEL_TAPS = 49 };
struct cay_pixel {
	const struct cay_depthwise_args *args;
	size_t row;
	const void *taps[CAY_PIXEL_TAPS];
};

// For pixel->row.
ALWAYS_INLINE void cay_pixel_find_taps(struct cay_pixel *pixel, size_t size)
{
	for (size_t t = 0; t < pixel->args->taps && t < CAY_PIXEL_TAPS; t++)
		pixel->taps[t] = cay_depthwise_row(pixel->args, t, pixel->row, size);
}

ALWAYS_INLINE const void *cay_pixel_tap(const struct cay_pixel *pixel, size_t tap, size_t size)
{
	return tap < CAY_PIXEL_TAPS ? pixel->taps[tap]
				    : cay_depthwise_row(pixel->args, tap, pixel->row, size);
}

#endif
