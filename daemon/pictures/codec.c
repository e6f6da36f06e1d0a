// The checks that all codecs make.
#include "daemon/pictures/codec.h"
#include "common/size.h"
#include "daemon/clock.h"

int cay_codec_check_time(const struct cay_picture *picture, struct cay_err *err)
{
	return picture->deadline && cay_clock_now() > picture->deadline
		       ? cay_fail(err, CAY_ETIMEOUT, "the deadline has passed while it was decoded")
		       : 0;
}

int cay_codec_check_size(const struct cay_picture *picture, const struct cay_picture_limits *limits,
			 struct cay_err *err)
{
	size_t pixels;

	if (!cay_size_mul(picture->width, picture->height, &pixels) || pixels > limits->pixels)
		return cay_fail(err, CAY_ETOOLARGE, "%zux%zu pixels, at most %zu can be",
				picture->width, picture->height, limits->pixels);
	if (pixels == 0)
		return cay_fail(err, CAY_EBAD, "it has no pixels");
	return 0;
}
