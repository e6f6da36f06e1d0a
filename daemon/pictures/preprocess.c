// "preprocess" of a model.json: read, completed by the model's input, applied to a file.
#include "daemon/pictures/preprocess.h"
#include "common/size.h"
#include "daemon/json/json.h"

#include <string.h>
#include <strings.h>

#define MAX_SIDE 65535

// --- model.json ----------------------------------------------------------------------------------

struct word {
	const char *text;
	int value;
};
static const struct word colors[] = {{"RGB", CAY_COLOR_RGB},
				     {"BGR", CAY_COLOR_BGR},
				     {"gray", CAY_COLOR_GRAY},
				     {"grey", CAY_COLOR_GRAY},
				     {NULL, 0}};
static const struct word layouts[] = {
	{"NCHW", CAY_LAYOUT_NCHW}, {"NHWC", CAY_LAYOUT_NHWC}, {NULL, 0}};
static const struct word fits[] = {{"stretch", CAY_FIT_STRETCH},
				   {"letterbox", CAY_FIT_LETTERBOX},
				   {"crop", CAY_FIT_CROP},
				   {NULL, 0}};

// Reads one of the words; gives `unsaid` if the key is not there. list: the words, for messages.
static int parse_word(const json_t *json, const char *key, const struct word *words,
		      const char *list, int unsaid, int *ret, struct cay_err *err)
{
	const json_t *value = json_object_get(json, key);
	const char *text = json_string_value(value);

	*ret = unsaid;
	if (!value)
		return 0;
	for (; words->text; words++)
		if (text && strcasecmp(text, words->text) == 0) {
			*ret = words->value;
			return 0;
		}
	return cay_fail(err, CAY_EBAD, "preprocess: \"%s\" is none of %s", key, list);
}

static int parse_words(struct cay_preprocess *p, const json_t *json, struct cay_err *err)
{
	int color, layout, fit;

	if (parse_word(json, "color", colors, "RGB, BGR and gray", CAY_COLOR_UNSAID, &color, err) <
		    0 ||
	    parse_word(json, "layout", layouts, "NCHW and NHWC", CAY_LAYOUT_UNSAID, &layout, err) <
		    0 ||
	    parse_word(json, "resize", fits, "stretch, letterbox and crop", CAY_FIT_STRETCH, &fit,
		       err) < 0)
		return -1;
	p->color = (enum cay_color)color;
	p->layout = (enum cay_layout)layout;
	p->fit = (enum cay_fit)fit;
	return 0;
}

static int parse_side(const json_t *value, const char *key, size_t *ret, struct cay_err *err)
{
	const json_int_t side = json_integer_value(value);

	if (!json_is_integer(value) || side < 1 || side > MAX_SIDE)
		return cay_fail(err, CAY_EBAD, "preprocess: \"%s\" has a side not in 1 to %d", key,
				MAX_SIDE);
	*ret = (size_t)side;
	return 0;
}

static int parse_sizes(struct cay_preprocess *p, const json_t *json, struct cay_err *err)
{
	const json_t *size = json_object_get(json, "size");
	const json_t *short_side = json_object_get(json, "resize_short");

	if (size && json_array_size(size) != 2)
		return cay_fail(err, CAY_EBAD, "preprocess: \"size\" is not [HEIGHT, WIDTH]");
	if (size && (parse_side(json_array_get(size, 0), "size", &p->height, err) < 0 ||
		     parse_side(json_array_get(size, 1), "size", &p->width, err) < 0))
		return -1;
	if (!short_side)
		return 0;
	if (p->fit != CAY_FIT_CROP)
		return cay_fail(err, CAY_EBAD,
				"preprocess: \"resize_short\" belongs to \"resize\": \"crop\"");
	return parse_side(short_side, "resize_short", &p->short_side, err);
}

static int parse_numbers(const json_t *json, const char *key, double least, float ret[3],
			 size_t *ret_count, struct cay_err *err)
{
	const json_t *list = json_object_get(json, key);
	const size_t count = json_array_size(list);

	if (!list)
		return 0;
	if (count != 1 && count != 3)
		return cay_fail(err, CAY_EBAD, "preprocess: \"%s\" is not a list of 1 or 3", key);
	for (size_t i = 0; i < count; i++) {
		const double value = json_number_value(json_array_get(list, i));

		if (!json_is_number(json_array_get(list, i)) || value < least || value > 1e6)
			return cay_fail(err, CAY_EBAD,
					"preprocess: \"%s\" has what is no number from %g to 1e6",
					key, least);
		ret[i] = (float)value;
	}
	*ret_count = count;
	return 0;
}

