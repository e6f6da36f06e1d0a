// The outputs of an inference as a reply: JSON of the inference protocol, or bytes.
#ifndef CAY_DAEMON_ANSWER_H
#define CAY_DAEMON_ANSWER_H

#include "common/tensor.h"
#include "daemon/request.h"

#define CAY_MAX_TOP 100 // classes named in an answer

struct cay_answer {
	const char *model;
	unsigned version;
	const char *id; // NULL: none
	double milliseconds;
	const char **labels; // NULL: none
	size_t label_count, top;
	const struct cay_tensor *outputs;
	size_t output_count;
};

void cay_answer_json(const struct cay_answer *answer, struct cay_reply *reply);
// The bytes of all outputs, one after another.
void cay_answer_raw(const struct cay_answer *answer, struct cay_reply *reply);

#endif
