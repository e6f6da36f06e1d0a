// The Open Inference Protocol's routes: /v2 and what is below it.
#include "daemon/conf.h"
#include "daemon/json/json.h"
#include "daemon/models/models.h"
#include "daemon/http/router.h"

int cay_route_v2_server(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	(void)app;
	cay_buf_text(&req->reply.body,
		     "{\"name\":\"cayuco\",\"version\":\"" CAY_VERSION "\",\"extensions\":["
		     "\"binary_tensor_data\",\"classification\",\"model_configuration\","
		     "\"model_repository\","
		     "\"statistics\"]}\n");
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_v2_model(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_models_view_json(app->models, CAY_VIEW_METADATA, req->name, req->version,
				    &req->reply.body, err);
}

int cay_route_v2_config(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_models_view_json(app->models, CAY_VIEW_CONFIGURATION, req->name, req->version,
				    &req->reply.body, err);
}

int cay_route_v2_ready(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	if (cay_models_ready(app->models, req->name, req->version, err) < 0)
		return -1;
	cay_buf_text(&req->reply.body, "{\"name\":");
	cay_buf_json_string(&req->reply.body, req->name);
	cay_buf_text(&req->reply.body, ",\"ready\":true}\n");
	return cay_buf_check(&req->reply.body, err);
}

int cay_route_v2_infer(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_models_submit(app->models, req->name, req->version, req, err) < 0 ? -1
										     : CAY_LATER;
}

int cay_route_v2_stats(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_models_statistics_json(app->models, req->name, req->version, &req->reply.body,
					  err);
}

// The body is empty, or {"ready": true}.
int cay_route_v2_index(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct cay_body *body = &req->body;
	json_t *root;
	const json_t *ready;
	bool fits;

	if (body->len == 0) {
		cay_models_index_json(app->models, false, &req->reply.body);
		return cay_buf_check(&req->reply.body, err);
	}
	root = cay_json_parse((const char *)body->data, body->len, app->conf->json_depth, NULL,
			      err);
	if (!root)
		return -1;
	ready = json_object_get(root, "ready");
	fits = json_is_object(root) && (!ready || json_is_boolean(ready));
	if (fits)
		cay_models_index_json(app->models, json_is_true(ready), &req->reply.body);
	json_decref(root);
	return fits ? cay_buf_check(&req->reply.body, err)
		    : cay_fail(err, CAY_EBAD, "want nothing, or {\"ready\": true}");
}
