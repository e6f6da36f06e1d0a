// What a request asks of a model: tensors out of the body, whatever form it has.
#include "daemon/inference/query.h"
#include "common/size.h"
#include "daemon/inference/decoder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TOP 3

// --- raw bytes -----------------------------------------------------------------------------------

// The body is the only input's elements, little-endian.
static int decode_raw(struct cay_decoder *d, struct cay_err *err)
{
	const char *argument = cay_request_argument(d->req, "shape");
	const struct cay_port *port = d->ports.inputs;
	struct cay_tensor *t = d->query.inputs;
	struct cay_shape given = {0};
	size_t size;

	if (d->ports.input_count != 1)
		return cay_decoder_fail_names(CAY_EBAD, d->ports.inputs, d->ports.input_count, err,
					      "raw bytes are for models with one input");
	if (argument && (cay_shape_parse(argument, &given, err) < 0 || !cay_shape_is_fixed(&given)))
		return cay_fail(err, CAY_EBAD, "shape=%.64s is not like 1x3x224x224", argument);
	size = cay_dtype_size(port->dtype);
	if (d->req->body.len % size != 0)
		return cay_fail(err, CAY_EBAD, "%zu bytes are not a whole number of %s",
				d->req->body.len, cay_dtype_name(port->dtype));
	*t = (struct cay_tensor){.name = port->name,
				 .dtype = port->dtype,
				 .data = d->req->body.data,
				 .size = d->req->body.len};
	return cay_decoder_flat_shape(d, port, argument ? &given : NULL, t->size / size, &t->shape,
				      err);
}

// The body is a picture.
static int decode_picture(struct cay_decoder *d, struct cay_err *err)
{
	const struct cay_file file = {d->req->body.data, d->req->body.len};
	const struct cay_port *port = d->ports.inputs;
	struct cay_tensor *t = d->query.inputs;
	size_t elements;

	if (d->ports.input_count != 1)
		return cay_decoder_fail_names(CAY_EBAD, d->ports.inputs, d->ports.input_count, err,
					      "a picture alone is for models with one input");
	*t = (struct cay_tensor){.name = port->name, .dtype = port->dtype};
	if (cay_pictures_shape(d->info, port, 1, &t->shape, err) < 0 ||
	    cay_decoder_check_shape(d, port, &t->shape, &elements, err) < 0)
		return -1;
	return cay_decoder_pictures(d, port, &file, 1, t, err);
}

// --- JSON, alone and with the bytes of tensors behind it -----------------------------------------

static int decode_json(struct cay_decoder *d, struct cay_err *err)
{
	d->data.ahead = d->req->ahead;
	return cay_decoder_json(d, (const char *)d->req->body.data, d->req->body.len, err);
}

static int decode_binary(struct cay_decoder *d, struct cay_err *err)
{
	const char *length = d->req->json_length;
	const struct cay_body *body = &d->req->body;
	unsigned long long size;
	char *text;

	size = *length >= '0' && *length <= '9' ? strtoull(length, NULL, 10) : ULLONG_MAX;
	if (length[strspn(length, "0123456789")] || size > body->len)
		return cay_fail(err, CAY_EBAD,
				"Inference-Header-Content-Length is not a number of bytes of the "
				"body, which has %zu",
				body->len);
	if (size == 0) // the body is the tensor alone, or a picture
		return cay_request_is(d->req, "image/jpeg") || cay_request_is(d->req, "image/png")
			       ? decode_picture(d, err)
			       : decode_raw(d, err);
	// The tree and the numbers are read out of a copy that ends where the JSON does.
	text = cay_arena_strndup(&d->query.arena, (const char *)body->data, (size_t)size, err);
	d->binary = body->data + size;
	d->binary_left = body->len - (size_t)size;
	if (!text || cay_decoder_json(d, text, (size_t)size, err) < 0)
		return -1;
	if (d->binary_left)
		return cay_fail(err, CAY_EBAD, "%zu bytes follow that belong to no input",
				d->binary_left);
	return 0;
}

// --- the forms of a body -------------------------------------------------------------------------

