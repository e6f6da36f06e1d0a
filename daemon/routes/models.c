// GET /models, GET and DELETE /models/NAME.
#include "daemon/models/models.h"
#include "daemon/http/router.h"

int cay_route_models(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	cay_models_list_json(app->models, &req->reply.body);
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_model(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	if (cay_models_describe_json(app->models, req->name, &req->reply.body, err) < 0)
		return -1;
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_model_delete(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	req->reply.status = 204;
	return cay_models_remove(app->models, req->name, err);
}
