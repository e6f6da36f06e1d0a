// cayuco inspect: what a model takes and gives, and how each op of it runs.
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/program_dump.h"
#include "common/size.h"
#include "nb/nb.h"

struct inspect {
	const char *path;
	const struct cay_model *model;
	size_t nb_bytes, op_count, int8_count;
	const struct cay_port *inputs, *outputs;
	size_t input_count, output_count;
};

static struct inspect look(const char *path, const struct cay_model *model, size_t nb_bytes)
{
	struct inspect in = {
		.path = path,
		.model = model,
		.nb_bytes = nb_bytes,
		.op_count = cay_model_layer_count(model),
	};

	in.inputs = cay_model_inputs(model, &in.input_count);
	in.outputs = cay_model_outputs(model, &in.output_count);
	for (size_t i = 0; i < in.op_count; i++)
		in.int8_count += cay_model_layer(model, i).int8;
	return in;
}

static void put_ports(struct cay_buf *out, const char *what, const struct cay_port *ports,
		      size_t count)
{
	char text[CAY_SHAPE_TEXT];

	for (size_t i = 0; i < count; i++) {
		cay_buf_printf(out, "%-8s %-6s %-16s ", what, cay_dtype_name(ports[i].dtype),
			       cay_shape_text(&ports[i].shape, text));
		cay_print_name(out, ports[i].name);
		cay_buf_text(out, "\n");
	}
}

static void put_text(struct cay_buf *out, const struct inspect *in)
{
	cay_buf_printf(out, "%s: converted by ", in->path);
	cay_print_name(out, cay_model_opt_version(in->model));
	cay_buf_printf(out, ", %zu bytes as .nb, %zu bytes of packed weights\n", in->nb_bytes,
		       cay_model_weight_bytes(in->model));
	put_ports(out, "input", in->inputs, in->input_count);
	put_ports(out, "output", in->outputs, in->output_count);
	cay_buf_printf(out, "%zu ops: %zu int8, %zu fp32\n", in->op_count, in->int8_count,
		       in->op_count - in->int8_count);
	for (size_t i = 0; i < in->op_count; i++) {
		struct cay_layer_info op = cay_model_layer(in->model, i);

		cay_buf_printf(out, "%4zu  %-22s %-5s %-24s ", i, op.type,
			       op.int8 ? "int8" : "fp32", *op.kernel ? op.kernel : "-");
		cay_print_name(out, op.name);
		cay_buf_text(out, "\n");
	}
}

static void put_json_ports(struct cay_buf *out, const char *what, const struct cay_port *ports,
			   size_t count)
{
	cay_buf_printf(out, "],\n \"%s\": [", what);
	for (size_t i = 0; i < count; i++) {
		cay_buf_text(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
		cay_buf_json_string(out, ports[i].name);
		cay_buf_printf(
			out, ", \"datatype\": \"%s\", \"shape\": ", cay_dtype_name(ports[i].dtype));
		cay_shape_put_json(&ports[i].shape, out);
		cay_buf_text(out, "}");
	}
}

static void put_json(struct cay_buf *out, const struct inspect *in)
{
	cay_buf_text(out, "{\"opt_version\": ");
	cay_buf_json_string(out, cay_model_opt_version(in->model));
	cay_buf_printf(out, ", \"nb_bytes\": %zu, \"weight_bytes\": %zu,\n", in->nb_bytes,
		       cay_model_weight_bytes(in->model));
	cay_buf_printf(out, " \"int8_ops\": %zu, \"fp32_ops\": %zu,\n \"ops\": [", in->int8_count,
		       in->op_count - in->int8_count);
	for (size_t i = 0; i < in->op_count; i++) {
		struct cay_layer_info op = cay_model_layer(in->model, i);

		cay_buf_text(out, i ? ",\n  {" : "\n  {");
		cay_layer_info_put_json(&op, out);
		cay_buf_text(out, "}");
	}
	put_json_ports(out, "inputs", in->inputs, in->input_count);
	put_json_ports(out, "outputs", in->outputs, in->output_count);
	cay_buf_text(out, "]}\n");
}

static int print_program(const char *path, bool json)
{
	struct cay_program program = {0};
	struct cay_buf nb = {0}, out = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (cay_model_arg_read(path, &nb, &err) < 0 ||
	    cay_nb_read(nb.data, nb.len, &program, &err) < 0)
		status = cay_exit_fail(path, &err);
	else
		(json ? cay_program_dump_json : cay_program_dump_text)(&program, &out);
	cay_program_finish(&program);
	cay_buf_finish(&nb);
	return status == CAY_EXIT_DONE ? cay_print_stdout(&out) : status;
}

int cay_inspect_main(int argc, char **argv)
{
	char *path = NULL, *cpu = NULL;
	bool json = false, program = false;
	const struct cay_option options[] = {
		{"json", 0, CAY_OPTION_SWITCH, &json, NULL, "print JSON"},
		{"program", 0, CAY_OPTION_SWITCH, &program, NULL,
		 "print the .nb's program: every op with its attributes"},
		CAY_CPU_OPTION(&cpu),
	};
	const struct cay_argument argument = {"MODEL", &path};
	const struct cay_syntax syntax = {
		.command = "inspect",
		.about = "Shows inputs, outputs and ops of a model.",
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	struct cay_kernels kernels;
	struct cay_model *model;
	struct inspect in;
	struct cay_buf out = {0};
	struct cay_err err;
	size_t bytes;
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (program)
		return print_program(path, json);
	status = cay_cpu_arg(cpu, &kernels);
	if (status != CAY_EXIT_DONE)
		return status;
	model = cay_model_arg_load(path, &kernels, &bytes, &err);
	if (!model)
		return cay_exit_fail(path, &err);
	in = look(path, model, bytes);
	(json ? put_json : put_text)(&out, &in);
	cay_model_free(model);
	return cay_print_stdout(&out);
}
