// cayuco convert, also called opt: a Paddle model into a .nb file, by the flags of opt.
#include "cli/convert/convert.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "common/file.h"
#include "common/size.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

// What is to be done, by the first of these that is asked for.
static bool prints_only(const struct cay_convert_args *args)
{
	return args->print_supported_ops || args->print_all_ops || args->print_markdown ||
	       args->display_kernels || args->nb;
}

// As opt has it, 16 bits unless told otherwise.
static unsigned weight_bits(const struct cay_convert_args *args)
{
	if (!args->quant_model)
		return 0;
	return args->quant_type && strcmp(args->quant_type, "QUANT_INT8") == 0 ? 8 : 16;
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
	if (!prints_only(args)) {
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

// One conversion, with what it holds.
struct convert {
	const struct cay_convert_args *args;
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_buf nb;
};

// What is converted, as failures name it.
static const char *input(const struct convert *convert)
{
	return convert->args->model_file ? convert->args->model_file : convert->args->model_dir;
}

static int open_dir(struct convert *convert, struct cay_err *err)
{
	struct cay_paddle_dir *dir = &convert->dir;

	if (!convert->args->model_file)
		return cay_paddle_dir_scan(dir, convert->args->model_dir, err);
	dir->model_file = "model";
	dir->param_file = "params";
	if (cay_paddle_dir_add(dir, dir->model_file, convert->args->model_file, err) < 0)
		return -1;
	return cay_paddle_dir_add(dir, dir->param_file, convert->args->param_file, err);
}

static int convert_model(struct convert *convert)
{
	const struct cay_convert_args *args = convert->args;
	struct cay_progress progress;
	const struct cay_convert_options options = {
		.compat = args->compat,
		.weight_bits = weight_bits(args),
		.dump_after = args->dump_after,
		.dump = stdout,
		.progress = cay_tracker_whole(cay_progress_step, &progress),
	};
	struct cay_err err;
	int result, status = CAY_EXIT_DONE;

	cay_progress_begin(&progress, CAY_PROGRESS_DELAY_MS);
	result = cay_convert(&convert->dir, &options, &convert->nb, &convert->report, &err);
	cay_progress_end(&progress);
	if (args->report) // tells of missing ops, too
		status = cay_write_report(args->report, &convert->report);
	if (result < 0)
		return cay_exit_fail(input(convert), &err);
	return status == CAY_EXIT_DONE && args->out
		       ? cay_write_model(args, &convert->nb, &convert->report)
		       : status;
}

static int run_one(const struct cay_convert_args *args)
{
	struct convert convert = {.args = args};
	struct cay_err err;
	int status;

	cay_paddle_dir_init(&convert.dir);
	if (open_dir(&convert, &err) < 0)
		status = cay_exit_fail(input(&convert), &err);
	else if (args->print_model_ops)
		status = cay_print_model_ops(input(&convert), &convert.dir, &convert.report);
	else
		status = convert_model(&convert);
	cay_buf_finish(&convert.nb);
	cay_report_finish(&convert.report);
	cay_paddle_dir_finish(&convert.dir);
	return status;
}

// One directory of a set: SET/NAME into OUT/NAME.
static int run_member(const struct cay_convert_args *set, const char *name)
{
	struct cay_convert_args args = *set;
	struct cay_buf dir = {0}, out = {0}, model = {0}, params = {0};
	struct cay_err err;
	int status, result = cay_file_join(set->model_set, name, &dir, &err);

	args.model_dir = (char *)dir.data;
	if (result == 0 && set->out) {
		result = cay_file_join(set->out, name, &out, &err);
		args.out = (char *)out.data;
	}
	if (result == 0 && set->model_filename) {
		result =
			cay_file_join(args.model_dir, set->model_filename, &model, &err) < 0
				? -1
				: cay_file_join(args.model_dir, set->param_filename, &params, &err);
		args.model_file = (char *)model.data;
		args.param_file = (char *)params.data;
	}
	status = result < 0 ? cay_exit_fail(set->model_set, &err) : run_one(&args);
	cay_buf_finish(&dir);
	cay_buf_finish(&out);
	cay_buf_finish(&model);
	cay_buf_finish(&params);
	return status;
}

static int is_member(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK);
}

// All of them are tried; the status is the worst.
static int run_set(const struct cay_convert_args *args)
{
	struct dirent **names;
	struct cay_err err;
	int worst = CAY_EXIT_DONE, count = scandir(args->model_set, &names, is_member, alphasort);

	if (count < 0) {
		cay_fail_errno(&err, "cannot read the directory");
		return cay_exit_fail(args->model_set, &err);
	}
	if (args->out && mkdir(args->out, 0777) < 0 && errno != EEXIST) {
		cay_fail_errno(&err, "cannot make the directory");
		worst = cay_exit_fail(args->out, &err);
	}
	for (int i = 0; i < count; i++) {
		int status = worst == CAY_EXIT_SYSTEM ? worst : run_member(args, names[i]->d_name);

		worst = status > worst ? status : worst;
		free(names[i]);
	}
	free(names);
	return worst;
}

static int run(struct cay_convert_args *args)
{
	int status = check(args);

	if (status != CAY_EXIT_DONE)
		return status;
	if (args->nb)
		return cay_write_graphviz(args->nb, args->dot_dir);
	if (args->display_kernels)
		return cay_print_kernels();
	if (prints_only(args))
		return cay_print_ops(args->print_all_ops || args->print_markdown,
				     args->print_markdown);
	return args->model_set ? run_set(args) : run_one(args);
}

// opt's flag has no .nb, which everybody else types.
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

int cay_convert_main(int argc, char **argv)
{
	struct cay_convert_args args = {.command = argv[0]};
	char *dir = NULL, *output = NULL;
	const struct cay_option options[] = {
		{"model_dir", 0, CAY_OPTION_TEXT, &args.model_dir, "DIR",
		 "the Paddle model directory, as DIR alone"},
		{"model_file", 0, CAY_OPTION_TEXT, &args.model_file, "FILE",
		 "its topology, together with"},
		{"param_file", 0, CAY_OPTION_TEXT, &args.param_file, "FILE",
		 "its parameters, where they go by other names"},
		{"optimize_out", 0, CAY_OPTION_TEXT, &args.out, "OUT", "write OUT.nb"},
		{"output", 'o', CAY_OPTION_TEXT, &output, "OUT.nb", "the same, with its .nb"},
		{"optimize_out_type", 0, CAY_OPTION_TEXT, &args.out_type, "TYPE",
		 "naive_buffer, or protobuf: OUT/model and OUT/params"},
		{"valid_targets", 0, CAY_OPTION_TEXT, &args.targets, "LIST", "arm"},
		{"compat", 0, CAY_OPTION_TEXT, &args.compat_text, "VERSION",
		 "2.9: for Paddle-Lite from then on; or 2.13: opt's own ops"},
		{"model_set_dir", 0, CAY_OPTION_TEXT, &args.model_set, "DIR",
		 "convert every directory in it, into OUT/NAME.nb"},
		{"model_set", 0, CAY_OPTION_TEXT, &args.model_set, "DIR", "the same"},
		{"model_filename", 0, CAY_OPTION_TEXT, &args.model_filename, "NAME",
		 "the topology's name in each of them, together with"},
		{"param_filename", 0, CAY_OPTION_TEXT, &args.param_filename, "NAME",
		 "that of the parameters"},
		{"quant_model", 0, CAY_OPTION_SWITCH, &args.quant_model, NULL,
		 "store the weights of fp32 ops as integers"},
		{"quant_type", 0, CAY_OPTION_TEXT, &args.quant_type, "TYPE",
		 "QUANT_INT8 or QUANT_INT16, which is the default"},
		{"record_tailoring_info", 0, CAY_OPTION_SWITCH, &args.tailoring, NULL,
		 "list ops and kernels in OUT/, for a smaller Paddle-Lite"},
		{"print_model_ops", 0, CAY_OPTION_SWITCH, &args.print_model_ops, NULL,
		 "print the ops of the model, write nothing"},
		{"print_supported_ops", 0, CAY_OPTION_SWITCH, &args.print_supported_ops, NULL,
		 "print the ops that can be converted"},
		{"print_all_ops", 0, CAY_OPTION_SWITCH, &args.print_all_ops, NULL,
		 "and those of Paddle that cannot"},
		{"print_all_ops_in_md_format", 0, CAY_OPTION_SWITCH, &args.print_markdown, NULL,
		 "the same as a Markdown table"},
		{"display_kernels", 0, CAY_OPTION_SWITCH, &args.display_kernels, NULL,
		 "print the ops' kernels"},
		{"optimized_nb_model_path", 0, CAY_OPTION_TEXT, &args.nb, "FILE",
		 "draw a .nb with Graphviz, together with"},
		{"visualization_file_output_path", 0, CAY_OPTION_TEXT, &args.dot_dir, "DIR",
		 "where to: DIR/Block_0.dot"},
		{"report", 0, CAY_OPTION_TEXT, &args.report, "FILE",
		 "the report as JSON; -: on stdout, instead of all else"},
		{"dump-after", 0, CAY_OPTION_TEXT, &args.dump_after, "PASS",
		 "print the graph as a pass leaves it"},
	};
	const struct cay_argument argument = {"DIR", &dir};
	const struct cay_syntax syntax = {
		.command = args.command,
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
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (dir && args.model_dir)
		return cay_exit_usage("%s: DIR and --model_dir: want one of them", args.command);
	if (output && args.out)
		return cay_exit_usage("%s: --output and --optimize_out: want one of them",
				      args.command);
	if (dir)
		args.model_dir = dir;
	if (output)
		args.out = without_suffix(output);
	return run(&args);
}