int cay_preprocess_parse(struct cay_preprocess *ret, const json_t *json, struct cay_err *err)
{
	static const char *const keys[] = {"size",	   "color", "layout", "resize",
					   "resize_short", "mean",  "std"};
	struct cay_preprocess p = {.given = json != NULL};

	if (json && !json_is_object(json))
		return cay_fail(err, CAY_EBAD, "preprocess is not an object");
	if (json &&
	    (cay_json_check_keys(json, "preprocess", keys, CAY_ARRAY_SIZE(keys), true, err) < 0 ||
	     parse_words(&p, json, err) < 0 || parse_sizes(&p, json, err) < 0 ||
	     parse_numbers(json, "mean", -1e6, p.mean, &p.mean_count, err) < 0 ||
	     parse_numbers(json, "std", 1e-6, p.std, &p.std_count, err) < 0))
		return -1;
	*ret = p;
	return 0;
}

// --- with the model's input ----------------------------------------------------------------------

static bool is_channels(int64_t dim)
{
	return dim == 1 || dim == 3;
}

// Which dimension has the channels, and how many there are.
static int find_channels(const struct cay_preprocess *p, const struct cay_shape *shape,
			 struct cay_pixels *ret)
{
	int64_t channels;

	ret->channels_last = p->layout == CAY_LAYOUT_NHWC ||
			     (p->layout == CAY_LAYOUT_UNSAID && !is_channels(shape->dim[1]) &&
			      is_channels(shape->dim[3]));
	channels = shape->dim[ret->channels_last ? 3 : 1];
	if (channels < 0)
		channels = p->color == CAY_COLOR_UNSAID ? 0 : p->color == CAY_COLOR_GRAY ? 1 : 3;
	if (!is_channels(channels) ||
	    (p->color != CAY_COLOR_UNSAID && (p->color == CAY_COLOR_GRAY) != (channels == 1)))
		return -1;
	ret->channels = (unsigned)channels;
	ret->bgr = p->color == CAY_COLOR_BGR;
	return 0;
}

static int find_size(const struct cay_preprocess *p, const char *input,
		     const struct cay_shape *shape, struct cay_pixels *ret, struct cay_err *err)
{
	const uint32_t at = ret->channels_last ? 1 : 2;
	const int64_t height = p->height ? (int64_t)p->height : shape->dim[at];
	const int64_t width = p->width ? (int64_t)p->width : shape->dim[at + 1];

	if (height < 1 || width < 1)
		return cay_fail(err, CAY_EMODEL,
				"input '%s' has no fixed size: write \"preprocess\": {\"size\": "
				"[224, 224]} into model.json",
				input);
	if ((shape->dim[at] > 0 && shape->dim[at] != height) ||
	    (shape->dim[at + 1] > 0 && shape->dim[at + 1] != width))
		return cay_fail(err, CAY_EMODEL,
				"input '%s' is %lldx%lld, the \"size\" of \"preprocess\" "
				"%lldx%lld: say it under \"inputs\" of model.json, too",
				input, (long long)shape->dim[at], (long long)shape->dim[at + 1],
				(long long)height, (long long)width);
	if (height > MAX_SIDE || width > MAX_SIDE ||
	    (p->short_side && ((int64_t)p->short_side < height || (int64_t)p->short_side < width)))
		return cay_fail(err, CAY_EMODEL,
				"input '%s': \"resize_short\" is less than %lldx%lld", input,
				(long long)height, (long long)width);
	ret->height = (size_t)height;
	ret->width = (size_t)width;
	return 0;
}

// Sets mean and std, in the model's order of channels and in the units of model.json.
static void model_normalisation(const struct cay_preprocess *p, const struct cay_pixels *pixels,
				float mean[3], float std[3])
{
	static const float colour_mean[] = {0.485f, 0.456f, 0.406f};
	static const float colour_std[] = {0.229f, 0.224f, 0.225f};

	for (unsigned c = 0; c < pixels->channels; c++) {
		const unsigned colour = pixels->bgr ? 2 - c : c;
		const bool gray = pixels->channels == 1;

		mean[c] = p->mean_count ? p->mean[p->mean_count == 1 ? 0 : c]
			  : gray	? 0.5f
					: colour_mean[colour];
		std[c] = p->std_count ? p->std[p->std_count == 1 ? 0 : c]
			 : gray	      ? 0.5f
				      : colour_std[colour];
	}
}

static void find_normalisation(const struct cay_preprocess *p, struct cay_pixels *ret)
{
	float mean[3], std[3];

	model_normalisation(p, ret, mean, std);
	for (unsigned c = 0; c < ret->channels; c++) {
		const unsigned at = ret->bgr ? ret->channels - 1 - c : c;

		ret->scale[c] = ret->dtype == CAY_DTYPE_U8 ? 1 : 1 / (255 * std[at]);
		ret->shift[c] = ret->dtype == CAY_DTYPE_U8 ? 0 : -mean[at] / std[at];
	}
}

