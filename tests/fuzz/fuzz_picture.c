// Fuzz target: a JPEG or PNG into a small tensor, the way of the first byte; the rest is the file.
#include "daemon/pictures/preprocess.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct cay_picture_limits limits = {1 << 20, 1 << 20, 0};
	const unsigned way = len ? data[0] : 0;
	const struct cay_pixels pixels = {
		.height = 5,
		.width = 9,
		.channels = way & 1 ? 1 : 3,
		.dtype = CAY_DTYPE_F32,
		.channels_last = way & 2,
		.bgr = way & 4,
		.fit = (enum cay_fit)((way >> 3) % 3),
		.scale = {1, 1, 1},
	};
	struct cay_err err = {0};
	float *out = malloc(pixels.height * pixels.width * pixels.channels * sizeof(*out));

	if (!out)
		return 0;
	if (cay_preprocess_run(&pixels, len ? data + 1 : data, len ? len - 1 : 0, &limits, out,
			       &err) < 0) {
		if (!*err.msg)
			abort();
	} else {
		for (size_t i = 0; i < pixels.height * pixels.width * pixels.channels; i++)
			if (!(out[i] >= 0 && out[i] <= 255))
				abort();
	}
	free(out);
	return 0;
}
