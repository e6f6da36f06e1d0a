// Notices what somebody else does in the state directory's models, and follows it.
#ifndef CAY_DAEMON_MODELS_WATCH_H
#define CAY_DAEMON_MODELS_WATCH_H

#include "daemon/models/models.h"

struct cay_watch;
// Starts a thread that calls cay_models_follow when files under STATE/models have changed and then
// stayed as they are for a moment: what is copied there file by file is looked at when it is whole.
// Borrows models. CAY_EIO where the system has no watches left.
struct cay_watch *cay_watch_new(struct cay_models *models, const struct cay_conf *conf,
				struct cay_err *err);
void cay_watch_free(struct cay_watch *watch); // waits for its thread; NULL is fine

#endif
