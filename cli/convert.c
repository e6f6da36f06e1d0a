// cayuco convert, also called opt: a Paddle model into a .nb file, by the flags of opt.
#include "cli/cli.h"
#include "cli/options.h"
#include "common/file.h"
#include "common/size.h"
#include "converter/convert.h"
#include "nb/nb.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct convert {
	char *model_dir, *model_file, *param_file, *out, *out_type, *targets;
	char *dump_after, *report_path;
	bool print_model_ops, print_supported_ops;
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_buf nb;
};

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

static int check(struct convert *convert)
{
	if (convert->out_type && strcmp(convert->out_type, "naive_buffer") != 0)
		return cay_exit_usage("--optimize_out_type=%s is not supported: want naive_buffer",
				      convert->out_type);
	if (!convert->model_file != !convert->param_file)
		return cay_exit_usage("--model_file and --param_file go together");
	if (!convert->print_supported_ops && !convert->model_dir && !convert->model_file)
		return cay_exit_usage("convert: no --model_dir given (see cayuco convert --help)");
	if (!convert->print_supported_ops && !convert->print_model_ops && !convert->out &&
	    !convert->dump_after)
		return cay_exit_usage(
			"convert: no --optimize_out given (see cayuco convert --help)");
	return convert->targets ? check_targets(convert->targets) : CAY_EXIT_DONE;
}

// What is converted, as failures name it.
static const char *input(const struct convert *convert)
{
	return convert->model_file ? convert->model_file : convert->model_dir;
}

static int open_dir(struct convert *convert, struct cay_err *err)
{
	struct cay_paddle_dir *dir = &convert->dir;

	if (!convert->model_file)
		return cay_paddle_dir_scan(dir, convert->model_dir, err);
	dir->model_file = "model";
	dir->param_file = "params";
	return cay_paddle_dir_add(dir, dir->model_file, convert->model_file, err) < 0
		       ? -1
		       : cay_paddle_dir_add(dir, dir->param_file, convert->param_file, err);
}

static void put_row(struct cay_buf *out, const char *type, int target)
{
	cay_buf_printf(out, "%40s  %4s  %5s\n", type, target == CAY_TARGET_ARM ? "Y" : "",
		       target == CAY_TARGET_HOST ? "Y" : "");
}

static void put_head(struct cay_buf *out)
{
	cay_buf_printf(out, "%40s  %4s  %5s\n", "OP_name", "kARM", "kHost");
}

// Where the op's kernel runs, 0 for ops that conversion takes out. The kernel is "def/4/1/1".
static int parse_target(const char *type, const char *kernel)
{
	struct cay_kernel_key key;
	struct cay_err err;
	char text[160];

	if (!kernel)
		return 0;
	snprintf(text, sizeof(text), "%s/%s", type, kernel);
	return cay_kernel_key_parse(text, &key, &err) < 0 ? 0 : key.target;
}

static int find_target(const char *type)
{
	const char *name, *kernel;

	for (size_t i = 0; i < cay_convert_supported(i, &name, &kernel); i++)
		if (strcmp(name, type) == 0)
			return parse_target(type, kernel);
	return 0;
}

static int print_supported_ops(void)
{
	struct cay_buf out = {0};
	const char *type, *kernel;

	cay_buf_text(&out, "Supported OPs on 'kARM':\n");
	put_head(&out);
	for (size_t i = 0; i < cay_convert_supported(i, &type, &kernel); i++)
		put_row(&out, type, parse_target(type, kernel));
	return cay_print_stdout(&out);
}

static int print_model_ops(struct convert *convert)
{
	struct cay_buf out = {0};
	struct cay_err err;
	int status;

	if (cay_convert_survey(&convert->dir, &convert->report, &err) < 0)
		return cay_exit_fail(input(convert), &err);
	cay_buf_text(&out, "OPs in the input model include:\n");
	put_head(&out);
	for (size_t i = 0; i < convert->report.op_count; i++)
		put_row(&out, convert->report.ops[i].type,
			find_target(convert->report.ops[i].type));
	for (size_t i = 0; i < convert->report.missing_count; i++)
		cay_buf_printf(&out, "not supported: %s (%u times)\n",
			       convert->report.missing[i].type, convert->report.missing[i].count);
	if (!convert->report.missing_count)
		cay_buf_text(&out, "cayuco supports this model!\n");
	status = cay_print_stdout(&out);
	if (status != CAY_EXIT_DONE || !convert->report.missing_count)
		return status;
	cay_fail(&err, CAY_EMODEL, "%zu kinds of op cannot be converted, '%s' among them",
		 convert->report.missing_count, convert->report.missing[0].type);
	return cay_exit_fail(input(convert), &err);
}

// One line that is written over, on a terminal.
static bool show_progress(void *context, const char *stage, unsigned done, unsigned total)
{
	(void)context;
	fprintf(stderr, "\r\033[K%3u%% %s", total ? 100 * done / total : 0, stage);
	return true;
}

static int write_report(struct convert *convert)
{
	struct cay_buf json = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	cay_report_json(&convert->report, &json);
	cay_buf_text(&json, "\n");
	if (strcmp(convert->report_path, "-") == 0)
		return cay_print_stdout(&json);
	if (cay_buf_check(&json, &err) < 0 ||
	    cay_file_write(convert->report_path, json.data, json.len, &err) < 0)
		status = cay_exit_fail(convert->report_path, &err);
	cay_buf_finish(&json);
	return status;
}

