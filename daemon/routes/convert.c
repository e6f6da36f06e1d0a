// POST /convert?name=NAME&compat=VERSION: a Paddle model directory to the next version of a model.
#include "daemon/conversion/jobs.h"
#include "daemon/conversion/upload.h"

#include <stdio.h>

int cay_route_convert(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	char id[CAY_JOB_ID], location[sizeof("/jobs/") + CAY_JOB_ID];

	if (cay_upload_submit(req, cay_request_argument(req, "name"), id, err) < 0)
		return -1;
	snprintf(location, sizeof(location), "/jobs/%s", id);
	cay_reply_header(&req->reply, "Location", location);
	if (cay_request_flag(req, "wait"))
		return cay_jobs_wait(app->jobs, id, true, req, err);
	req->reply.status = 202;
	return cay_jobs_describe_json(app->jobs, id, &req->reply.body, err);
}
