// cayuco predict: what a daemon's model says to a picture or a tensor.
#include "cli/client/client.h"
#include "cli/client/table.h"
#include "cli/client/tensor_file.h"
#include "cli/options.h"
#include "common/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct predict {
	char *model, *file, *shape;
	size_t top;
	bool json;
	struct cay_client *client;
	struct cay_tensor_file input;
};

// --- what is sent --------------------------------------------------------------------------------

// numpy computes in double precision unless it is told otherwise.
static void narrow(struct cay_tensor_file *f)
{
	const size_t count = f->bytes.len / sizeof(double);

	for (size_t i = 0; i < count; i++) {
		double wide;
		float value;

		memcpy(&wide, f->bytes.data + i * sizeof(wide), sizeof(wide));
		value = (float)wide;
		memcpy(f->bytes.data + i * sizeof(value), &value, sizeof(value));
	}
	f->bytes.len = count * sizeof(float);
	f->dtype = CAY_DTYPE_F32;
}

// Checks the type of raw bytes against the model's, which the daemon cannot: they do not tell it.
static int check_type(struct predict *p, struct cay_err *err)
{
	struct cay_buf path = {0};
	const char *wanted, *got;
	json_t *model, *inputs;
	int result = 0;

	cay_buf_text(&path, "/v2/models/");
	cay_client_encode(&path, p->model);
	model = cay_client_get_json(p->client, cay_buf_cstr(&path), err);
	cay_buf_finish(&path);
	if (!model)
		return -1;
	inputs = json_object_get(model, "inputs");
	wanted = cay_answer_text(json_array_get(inputs, 0), "datatype");
	if (p->input.dtype == CAY_DTYPE_F64 && strcmp(wanted, "FP32") == 0)
		narrow(&p->input);
	got = cay_dtype_name(p->input.dtype);
	if (json_array_size(inputs) != 1)
		result = cay_fail(err, CAY_EBAD, "the model has %zu inputs: send them as .json",
				  json_array_size(inputs));
	else if (strcmp(got, wanted) != 0)
		result =
			cay_fail(err, CAY_EBAD, "the file has %s, the model takes %s", got, wanted);
	json_decref(model);
	return result;
}

static void put_shape(const struct predict *p, struct cay_buf *path)
{
	char text[CAY_SHAPE_TEXT];

	if (p->shape || p->input.has_shape)
		cay_buf_text(path, "&shape=");
	if (p->shape)
		cay_client_encode(path, p->shape);
	else if (p->input.has_shape)
		cay_client_encode(path, cay_shape_text(&p->input.shape, text));
}

static json_t *ask(struct predict *p, struct cay_err *err)
{
	struct cay_buf path = {0};
	char type[64];
	struct cay_call call = {
		.method = "POST",
		.headers = {type},
		.body = p->input.bytes.data,
		.size = p->input.bytes.len,
	};
	json_t *root;

	snprintf(type, sizeof(type), "Content-Type: %s", p->input.content_type);
	cay_buf_text(&path, "/predict?model=");
	cay_client_encode(&path, p->model);
	cay_buf_printf(&path, "&k=%zu", p->top);
	put_shape(p, &path);
	call.path = cay_buf_cstr(&path);
	root = cay_client_call_json(p->client, &call, err);
	cay_buf_finish(&path);
	return root;
}

// --- what comes back -----------------------------------------------------------------------------

static void put_class(struct cay_table *table, const json_t *item)
{
	cay_table_printf(table, "%lld", cay_answer_whole(item, "index"));
	cay_table_text(table, cay_answer_text(item, "label"));
	cay_table_printf(table, "%.4f", cay_answer_number(item, "probability"));
}

// The best classes, which models with labels have; for a batch a list for each row.
static void put_top(const json_t *top, struct cay_buf *out)
{
	struct cay_table table = {.columns = "rlr"};
	const json_t *item, *one;
	size_t i, k;

	json_array_foreach(top, i, item)
	{
		if (json_is_object(item))
			put_class(&table, item);
		json_array_foreach(item, k, one)
		{
			put_class(&table, one);
		}
		if (json_is_array(item))
			for (k = 0; k < strlen(table.columns); k++)
				cay_table_text(&table, ""); // a blank line
	}
	cay_table_end(&table, out);
}

