// POST /v2/repository/models/NAME/load and /unload.
#include "daemon/json/json.h"
#include "daemon/conf.h"
#include "daemon/models/models.h"
#include "daemon/routes/change.h"

// What comes with the request may be `unload_dependents`, of which there are none. A model is not
// uploaded here, and what cannot be done is not passed over.
static int check_parameters(const struct cay_app *app, const struct cay_buf *body,
			    struct cay_err *err)
{
	const json_t *parameters;
	json_t *root;
	bool fits;

	if (body->len == 0)
		return 0;
	root = cay_json_parse((const char *)body->data, body->len, app->conf->json_depth, NULL,
			      err);
	if (!root)
		return -1;
	parameters = json_object_get(root, "parameters");
	fits = json_is_object(root) &&
	       (!parameters ||
		(json_is_object(parameters) &&
		 json_object_size(parameters) ==
			 (json_object_get(parameters, "unload_dependents") != NULL)));
	json_decref(root);
	return fits ? 0
		    : cay_fail(err, CAY_EBAD,
			       "parameters that are not known here; to upload a model, see "
			       "PUT /models/NAME");
}

typedef int change_fn(struct cay_models *models, const char *name, struct cay_err *err);

static int change(struct cay_app *app, struct cay_request *req, change_fn *run, struct cay_err *err)
{
	if (run(app->models, req->name, err) < 0)
		return -1;
	cay_buf_text(&req->reply.body, "{}\n");
	return cay_buf_check(&req->reply.body, err);
}

static int load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return change(app, req, cay_models_load, err);
}

static int unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return change(app, req, cay_models_unload, err);
}

int cay_route_v2_load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return check_parameters(app, &req->body, err) < 0 ? -1
							  : cay_change_start(app, req, load, err);
}

int cay_route_v2_unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return check_parameters(app, &req->body, err) < 0 ? -1
							  : cay_change_start(app, req, unload, err);
}
