// "preprocess" of a model.json: what the model takes instead of a picture.
#ifndef CAY_DAEMON_PICTURES_PREPROCESS_H
#define CAY_DAEMON_PICTURES_PREPROCESS_H

#include "common/buf.h"
#include "daemon/pictures/picture.h"
#include "daemon/pictures/resize.h"

#include <jansson.h>

enum cay_color { CAY_COLOR_UNSAID, CAY_COLOR_RGB, CAY_COLOR_BGR, CAY_COLOR_GRAY };
enum cay_layout { CAY_LAYOUT_UNSAID, CAY_LAYOUT_NCHW, CAY_LAYOUT_NHWC };

// {"size": [224, 224], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "color": "RGB",
//  "layout": "NCHW", "resize": "stretch", "resize_short": 256}, all of it optional.
struct cay_preprocess {
	bool given;
	size_t height, width; // "size"; 0: that of the model's input
	float mean[3], std[3];
	size_t mean_count, std_count; // 0: unsaid; else 1 or 3, in the order that the model has
	enum cay_color color;
	enum cay_layout layout;
	enum cay_fit fit;
	size_t short_side; // "resize_short", of "crop"
};

// Reads the object; json NULL: all of it is left out. CAY_EBAD if something in it is wrong.
int cay_preprocess_parse(struct cay_preprocess *ret, const json_t *json, struct cay_err *err);
// Completes it for a model's input; dimensions of its shape may be free. What is left out is as in
// Paddle's own models: value = (byte / 255 - mean) / std, with ImageNet's mean and std for three
// channels and 0.5 for one; bytes as they are for UINT8. CAY_EMODEL if that does not suffice: the
// message says what to write into model.json.
int cay_preprocess_resolve(const struct cay_preprocess *preprocess, const char *input,
			   enum cay_dtype dtype, const struct cay_shape *shape,
			   struct cay_pixels *ret, struct cay_err *err);
// Appends it as a JSON object in which nothing is left out; pixels: what it was resolved to.
void cay_preprocess_json(const struct cay_preprocess *preprocess, const struct cay_pixels *pixels,
			 struct cay_buf *buf);
// Decodes a file and writes height * width * channels elements. The codes of cay_picture_open.
int cay_preprocess_run(const struct cay_pixels *pixels, const uint8_t *file, size_t size,
		       const struct cay_picture_limits *limits, void *out, struct cay_err *err);

#endif
