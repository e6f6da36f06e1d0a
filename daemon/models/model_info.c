// What a user says about a model besides its .nb: model.json and labels.txt.
#include "daemon/models/model_info.h"
#include "common/size.h"
#include "daemon/json/json.h"

#include <string.h>

#define JSON_DEPTH 16
#define MAX_WARMUP 100

static const char *const root_keys[] = {"description", "inputs", "preprocess", "instances",
					"threads",     "queue",	 "warmup"};

static int parse_input(struct cay_model_info *info, const json_t *input, struct cay_err *err)
{
	struct cay_info_input *ret = &info->inputs[info->input_count];
	static const char *const keys[] = {"name", "shape"};
	const json_t *name = json_object_get(input, "name");

	if (!json_is_object(input) || (name && !json_is_string(name)))
		return cay_fail(err, CAY_EBAD, "an input is not {\"name\": ..., \"shape\": [...]}");
	if (cay_json_check_keys(input, "an input", keys, CAY_ARRAY_SIZE(keys), true, err) < 0)
		return -1;
	if (name && !(ret->name = cay_arena_strdup(&info->arena, json_string_value(name), err)))
		return -1;
	if (cay_json_shape(json_object_get(input, "shape"), &ret->shape, err) < 0)
		return -1;
	info->input_count++;
	return 0;
}

static int parse_settings(struct cay_model_settings *ret, const json_t *root,
			  const struct cay_conf *conf, struct cay_err *err)
{
	const struct {
		const char *key;
		size_t least, most, *value;
	} keys[] = {
		{"instances", 1, conf->threads_limit, &ret->instances},
		{"threads", 1, conf->threads_limit, &ret->threads},
		{"queue", 1, conf->queue_limit, &ret->queue},
		{"warmup", 0, MAX_WARMUP, &ret->warmup},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(keys); i++) {
		const json_t *json = json_object_get(root, keys[i].key);
		const json_int_t value = json_integer_value(json);

		if (!json)
			continue;
		if (!json_is_integer(json) || value < (json_int_t)keys[i].least ||
		    (uint64_t)value > keys[i].most)
			return cay_fail(err, CAY_EBAD, "\"%s\" is not in %zu to %zu", keys[i].key,
					keys[i].least, keys[i].most);
		*keys[i].value = (size_t)value;
	}
	if ((json_object_get(root, "instances") || json_object_get(root, "threads")) &&
	    ret->instances * ret->threads > conf->threads_limit)
		return cay_fail(err, CAY_EBAD,
				"%zu instances of %zu threads are more than %zu threads",
				ret->instances, ret->threads, conf->threads_limit);
	return 0;
}

static int parse_root(struct cay_model_info *info, const json_t *root, const struct cay_conf *conf,
		      struct cay_err *err)
{
	const json_t *inputs = json_object_get(root, "inputs");
	size_t count = json_array_size(inputs);

	if (!json_is_object(root) || (inputs && !json_is_array(inputs)))
		return cay_fail(err, CAY_EBAD, "not {\"inputs\": [...]}");
	if (cay_json_check_keys(root, "model.json", root_keys, CAY_ARRAY_SIZE(root_keys), false,
				err) < 0)
		return -1;
	info->inputs = cay_arena_array(&info->arena, count, sizeof(*info->inputs), err);
	if (!info->inputs)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (parse_input(info, json_array_get(inputs, i), err) < 0)
			return -1;
	return parse_settings(&info->settings, root, conf, err) < 0
		       ? -1
		       : cay_preprocess_parse(&info->preprocess,
					      json_object_get(root, "preprocess"), err);
}

static int parse_json(struct cay_model_info *info, const char *text, size_t size,
		      const struct cay_conf *conf, struct cay_err *err)
{
	json_t *root;
	int result;

	if (size > CAY_MODEL_JSON_MAX)
		return cay_fail(err, CAY_ETOOLARGE, "%zu bytes, at most %zu can be", size,
				CAY_MODEL_JSON_MAX);
	root = cay_json_parse(text, size, JSON_DEPTH, NULL, err);
	if (!root)
		return -1;
	result = parse_root(info, root, conf, err);
	json_decref(root);
	return result;
}

int cay_model_info_check_keys(const char *json, size_t size, struct cay_err *err)
{
	json_t *root = cay_json_parse(json, size, JSON_DEPTH, NULL, err);
	int result = root ? cay_json_check_keys(root, "model.json", root_keys,
						CAY_ARRAY_SIZE(root_keys), true, err)
			  : -1;

	json_decref(root);
	return result;
}

// A label is a line; the last one needs no end. A byte order mark is not part of the first one.
static int parse_labels(struct cay_model_info *info, const char *text, size_t size,
			struct cay_err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	const char *end = text + size;
	size_t count = 1;

	if (size > CAY_MODEL_LABELS_MAX)
		return cay_fail(err, CAY_ETOOLARGE, "%zu bytes, at most %zu can be", size,
				CAY_MODEL_LABELS_MAX);
	if (memchr(text, '\0', size))
		return cay_fail(err, CAY_EBAD, "a NUL is in it: labels are lines of UTF-8");
	if (size >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0)
		text += strlen(mark);
	for (const char *at = text; at < end; at++)
		count += *at == '\n';
	info->labels = cay_arena_array(&info->arena, count, sizeof(*info->labels), err);
	if (!info->labels)
		return -1;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		size_t len = (size_t)(stop - text);

		len -= len > 0 && text[len - 1] == '\r';
		info->labels[info->label_count] = cay_arena_strndup(&info->arena, text, len, err);
		if (!info->labels[info->label_count++])
			return -1;
		text = stop + 1;
	}
	while (info->label_count > 0 && !info->labels[info->label_count - 1][0])
		info->label_count--; // empty lines at the end
	return 0;
}

