// POST /predict, the short way to a model, and /models/NAME/profile, where its time goes.
#include "daemon/http/router.h"
#include "daemon/models/models.h"

// What all routes that run a model do at the headers: find the model, and see if it has room.
static int admit(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const char *model = req->name ? req->name : cay_request_argument(req, "model");

	return cay_models_admit(app->models, model, req->version, req, err);
}

const struct cay_body_ops cay_inference_ops = {.begin = admit};

int cay_route_predict(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const char *model = cay_request_argument(req, "model");

	return cay_models_submit(app->models, model, NULL, req, err) < 0 ? -1 : CAY_LATER;
}

int cay_route_profile(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	req->wants_profile = true;
	return cay_models_submit(app->models, req->name, NULL, req, err) < 0 ? -1 : CAY_LATER;
}
