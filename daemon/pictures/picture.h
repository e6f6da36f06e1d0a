// A JPEG or PNG file as rows of bytes, one after another: no whole picture is held where that can
// be.
#ifndef CAY_DAEMON_PICTURES_PICTURE_H
#define CAY_DAEMON_PICTURES_PICTURE_H

#include "common/err.h"
#include "daemon/pictures/exif.h"

// The limits of one picture.
struct cay_picture_limits {
	size_t pixels; // width times height, as the header has them
	size_t memory; // bytes, where rows do not come in order: progressive JPEG, interlaced PNG
	uint64_t deadline; // by cay_clock_now; 0: none
};

struct cay_picture_codec;
// The begin of a codec's own struct, which has its state.
struct cay_picture {
	const struct cay_picture_codec *codec;
	size_t width, height;		    // of the file; once started, of the rows
	unsigned channels;		    // of the rows: 1 grey, 3 red, green, blue
	struct cay_orientation orientation; // from the rows to the picture that is meant
	uint64_t deadline;
};

// The media type of the file, told by its first bytes; NULL: neither JPEG nor PNG.
const char *cay_picture_type(const uint8_t *file, size_t size);

// What another file seems to be, for messages: "a WebP"; NULL if that is not known.
const char *cay_picture_foreign(const uint8_t *file, size_t size);

// Reads the header. Borrows the file, which must outlive the picture. NULL on failure: CAY_EMEDIA
// for what is no picture, CAY_ETOOLARGE over a limit, CAY_EBAD for a broken one and for forms that
// are not taken (CMYK, more than 8 bits of JPEG, lossless JPEG).
struct cay_picture *cay_picture_open(const uint8_t *file, size_t size,
				     const struct cay_picture_limits *limits, struct cay_err *err);
// Begins to decode rows of `channels`. The codec may make the picture smaller than the file's, but
// not smaller than min_width x min_height. Colours become grey as 0.299 R + 0.587 G + 0.114 B, 16
// bits become their upper 8, and transparent pixels lie on white.
int cay_picture_start(struct cay_picture *picture, unsigned channels, size_t min_width,
		      size_t min_height, struct cay_err *err);
// The next of `height` rows: width * channels bytes, valid until the next call. CAY_ETIMEOUT: the
// deadline has passed, which start may find, too.
const uint8_t *cay_picture_row(struct cay_picture *picture, struct cay_err *err);
void cay_picture_close(struct cay_picture *picture); // NULL is fine; at any stage

#endif
