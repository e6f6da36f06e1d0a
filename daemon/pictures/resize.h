// Bilinear resizing of rows as they come, and what a model makes of bytes: its normalisation.
#ifndef CAY_DAEMON_PICTURES_RESIZE_H
#define CAY_DAEMON_PICTURES_RESIZE_H

#include "common/err.h"
#include "common/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cay_fit {
	CAY_FIT_STRETCH,   // to the size, whatever becomes of the proportions
	CAY_FIT_LETTERBOX, // whole inside the size, in the middle of 127.5
	CAY_FIT_CROP,	   // the middle of it, as far as the size reaches
};

// What a model takes instead of a picture.
struct cay_pixels {
	size_t height, width;
	unsigned channels;    // 1 grey, 3 colours
	enum cay_dtype dtype; // CAY_DTYPE_F32 or CAY_DTYPE_U8
	bool channels_last, bgr;
	enum cay_fit fit;
	size_t short_side;	  // of CAY_FIT_CROP: the shorter side before cutting; 0: what fits
	float scale[3], shift[3]; // value = byte * scale + shift, by red, green, blue
};

// One dimension: target t stands at (t + begin + 0.5) * source / resized - 0.5 of the source, for t
// in [first, end), clamped to the source's edges: OpenCV's INTER_LINEAR, without antialiasing.
struct cay_axis {
	size_t source, resized, first, end;
	ptrdiff_t begin;
};

struct cay_resizer;

// The size that a whole picture of width x height gets for `pixels`.
void cay_resize_size(const struct cay_pixels *pixels, size_t width, size_t height,
		     size_t *ret_width, size_t *ret_height);

// The source has rows of width * pixels->channels bytes, and stands for a picture that becomes
// resized_width x resized_height. `out` gets pixels->height * width * channels elements. Borrows
// pixels and out; the caller frees.
struct cay_resizer *cay_resizer_new(const struct cay_pixels *pixels, size_t width, size_t height,
				    size_t resized_width, size_t resized_height, void *out,
				    struct cay_err *err);
// Takes the source's next row. True: no more are needed.
bool cay_resizer_row(struct cay_resizer *resizer, const uint8_t *row);
void cay_resizer_free(struct cay_resizer *resizer); // NULL is fine

#endif
