// cayuco ls, load and unload: the models of a daemon.
#include "cli/client/models.h"
#include "cli/client/table.h"
#include "cli/options.h"
#include "common/size.h"

// "FP32 ?x1x32x32", several with commas.
static void describe_inputs(const json_t *inputs, struct cay_buf *out)
{
	const json_t *input, *dim;
	size_t i, k;

	json_array_foreach(inputs, i, input)
	{
		cay_buf_printf(out, "%s%s ", i ? ", " : "", cay_answer_text(input, "datatype"));
		json_array_foreach(json_object_get(input, "shape"), k, dim)
		{
			if (json_integer_value(dim) < 0)
				cay_buf_text(out, k ? "x?" : "?");
			else
				cay_buf_printf(out, "%s%lld", k ? "x" : "",
					       (long long)json_integer_value(dim));
		}
	}
}

// What is said of a model that is in service, or why it is not.
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

	for (i = 0; i < CAY_ARRAY_SIZE(head); i++)
		cay_table_text(&table, head[i]);
	json_array_foreach(json_object_get(models, "models"), i, model)
	{
		put_model(&table, model);
	}
	cay_table_end(&table, out);
}

static int list(struct cay_client *client, bool json)
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

int cay_ls_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct cay_client *client = NULL;
	bool json = false;
	const struct cay_option options[] = {
		{"json", 0, CAY_OPTION_SWITCH, &json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_syntax syntax = {
		.command = "ls",
		.about = "Lists the models of a daemon.",
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	status = cay_client_open(&args, &client);
	if (status == CAY_EXIT_DONE)
		status = list(client, json);
	cay_client_free(client);
	return status;
}

// POST /v2/repository/models/NAME/VERB.
static int change(struct cay_client *client, const char *name, const char *verb)
{
	struct cay_buf path = {0}, out = {0};
	struct cay_answer answer = {0};
	struct cay_err err;
	struct cay_call call = {
		.method = "POST",
		.headers = {"Content-Type: application/json"},
		.body = "{}",
		.size = 2,
	};
	int status;

	cay_buf_text(&path, "/v2/repository/models/");
	cay_client_encode(&path, name);
	cay_buf_printf(&path, "/%s", verb);
	call.path = cay_buf_cstr(&path);
	if (cay_client_call(client, &call, &answer, &err) < 0) {
		status = cay_client_fail(client, name, &err);
	} else {
		cay_buf_printf(&out, "%s: %sed\n", name, verb);
		status = cay_print_stdout(&out);
	}
	cay_answer_finish(&answer);
	cay_buf_finish(&path);
	return status;
}

static int change_main(int argc, char **argv, const char *verb, const char *about)
{
	struct cay_client_args args = {0};
	struct cay_client *client = NULL;
	char *name = NULL;
	const struct cay_option options[] = {CAY_CLIENT_OPTIONS(&args)};
	const struct cay_argument argument = {"NAME", &name};
	const struct cay_syntax syntax = {
		.command = verb,
		.about = about,
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	status = cay_client_open(&args, &client);
	if (status == CAY_EXIT_DONE)
		status = change(client, name, verb);
	cay_client_free(client);
	return status;
}

int cay_load_main(int argc, char **argv)
{
	return change_main(argc, argv, "load",
			   "Puts a model of a daemon's state directory into service, or its newest "
			   "version.");
}

int cay_unload_main(int argc, char **argv)
{
	return change_main(argc, argv, "unload",
			   "Takes a model of a daemon out of service; its files stay.");
}
