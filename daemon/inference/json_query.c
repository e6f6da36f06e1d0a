// What a request asks of a model, said in the inference protocol's JSON, or in the short form.
#include "common/size.h"
#include "daemon/inference/decoder.h"

#include <string.h>

#define MAX_TIMEOUT 1000000000 // microseconds

static size_t find_port(const struct cay_port *ports, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(ports[i].name, name) != 0)
		i++;
	return i;
}

// A datatype of the protocol; no tensor of a model has the first ones.
static bool is_datatype(const char *name)
{
	static const char *const others[] = {"UINT16", "UINT32", "UINT64", "BF16"};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return cay_dtype_from_name(name) != CAY_DTYPES;
}

// The optional "datatype" of an input.
static int check_datatype(const struct cay_port *port, const json_t *input, struct cay_err *err)
{
	const json_t *value = json_object_get(input, "datatype");
	const char *wanted = cay_dtype_name(port->dtype), *given = json_string_value(value);

	if (!value)
		return 0;
	if (!given || !is_datatype(given))
		return cay_fail(err, CAY_EBAD, "input '%s': unknown datatype; the model takes %s",
				port->name, wanted);
	if (strcmp(given, wanted) != 0)
		return cay_fail(err, CAY_EMODEL, "input '%s': expected datatype %s, got %s",
				port->name, wanted, given);
	return 0;
}

// The shape of an input: its data is nested as that, or flat. given: "shape", or NULL.
static int text_shape(const struct cay_decoder *d, const struct cay_port *port,
		      const struct cay_shape *given, const struct cay_shape *data,
		      struct cay_shape *ret, struct cay_err *err)
{
	char want[CAY_SHAPE_TEXT], is[CAY_SHAPE_TEXT];
	size_t count;

	if (data->rank == 1)
		return cay_decoder_flat_shape(d, port, given, (size_t)data->dim[0], ret, err);
	if (given && !cay_shape_equal(given, data))
		return cay_fail(err, CAY_EBAD, "input '%s': shape says %s, data is %s", port->name,
				cay_shape_text(given, want), cay_shape_text(data, is));
	*ret = *data;
	return cay_decoder_check_shape(d, port, data, &count, err);
}

// Which input of the model an object means.
static int json_port(const struct cay_decoder *d, const json_t *input, size_t *ret,
		     struct cay_err *err)
{
	const json_t *name = json_object_get(input, "name");

	if (!json_is_object(input))
		return cay_fail(err, CAY_EBAD, "an input is not an object");
	if (name && !json_is_string(name))
		return cay_fail(err, CAY_EBAD, "the name of an input is not a string");
	if (!name && d->ports.input_count != 1)
		return cay_decoder_fail_names(CAY_EBAD, d->ports.inputs, d->ports.input_count, err,
					      "an input has no name");
	*ret = name ? find_port(d->ports.inputs, d->ports.input_count, json_string_value(name)) : 0;
	if (*ret == d->ports.input_count)
		return cay_decoder_fail_names(CAY_EMODEL, d->ports.inputs, d->ports.input_count,
					      err, "unknown input '%.64s'",
					      json_string_value(name));
	return 0;
}

// "parameters" of an input, an output or the request: an object, or absent.
static int json_parameters(const json_t *of, const json_t **ret, struct cay_err *err)
{
	*ret = json_object_get(of, "parameters");
	if (*ret && !json_is_object(*ret))
		return cay_fail(err, CAY_EBAD, "parameters is not an object");
	return 0;
}

// The input's next `size` bytes behind the JSON, where they can be used as they are.
static int binary_input(struct cay_decoder *d, const struct cay_port *port, const json_t *size,
			const json_t *shape, struct cay_tensor *t, struct cay_err *err)
{
	json_int_t bytes = json_is_integer(size) ? json_integer_value(size) : -1;
	size_t count;

	if (bytes < 0 || (uint64_t)bytes > d->binary_left)
		return cay_fail(err, CAY_EBAD,
				"input '%s': binary_data_size is not a number of bytes that "
				"follow the JSON; %zu do",
				port->name, d->binary_left);
	if (!shape)
		return cay_fail(err, CAY_EBAD, "input '%s' has no shape", port->name);
	if (cay_json_shape(shape, &t->shape, err) < 0)
		return cay_wrap(err, "input '%s'", port->name);
	if (cay_decoder_check_shape(d, port, &t->shape, &count, err) < 0)
		return -1;
	t->size = count * cay_dtype_size(port->dtype);
	if (t->size != (size_t)bytes)
		return cay_fail(err, CAY_EBAD,
				"input '%s': its shape is %zu bytes, binary_data_size says %lld",
				port->name, t->size, (long long)bytes);
	t->data = d->binary;
	if ((uintptr_t)d->binary % cay_dtype_size(port->dtype) != 0)
		t->data = cay_arena_copy(&d->query.arena, d->binary, t->size, err);
	d->binary += t->size;
	d->binary_left -= t->size;
	return t->data ? 0 : -1;
}

