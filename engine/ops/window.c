// Where the windows of a convolution or pooling lie in its input.
#include "engine/ops/window.h"

#include <string.h>

#define MAX_EXTENT 65536 // of kernels, strides, dilations and paddings

static int read_pair(const struct cay_layer *layer, const char *name, int64_t least, int64_t ret[2],
		     struct cay_err *err)
{
	size_t count;
	const int64_t *values = cay_layer_ints(layer, name, &count);

	if (!values || (count == 0 && least == 0))
		return 0;
	if (count != 2)
		return cay_layer_fail(layer, err, "%s has %zu values, want 2", name, count);
	for (size_t i = 0; i < 2; i++) {
		if (values[i] < least || values[i] > MAX_EXTENT)
			return cay_layer_fail(layer, err, "%s is %lld, want %lld to %d", name,
					      (long long)values[i], (long long)least, MAX_EXTENT);
		ret[i] = values[i];
	}
	return 0;
}

static int read_padding(const struct cay_layer *layer, struct cay_window *window,
			struct cay_err *err)
{
	size_t count;
	const int64_t *pad = cay_layer_ints(layer, "paddings", &count);

	if (pad && count != 2 && count != 4)
		return cay_layer_fail(layer, err, "paddings has %zu values, want 2 or 4", count);
	for (size_t i = 0; i < 4 && pad; i++) {
		window->pad[i] = pad[count == 2 ? i / 2 : i];
		if (window->pad[i] < 0 || window->pad[i] > MAX_EXTENT)
			return cay_layer_fail(layer, err, "a padding is %lld, want 0 to %d",
					      (long long)window->pad[i], MAX_EXTENT);
	}
	return 0;
}

int cay_window_read(const struct cay_layer *layer, struct cay_window *window, struct cay_err *err)
{
	const char *algorithm = cay_layer_string(layer, "padding_algorithm", "EXPLICIT");

	window->stride[0] = window->stride[1] = 1;
	window->dilation[0] = window->dilation[1] = 1;
	window->padding = strcmp(algorithm, "SAME") == 0    ? CAY_PADDING_SAME
			  : strcmp(algorithm, "VALID") == 0 ? CAY_PADDING_VALID
							    : CAY_PADDING_EXPLICIT;
	for (size_t i = 0; i < 2; i++)
		if (window->kernel[i] < 1 || window->kernel[i] > MAX_EXTENT)
			return cay_layer_fail(layer, err, "the kernel is %lldx%lld",
					      (long long)window->kernel[0],
					      (long long)window->kernel[1]);
	return read_pair(layer, "strides", 1, window->stride, err) < 0 ||
			       read_pair(layer, "dilations", 1, window->dilation, err) < 0 ||
			       read_padding(layer, window, err) < 0
		       ? -1
		       : 0;
}

// Pads by what is missing for an output of in / stride, rounded up; the odd one goes to the end.
static void same_padding(int64_t in, int64_t stride, int64_t kernel, int64_t pad[2])
{
	int64_t total = ((in + stride - 1) / stride - 1) * stride + kernel - in;

	total = total < 0 ? 0 : total;
	pad[0] = total / 2;
	pad[1] = total - total / 2;
}

int cay_window_fit(const struct cay_layer *layer, const struct cay_window *window, int64_t height,
		   int64_t width, bool ceil, struct cay_window_fit *ret, struct cay_err *err)
{
	const int64_t in[2] = {height, width};
	struct cay_window_fit fit = {0};

	for (size_t i = 0; i < 2; i++) {
		int64_t stride = window->stride[i], kernel = window->kernel[i], total;
		int64_t *pad = &fit.pad[i * 2];

		fit.dilation[i] = window->padding == CAY_PADDING_SAME ? 1 : window->dilation[i];
		if (window->padding == CAY_PADDING_EXPLICIT)
			memcpy(pad, &window->pad[i * 2], 2 * sizeof(*pad));
		if (window->padding == CAY_PADDING_SAME)
			same_padding(in[i], stride, kernel, pad);
		total = in[i] + pad[0] + pad[1] - (fit.dilation[i] * (kernel - 1) + 1);
		if (total < 0)
			return cay_layer_fail(
				layer, err,
				"the kernel %lldx%lld is larger than the padded input %lldx%lld",
				(long long)window->kernel[0], (long long)window->kernel[1],
				(long long)height, (long long)width);
		fit.out[i] = (total + (ceil ? stride - 1 : 0)) / stride + 1;
	}
	*ret = fit;
	return 0;
}

int cay_window_read_extra(const struct cay_layer *layer, struct cay_window_extra *extra,
			  struct cay_err *err)
{
	return read_pair(layer, "output_size", 0, extra->size, err) < 0 ||
			       read_pair(layer, "output_padding", 0, extra->padding, err) < 0
		       ? -1
		       : 0;
}

int cay_window_fit_transposed(const struct cay_layer *layer, const struct cay_window *window,
			      const struct cay_window_extra *extra, int64_t height, int64_t width,
			      struct cay_window_fit *ret, struct cay_err *err)
{
	const int64_t in[2] = {height, width};
	struct cay_window_fit fit = {0};

	for (size_t i = 0; i < 2; i++) {
		const int64_t stride = window->stride[i], kernel = window->kernel[i];
		int64_t *pad = &fit.pad[i * 2], least;

		fit.dilation[i] = window->padding == CAY_PADDING_SAME ? 1 : window->dilation[i];
		if (window->padding == CAY_PADDING_EXPLICIT)
			memcpy(pad, &window->pad[i * 2], 2 * sizeof(*pad));
		if (window->padding == CAY_PADDING_SAME)
			same_padding(in[i], stride, kernel, pad);
		least = (in[i] - 1) * stride - pad[0] - pad[1] + fit.dilation[i] * (kernel - 1) + 1;
		fit.out[i] = extra->size[i] ? extra->size[i] : least + extra->padding[i];
		if (least < 1 || fit.out[i] < least || fit.out[i] >= least + stride)
			return cay_layer_fail(layer, err,
					      "an output of %lld from %lld, want %lld and less "
					      "than a stride of %lld more",
					      (long long)fit.out[i], (long long)in[i],
					      (long long)least, (long long)stride);
	}
	*ret = fit;
	return 0;
}
