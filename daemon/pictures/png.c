// PNG by libspng: row after row, what is transparent on white.
#include "common/size.h"
#include "daemon/pictures/codec.h"

#include <errno.h>
#include <spng.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE ((size_t)8)  // bytes before the first chunk
#define AROUND	  ((size_t)12) // bytes of a chunk besides its data: length, type, checksum

// The file as libspng gets it: without the chunks that change no pixel, because libspng would
// inflate texts and colour profiles to gigabytes.
struct source {
	const uint8_t *at;   // what is read next
	const uint8_t *kept; // up to here all is read
	const uint8_t *end;  // of the file
};

struct png {
	struct cay_picture base;
	spng_ctx *decoder;
	struct source source;
	size_t memory_limit;
	bool interlaced, alpha;
	uint8_t *pixels;     // RGB or RGBA: a row; of an interlaced picture all
	uint8_t *row;	     // as it was asked for
	size_t stride, next; // bytes of a row of pixels; which comes
};

// libspng takes it for a broken stream if zlib has no memory; errno, which is 0 before, tells.
static int fail(int code, struct cay_err *err)
{
	return errno == ENOMEM ? cay_fail_memory(err)
			       : cay_fail(err, CAY_EBAD, "%s", spng_strerror(code));
}

static void png_close(struct cay_picture *picture)
{
	struct png *png = (struct png *)picture;

	spng_ctx_free(png->decoder);
	free(png->pixels);
	free(png->row);
	free(png);
}

// True for chunks that are dropped: a name that begins with a small letter says that a decoder may
// ignore it. Transparency is kept.
static bool is_kept(const uint8_t *type)
{
	return !(type[0] & 0x20) || memcmp(type, "tRNS", 4) == 0;
}

// Goes on to the next chunk that is kept; what is cut off is left to libspng.
static void find_chunk(struct source *s)
{
	while ((size_t)(s->end - s->kept) >= AROUND) {
		const uint8_t *chunk = s->kept;
		const size_t length =
			(size_t)chunk[0] << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];

		if (length > (size_t)(s->end - chunk) - AROUND)
			break;
		s->kept += length + AROUND;
		if (is_kept(chunk + 4)) {
			s->at = chunk;
			return;
		}
	}
	s->at = s->kept;
	s->kept = s->end;
}

static int read_some(spng_ctx *decoder, void *context, void *to, size_t size)
{
	struct source *s = context;
	uint8_t *out = to;

	(void)decoder;
	while (size > 0) {
		size_t some;

		if (s->at == s->kept)
			find_chunk(s);
		some = (size_t)(s->kept - s->at) < size ? (size_t)(s->kept - s->at) : size;
		if (some == 0)
			return SPNG_IO_EOF;
		memcpy(out, s->at, some);
		s->at += some;
		out += some;
		size -= some;
	}
	return 0;
}

static int read_header(struct png *png, const uint8_t *file, size_t size, struct cay_err *err)
{
	struct spng_ihdr header;
	struct spng_trns transparent;
	int code;

	errno = 0;
	png->source =
		(struct source){file, file + (size < SIGNATURE ? size : SIGNATURE), file + size};
	code = spng_set_png_stream(png->decoder, read_some, &png->source);
	if (code == 0)
		code = spng_get_ihdr(png->decoder, &header);
	if (code != 0)
		return fail(code, err);
	png->base.width = header.width;
	png->base.height = header.height;
	png->interlaced = header.interlace_method != SPNG_INTERLACE_NONE;
	code = spng_get_trns(png->decoder, &transparent);
	if (code != 0 && code != SPNG_ECHUNKAVAIL)
		return fail(code, err);
	png->alpha = code == 0 || header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
		     header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
	return 0;
}

