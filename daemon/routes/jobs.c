// GET /jobs, GET and DELETE /jobs/ID, GET /jobs/ID/events: what conversions do, and an end to them.
#include "daemon/conversion/jobs.h"
#include "daemon/http/router.h"

int cay_route_jobs(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	cay_jobs_list_json(app->jobs, &req->reply.body);
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_job(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_jobs_describe_json(app->jobs, req->name, &req->reply.body, err);
}

int cay_route_job_events(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	bool server_sent_events = cay_request_accepts(req, "text/event-stream");

	req->reply.content_type = server_sent_events ? "text/event-stream" : "application/x-ndjson";
	cay_reply_header(&req->reply, "Cache-Control", "no-store");
	cay_reply_header(&req->reply, "X-Accel-Buffering", "no"); // a proxy passes each line on
	return cay_jobs_watch(app->jobs, req->name, server_sent_events, req, err);
}

// The answer comes when the job has ended and its files are gone.
int cay_route_job_delete(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	if (cay_jobs_cancel(app->jobs, req->name, err) < 0)
		return -1;
	return cay_jobs_wait(app->jobs, req->name, false, req, err);
}
