// POST /v2/repository/models/NAME/load and /unload.
#include "daemon/http/router.h"
#include "daemon/json/json.h"
#include "daemon/conf.h"
#include "daemon/models/models.h"
#include "daemon/worker.h"

#include <stdlib.h>

typedef int change_fn(struct cay_models *models, const char *name, struct cay_err *err);

// A change on its way through a thread of its own: loading takes longer than HTTP may wait.
struct change {
	struct cay_models *models;
	struct cay_request *req;
	change_fn *run;
};

static void *run_change(void *context)
{
	struct change change = *(struct change *)context;
	struct cay_err err = {0};
	int result;

	free(context);
	result = change.run(change.models, change.req->name, &err);
	if (result == 0) {
		cay_log(CAY_LOG_INFO, "%s: the repository has changed", change.req->name);
		cay_buf_text(&change.req->reply.body, "{}\n");
		result = cay_buf_check(&change.req->reply.body, &err);
	}
	change.req->finish(change.req, result < 0 ? &err : NULL);
	return NULL;
}

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
			       "POST /convert");
}

static int change(struct cay_app *app, struct cay_request *req, change_fn *run, struct cay_err *err)
{
	struct change *change;

	if (check_parameters(app, &req->body, err) < 0)
		return -1;
	change = malloc(sizeof(*change));
	if (!change)
		return cay_fail_memory(err);
	*change = (struct change){app->models, req, run};
	if (cay_thread_start(run_change, change, err) < 0) {
		free(change);
		return -1;
	}
	return CAY_LATER;
}

int cay_route_v2_load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return change(app, req, cay_models_load, err);
}

int cay_route_v2_unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return change(app, req, cay_models_unload, err);
}
