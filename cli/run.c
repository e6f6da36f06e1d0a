// cayuco run: a model on tensors from files, its outputs shown or into a file.
#include "cli/cli.h"
#include "cli/input_files.h"
#include "common/size.h"
#include "engine/session.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST 3 // elements of an output that are shown

struct run {
	char *path, *cpu, *out;
	size_t threads;
	bool json;
	struct cay_kernels kernels;
	struct cay_model *model;
	struct cay_session *session;
	struct cay_option_list input_args;
	struct cay_input_files inputs;
};

// Writes all outputs into one file, one after another, as raw bytes.
static int write_outputs(const struct run *run, struct cay_err *err)
{
	struct cay_buf out = {0};
	size_t count;
	int result;

	cay_model_outputs(run->model, &count);
	for (size_t i = 0; i < count; i++) {
		const struct cay_tensor *tensor = cay_session_output(run->session, i);

		cay_buf_put(&out, tensor->data, tensor->size);
	}
	result = cay_output_write(run->out, &out, err);
	cay_buf_finish(&out);
	return result;
}

// The largest elements and where they are, of a tensor of any shape.
static void put_largest(struct cay_buf *out, const struct cay_tensor *tensor)
{
	const float *data = tensor->data;
	const size_t count = tensor->size / sizeof(*data);
	size_t best[LARGEST], found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t place = found;

		while (place > 0 && data[i] > data[best[place - 1]])
			place--;
		if (place == LARGEST || isnan(data[i]))
			continue;
		found += found < LARGEST;
		memmove(best + place + 1, best + place, (found - place - 1) * sizeof(*best));
		best[place] = i;
	}
	for (size_t i = 0; i < found; i++)
		cay_buf_printf(out, "%8zu  %g\n", best[i], (double)data[best[i]]);
}

// A line for each output; and what is largest in it, unless a file has it all.
static int print_outputs(const struct run *run)
{
	struct cay_buf out = {0};
	char text[CAY_SHAPE_TEXT];
	size_t count;

	cay_model_outputs(run->model, &count);
	for (size_t i = 0; i < count; i++) {
		const struct cay_tensor *tensor = cay_session_output(run->session, i);
		const bool largest = !run->out && tensor->dtype == CAY_DTYPE_F32;

		cay_print_name(&out, tensor->name);
		cay_buf_printf(&out, " %s %s%s\n", cay_dtype_name(tensor->dtype),
			       cay_shape_text(&tensor->shape, text),
			       largest ? ", the largest:" : "");
		if (largest)
			put_largest(&out, tensor);
	}
	return cay_print_stdout(&out);
}

static void put_element(struct cay_buf *out, const struct cay_tensor *tensor, size_t i)
{
	const float real = tensor->dtype == CAY_DTYPE_F32 ? ((const float *)tensor->data)[i] : 0;

	switch (tensor->dtype) {
	case CAY_DTYPE_F32: // JSON has no NaN and no infinity
		if (isfinite(real))
			cay_buf_printf(out, "%.9g", (double)real);
		else
			cay_buf_text(out, "null");
		break;
	case CAY_DTYPE_I32:
		cay_buf_printf(out, "%" PRId32, ((const int32_t *)tensor->data)[i]);
		break;
	case CAY_DTYPE_I64:
		cay_buf_printf(out, "%" PRId64, ((const int64_t *)tensor->data)[i]);
		break;
	case CAY_DTYPE_S8:
		cay_buf_printf(out, "%d", ((const int8_t *)tensor->data)[i]);
		break;
	case CAY_DTYPE_U8:
		cay_buf_printf(out, "%u", ((const uint8_t *)tensor->data)[i]);
		break;
	case CAY_DTYPE_BOOL:
		cay_buf_text(out, ((const uint8_t *)tensor->data)[i] ? "true" : "false");
		break;
	case CAY_DTYPE_S16: // no model gives these
	case CAY_DTYPE_F16:
	case CAY_DTYPE_F64:
	case CAY_DTYPES:
		cay_buf_text(out, "null");
	}
}

// Prints every element of every output, in the form of a daemon's answer.
static int print_json(const struct run *run)
{
	struct cay_buf out = {0};
	size_t count;

	cay_model_outputs(run->model, &count);
	cay_buf_text(&out, "{\"outputs\": [");
	for (size_t i = 0; i < count; i++) {
		const struct cay_tensor *tensor = cay_session_output(run->session, i);
		const size_t elements = tensor->size / cay_dtype_size(tensor->dtype);

		cay_buf_text(&out, i ? ",\n {\"name\": " : "\n {\"name\": ");
		cay_buf_json_string(&out, tensor->name);
		cay_buf_printf(
			&out, ", \"datatype\": \"%s\", \"shape\": ", cay_dtype_name(tensor->dtype));
		cay_shape_put_json(&tensor->shape, &out);
		cay_buf_text(&out, ", \"data\": [");
		for (size_t k = 0; k < elements; k++) {
			cay_buf_text(&out, k ? ", " : "");
			put_element(&out, tensor, k);
		}
		cay_buf_text(&out, "]}");
	}
	cay_buf_text(&out, "]}\n");
	return cay_print_stdout(&out);
}

static int run_model(struct run *run)
{
	struct cay_err err;
	size_t bytes;
	int status;

	run->model = cay_model_arg_load(run->path, &run->kernels, &bytes, &err);
	if (!run->model)
		return cay_exit_fail(run->path, &err);
	status = cay_input_files_read(&run->inputs, &run->input_args, run->model);
	if (status != CAY_EXIT_DONE)
		return status;
	cay_model_resize_inputs(run->model, run->inputs.tensors, run->inputs.count);
	run->session = cay_session_new(run->model, &err);
	if (!run->session || cay_session_set_threads(run->session, run->threads, &err) < 0 ||
	    cay_session_run(run->session, run->inputs.tensors, run->inputs.count, 0, &err) < 0)
		return cay_exit_fail(run->path, &err);
	if (run->out && write_outputs(run, &err) < 0)
		return cay_exit_fail(run->out, &err);
	if (run->json)
		return print_json(run);
	return run->out && strcmp(run->out, "-") == 0 ? CAY_EXIT_DONE : print_outputs(run);
}

int cay_run_main(int argc, char **argv)
{
	struct run run = {.threads = 1};
	const struct cay_option options[] = {
		CAY_INPUT_OPTION(&run.input_args),
		{"output", 'o', CAY_OPTION_TEXT, &run.out, "FILE",
		 "the outputs' bytes, one after another; - is stdout; without it the largest "
		 "are shown"},
		{"json", 0, CAY_OPTION_SWITCH, &run.json, NULL, "print all elements as JSON"},
		CAY_THREADS_OPTION(&run.threads),
		CAY_CPU_OPTION(&run.cpu),
	};
	const struct cay_argument argument = {"MODEL", &run.path};
	const struct cay_syntax syntax = {
		.command = "run",
		.about = "Runs a model on tensors from files.",
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!run.input_args.count)
		return cay_exit_usage("run: no input (-i) given (see cayuco run --help)");
	if (run.json && run.out && strcmp(run.out, "-") == 0)
		return cay_exit_usage("run: --json and -o -: both want stdout");
	status = cay_threads_arg(run.threads);
	if (status == CAY_EXIT_DONE)
		status = cay_cpu_arg(run.cpu, &run.kernels);
	if (status == CAY_EXIT_DONE)
		status = run_model(&run);
	cay_session_free(run.session);
	cay_model_free(run.model);
	cay_input_files_finish(&run.inputs);
	return status;
}