static int write_nb(struct convert *convert)
{
	struct cay_buf path = {0}, text = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	cay_buf_printf(&path, "%s.nb", convert->out);
	if (cay_buf_check(&path, &err) < 0 ||
	    cay_file_write(cay_buf_cstr(&path), convert->nb.data, convert->nb.len, &err) < 0) {
		status = cay_exit_fail(cay_buf_cstr(&path), &err);
	} else if (!convert->report_path || strcmp(convert->report_path, "-") != 0) {
		cay_buf_printf(&text,
			       "1. Model is successfully loaded!\n"
			       "2. Model is optimized and saved into %s successfully\n",
			       cay_buf_cstr(&path));
		cay_report_text(&convert->report, &text);
		status = cay_print_stdout(&text);
	}
	cay_buf_finish(&path);
	return status;
}

static int convert_model(struct convert *convert)
{
	const bool terminal = isatty(STDERR_FILENO);
	const struct cay_convert_options options = {
		.dump_after = convert->dump_after,
		.dump = stdout,
		.progress = terminal ? show_progress : NULL,
	};
	struct cay_err err;
	int status = CAY_EXIT_DONE,
	    result = cay_convert(&convert->dir, &options, &convert->nb, &convert->report, &err);

	if (terminal)
		fprintf(stderr, "\r\033[K");
	if (convert->report_path) // tells of missing ops, too
		status = write_report(convert);
	if (result < 0)
		return cay_exit_fail(input(convert), &err);
	return status == CAY_EXIT_DONE && convert->out ? write_nb(convert) : status;
}

static int run(struct convert *convert)
{
	struct cay_err err;
	int status = check(convert);

	if (status != CAY_EXIT_DONE)
		return status;
	if (convert->print_supported_ops)
		return print_supported_ops();
	if (open_dir(convert, &err) < 0)
		return cay_exit_fail(input(convert), &err);
	return convert->print_model_ops ? print_model_ops(convert) : convert_model(convert);
}

static const struct cay_option_refused refused[] = {
	{"enable_fp16", "false", "tensors are int8 or fp32"},
	{"quant_model", "false", "weights are quantized by PaddleSlim"},
	{"quant_type", "QUANT_INT16", "weights are quantized by PaddleSlim"},
	{"sparse_model", "false", "weights are dense"},
	{"sparse_threshold", "0.6", "weights are dense"},
	{"record_tailoring_info", "false", "there is no library to tailor"},
	{"model_set_dir", "", "one model is converted at a time"},
	{"model_set", "", "one model is converted at a time"},
	{"model_filename", "", "one model is converted at a time"},
	{"param_filename", "", "one model is converted at a time"},
	{"print_all_ops", "false", "the one target is arm, see --print_supported_ops"},
	{"print_all_ops_in_md_format", "false", "the one target is arm, see --print_supported_ops"},
	{"display_kernels", "false", "cayuco inspect shows the kernels of a model"},
	{"optimized_nb_model_path", "", "cayuco inspect shows a .nb"},
	{"visualization_file_output_path", "", "cayuco inspect shows a .nb"},
	{"nnadapter_mixed_precision_quantization_config_path", "", "models are converted for arm"},
};

int cay_convert_main(int argc, char **argv)
{
	struct convert convert = {0};
	const struct cay_option options[] = {
		{"model_dir", 0, CAY_OPTION_TEXT, &convert.model_dir, "DIR",
		 "the Paddle model directory"},
		{"model_file", 0, CAY_OPTION_TEXT, &convert.model_file, "FILE",
		 "its topology, together with"},
		{"param_file", 0, CAY_OPTION_TEXT, &convert.param_file, "FILE",
		 "its parameters, where they go by other names"},
		{"optimize_out", 0, CAY_OPTION_TEXT, &convert.out, "OUT", "write OUT.nb"},
		{"optimize_out_type", 0, CAY_OPTION_TEXT, &convert.out_type, "TYPE",
		 "naive_buffer"},
		{"valid_targets", 0, CAY_OPTION_TEXT, &convert.targets, "LIST", "arm"},
		{"print_model_ops", 0, CAY_OPTION_SWITCH, &convert.print_model_ops, NULL,
		 "print the ops of the model, write nothing"},
		{"print_supported_ops", 0, CAY_OPTION_SWITCH, &convert.print_supported_ops, NULL,
		 "print the ops that can be converted"},
		{"report", 0, CAY_OPTION_TEXT, &convert.report_path, "FILE",
		 "the report as JSON; -: on stdout, instead of all else"},
		{"dump-after", 0, CAY_OPTION_TEXT, &convert.dump_after, "PASS",
		 "print the graph as a pass leaves it"},
	};
	const struct cay_syntax syntax = {
		.command = "convert",
		.about = "Converts a Paddle model into a .nb file, by the flags of Paddle-Lite's "
			 "opt.",
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
		.refused = refused,
		.refused_count = CAY_ARRAY_SIZE(refused),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	cay_paddle_dir_init(&convert.dir);
	status = run(&convert);
	cay_buf_finish(&convert.nb);
	cay_report_finish(&convert.report);
	cay_paddle_dir_finish(&convert.dir);
	return status;
}
