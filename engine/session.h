// One arena of activations, used by one thread at a time, that runs a shared model.
#ifndef CAY_ENGINE_SESSION_H
#define CAY_ENGINE_SESSION_H

#include "engine/model.h"

struct cay_session;

// Borrows model, which must outlive the session. NULL on failure, with *err set.
struct cay_session *cay_session_new(struct cay_model *model, struct cay_err *err);
void cay_session_free(struct cay_session *session); // NULL is fine

// Gives the session threads of its own, 1 at first; the one that calls cay_session_run is among
// them. Not while a run is under way. A failure leaves it as it was.
int cay_session_set_threads(struct cay_session *session, size_t threads, struct cay_err *err);

// Runs one inference. Inputs are checked as by cay_model_match_inputs; a plan for their shapes is
// made unless the model has one. Inputs are borrowed for the call. deadline: nanoseconds of
// CLOCK_MONOTONIC, 0 for none; passing it is CAY_ETIMEOUT, also while it plans. Allocates only
// where shapes are new.
int cay_session_run(struct cay_session *session, const struct cay_tensor *in, size_t count,
		    uint64_t deadline, struct cay_err *err);
// Plans for these shapes (data is not read) and takes the memory for them, so that the first run
// is as fast as the others. progress (NULL: nobody's) is told of each op that is planned, and may
// end it.
int cay_session_prepare(struct cay_session *session, const struct cay_tensor *in, size_t count,
			uint64_t deadline, const struct cay_tracker *progress, struct cay_err *err);
// Borrowed: valid until the next run of the same session.
const struct cay_tensor *cay_session_output(const struct cay_session *session, size_t i);

// Called with what each op has computed, before the next one runs. tensor and its data are lent for
// the call; nhwc: its four dimensions are given as N C H W, its bytes lie as NHWC. scale: the real
// value of one step of an int8 tensor, 0 where it is not known. The planner's own steps and what
// only has another shape are left out. Returning -1 ends the run with *err. The
// model must keep its steps (cay_model_keep_steps).
typedef int cay_watch_fn(void *context, const struct cay_tensor *tensor, bool nhwc, float scale,
			 struct cay_err *err);
void cay_session_watch(struct cay_session *session, cay_watch_fn *watch, void *context);

// The steps of the last run, for `bench`. Times are summed over the runs since profiling began.
struct cay_step_info {
	struct cay_layer_info op; // of type "transpose" and the like for the planner's own
	struct cay_shape shape;	  // of the first output
	uint64_t nanoseconds;	  // 0 unless profiling
};
void cay_session_profile(struct cay_session *session, bool on); // resets the sums
size_t cay_session_step_count(const struct cay_session *session);
struct cay_step_info cay_session_step(const struct cay_session *session, size_t i);
// Appends the members of its op and `, "shape": [...]`.
void cay_step_info_put_json(const struct cay_step_info *step, struct cay_buf *buf);

#endif
