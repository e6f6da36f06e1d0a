// The command line of cayuco convert: opt's flags, and what goes with what.
#include "cli/convert/convert.h"
#include "cli/options.h"
#include "common/size.h"

#include <string.h>

// Every token must be arm or host (whose kernels come with arm's), and arm must be among them.
static int check_targets(char *targets)
{
	bool arm = false;
	char *save, *token;

	for (token = strtok_r(targets, ", ", &save); token; token = strtok_r(NULL, ", ", &save)) {
		if (strcmp(token, "arm") != 0 && strcmp(token, "host") != 0)
			return cay_exit_usage("--valid_targets=%s is not supported: models are "
					      "converted for arm",
					      token);
		arm |= strcmp(token, "arm") == 0;
	}
	return arm ? CAY_EXIT_DONE : cay_exit_usage("--valid_targets: want arm");
}

bool cay_convert_prints_only(const struct cay_convert_args *args)
{
	return args->print_supported_ops || args->print_all_ops || args->print_markdown ||
	       args->display_kernels || args->nb;
}

static int check_output(const struct cay_convert_args *args)
{
	if (args->out_type && strcmp(args->out_type, "naive_buffer") != 0 &&
	    strcmp(args->out_type, "protobuf") != 0)
		return cay_exit_usage("--optimize_out_type=%s is not supported: want naive_buffer "
				      "or protobuf",
				      args->out_type);
	if (args->quant_type && strcmp(args->quant_type, "QUANT_INT8") != 0 &&
	    strcmp(args->quant_type, "QUANT_INT16") != 0)
		return cay_exit_usage("--quant_type=%s is not supported: want QUANT_INT8 or "
				      "QUANT_INT16",
				      args->quant_type);
	if (args->out && args->out[strlen(args->out) - 1] == '/' && !args->model_set &&
	    (!args->out_type || strcmp(args->out_type, "protobuf") != 0))
		return cay_exit_usage("--optimize_out=%s: want a name, to which .nb is added",
				      args->out);
	if (args->out && strcmp(args->out, "-") == 0 &&
	    (args->dump_after || (args->report && strcmp(args->report, "-") == 0)))
		return cay_exit_usage("%s -o -: want nothing else on stdout", args->command);
	if (!args->out && !args->print_model_ops && !args->dump_after)
		return cay_exit_usage("%s: no -o or --optimize_out given (see cayuco %s --help)",
				      args->command, args->command);
	return CAY_EXIT_DONE;
}

static int check(struct cay_convert_args *args)
{
	int status = CAY_EXIT_DONE;
	struct cay_err err;

	if (!args->model_file != !args->param_file)
		return cay_exit_usage("--model_file and --param_file go together");
	if (!args->model_filename != !args->param_filename)
		return cay_exit_usage("--model_filename and --param_filename go together");
	if (!args->nb != !args->dot_dir)
		return cay_exit_usage("--optimized_nb_model_path and "
				      "--visualization_file_output_path go together");
	if (!cay_convert_prints_only(args)) {
		if (!args->model_dir && !args->model_file && !args->model_set)
			return cay_exit_usage(
				"%s: no DIR or --model_dir given (see cayuco %s --help)",
				args->command, args->command);
		status = check_output(args);
	}
	if (status == CAY_EXIT_DONE && args->targets)
		status = check_targets(args->targets);
	if (status == CAY_EXIT_DONE && args->compat_text &&
	    cay_compat_parse(args->compat_text, &args->compat, &err) < 0)
		status = cay_exit_usage("--compat: %s", err.msg);
	return status;
}

// opt appends ".nb" to what its flag says, but most people type it, too.
static char *without_suffix(char *path)
{
	size_t len = strlen(path);

	if (len > 3 && strcmp(path + len - 3, ".nb") == 0)
		path[len - 3] = '\0';
	return path;
}

static const struct cay_option_refused refused[] = {
	{"enable_fp16", "false", "tensors are int8 or fp32"},
	{"sparse_model", "false", "weights are dense"},
	{"sparse_threshold", "0.6", "weights are dense"},
	{"nnadapter_mixed_precision_quantization_config_path", "", "models are converted for arm"},
};