// Elements that "data" gets room for: as many as the shape says, or else as there can be.
static int text_room(const struct cay_decoder *d, const struct cay_port *port,
		     const struct cay_json_span *span, const struct cay_shape *given, size_t *ret,
		     struct cay_err *err)
{
	size_t limit = d->conf->arena_limit / cay_dtype_size(port->dtype);

	if (given)
		return cay_decoder_check_shape(d, port, given, ret, err);
	*ret = cay_json_span_most(span);
	*ret = *ret < limit ? *ret : limit;
	return 0;
}

static bool is_bytes(const json_t *input)
{
	const char *datatype = json_string_value(json_object_get(input, "datatype"));

	return datatype && strcmp(datatype, "BYTES") == 0;
}

// Files behind the JSON, each after its length.
static int bytes_input(struct cay_decoder *d, const struct cay_port *port, const json_t *size,
		       const json_t *shape, struct cay_tensor *t, struct cay_err *err)
{
	const json_int_t bytes = json_is_integer(size) ? json_integer_value(size) : -1;
	struct cay_shape given;
	struct cay_file *files;
	size_t count, elements;

	if (bytes < 0 || (uint64_t)bytes > d->binary_left)
		return cay_fail(err, CAY_EBAD,
				"input '%s': BYTES are pictures that follow the JSON, "
				"binary_data_size of them; %zu bytes do",
				port->name, d->binary_left);
	if (!shape)
		return cay_fail(err, CAY_EBAD, "input '%s' has no shape", port->name);
	if (cay_json_shape(shape, &given, err) < 0 || cay_shape_count(&given, &count, err) < 0 ||
	    cay_pictures_split(d->binary, (size_t)bytes, count, &d->query.arena, &files, err) < 0)
		return cay_wrap(err, "input '%s'", port->name);
	d->binary += bytes;
	d->binary_left -= (size_t)bytes;
	return cay_pictures_shape(d->info, port, count, &t->shape, err) < 0 ||
			       cay_decoder_check_shape(d, port, &t->shape, &elements, err) < 0 ||
			       cay_decoder_pictures(d, port, files, count, t, err) < 0
		       ? -1
		       : 0;
}

static int text_input(struct cay_decoder *d, const struct cay_port *port, const json_t *input,
		      struct cay_tensor *t, struct cay_err *err)
{
	const json_t *shape = json_object_get(input, "shape");
	struct cay_shape told, data, *given = shape ? &told : NULL;
	struct cay_json_span *span =
		cay_json_data_take(&d->data, json_object_get(input, "data"), err);
	size_t room;
	void *numbers;

	if (!span || (shape && cay_json_shape(shape, &told, err) < 0))
		return cay_wrap(err, "input '%s'", port->name);
	if (text_room(d, port, span, given, &room, err) < 0)
		return -1;
	numbers = cay_json_span_place(span, port->dtype, room);
	if (!numbers)
		numbers = cay_arena_raw(&d->query.arena, room * cay_dtype_size(port->dtype), err);
	t->data = numbers;
	if (!numbers || cay_json_span_read(span, port->dtype, numbers, room, &data, err) < 0)
		return cay_wrap(err, "input '%s'", port->name);
	if (text_shape(d, port, given, &data, &t->shape, err) < 0)
		return -1;
	return cay_shape_bytes(&t->shape, port->dtype, &t->size, err);
}

static int json_input(struct cay_decoder *d, const json_t *input, struct cay_err *err)
{
	const struct cay_port *port;
	const json_t *parameters, *size;
	struct cay_tensor *t;
	size_t i = 0;

	if (json_port(d, input, &i, err) < 0 || json_parameters(input, &parameters, err) < 0)
		return -1;
	port = &d->ports.inputs[i];
	t = &d->query.inputs[i];
	if (t->data)
		return cay_fail(err, CAY_EBAD, "input '%s' comes twice", port->name);
	if (!is_bytes(input) && check_datatype(port, input, err) < 0)
		return -1;
	*t = (struct cay_tensor){.name = port->name, .dtype = port->dtype};
	size = json_object_get(parameters, "binary_data_size");
	if (is_bytes(input))
		return bytes_input(d, port, size, json_object_get(input, "shape"), t, err);
	if (!size)
		return text_input(d, port, input, t, err);
	if (json_object_get(input, "data"))
		return cay_fail(err, CAY_EBAD, "input '%s' has both data and binary_data_size",
				port->name);
	return binary_input(d, port, size, json_object_get(input, "shape"), t, err);
}

static int json_inputs(struct cay_decoder *d, const json_t *root, struct cay_err *err)
{
	const json_t *inputs = json_object_get(root, "inputs");

	if (json_object_get(root, "data") && !inputs)
		return json_input(d, root, err); // the short form is an input by itself
	if (!json_is_array(inputs))
		return cay_fail(err, CAY_EBAD,
				"neither \"inputs\": [...] nor \"data\": [...] is there");
	for (size_t i = 0; i < json_array_size(inputs); i++)
		if (json_input(d, json_array_get(inputs, i), err) < 0)
			return -1;
	return 0;
}

