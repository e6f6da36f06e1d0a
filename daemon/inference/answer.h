// The outputs of an inference as a reply: JSON of the inference protocol, or bytes.
#ifndef CAY_DAEMON_INFERENCE_ANSWER_H
#define CAY_DAEMON_INFERENCE_ANSWER_H

#include "common/tensor.h"
#include "daemon/inference/query.h"

struct cay_answer {
	const char *model;
	unsigned version;
	const char *id; // NULL: none
	double milliseconds;
	const char **labels; // NULL: none
	size_t label_count, top;
	const struct cay_tensor *outputs;
	const struct cay_query_output *forms; // of the outputs, one each
	size_t output_count;
};

// With outputs that are asked for as bytes: those behind the JSON, and its length in a header.
int cay_answer_json(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err);
// The bytes of all outputs, one after another.
int cay_answer_raw(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err);
// How every answer in JSON begins, up to the inside of "parameters".
void cay_answer_put_head(const struct cay_answer *answer, struct cay_buf *buf);

#endif