static const struct form {
	const char *type;
	int (*decode)(struct cay_decoder *d, struct cay_err *err);
} forms[] = {
	{"application/json", decode_json},
	{"application/octet-stream", decode_raw},
	{"image/jpeg", decode_picture},
	{"image/png", decode_picture},
};
static const struct form picture_form = {"image/*", decode_picture};

// By the type; or, as a bare `curl -d` gives none that means anything, by the first bytes.
static const struct form *find_form(const struct cay_request *req)
{
	const char *text = (const char *)req->body.data;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(forms); i++)
		if (cay_request_is(req, forms[i].type))
			return &forms[i];
	if (req->content_type && !cay_request_is(req, "application/x-www-form-urlencoded"))
		return NULL;
	if (cay_picture_type(req->body.data, req->body.len))
		return &picture_form;
	return text[strspn(text, " \t\r\n")] == '{' ? &forms[0] : NULL;
}

static int decode_body(struct cay_decoder *d, struct cay_err *err)
{
	const struct form *form;

	if (d->req->body.len == 0)
		return cay_fail(err, CAY_EBAD, "the body is empty");
	if (d->req->json_length)
		return decode_binary(d, err);
	form = find_form(d->req);
	if (!form && cay_picture_foreign(d->req->body.data, d->req->body.len))
		form = &picture_form; // which says what it is
	if (!form)
		return cay_fail(err, CAY_EMEDIA,
				"send the body itself, with Content-Type application/json, "
				"application/octet-stream, image/jpeg or image/png");
	return form->decode(d, err);
}

static int decode_top(struct cay_decoder *d, struct cay_err *err)
{
	const char *text = cay_request_argument(d->req, "k");
	unsigned long top = DEFAULT_TOP;
	char *end = NULL;

	if (text)
		top = strtoul(text, &end, 10);
	if (text && (*text < '0' || *text > '9' || *end || top > CAY_MAX_TOP))
		return cay_fail(err, CAY_EBAD, "k=%.64s is not in 0 to %d", text, CAY_MAX_TOP);
	d->query.top = top;
	return 0;
}

static int check_all_there(const struct cay_decoder *d, struct cay_err *err)
{
	for (size_t i = 0; i < d->ports.input_count; i++)
		if (!d->query.inputs[i].data)
			return cay_decoder_fail_names(
				CAY_EMODEL, d->ports.inputs, d->ports.input_count, err,
				"input '%s' is missing", d->ports.inputs[i].name);
	return 0;
}

static int decode(struct cay_decoder *d, struct cay_err *err)
{
	struct cay_query *q = &d->query;

	q->input_count = d->ports.input_count;
	q->inputs = cay_arena_array(&q->arena, d->ports.input_count, sizeof(*q->inputs), err);
	if (!q->inputs)
		return -1;
	q->outputs = cay_arena_array(&q->arena, d->ports.output_count, sizeof(*q->outputs), err);
	if (!q->outputs)
		return -1;
	if (decode_top(d, err) < 0 || decode_body(d, err) < 0 || check_all_there(d, err) < 0)
		return -1;
	if (q->output_count == 0)
		for (; q->output_count < d->ports.output_count; q->output_count++)
			q->outputs[q->output_count] =
				(struct cay_query_output){q->output_count, 0, d->binary_outputs};
	return 0;
}

int cay_query_decode(struct cay_query *ret, const struct cay_request *req,
		     const struct cay_ports *ports, const struct cay_model_info *info,
		     const struct cay_conf *conf, struct cay_json_memo *memo, struct cay_err *err)
{
	struct cay_decoder d = {
		.req = req, .ports = *ports, .info = info, .conf = conf, .memo = memo};

	cay_arena_init(&d.query.arena, 0);
	d.query.deadline = req->deadline;
	if (decode(&d, err) < 0) {
		cay_arena_finish(&d.query.arena);
		return -1;
	}
	*ret = d.query;
	return 0;
}

void cay_query_finish(struct cay_query *query)
{
	cay_arena_finish(&query->arena);
	*query = (struct cay_query){0};
}