static struct cay_picture *png_open(const uint8_t *file, size_t size,
				    const struct cay_picture_limits *limits, struct cay_err *err)
{
	struct png *png = calloc(1, sizeof(*png));

	if (!png || !(png->decoder = spng_ctx_new(0))) {
		cay_fail_memory(err);
		free(png);
		return NULL;
	}
	png->memory_limit = limits->memory;
	if (read_header(png, file, size, err) < 0 ||
	    cay_codec_check_size(&png->base, limits, err) < 0) {
		png_close(&png->base);
		return NULL;
	}
	return &png->base;
}

// All rows of all passes, each to its place in the picture.
static int decode_passes(struct png *png, struct cay_err *err)
{
	struct spng_row_info info;
	int code = 0;

	errno = 0;
	while (code == 0) {
		if (cay_codec_check_time(&png->base, err) < 0)
			return -1;
		code = spng_get_row_info(png->decoder, &info);
		if (code == 0)
			code = spng_decode_row(png->decoder,
					       png->pixels + info.row_num * png->stride,
					       png->stride);
	}
	return code == SPNG_EOI ? 0 : fail(code, err);
}

// An interlaced picture is decoded whole: its rows are complete at the end only.
static int decode_interlaced(struct png *png, int format, struct cay_err *err)
{
	const size_t size = png->stride * png->base.height; // below 4 * pixel limit
	int code;

	if (size > png->memory_limit)
		return cay_fail(err, CAY_ETOOLARGE,
				"%zux%zu pixels in several passes need more than %zu bytes",
				png->base.width, png->base.height, png->memory_limit);
	png->pixels = malloc(size);
	if (!png->pixels)
		return cay_fail_memory(err);
	code = spng_decode_image(png->decoder, NULL, 0, format,
				 SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
	return code ? fail(code, err) : decode_passes(png, err);
}

static int png_start(struct cay_picture *picture, size_t min_width, size_t min_height,
		     struct cay_err *err)
{
	struct png *png = (struct png *)picture;
	const int format = png->alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
	int code;

	errno = 0;
	(void)min_width, (void)min_height; // there is no cheap way to fewer pixels
	png->stride = picture->width * (png->alpha ? 4 : 3);
	png->row = malloc(picture->width * picture->channels);
	if (!png->row)
		return cay_fail_memory(err);
	if (png->interlaced)
		return decode_interlaced(png, format, err);
	png->pixels = malloc(png->stride);
	if (!png->pixels)
		return cay_fail_memory(err);
	code = spng_decode_image(png->decoder, NULL, 0, format,
				 SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE);
	return code ? fail(code, err) : 0;
}

static uint8_t on_white(unsigned value, unsigned alpha)
{
	return (uint8_t)((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

static uint8_t grey(const uint8_t *rgb)
{
	return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768) >> 16);
}

static void convert_row(const struct png *png, const uint8_t *pixels)
{
	const size_t step = png->alpha ? 4 : 3;
	uint8_t *out = png->row;

	for (size_t x = 0; x < png->base.width; x++, pixels += step) {
		uint8_t rgb[3];

		for (size_t c = 0; c < 3; c++)
			rgb[c] = png->alpha ? on_white(pixels[c], pixels[3]) : pixels[c];
		if (png->base.channels == 1) {
			*out++ = grey(rgb);
			continue;
		}
		for (size_t c = 0; c < 3; c++)
			*out++ = rgb[c];
	}
}

static const uint8_t *png_row(struct cay_picture *picture, struct cay_err *err)
{
	struct png *png = (struct png *)picture;
	const uint8_t *pixels = png->pixels;
	int code = 0;

	errno = 0;
	if (png->interlaced)
		pixels += png->next++ * png->stride;
	else
		code = spng_decode_row(png->decoder, png->pixels, png->stride);
	if (code != 0 && code != SPNG_EOI) { // SPNG_EOI comes with the last row
		fail(code, err);
		return NULL;
	}
	convert_row(png, pixels);
	return png->row;
}

const struct cay_picture_codec cay_picture_png = {
	.name = "PNG",
	.type = "image/png",
	.magic = "\x89PNG\r\n\x1a\n",
	.magic_size = 8,
	.open = png_open,
	.start = png_start,
	.row = png_row,
	.close = png_close,
};
