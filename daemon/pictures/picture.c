// A JPEG or PNG file as rows of bytes: which codec it is for.
#include "daemon/pictures/picture.h"
#include "common/size.h"
#include "daemon/pictures/codec.h"

#include <string.h>

static const struct cay_picture_codec *const codecs[] = {&cay_picture_jpeg, &cay_picture_png};

static const struct cay_picture_codec *find_codec(const uint8_t *file, size_t size)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(codecs); i++)
		if (size >= codecs[i]->magic_size &&
		    memcmp(file, codecs[i]->magic, codecs[i]->magic_size) == 0)
			return codecs[i];
	return NULL;
}

const char *cay_picture_type(const uint8_t *file, size_t size)
{
	const struct cay_picture_codec *codec = find_codec(file, size);

	return codec ? codec->type : NULL;
}

// Others that cameras and the web have, by the bytes that stand at an offset.
#define MAGIC(text) text, sizeof(text) - 1
static const struct {
	const char *name;
	size_t offset;
	const char *magic;
	size_t magic_size;
} foreign[] = {
	{"a WebP", 8, MAGIC("WEBP")},	   {"a GIF", 0, MAGIC("GIF8")},
	{"a TIFF", 0, MAGIC("II*\0")},	   {"a TIFF", 0, MAGIC("MM\0*")},
	{"a HEIC", 4, MAGIC("ftyphei")},   {"a HEIC", 4, MAGIC("ftypmif1")},
	{"an AVIF", 4, MAGIC("ftypavif")}, {"a JPEG XL", 0, MAGIC("\0\0\0\14JXL ")},
	{"a BMP", 0, MAGIC("BM")},
};

const char *cay_picture_foreign(const uint8_t *file, size_t size)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(foreign); i++)
		if (size >= foreign[i].offset + foreign[i].magic_size &&
		    memcmp(file + foreign[i].offset, foreign[i].magic, foreign[i].magic_size) == 0)
			return foreign[i].name;
	return NULL;
}

static int fail_codec(const uint8_t *file, size_t size, struct cay_err *err)
{
	const char *name = cay_picture_foreign(file, size);

	return name ? cay_fail(err, CAY_EMEDIA, "this is %s: send a JPEG or a PNG", name)
		    : cay_fail(err, CAY_EMEDIA, "this is neither a JPEG nor a PNG");
}

struct cay_picture *cay_picture_open(const uint8_t *file, size_t size,
				     const struct cay_picture_limits *limits, struct cay_err *err)
{
	const struct cay_picture_codec *codec = find_codec(file, size);
	struct cay_picture *picture;

	if (!codec) {
		fail_codec(file, size, err);
		return NULL;
	}
	picture = codec->open(file, size, limits, err);
	if (!picture) {
		cay_wrap(err, "%s", codec->name);
		return NULL;
	}
	picture->codec = codec;
	picture->deadline = limits->deadline;
	return picture;
}

int cay_picture_start(struct cay_picture *picture, unsigned channels, size_t min_width,
		      size_t min_height, struct cay_err *err)
{
	picture->channels = channels;
	return picture->codec->start(picture, min_width, min_height, err) < 0
		       ? cay_wrap(err, "%s", picture->codec->name)
		       : 0;
}

const uint8_t *cay_picture_row(struct cay_picture *picture, struct cay_err *err)
{
	const uint8_t *row = NULL;

	if (cay_codec_check_time(picture, err) == 0)
		row = picture->codec->row(picture, err);
	if (!row)
		cay_wrap(err, "%s", picture->codec->name);
	return row;
}

void cay_picture_close(struct cay_picture *picture)
{
	if (picture)
		picture->codec->close(picture);
}