int cay_model_info_parse(struct cay_model_info *ret, const struct cay_model_files *files,
			 const struct cay_conf *conf, struct cay_err *err)
{
	struct cay_model_info info = {
		.settings = {conf->instances, conf->threads, conf->queue, .warmup = 1}};

	cay_arena_init(&info.arena, 0);
	if (files->json && parse_json(&info, files->json, files->json_size, conf, err) < 0) {
		cay_wrap(err, "model.json");
		goto fail;
	}
	if (files->labels && parse_labels(&info, files->labels, files->labels_size, err) < 0) {
		cay_wrap(err, "labels.txt");
		goto fail;
	}
	*ret = info;
	return 0;

fail:
	cay_model_info_finish(&info);
	return -1;
}

void cay_model_info_finish(struct cay_model_info *info)
{
	cay_arena_finish(&info->arena);
	*info = (struct cay_model_info){0};
}

static const struct cay_shape *find_shape(const struct cay_model_info *info, const char *input)
{
	for (size_t i = 0; i < info->input_count; i++)
		if (!info->inputs[i].name || strcmp(info->inputs[i].name, input) == 0)
			return &info->inputs[i].shape;
	return NULL;
}

// Checks "preprocess" against the inputs now, not when the first picture comes.
static int check_preprocess(const struct cay_model_info *info, const struct cay_port *inputs,
			    size_t count, struct cay_err *err)
{
	struct cay_pixels pixels;

	for (size_t i = 0; info->preprocess.given && i < count; i++)
		if (cay_model_info_pixels(info, &inputs[i], &pixels, err) == 0)
			return 0;
	return info->preprocess.given ? cay_wrap(err, "model.json") : 0;
}

// Each input that is named is there, and is named once.
static int check_names(const struct cay_model_info *info, const struct cay_port *inputs,
		       size_t count, struct cay_err *err)
{
	for (size_t i = 0; i < info->input_count; i++) {
		const char *name = info->inputs[i].name;
		size_t k = 0;

		while (name && k < count && strcmp(inputs[k].name, name) != 0)
			k++;
		if (name && k == count)
			return cay_fail(err, CAY_EBAD,
					"model.json: the model has no input '%.64s'; it has %zu, "
					"the first is '%s'",
					name, count, count ? inputs[0].name : "");
		if (find_shape(info, name ? name : "") != &info->inputs[i].shape)
			return cay_fail(err, CAY_EBAD, "model.json: input '%.64s' comes twice",
					name ? name : "");
	}
	return 0;
}

int cay_model_info_check(const struct cay_model_info *info, const struct cay_port *inputs,
			 size_t count, struct cay_err *err)
{
	if (check_names(info, inputs, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct cay_shape *shape = find_shape(info, inputs[i].name);
		char want[CAY_SHAPE_TEXT], is[CAY_SHAPE_TEXT];

		if (shape && !cay_port_takes(&inputs[i], shape))
			return cay_fail(err, CAY_EBAD, "model.json: input '%s' is %s, not %s",
					inputs[i].name, cay_shape_text(&inputs[i].shape, want),
					cay_shape_text(shape, is));
	}
	return check_preprocess(info, inputs, count, err);
}

int cay_model_info_shape(const struct cay_model_info *info, const struct cay_port *port,
			 size_t elements, struct cay_shape *ret, struct cay_err *err)
{
	const struct cay_shape *given = find_shape(info, port->name);
	const bool known = !port->guessed || given;
	struct cay_shape shape = port->shape;
	char text[CAY_SHAPE_TEXT];
	size_t row;

	if (port->guessed && given) {
		shape = *given;
		if (shape.rank > 0)
			shape.dim[0] = -1; // as where a file says the shape
	}
	for (uint32_t i = 1; given && i < shape.rank; i++)
		if (shape.dim[i] < 0)
			shape.dim[i] = given->dim[i];
	if (shape.rank > 0 && shape.dim[0] < 0) {
		shape.dim[0] = given ? given->dim[0] : 1;
		if (elements && cay_shape_is_fixed(&shape)) {
			row = cay_shape_product(&shape, 1, shape.rank);
			if (row && elements % row == 0)
				shape.dim[0] = (int64_t)(elements / row);
		}
	}
	if (!cay_shape_is_fixed(&shape) || (!known && elements == 0))
		return cay_fail(err, CAY_EBAD, "input '%s' is %s: the request must give its shape",
				port->name, cay_shape_text(&port->shape, text));
	*ret = shape;
	return 0;
}

int cay_model_info_pixels(const struct cay_model_info *info, const struct cay_port *port,
			  struct cay_pixels *ret, struct cay_err *err)
{
	const struct cay_shape *given = find_shape(info, port->name);
	struct cay_shape shape = port->shape;

	for (uint32_t i = 1; given && i < shape.rank; i++)
		shape.dim[i] = given->dim[i];
	return cay_preprocess_resolve(&info->preprocess, port->name, port->dtype, &shape, ret, err);
}
