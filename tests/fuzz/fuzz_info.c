// Fuzz target: model.json, and behind its first NUL labels.txt. What is taken has settings within
// bounds, and shapes that fit.
#include "daemon/models/model_info.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const struct cay_port inputs[] = {{"x", CAY_DTYPE_F32, {4, {-1, 3, -1, -1}}, false},
					 {"n", CAY_DTYPE_I64, {1, {2}}, false}};

static void check_input(const struct cay_model_info *info, const struct cay_port *port)
{
	struct cay_pixels pixels;
	struct cay_shape shape;
	struct cay_err err;

	if (cay_model_info_shape(info, port, 0, &shape, &err) == 0 &&
	    (!cay_shape_is_fixed(&shape) || !cay_shape_matches(&port->shape, &shape)))
		abort();
	if (cay_model_info_pixels(info, port, &pixels, &err) == 0 &&
	    (pixels.height == 0 || pixels.width == 0 || pixels.channels == 0))
		abort();
}

static void check(const struct cay_model_info *info)
{
	struct cay_err err;

	if (info->settings.instances < 1 || info->settings.threads < 1 || info->settings.queue < 1)
		abort();
	for (size_t i = 0; i < info->label_count; i++)
		if (!memchr(info->labels[i], '\0', SIZE_MAX / 2))
			abort();
	if (cay_model_info_check(info, inputs, 2, &err) == 0)
		for (size_t i = 0; i < 2; i++)
			check_input(info, &inputs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct cay_conf conf = {
		.json_depth = 32, .instances = 2, .threads = 1, .queue = 64};
	const uint8_t *nul = len ? memchr(data, '\0', len) : NULL;
	const size_t json_size = nul ? (size_t)(nul - data) : len;
	char *json = malloc(json_size + 1);
	const struct cay_model_files files = {.json = json,
					      .json_size = json_size,
					      .labels = nul ? (const char *)nul + 1 : NULL,
					      .labels_size = nul ? len - json_size - 1 : 0};
	struct cay_model_info info;
	struct cay_err err = {0};

	if (!json)
		return 0;
	memcpy(json, data ? data : (const uint8_t *)"", json_size);
	json[json_size] = '\0';
	if (cay_model_info_check_keys(json, json_size, &err) < 0 && !*err.msg)
		abort();
	err = (struct cay_err){0};
	if (cay_model_info_parse(&info, &files, &conf, &err) == 0) {
		check(&info);
		cay_model_info_finish(&info);
	} else if (!*err.msg) {
		abort();
	}
	free(json);
	return 0;
}
