// cayuco ls, load, unload and remove: the models of a daemon.
#include "cli/client/models.h"
#include "cli/client/table.h"
#include "cli/options.h"
#include "common/size.h"

#include <string.h>

// "FP32 ?x1x32x32", several with commas.
static void describe_inputs(const json_t *inputs, struct cay_buf *out)
{
	char shape[CAY_SHAPE_TEXT];
	const json_t *input;
	size_t i;

	json_array_foreach(inputs, i, input)
	{
		cay_buf_printf(out, "%s%s %s", i ? ", " : "", cay_answer_text(input, "datatype"),
			       cay_answer_shape(input, shape));
	}
}

// What a model in service is like, or why it is not in service.
static void put_model(struct cay_table *table, const json_t *model)
{
	struct cay_buf about = {0};

	cay_table_text(table, cay_answer_text(model, "name"));
	cay_table_text(table, cay_answer_text(model, "version"));
	cay_table_text(table, cay_answer_text(model, "state"));
	if (json_object_get(model, "ops")) {
		cay_table_printf(table, "%lld of %lld", cay_answer_whole(model, "int8_ops"),
				 cay_answer_whole(model, "ops"));
		cay_table_printf(table, "%.2f", cay_answer_number(model, "weight_bytes") / 1e6);
	} else {
		cay_table_text(table, "");
		cay_table_text(table, "");
	}
	if (json_object_get(model, "inputs"))
		describe_inputs(json_object_get(model, "inputs"), &about);
	else
		cay_buf_text(&about, cay_answer_text(model, "reason"));
	cay_table_text(table, cay_buf_cstr(&about) ? cay_buf_cstr(&about) : "");
	cay_buf_finish(&about);
}

void cay_models_put_text(const json_t *models, struct cay_buf *out)
{
	static const char *const head[] = {"model", "version", "state", "int8 ops", "MB", "inputs"};
	struct cay_table table = {.columns = "lrlrrl"};
	const json_t *model;
	size_t i;

	if (json_array_size(json_object_get(models, "models")) == 0) {
		cay_buf_text(out, "no models: 'cayuco convert DIR --to NAME' makes one\n");
		return;
	}
	for (i = 0; i < CAY_ARRAY_SIZE(head); i++)
		cay_table_text(&table, head[i]);
	json_array_foreach(json_object_get(models, "models"), i, model)
	{
		put_model(&table, model);
	}
	cay_table_end(&table, out);
}

int cay_ls_show(struct cay_client *client, bool json)
{
	struct cay_buf out = {0};
	struct cay_err err;
	json_t *models = cay_client_get_json(client, "/models", &err);
	int status;

	if (!models)
		return cay_client_fail(client, cay_client_url(client), &err);
	if (json) {
		status = cay_answer_print(models);
	} else {
		cay_models_put_text(models, &out);
		status = cay_print_stdout(&out);
	}
	json_decref(models);
	return status;
}

// --- one model is changed ------------------------------------------------------------------------

static const struct change {
	const char *verb, *done, *about;
	const char *method, *before, *after; // the path, around the model's name
} changes[] = {
	{"load", "loaded",
	 "Puts a model of a daemon's state directory into service, or its newest version.", "POST",
	 "/v2/repository/models/", "/load"},
	{"unload", "unloaded", "Takes a model of a daemon out of service; its files stay.", "POST",
	 "/v2/repository/models/", "/unload"},
	{"remove", "removed",
	 "Takes a model of a daemon out of service, and all its versions off the disk.", "DELETE",
	 "/models/", ""},
};

static int change(struct cay_client *client, const struct change *to, const char *name)
{
	struct cay_buf path = {0}, out = {0};
	struct cay_answer answer = {0};
	struct cay_err err;
	struct cay_call call = {.method = to->method};
	int status;

	if (strcmp(to->method, "POST") == 0) {
		call.headers[0] = "Content-Type: application/json";
		call.body = "{}";
		call.size = 2;
	}
	cay_buf_text(&path, to->before);
	cay_client_encode(&path, name);
	cay_buf_text(&path, to->after);
	call.path = cay_buf_cstr(&path);
	if (cay_client_call(client, &call, &answer, &err) < 0) {
		status = cay_client_fail(client, name, &err);
	} else {
		cay_buf_printf(&out, "%s: %s\n", name, to->done);
		status = cay_print_stdout(&out);
	}
	cay_answer_finish(&answer);
	cay_buf_finish(&path);
	return status;
}

int cay_change_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct cay_client *client = NULL;
	const struct change *to = changes;
	char *name = NULL;
	const struct cay_option options[] = {CAY_CLIENT_OPTIONS(&args)};
	const struct cay_argument argument = {"NAME", &name};
	struct cay_syntax syntax = {
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status;

	while (strcmp(to->verb, argv[0]) != 0)
		to++; // client/main.c calls it for these alone
	syntax.command = to->verb;
	syntax.about = to->about;
	status = cay_options_parse(&syntax, argc, argv);
	if (status != CAY_OPTIONS_GO)
		return status;
	status = cay_client_open(&args, &client);
	if (status == CAY_EXIT_DONE)
		status = change(client, to, name);
	cay_client_free(client);
	return status;
}
