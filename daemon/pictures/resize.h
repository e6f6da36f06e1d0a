// Bilinear resizing of rows as they come, and what a model makes of bytes: its normalisation.
#ifndef CAY_DAEMON_PICTURES_RESIZE_H
#define CAY_DAEMON_PICTURES_RESIZE_H

#include "common/err.h"
#include "common/tensor.h"
#include "daemon/pictures/exif.h"

enum cay_fit {
	CAY_FIT_STRETCH,   // to the size, whatever becomes of the proportions
	CAY_FIT_LETTERBOX, // whole inside the size, in the middle of 127.5
	CAY_FIT_CROP,	   // the middle of it, as far as the size reaches
};

// The tensor that a model takes instead of a picture.
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

// The size that a whole picture of width x height, as it is meant, gets for `pixels`.
void cay_resize_size(const struct cay_pixels *pixels, size_t width, size_t height,
		     size_t *ret_width, size_t *ret_height);

// What comes: rows of width * channels bytes, as the file has them, and the size that they would
// have as the whole resized picture, before it is turned as it is meant.
struct cay_source {
	size_t width, height, resized_width, resized_height;
	struct cay_orientation orientation;
};

// `out` gets pixels->height * width * channels elements. Borrows pixels and out; the caller frees.
struct cay_resizer *cay_resizer_new(const struct cay_pixels *pixels,
				    const struct cay_source *source, void *out,
				    struct cay_err *err);
// Takes the source's next row. True if no more rows are needed.
bool cay_resizer_row(struct cay_resizer *resizer, const uint8_t *row);
void cay_resizer_free(struct cay_resizer *resizer); // NULL is fine

#endif
