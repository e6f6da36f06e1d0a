// POST /v2/repository/models/NAME/load and /unload.
#include "daemon/json/json.h"
#include "common/size.h"
#include "daemon/conf.h"
#include "daemon/models/model_info.h"
#include "daemon/models/models.h"
#include "daemon/routes/change.h"

#include <string.h>

// The files of a model, on the disk and in a request.
static const char *const file_names[] = {"model.nb", "model.json", "labels.txt"};
enum { NB, JSON, LABELS, FILES };

// What "parameters" may have. Nothing that comes with a request is passed over.
struct parameters {
	json_t *root;		   // NULL: the body is empty
	struct cay_json_data data; // the files' text, in the body
	const char *config;	   // the text of a model.json; borrowed from root; NULL: none
	size_t config_size;
	struct cay_buf files[FILES];
	bool has_file[FILES];
};

static void finish_parameters(struct parameters *p)
{
	json_decref(p->root);
	for (size_t i = 0; i < FILES; i++)
		cay_buf_finish(&p->files[i]);
}

// Which file "1/model.nb" or "labels.txt" is; FILES: none. The version is not kept, but counted on.
static size_t find_file(const char *path)
{
	const size_t digits = strspn(path, "0123456789");
	size_t i = 0;

	if (digits && path[digits] == '/')
		path += digits + 1;
	while (i < FILES && strcmp(path, file_names[i]) != 0)
		i++;
	return i;
}

static int read_file(struct parameters *p, const char *key, const json_t *value,
		     struct cay_err *err)
{
	const size_t file = find_file(key + strlen("file:"));
	const struct cay_json_span *span;

	if (file == FILES)
		return cay_fail(err, CAY_EBAD,
				"'%.64s' is none of file:1/model.nb, file:1/model.json and "
				"file:1/labels.txt",
				key);
	if (p->has_file[file])
		return cay_fail(err, CAY_EBAD, "%s comes twice", file_names[file]);
	p->has_file[file] = true;
	span = cay_json_data_take(&p->data, value, err);
	if (!span)
		return cay_fail(err, CAY_EBAD, "'%.64s' is not a string of base64", key);
	if (cay_json_span_base64(span, &p->files[file], err) < 0)
		return cay_wrap(err, "'%.64s'", key);
	// Text is parsed up to its NUL.
	return cay_buf_cstr(&p->files[file]) ? 0 : cay_fail_memory(err);
}

static int read_parameter(struct parameters *p, const char *key, const json_t *value,
			  struct cay_err *err)
{
	if (strcmp(key, "unload_dependents") == 0) // there are none
		return 0;
	if (strncmp(key, "file:", 5) == 0)
		return read_file(p, key, value, err);
	if (strcmp(key, "config") != 0)
		return cay_fail(err, CAY_EBAD, "parameter '%.64s' is not known", key);
	if (!json_is_string(value))
		return cay_fail(err, CAY_EBAD, "config is not a string of JSON");
	p->config = json_string_value(value);
	p->config_size = json_string_length(value);
	return 0;
}

// Files are a whole model: without a .nb they are changes of one, which have routes of their own.
static int check_files(const struct parameters *p, struct cay_err *err)
{
	if (p->has_file[JSON] && p->config)
		return cay_fail(err, CAY_EBAD, "config and model.json are the same: send one");
	if (!p->has_file[NB] && p->has_file[JSON])
		return cay_fail(err, CAY_EBAD,
				"a model.json without model.nb: send it as config, or to "
				"PUT /models/NAME/model.json");
	if (!p->has_file[NB] && p->has_file[LABELS])
		return cay_fail(err, CAY_EBAD,
				"labels.txt without model.nb: PUT /models/NAME/labels.txt "
				"takes it");
	if (p->has_file[NB] && p->files[NB].len == 0)
		return cay_fail(err, CAY_EBAD, "model.nb is empty");
	return cay_json_data_check(&p->data, err) < 0
		       ? cay_fail(err, CAY_EBAD, "files belong into \"parameters\"")
		       : 0;
}

static int read_root(struct parameters *p, struct cay_err *err)
{
	json_t *parameters = json_object_get(p->root, "parameters"), *value;
	const char *key;

	if (!json_is_object(p->root) || (parameters && !json_is_object(parameters)))
		return cay_fail(err, CAY_EBAD, "want nothing, or {\"parameters\": {...}}");
	json_object_foreach(parameters, key, value)
	{
		if (read_parameter(p, key, value, err) < 0)
			return -1;
	}
	return check_files(p, err);
}

// The caller finishes *ret, also after a failure.
static int read_parameters(struct parameters *ret, const struct cay_app *app,
			   const struct cay_body *body, struct cay_err *err)
{
	*ret = (struct parameters){0};
	if (body->len == 0)
		return 0;
	ret->root = cay_json_parse_files((const char *)body->data, body->len, app->conf->json_depth,
					 &ret->data, err);
	return ret->root ? read_root(ret, err) : -1;
}

// On the disk a model.json may have notes of its owner; who sends another server's configuration
// is told that it means nothing here.
static int check_config(const struct parameters *p, struct cay_err *err)
{
	return cay_model_info_check_keys(p->config, p->config_size, err) < 0
		       ? cay_wrap(err, "config")
		       : 0;
}

// A configuration that differs from the model's makes the next version of the model.
static int load_configured(struct cay_app *app, const char *name, const struct parameters *p,
			   struct cay_err *err)
{
	const struct cay_model_files files = {.json = p->config, .json_size = p->config_size};
	struct cay_buf now = {0};
	struct cay_err none;
	unsigned version;
	bool same;

	if (check_config(p, err) < 0)
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

// As PUT /models/NAME does, with the rest of the model.
static int install(struct cay_app *app, const char *name, const struct parameters *p,
		   struct cay_err *err)
{
	const struct cay_buf *text = p->files;
	struct cay_model_files files = {
		.nb = text[NB].data,
		.nb_size = text[NB].len,
		.json = p->config,
		.json_size = p->config_size,
	};
	unsigned version;

	if (p->config && check_config(p, err) < 0)
		return -1;
	if (text[JSON].len) {
		files.json = (const char *)text[JSON].data;
		files.json_size = text[JSON].len;
	}
	if (text[LABELS].len) {
		files.labels = (const char *)text[LABELS].data;
		files.labels_size = text[LABELS].len;
	}
	return cay_models_install(app->models, name, &files, NULL, &version, err);
}

static int load(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct parameters p;
	int result = read_parameters(&p, app, &req->body, err);

	if (result == 0)
		result = p.has_file[NB] ? install(app, req->name, &p, err)
			 : p.config	? load_configured(app, req->name, &p, err)
					: cay_models_load(app->models, req->name, err);
	finish_parameters(&p);
	return answer(req, result, err);
}

static int unload(struct cay_app *app, struct cay_request *req, struct cay_err *err)
{
	struct parameters p;
	int result = read_parameters(&p, app, &req->body, err);

	if (result == 0)
		result = p.config || p.has_file[NB]
				 ? cay_fail(err, CAY_EBAD, "config and files belong to a load")
				 : cay_models_unload(app->models, req->name, err);
	finish_parameters(&p);
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