// What the command line says, unchecked. CAY_OPTIONS_GO, or the status to exit with.
static int parse(struct cay_convert_args *args, char **dir, char **output, int argc, char **argv)
{
	const struct cay_option options[] = {
		{"model_dir", 0, CAY_OPTION_TEXT, &args->model_dir, "DIR",
		 "the Paddle model directory, as DIR alone"},
		{"model_file", 0, CAY_OPTION_TEXT, &args->model_file, "FILE",
		 "its topology, together with"},
		{"param_file", 0, CAY_OPTION_TEXT, &args->param_file, "FILE",
		 "its parameters, where they go by other names"},
		{"optimize_out", 0, CAY_OPTION_TEXT, &args->out, "OUT", "write OUT.nb"},
		{"output", 'o', CAY_OPTION_TEXT, output, "OUT.nb",
		 "the same, with its .nb; -: on stdout, instead of all else"},
		{"optimize_out_type", 0, CAY_OPTION_TEXT, &args->out_type, "TYPE",
		 "naive_buffer, or protobuf: OUT/model and OUT/params"},
		{"valid_targets", 0, CAY_OPTION_TEXT, &args->targets, "LIST", "arm"},
		{"compat", 0, CAY_OPTION_TEXT, &args->compat_text, "VERSION",
		 "2.9: for Paddle-Lite from then on; or 2.13: opt's own ops"},
		{"model_set_dir", 0, CAY_OPTION_TEXT, &args->model_set, "DIR",
		 "convert every directory in it, into OUT/NAME.nb"},
		{"model_set", 0, CAY_OPTION_TEXT, &args->model_set, "DIR", "the same"},
		{"model_filename", 0, CAY_OPTION_TEXT, &args->model_filename, "NAME",
		 "the topology's name in each of them, together with"},
		{"param_filename", 0, CAY_OPTION_TEXT, &args->param_filename, "NAME",
		 "that of the parameters"},
		{"quant_model", 0, CAY_OPTION_SWITCH, &args->quant_model, NULL,
		 "store the weights of fp32 ops as integers"},
		{"quant_type", 0, CAY_OPTION_TEXT, &args->quant_type, "TYPE",
		 "QUANT_INT8 or QUANT_INT16, which is the default"},
		{"record_tailoring_info", 0, CAY_OPTION_SWITCH, &args->tailoring, NULL,
		 "list ops and kernels in OUT/, for a smaller Paddle-Lite"},
		{"print_model_ops", 0, CAY_OPTION_SWITCH, &args->print_model_ops, NULL,
		 "print the ops of the model, write nothing"},
		{"print_supported_ops", 0, CAY_OPTION_SWITCH, &args->print_supported_ops, NULL,
		 "print the ops that can be converted"},
		{"print_all_ops", 0, CAY_OPTION_SWITCH, &args->print_all_ops, NULL,
		 "and those of Paddle that cannot"},
		{"print_all_ops_in_md_format", 0, CAY_OPTION_SWITCH, &args->print_markdown, NULL,
		 "the same as a Markdown table"},
		{"display_kernels", 0, CAY_OPTION_SWITCH, &args->display_kernels, NULL,
		 "print the ops' kernels"},
		{"optimized_nb_model_path", 0, CAY_OPTION_TEXT, &args->nb, "FILE",
		 "draw a .nb with Graphviz, together with"},
		{"visualization_file_output_path", 0, CAY_OPTION_TEXT, &args->dot_dir, "DIR",
		 "where to: DIR/Block_0.dot"},
		{"report", 0, CAY_OPTION_TEXT, &args->report, "FILE",
		 "the report as JSON; -: on stdout, instead of all else"},
		{"dump-after", 0, CAY_OPTION_TEXT, &args->dump_after, "PASS",
		 "print the graph as a pass leaves it"},
	};
	const struct cay_argument argument = {"DIR", dir};
	const struct cay_syntax syntax = {
		.command = args->command,
		.about = "Converts a Paddle model into a .nb file, by the flags of Paddle-Lite's "
			 "opt.\n"
			 "  --to=NAME                          another form: cayuco convert DIR "
			 "--to=NAME, on a daemon",
		.arguments = &argument,
		.argument_count = 1,
		.arguments_optional = true,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
		.refused = refused,
		.refused_count = CAY_ARRAY_SIZE(refused),
	};

	return cay_options_parse(&syntax, argc, argv);
}

int cay_convert_args_parse(struct cay_convert_args *args, int argc, char **argv)
{
	char *dir = NULL, *output = NULL;
	int status;

	*args = (struct cay_convert_args){.command = argv[0]};
	status = parse(args, &dir, &output, argc, argv);
	if (status != CAY_OPTIONS_GO)
		return status;
	if (dir && args->model_dir)
		return cay_exit_usage("%s: DIR and --model_dir: want one of them", args->command);
	if (output && args->out)
		return cay_exit_usage("%s: --output and --optimize_out: want one of them",
				      args->command);
	if (dir)
		args->model_dir = dir;
	if (output)
		args->out = without_suffix(output);
	status = check(args);
	return status == CAY_EXIT_DONE ? CAY_OPTIONS_GO : status;
}