// What an output's parameters ask for.
static int output_form(const struct cay_decoder *d, const json_t *output,
		       struct cay_query_output *ret, struct cay_err *err)
{
	const json_t *parameters, *binary, *classes;
	json_int_t count;

	if (json_parameters(output, &parameters, err) < 0)
		return -1;
	binary = json_object_get(parameters, "binary_data");
	classes = json_object_get(parameters, "classification");
	count = json_integer_value(classes);
	if (binary && !json_is_boolean(binary))
		return cay_fail(err, CAY_EBAD, "binary_data is neither true nor false");
	if (classes && (!json_is_integer(classes) || count < 0 || count > CAY_MAX_TOP))
		return cay_fail(err, CAY_EBAD, "classification is not in 0 to %d", CAY_MAX_TOP);
	ret->binary = binary ? json_is_true(binary) : d->binary_outputs;
	ret->classes = (size_t)count;
	return 0;
}

static int json_output(struct cay_decoder *d, const json_t *output, struct cay_err *err)
{
	const json_t *name = json_object_get(output, "name");
	struct cay_query_output *wanted;
	size_t i;

	if (!json_is_string(name))
		return cay_fail(err, CAY_EBAD, "an output has no name");
	i = find_port(d->ports.outputs, d->ports.output_count, json_string_value(name));
	if (i == d->ports.output_count)
		return cay_decoder_fail_names(CAY_EMODEL, d->ports.outputs, d->ports.output_count,
					      err, "unknown output '%.64s'",
					      json_string_value(name));
	for (size_t n = 0; n < d->query.output_count; n++)
		if (d->query.outputs[n].index == i)
			return cay_fail(err, CAY_EBAD, "output '%s' is asked for twice",
					d->ports.outputs[i].name);
	wanted = &d->query.outputs[d->query.output_count++];
	wanted->index = i;
	return output_form(d, output, wanted, err);
}

// "timeout": microseconds. The daemon's own deadline stays the longest.
static int json_timeout(struct cay_decoder *d, const json_t *timeout, struct cay_err *err)
{
	const json_int_t wanted = json_integer_value(timeout);
	uint64_t deadline;

	if (!timeout)
		return 0;
	if (!json_is_integer(timeout) || wanted < 0 || wanted > MAX_TIMEOUT)
		return cay_fail(err, CAY_EBAD, "timeout is not in 0 to %d microseconds",
				MAX_TIMEOUT);
	deadline = d->req->received + (uint64_t)wanted * (CAY_SECOND / 1000000);
	if (wanted > 0 && deadline < d->query.deadline)
		d->query.deadline = deadline;
	return 0;
}

// "parameters" of the request itself.
static int json_request_parameters(struct cay_decoder *d, const json_t *root, struct cay_err *err)
{
	const json_t *parameters, *binary;

	if (json_parameters(root, &parameters, err) < 0)
		return -1;
	binary = json_object_get(parameters, "binary_data_output");
	if (binary && !json_is_boolean(binary))
		return cay_fail(err, CAY_EBAD, "binary_data_output is neither true nor false");
	d->binary_outputs = json_is_true(binary);
	return json_timeout(d, json_object_get(parameters, "timeout"), err);
}

static int json_rest(struct cay_decoder *d, const json_t *root, struct cay_err *err)
{
	const json_t *id = json_object_get(root, "id"), *outputs = json_object_get(root, "outputs");

	if (id && !json_is_string(id))
		return cay_fail(err, CAY_EBAD, "id is not a string");
	if (id && !(d->query.id = cay_arena_strdup(&d->query.arena, json_string_value(id), err)))
		return -1;
	if (outputs && !json_is_array(outputs))
		return cay_fail(err, CAY_EBAD, "outputs is not a list");
	for (size_t i = 0; i < json_array_size(outputs); i++)
		if (json_output(d, json_array_get(outputs, i), err) < 0)
			return -1;
	return cay_json_data_check(&d->data, err);
}

// What has the numbers of tensors in it is not kept: it will not come again.
static json_t *parse_or_find(struct cay_decoder *d, const char *text, size_t len,
			     struct cay_err *err)
{
	json_t *root = cay_json_memo_find(d->memo, text, len);

	if (root)
		return root;
	root = cay_json_parse(text, len, d->conf->json_depth, &d->data, err);
	if (root && d->data.count == 0)
		cay_json_memo_keep(d->memo, text, len, root);
	return root;
}

int cay_decoder_json(struct cay_decoder *d, const char *text, size_t len, struct cay_err *err)
{
	json_t *root = parse_or_find(d, text, len, err);
	int result;

	if (!root)
		return -1;
	if (json_is_object(root)) // its deadline is that of decoding, too
		result = json_request_parameters(d, root, err) < 0 || json_inputs(d, root, err) < 0
				 ? -1
				 : json_rest(d, root, err);
	else
		result = cay_fail(err, CAY_EBAD, "the JSON is not an object");
	json_decref(root);
	return result;
}
