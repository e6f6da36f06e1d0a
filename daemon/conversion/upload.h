// The body of POST /convert on its way to a job's directory (see conversion.h).
#ifndef CAY_DAEMON_CONVERSION_UPLOAD_H
#define CAY_DAEMON_CONVERSION_UPLOAD_H

#include "daemon/http/router.h"

extern const struct cay_body_ops cay_upload_ops;

// Completes what was uploaded and makes a job of it; req->upload is NULL then.
int cay_upload_submit(struct cay_request *req, const char *name, char ret_id[],
		      struct cay_err *err);

#endif