int cay_preprocess_resolve(const struct cay_preprocess *p, const char *input, enum cay_dtype dtype,
			   const struct cay_shape *shape, struct cay_pixels *ret,
			   struct cay_err *err)
{
	struct cay_pixels pixels = {.dtype = dtype, .fit = p->fit, .short_side = p->short_side};
	char text[CAY_SHAPE_TEXT];

	if ((dtype != CAY_DTYPE_F32 && dtype != CAY_DTYPE_U8) || shape->rank != 4)
		return cay_fail(err, CAY_EMODEL,
				"input '%s', %s %s, takes no pictures: they become FP32 or UINT8 "
				"of 4 dimensions",
				input, cay_dtype_name(dtype), cay_shape_text(shape, text));
	if (find_channels(p, shape, &pixels) < 0)
		return cay_fail(err, CAY_EMODEL,
				"input '%s', %s %s, takes no pictures: \"preprocess\" of "
				"model.json may say \"color\" and \"layout\"",
				input, cay_dtype_name(dtype), cay_shape_text(shape, text));
	if (dtype == CAY_DTYPE_U8 && (p->mean_count || p->std_count))
		return cay_fail(err, CAY_EMODEL, "input '%s' takes bytes: no mean and no std",
				input);
	if (find_size(p, input, shape, &pixels, err) < 0)
		return -1;
	if ((p->mean_count == 3 || p->std_count == 3) && pixels.channels == 1)
		return cay_fail(err, CAY_EMODEL, "input '%s' has one channel, mean or std three",
				input);
	find_normalisation(p, &pixels);
	*ret = pixels;
	return 0;
}

static const char *word_of(const struct word *words, int value)
{
	while (words->value != value)
		words++;
	return words->text;
}

void cay_preprocess_json(const struct cay_preprocess *p, const struct cay_pixels *pixels,
			 struct cay_buf *buf)
{
	const int color = pixels->channels == 1 ? CAY_COLOR_GRAY
			  : pixels->bgr		? CAY_COLOR_BGR
						: CAY_COLOR_RGB;
	float mean[3], std[3];

	cay_buf_printf(buf,
		       "{\"size\":[%zu,%zu],\"color\":\"%s\",\"layout\":\"%s\",\"resize\":\"%s\"",
		       pixels->height, pixels->width, word_of(colors, color),
		       pixels->channels_last ? "NHWC" : "NCHW", word_of(fits, (int)pixels->fit));
	if (pixels->short_side)
		cay_buf_printf(buf, ",\"resize_short\":%zu", pixels->short_side);
	if (pixels->dtype == CAY_DTYPE_F32) {
		model_normalisation(p, pixels, mean, std);
		cay_buf_text(buf, ",\"mean\":[");
		cay_json_numbers(buf, CAY_DTYPE_F32, mean, pixels->channels);
		cay_buf_text(buf, "],\"std\":[");
		cay_json_numbers(buf, CAY_DTYPE_F32, std, pixels->channels);
		cay_buf_text(buf, "]");
	}
	cay_buf_text(buf, "}");
}

// --- to a file -----------------------------------------------------------------------------------

static int resize(struct cay_picture *picture, const struct cay_pixels *pixels, void *out,
		  struct cay_err *err)
{
	struct cay_source source = {.orientation = picture->orientation};
	struct cay_resizer *resizer;
	int result = 0;
	bool done = false;

	if (source.orientation.transposed)
		cay_resize_size(pixels, picture->height, picture->width, &source.resized_height,
				&source.resized_width);
	else
		cay_resize_size(pixels, picture->width, picture->height, &source.resized_width,
				&source.resized_height);
	if (cay_picture_start(picture, pixels->channels, source.resized_width,
			      source.resized_height, err) < 0)
		return -1;
	source.width = picture->width;
	source.height = picture->height;
	resizer = cay_resizer_new(pixels, &source, out, err);
	if (!resizer)
		return -1;
	for (size_t y = 0; result == 0 && !done && y < picture->height; y++) {
		const uint8_t *row = cay_picture_row(picture, err);

		if (row)
			done = cay_resizer_row(resizer, row);
		else
			result = -1;
	}
	cay_resizer_free(resizer);
	return result;
}

int cay_preprocess_run(const struct cay_pixels *pixels, const uint8_t *file, size_t size,
		       const struct cay_picture_limits *limits, void *out, struct cay_err *err)
{
	struct cay_picture *picture = cay_picture_open(file, size, limits, err);
	int result = picture ? resize(picture, pixels, out, err) : -1;

	cay_picture_close(picture);
	return result;
}
