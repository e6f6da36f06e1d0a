// cayuco run: a model on tensors from files, its outputs into a file.
#include "cli/cli.h"
#include "cli/options.h"
#include "common/file.h"
#include "common/size.h"
#include "engine/session.h"

#include <stdio.h>
#include <string.h>

#define MAX_TENSOR ((size_t)1 << 30) // bytes of an input file

static const struct {
	const char *suffix;
	enum cay_dtype dtype;
} suffixes[] = {
	{".f32", CAY_DTYPE_F32},
	{".i32", CAY_DTYPE_I32},
	{".i64", CAY_DTYPE_I64},
	{".u8", CAY_DTYPE_U8},
};

struct run {
	char *path, *cpu, *out;
	struct cay_option_list inputs;
	struct cay_kernels kernels;
	struct cay_model *model;
	struct cay_session *session;
	struct cay_buf data[CAY_OPTION_TIMES]; // of the tensors
	struct cay_tensor tensors[CAY_OPTION_TIMES];
};

static int find_dtype(const char *file, enum cay_dtype *ret, struct cay_err *err)
{
	const char *suffix = strrchr(file, '.');

	for (size_t i = 0; suffix && i < CAY_ARRAY_SIZE(suffixes); i++)
		if (strcmp(suffix, suffixes[i].suffix) == 0) {
			*ret = suffixes[i].dtype;
			return 0;
		}
	return cay_fail(err, CAY_EBAD, "the name must end in .f32, .i32, .i64 or .u8");
}

// A single free dimension is what the file's size leaves for it.
static int fill_shape(struct cay_tensor *tensor, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	struct cay_shape one = tensor->shape;
	int64_t *free_dim = NULL;
	size_t bytes, free_count = 0;

	for (uint32_t i = 0; i < one.rank; i++)
		if (one.dim[i] < 0) {
			free_dim = &tensor->shape.dim[i];
			one.dim[i] = 1;
			free_count++;
		}
	cay_shape_text(&tensor->shape, text);
	if (free_count > 1)
		return cay_fail(err, CAY_EBAD,
				"the model takes %s: give a shape, as in FILE:1x3x8x8", text);
	if (cay_shape_bytes(&one, tensor->dtype, &bytes, err) < 0)
		return -1;
	if (free_dim && bytes && tensor->size % bytes == 0) {
		*free_dim = (int64_t)(tensor->size / bytes);
		bytes = tensor->size;
	}
	if (bytes != tensor->size)
		return cay_fail(err, CAY_EBAD, "%zu bytes, but %s of %s %s %zu", tensor->size, text,
				cay_dtype_name(tensor->dtype), free_dim ? "is a multiple of" : "is",
				bytes);
	return 0;
}

static int read_input(struct run *run, size_t i, struct cay_named_arg *arg, struct cay_err *err)
{
	struct cay_tensor *tensor = &run->tensors[i];
	const struct cay_port *port = cay_named_arg_port(arg, run->model, err);

	if (!port || find_dtype(arg->rest, &tensor->dtype, err) < 0 ||
	    cay_file_read(arg->rest, MAX_TENSOR, &run->data[i], err) < 0)
		return -1;
	tensor->name = port->name;
	tensor->shape = port->shape;
	tensor->data = run->data[i].data;
	tensor->size = run->data[i].len;
	if (arg->shape && cay_shape_parse(arg->shape, &tensor->shape, err) < 0)
		return -1;
	return fill_shape(tensor, err);
}

// One after another, as raw bytes.
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
	result = cay_buf_check(&out, err);
	if (result == 0 && strcmp(run->out, "-") == 0)
		fwrite(out.data, 1, out.len, stdout); // main looks at stdout's errors
	else if (result == 0)
		result = cay_file_write(run->out, out.data, out.len, err);
	cay_buf_finish(&out);
	return result;
}

// What is in the file: a line for each output.
static void print_outputs(const struct run *run)
{
	char text[CAY_SHAPE_TEXT];
	size_t count;

	cay_model_outputs(run->model, &count);
	for (size_t i = 0; i < count; i++) {
		const struct cay_tensor *tensor = cay_session_output(run->session, i);

		printf("%s %s %s\n", tensor->name, cay_dtype_name(tensor->dtype),
		       cay_shape_text(&tensor->shape, text));
	}
}

static int run_model(struct run *run)
{
	struct cay_err err;
	size_t bytes;

	run->model = cay_model_arg_load(run->path, &run->kernels, &bytes, &err);
	if (!run->model)
		return cay_exit_fail(run->path, &err);
	for (size_t i = 0; i < run->inputs.count; i++) {
		struct cay_named_arg arg = cay_named_arg_split(run->inputs.text[i], true);

		if (read_input(run, i, &arg, &err) < 0)
			return cay_exit_fail(arg.rest, &err);
	}
	run->session = cay_session_new(run->model, &err);
	if (!run->session ||
	    cay_session_run(run->session, run->tensors, run->inputs.count, 0, &err) < 0)
		return cay_exit_fail(run->path, &err);
	if (write_outputs(run, &err) < 0)
		return cay_exit_fail(run->out, &err);
	if (strcmp(run->out, "-") != 0)
		print_outputs(run);
	return CAY_EXIT_DONE;
}

int cay_run_main(int argc, char **argv)
{
	struct run run = {0};
	const struct cay_option options[] = {
		{"input", 'i', CAY_OPTION_LIST, &run.inputs, "[NAME=]FILE[:SHAPE]",
		 "an input: x=in.f32:1x3x8x8; .f32 .i32 .i64 .u8"},
		{"output", 'o', CAY_OPTION_TEXT, &run.out, "FILE",
		 "the outputs' bytes, one after another; - is stdout"},
		CAY_CPU_OPTION(&run.cpu),
	};
	const struct cay_syntax syntax = {
		.command = "run",
		.about = "Runs a model on tensors from files.",
		.model = &run.path,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!run.inputs.count || !run.out)
		return cay_exit_usage("run: no %s given (see cayuco run --help)",
				      run.out ? "input (-i)" : "output (-o)");
	status = cay_cpu_arg(run.cpu, &run.kernels);
	if (status == CAY_EXIT_DONE)
		status = run_model(&run);
	cay_session_free(run.session);
	cay_model_free(run.model);
	for (size_t i = 0; i < run.inputs.count; i++)
		cay_buf_finish(&run.data[i]);
	return status;
}
