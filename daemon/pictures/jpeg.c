// JPEG by libjpeg-turbo: scaled down while it is decoded, and whatever is broken is an error.
#include "common/size.h"
#include "daemon/pictures/codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

// Passes over the picture that a file may ask for. Encoders make some ten.
#define MAX_SCANS   100
#define MARKER_EXIF (JPEG_APP0 + 1)

struct jpeg {
	struct cay_picture base;
	struct jpeg_decompress_struct decoder;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	JSAMPLE *row;
	// Of the call that runs: where failures go.
	struct cay_err *err;
	jmp_buf fail;
};

// --- failures ------------------------------------------------------------------------------------

static enum cay_code error_code(int message)
{
	switch (message) {
	case JERR_OUT_OF_MEMORY:
		return CAY_ENOMEM;
	case JERR_IMAGE_TOO_BIG:
		return CAY_ETOOLARGE;
	default:
		return CAY_EBAD;
	}
}

static void on_error(j_common_ptr decoder)
{
	struct jpeg *jpeg = decoder->client_data;
	char text[JMSG_LENGTH_MAX];

	decoder->err->format_message(decoder, text);
	cay_fail(jpeg->err, error_code(decoder->err->msg_code), "%s", text);
	longjmp(jpeg->fail, 1);
}

// libjpeg warns of damage and fills it with grey; here such a file is broken, but for these
// warnings.
static bool is_harmless(int message)
{
	return message == JWRN_EXTRANEOUS_DATA || message == JWRN_ADOBE_XFORM ||
	       message == JWRN_JFIF_MAJOR;
}

static void on_message(j_common_ptr decoder, int level)
{
	if (level < 0 && !is_harmless(decoder->err->msg_code))
		on_error(decoder);
}

// Called by libjpeg at each row of blocks of each pass: looks at the deadline.
static void on_progress(j_common_ptr decoder)
{
	struct jpeg *jpeg = decoder->client_data;

	if (jpeg->decoder.input_scan_number > MAX_SCANS)
		cay_fail(jpeg->err, CAY_ETOOLARGE, "more than %d scans", MAX_SCANS);
	else if (cay_codec_check_time(&jpeg->base, jpeg->err) == 0)
		return;
	longjmp(jpeg->fail, 1);
}

// --- the codec -----------------------------------------------------------------------------------

static void jpeg_close(struct cay_picture *picture)
{
	struct jpeg *jpeg = (struct jpeg *)picture;

	jpeg_destroy_decompress(&jpeg->decoder);
	free(jpeg->row);
	free(jpeg);
}

static void read_header(struct jpeg *jpeg, const uint8_t *file, size_t size)
{
	struct jpeg_decompress_struct *d = &jpeg->decoder;

	jpeg_create_decompress(d);
	d->client_data = jpeg;
	d->progress = &jpeg->progress;
	jpeg_mem_src(d, file, size);
	jpeg_save_markers(d, MARKER_EXIF, 0xffff);
	jpeg_read_header(d, TRUE);
	if (d->marker_list)
		jpeg->base.orientation =
			cay_exif_orientation(d->marker_list->data, d->marker_list->data_length);
	jpeg->base.width = d->image_width;
	jpeg->base.height = d->image_height;
}

// Several passes are gathered as coefficients, two bytes each, of the whole picture.
static int check_memory(struct jpeg *jpeg, const struct cay_picture_limits *limits,
			struct cay_err *err)
{
	size_t bytes = 0;

	for (int c = 0; c < jpeg->decoder.num_components; c++)
		bytes += (size_t)jpeg->decoder.comp_info[c].width_in_blocks *
			 jpeg->decoder.comp_info[c].height_in_blocks * sizeof(JBLOCK);
	if (jpeg_has_multiple_scans(&jpeg->decoder) && bytes > limits->memory)
		return cay_fail(err, CAY_ETOOLARGE,
				"%zux%zu pixels in several passes need %zu bytes, at most %zu",
				jpeg->base.width, jpeg->base.height, bytes, limits->memory);
	return 0;
}

static int check_header(struct jpeg *jpeg, const struct cay_picture_limits *limits,
			struct cay_err *err)
{
	const J_COLOR_SPACE space = jpeg->decoder.jpeg_color_space;

	if (cay_codec_check_size(&jpeg->base, limits, err) < 0)
		return -1;
	if (space == JCS_CMYK || space == JCS_YCCK)
		return cay_fail(err, CAY_EBAD,
				"its colours are those of print (CMYK): save it as RGB");
	return check_memory(jpeg, limits, err);
}

static struct cay_picture *jpeg_open(const uint8_t *file, size_t size,
				     const struct cay_picture_limits *limits, struct cay_err *err)
{
	struct jpeg *jpeg = calloc(1, sizeof(*jpeg));

	if (!jpeg) {
		cay_fail_memory(err);
		return NULL;
	}
	jpeg->err = err;
	jpeg->decoder.client_data = jpeg;
	jpeg->decoder.err = jpeg_std_error(&jpeg->errors);
	jpeg->errors.error_exit = on_error;
	jpeg->errors.emit_message = on_message;
	jpeg->progress.progress_monitor = on_progress;
	if (setjmp(jpeg->fail) != 0)
		goto fail;
	read_header(jpeg, file, size);
	if (check_header(jpeg, limits, err) < 0)
		goto fail;
	return &jpeg->base;

fail:
	jpeg_close(&jpeg->base);
	return NULL;
}

// The inverse transform of 8x8 blocks gives 4x4, 2x2 or 1x1 for less than the whole.
static void choose_scale(struct jpeg_decompress_struct *d, size_t min_width, size_t min_height)
{
	d->scale_num = 1;
	for (d->scale_denom = 8; d->scale_denom > 1; d->scale_denom /= 2) {
		jpeg_calc_output_dimensions(d);
		if (d->output_width >= min_width && d->output_height >= min_height)
			break;
	}
}

static int jpeg_start(struct cay_picture *picture, size_t min_width, size_t min_height,
		      struct cay_err *err)
{
	struct jpeg *jpeg = (struct jpeg *)picture;
	struct jpeg_decompress_struct *d = &jpeg->decoder;

	jpeg->err = err;
	if (setjmp(jpeg->fail) != 0)
		return -1;
	d->out_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	choose_scale(d, min_width, min_height);
	jpeg_start_decompress(d); // decodes all passes but the last, if there are several
	picture->width = d->output_width;
	picture->height = d->output_height;
	jpeg->row = malloc(picture->width * picture->channels);
	return jpeg->row ? 0 : cay_fail_memory(err);
}

static const uint8_t *jpeg_row(struct cay_picture *picture, struct cay_err *err)
{
	struct jpeg *jpeg = (struct jpeg *)picture;

	jpeg->err = err;
	if (setjmp(jpeg->fail) != 0)
		return NULL;
	jpeg_read_scanlines(&jpeg->decoder, &jpeg->row, 1);
	return jpeg->row;
}

const struct cay_picture_codec cay_picture_jpeg = {
	.name = "JPEG",
	.type = "image/jpeg",
	.magic = "\xff\xd8\xff",
	.magic_size = 3,
	.open = jpeg_open,
	.start = jpeg_start,
	.row = jpeg_row,
	.close = jpeg_close,
};
