// POST /v2/repository/models/NAME/load and /unload.
#include "daemon/json/json.h"
#include "common/size.h"
#include "daemon/conf.h"
#include "daemon/models/models.h"
#include "daemon/routes/change.h"

#include <string.h>

// What "parameters" may have. Nothing that comes with a request is passed over.
struct parameters {
	json_t *root;	    // NULL: the body is empty
	const char *config; // the text of a model.json; borrowed from root; NULL: none
	size_t config_size;
};

static int read_parameter(struct parameters *ret, const char *key, const json_t *value,
			  struct cay_err *err)
{
	if (strcmp(key, "unload_dependents") == 0) // there are none
		return 0;
	if (strncmp(key, "file:", 5) == 0)
		return cay_fail(err, CAY_EBAD,
				"files are not taken here: PUT /models/NAME takes the .nb, "
				"/models/NAME/model.json and /models/NAME/labels.txt the rest");
	if (strcmp(key, "config") != 0)
		return cay_fail(err, CAY_EBAD, "parameter '%.64s' is not known", key);
	if (!json_is_string(value))
		return cay_fail(err, CAY_EBAD, "config is not a string of JSON");
	ret->config = json_string_value(value);
	ret->config_size = json_string_length(value);
	return 0;
}

static int read_root(struct parameters *ret, struct cay_err *err)
{
	json_t *parameters = json_object_get(ret->root, "parameters"), *value;
	const char *key;

	if (!json_is_object(ret->root) || (parameters && !json_is_object(parameters)))
		return cay_fail(err, CAY_EBAD, "want nothing, or {\"parameters\": {...}}");
	json_object_foreach(parameters, key,
			    value) if (read_parameter(ret, key, value, err) < 0) return -1;
	return 0;
}

// The caller drops ret->root, whatever comes.
static int read_parameters(struct parameters *ret, const struct cay_app *app,
			   const struct cay_body *body, struct cay_err *err)
{
	*ret = (struct parameters){0};
	if (body->len == 0)
		return 0;
	ret->root = cay_json_parse((const char *)body->data, body->len, app->conf->json_depth, NULL,
				   err);
	return ret->root ? read_root(ret, err) : -1;
}

// On the disk a model.json may have notes of its owner; who sends another server's configuration
// is told that it means nothing here.
static int check_config(const struct parameters *p, const struct cay_app *app, struct cay_err *err)
{
	static const char *const known[] = {"description", "inputs", "preprocess", "instances",
					    "threads",	   "queue",  "warmup"};
	json_t *root = cay_json_parse(p->config, p->config_size, app->conf->json_depth, NULL, err),
	       *value;
	const char *key;
	int result = root ? 0 : cay_wrap(err, "config");

	json_object_foreach(root, key, value)
	{
		size_t i = 0;

		while (i < CAY_ARRAY_SIZE(known) && strcmp(key, known[i]) != 0)
			i++;
		if (i == CAY_ARRAY_SIZE(known) && result == 0)
			result = cay_fail(
				err, CAY_EBAD,
				"config is a model.json, where '%.64s' is not known: inputs, "
				"preprocess, instances, threads, queue and warmup are",
				key);
	}
	json_decref(root);
	return result;
}

// With a configuration that is not the model's already it is the model's next version.
static int load_configured(struct cay_app *app, const char *name, const struct parameters *p,
			   struct cay_err *err)
{
	const struct cay_model_files files = {.json = p->config, .json_size = p->config_size};
	struct cay_buf now = {0};
	struct cay_err none;
	unsigned version;
	bool same;

	if (check_config(p, app, err) < 0)
		return -1;
	same = cay_models_text(app->models, name, "model.json", &now, &none) == 0 &&
	       now.len == p->config_size && memcmp(now.data, p->config, now.len) == 0;
	cay_buf_finish(&now);
	return same ? cay_models_load(app->models, name, err)
		    : cay_models_edit(app->models, name, &files, &version, err);
}

static int answer(struct cay_request *req, int result, struct cay_err *err)
{
	if (result < 0)
		return -1;
	cay_buf_text(&req->reply.body, "{}\n");
	return cay_buf_check(&req->reply.body, err);
}

static int load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct parameters p;
	int result = read_parameters(&p, app, &req->body, err);

	if (result == 0)
		result = p.config ? load_configured(app, req->name, &p, err)
				  : cay_models_load(app->models, req->name, err);
	json_decref(p.root);
	return answer(req, result, err);
}

static int unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct parameters p;
	int result = read_parameters(&p, app, &req->body, err);

	if (result == 0)
		result = p.config ? cay_fail(err, CAY_EBAD, "config belongs to a load")
				  : cay_models_unload(app->models, req->name, err);
	json_decref(p.root);
	return answer(req, result, err);
}

int cay_route_v2_load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_change_start(app, req, load, err);
}

int cay_route_v2_unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	return cay_change_start(app, req, unload, err);
}
