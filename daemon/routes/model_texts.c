// GET and PUT /models/NAME/model.json and labels.txt: what a user says about a model.
#include "daemon/models/models.h"
#include "daemon/routes/change.h"

static int edit(struct cay_app *app, struct cay_request *req, const struct cay_model_files *files,
		struct cay_err *err)
{
	unsigned version;

	if (cay_models_edit(app->models, req->name, files, &version, err) < 0 ||
	    cay_models_describe_json(app->models, req->name, &req->reply.body, err) < 0)
		return -1;
	return cay_buf_check(&req->reply.body, err);
}

static int edit_json(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct cay_model_files files = {.json = (const char *)req->body.data,
					      .json_size = req->body.len};

	return edit(app, req, &files, err);
}

static int edit_labels(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	const struct cay_model_files files = {.labels = (const char *)req->body.data,
					      .labels_size = req->body.len};

	return edit(app, req, &files, err);
}

int cay_route_model_json(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_models_text(app->models, req->name, "model.json", &req->reply.body, err);
}

int cay_route_model_labels(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	req->reply.content_type = "text/plain; charset=utf-8";
	return cay_models_text(app->models, req->name, "labels.txt", &req->reply.body, err);
}

int cay_route_model_json_put(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_change_start(app, req, edit_json, err);
}

int cay_route_model_labels_put(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_change_start(app, req, edit_labels, err);
}
