// Fuzz target: the body of an inference, its first byte says to which model and in which form; what
// is taken is whole tensors that fit the model.
#include "daemon/inference/query.h"
#include "common/size.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cay_port one[] = {{"x", CAY_DTYPE_F32, {2, {-1, 3}}, false}},
			     two[] = {{"a", CAY_DTYPE_F32, {3, {-1, 2, -1}}, false},
				      {"b", CAY_DTYPE_I64, {1, {2}}, false}},
			     picture[] = {{"p", CAY_DTYPE_U8, {4, {-1, 3, 4, 5}}, false}},
			     outputs[] = {{"y", CAY_DTYPE_F32, {2, {-1, 10}}, false},
					  {"z", CAY_DTYPE_F32, {1, {1}}, false}};

static const struct {
	const struct cay_port *inputs;
	size_t count;
} models[] = {{one, 1}, {two, 2}, {picture, 1}, {one, 0}};

static const char *const types[] = {
	"application/json",
	"application/octet-stream",
	"image/png",
	NULL,
};

static unsigned char sum; // of all bytes that are taken: each must be readable

static void check_input(const struct cay_tensor *t, const struct cay_port *port)
{
	const unsigned char *data = t->data;
	struct cay_err err;
	size_t size;

	if (t->dtype != port->dtype || !cay_port_takes(port, &t->shape) ||
	    cay_shape_bytes(&t->shape, t->dtype, &size, &err) < 0 || size != t->size)
		abort();
	for (size_t i = 0; i < size; i++)
		sum ^= data[i];
}

static void check(const struct cay_query *query, const struct cay_ports *ports)
{
	if (query->input_count != ports->input_count)
		abort();
	for (size_t i = 0; i < query->input_count; i++)
		check_input(&query->inputs[i], &ports->inputs[i]);
	for (size_t i = 0; i < query->output_count; i++)
		if (query->outputs[i].index >= ports->output_count)
			abort();
}

// Two requests of the same body: the second finds what was remembered of the first.
static void ask(const struct cay_request *req, const struct cay_ports *ports)
{
	const struct cay_conf conf = {
		.json_depth = 32, .arena_limit = 1 << 20, .picture_pixels = 1 << 16};
	struct cay_model_info info = {0};
	struct cay_json_memo memo;
	struct cay_query query;
	struct cay_err err[2] = {{0}};

	cay_json_memo_init(&memo);
	for (int i = 0; i < 2; i++) {
		if (cay_query_decode(&query, req, ports, &info, &conf, &memo, &err[i]) == 0) {
			check(&query, ports);
			cay_query_finish(&query);
		} else if (!*err[i].msg || cay_reply_status(err[i].code) >= 500) {
			abort();
		}
	}
	if (err[0].code != err[1].code || strcmp(err[0].msg, err[1].msg) != 0)
		abort();
	cay_json_memo_finish(&memo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const unsigned way = len > 2 ? data[0] : 0;
	const struct cay_ports ports = {models[way & 3].inputs, outputs, models[way & 3].count, 2};
	struct cay_request req = {.content_type = types[way >> 2 & 3]};
	char json_length[24];
	uint8_t *body;

	if (len < 3)
		return 0;
	body = malloc(len - 3 + 1); // and the NUL that follows every body
	if (!body)
		return 0;
	memcpy(body, data + 3, len - 3);
	body[len - 3] = '\0';
	req.body = (struct cay_body){body, len - 3};
	snprintf(json_length, sizeof(json_length), "%d", data[1] | data[2] << 8);
	if (way & 16)
		req.json_length = json_length;
	if (way & 32)
		req.arguments[req.argument_count++] = (struct cay_argument){"shape", "2x3"};
	ask(&req, &ports);
	free(body);
	return 0;
}
