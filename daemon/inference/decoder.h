// A body on its way to tensors: what query.c and json_query.c share and nobody else sees.
#ifndef CAY_DAEMON_INFERENCE_DECODER_H
#define CAY_DAEMON_INFERENCE_DECODER_H

#include "daemon/inference/pictures.h"
#include "daemon/inference/query.h"
#include "daemon/json/json.h"
#include "daemon/json/memo.h"

// What is at hand while a body is decoded.
struct cay_decoder {
	const struct cay_request *req;
	const struct cay_model_info *info;
	const struct cay_conf *conf;
	struct cay_json_memo *memo;
	struct cay_ports ports;
	struct cay_json_data data;
	const uint8_t *binary; // what follows the JSON and no input has taken yet
	size_t binary_left;
	bool binary_outputs; // unless an output says otherwise
	struct cay_query query;
};

// Is the shape one that the input can have, and how many elements has it? CAY_EMODEL if not;
// CAY_ETOOLARGE over arena_limit; CAY_EBAD if it has none.
int cay_decoder_check_shape(const struct cay_decoder *d, const struct cay_port *port,
			    const struct cay_shape *shape, size_t *ret_count, struct cay_err *err);
// The shape of `elements` values that came as a flat list; given: what the request says, or NULL.
int cay_decoder_flat_shape(const struct cay_decoder *d, const struct cay_port *port,
			   const struct cay_shape *given, size_t elements, struct cay_shape *ret,
			   struct cay_err *err);
// Decodes files of pictures into t, whose shape has been checked.
int cay_decoder_pictures(struct cay_decoder *d, const struct cay_port *port,
			 const struct cay_file *files, size_t count, struct cay_tensor *t,
			 struct cay_err *err);
// Fails with a message that ends in the names of the ports. Returns -1.
int cay_decoder_fail_names(enum cay_code code, const struct cay_port *ports, size_t count,
			   struct cay_err *err, const char *fmt, ...) CAY_PRINTF(5, 6);

// Decodes the inference protocol's JSON: inputs, outputs and parameters into d->query. What it
// takes of d->binary it steps over. text[len] must be NUL. json_query.c
int cay_decoder_json(struct cay_decoder *d, const char *text, size_t len, struct cay_err *err);

#endif
