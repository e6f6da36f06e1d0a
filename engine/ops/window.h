// Where the windows of a convolution or pooling lie in its input.
#ifndef CAY_ENGINE_OPS_WINDOW_H
#define CAY_ENGINE_OPS_WINDOW_H

#include "engine/op.h"

enum cay_padding { CAY_PADDING_EXPLICIT, CAY_PADDING_SAME, CAY_PADDING_VALID };

struct cay_window {
	int64_t kernel[2], stride[2], dilation[2]; // height, width
	int64_t pad[4]; // top, bottom, left, right; explicit padding only
	enum cay_padding padding;
};

// Reads strides, paddings (2 or 4 of them), dilations (1 where absent) and padding_algorithm of a
// layer; the caller has set the kernel. Fails for what is out of range.
int cay_window_read(const struct cay_layer *layer, struct cay_window *window, struct cay_err *err);

// The window for one input size: output size and explicit padding.
struct cay_window_fit {
	int64_t out[2], pad[4], dilation[2];
};
// ceil: round the output size up (pooling). Fails if there is no output.
int cay_window_fit(const struct cay_layer *layer, const struct cay_window *window, int64_t height,
		   int64_t width, bool ceil, struct cay_window_fit *ret, struct cay_err *err);

// What a transposed convolution may say of its output's size; 0: it does not say it.
struct cay_window_extra {
	int64_t size[2], padding[2];
};
int cay_window_read_extra(const struct cay_layer *layer, struct cay_window_extra *extra,
			  struct cay_err *err);
// The window of a transposed convolution: ret->pad is what is cut off around the full output.
int cay_window_fit_transposed(const struct cay_layer *layer, const struct cay_window *window,
			      const struct cay_window_extra *extra, int64_t height, int64_t width,
			      struct cay_window_fit *ret, struct cay_err *err);

#endif
