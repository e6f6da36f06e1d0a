// GET /v2/health/live, /v2/health/ready and /openapi.json.
#include "daemon/http/router.h"

int cay_route_live(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	cay_buf_text(&req->reply.body, "{\"live\":true}\n");
	return cay_buf_check(&req->reply.body, err);
}

// Models are loaded before the first connection is accepted; what is not ready is a daemon that
// ends.
int cay_route_ready(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	if (atomic_load(&app->stopping))
		return cay_fail(err, CAY_EBUSY, "the daemon is stopping");
	cay_buf_text(&req->reply.body, "{\"ready\":true}\n");
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_openapi(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	cay_buf_text(&req->reply.body, cay_openapi_json);
	return cay_buf_check(&req->reply.body, err);
}
