// How long each op of an inference took, as a reply.
#ifndef CAY_DAEMON_INFERENCE_PROFILE_H
#define CAY_DAEMON_INFERENCE_PROFILE_H

#include "daemon/inference/answer.h"
#include "engine/session.h"

// Instead of the answer's outputs the steps of the last run of the session, which was profiled: as
// `cayuco bench --json` has them, in their order, with the milliseconds of each.
int cay_profile_json(const struct cay_answer *answer, const struct cay_session *session,
		     struct cay_reply *reply, struct cay_err *err);

#endif
