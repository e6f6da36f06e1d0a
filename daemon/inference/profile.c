// How long each op of an inference took, as a reply.
#include "daemon/inference/profile.h"

int cay_profile_json(const struct cay_answer *answer, const struct cay_session *session,
		     struct cay_reply *reply, struct cay_err *err)
{
	struct cay_buf *buf = &reply->body;

	cay_answer_put_head(answer, buf);
	cay_buf_text(buf, "},\"ops\":[");
	for (size_t i = 0; i < cay_session_step_count(session); i++) {
		const struct cay_step_info step = cay_session_step(session, i);

		cay_buf_text(buf, i ? ",\n{" : "{");
		cay_step_info_put_json(&step, buf);
		cay_buf_printf(buf, ", \"ms\": %.6f}", (double)step.nanoseconds * 1e-6);
	}
	cay_buf_text(buf, "]}\n");
	return cay_buf_check(buf, err);
}