static bool is_better(const json_t *data, size_t a, size_t b)
{
	return json_number_value(json_array_get(data, a)) >
	       json_number_value(json_array_get(data, b));
}

// The largest `top` of the numbers, largest first.
static void put_largest(const json_t *data, size_t top, struct cay_buf *out)
{
	size_t best[100], count = 0; // as many as --top can be

	for (size_t i = 0; i < json_array_size(data); i++) {
		size_t at = count < top ? count++ : top;

		for (; at > 0 && is_better(data, i, best[at - 1]); at--)
			if (at < top)
				best[at] = best[at - 1];
		if (at < top)
			best[at] = i;
	}
	for (size_t i = 0; i < count; i++)
		cay_buf_printf(out, "%8zu  %.6g\n", best[i],
			       json_number_value(json_array_get(data, best[i])));
}

static void put_outputs(const json_t *outputs, size_t top, struct cay_buf *out)
{
	const json_t *output, *dim;
	size_t i, k;

	json_array_foreach(outputs, i, output)
	{
		cay_print_name(out, cay_answer_text(output, "name"));
		cay_buf_text(out, " ");
		cay_print_name(out, cay_answer_text(output, "datatype"));
		json_array_foreach(json_object_get(output, "shape"), k, dim)
		{
			cay_buf_printf(out, "%s%" PRId64, k ? "x" : " ",
				       (int64_t)json_integer_value(dim));
		}
		cay_buf_text(out, ", the largest:\n");
		put_largest(json_object_get(output, "data"), top, out);
	}
}

static void put_text(const struct predict *p, const json_t *root, struct cay_buf *out)
{
	const json_t *parameters = json_object_get(root, "parameters");
	const json_t *top = json_object_get(parameters, "top");

	if (top)
		put_top(top, out);
	else
		put_outputs(json_object_get(root, "outputs"), p->top, out);
	cay_buf_printf(out, "%.3f ms, ", cay_answer_number(parameters, "milliseconds"));
	cay_print_name(out, cay_answer_text(root, "model_name"));
	cay_buf_text(out, " version ");
	cay_print_name(out, cay_answer_text(root, "model_version"));
	cay_buf_text(out, "\n");
}

static int predict(struct predict *p)
{
	struct cay_buf out = {0};
	struct cay_err err;
	json_t *root;
	int status;

	if (cay_tensor_file_read(&p->input, p->file, &err) < 0)
		return cay_exit_fail(p->file, &err);
	root = p->input.tensor && check_type(p, &err) < 0 ? NULL : ask(p, &err);
	if (!root)
		return cay_client_fail(p->client, err.code == CAY_ENOTFOUND ? p->model : p->file,
				       &err);
	if (p->json) {
		status = cay_answer_print(root);
	} else {
		put_text(p, root, &out);
		status = cay_print_stdout(&out);
	}
	json_decref(root);
	return status;
}

int cay_predict_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct predict p = {.top = 3};
	const struct cay_option options[] = {
		{"top", 'k', CAY_OPTION_NUMBER, &p.top, "K", "how many classes to show: 3"},
		{"shape", 0, CAY_OPTION_TEXT, &p.shape, "SHAPE",
		 "of raw elements, where the model leaves it open: 1x3x224x224"},
		{"json", 0, CAY_OPTION_SWITCH, &p.json, NULL, "print the answer as JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_argument arguments[] = {{"MODEL", &p.model}, {"FILE", &p.file}};
	const struct cay_syntax syntax = {
		.command = "predict",
		.about = "Sends a picture (PNG, JPEG) or a tensor (.npy, .json, .f32, .i32, .i64, "
			 ".u8) to a\nmodel of a daemon.",
		.arguments = arguments,
		.argument_count = CAY_ARRAY_SIZE(arguments),
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (p.top < 1 || p.top > 100)
		return cay_exit_usage("--top=%zu: want 1 to 100", p.top);
	status = cay_client_open(&args, &p.client);
	if (status == CAY_EXIT_DONE)
		status = predict(&p);
	cay_tensor_file_finish(&p.input);
	cay_client_free(p.client);
	return status;
}
