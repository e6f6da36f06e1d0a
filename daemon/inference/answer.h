// An inference as a reply: its outputs as the protocol's JSON or as bytes, or its profile.
#ifndef CAY_DAEMON_INFERENCE_ANSWER_H
#define CAY_DAEMON_INFERENCE_ANSWER_H

#include "common/tensor.h"
#include "daemon/inference/query.h"
#include "engine/session.h"

struct cay_answer {
	const char *model;
	unsigned version;
	const char *id;	      // NULL: none
	uint64_t nanoseconds; // that the inference took
	const char **labels;  // NULL: none
	size_t label_count, top;
	const struct cay_tensor *outputs;
	const struct cay_query_output *forms; // of the outputs, one each
	size_t output_count;
};

// With outputs that are asked for as bytes: those behind the JSON, and its length in a header.
int cay_answer_json(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err);
// The bytes of all outputs, one after another.
int cay_answer_raw(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err);
// Instead of outputs the steps of the last run of the session, which was profiled: as
// `cayuco bench --json` has them, in their order, with the milliseconds of each.
int cay_answer_profile(const struct cay_answer *answer, const struct cay_session *session,
		       struct cay_reply *reply, struct cay_err *err);

#endif
