// A format of pictures: its decoder as data, and the checks that all of them make.
#ifndef CAY_DAEMON_PICTURES_CODEC_H
#define CAY_DAEMON_PICTURES_CODEC_H

#include "daemon/pictures/picture.h"

// What picture.h says of each function; each has its own state behind the struct cay_picture.
struct cay_picture_codec {
	const char *name, *type;
	const char *magic;
	size_t magic_size;
	struct cay_picture *(*open)(const uint8_t *file, size_t size,
				    const struct cay_picture_limits *limits, struct cay_err *err);
	int (*start)(struct cay_picture *picture, size_t min_width, size_t min_height,
		     struct cay_err *err);
	const uint8_t *(*row)(struct cay_picture *picture, struct cay_err *err);
	void (*close)(struct cay_picture *picture);
};
extern const struct cay_picture_codec cay_picture_jpeg, cay_picture_png;

// Fails with CAY_ETIMEOUT after the deadline.
int cay_codec_check_time(const struct cay_picture *picture, struct cay_err *err);
// Fails for pictures of more pixels than may be, or of none.
int cay_codec_check_size(const struct cay_picture *picture, const struct cay_picture_limits *limits,
			 struct cay_err *err);

#endif
