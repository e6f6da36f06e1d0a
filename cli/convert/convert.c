// cayuco convert, also called opt: a Paddle model into a .nb file.
#include "cli/convert/convert.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "common/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// The bits of --quant_model: 16 unless --quant_type says otherwise, as for opt.
static unsigned weight_bits(const struct cay_convert_args *args)
{
	if (!args->quant_model)
		return 0;
	return args->quant_type && strcmp(args->quant_type, "QUANT_INT8") == 0 ? 8 : 16;
}

// One conversion, with what it holds.
struct convert {
	const struct cay_convert_args *args;
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_buf nb;
};

// How failures name what is converted.
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

// Converts each directory of a set, also after a failure; returns the worst status.
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

int cay_convert_main(int argc, char **argv)
{
	struct cay_convert_args args;
	int status = cay_convert_args_parse(&args, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (args.nb)
		return cay_write_graphviz(args.nb, args.dot_dir);
	if (args.display_kernels)
		return cay_print_kernels();
	if (cay_convert_prints_only(&args))
		return cay_print_ops(args.print_all_ops || args.print_markdown,
				     args.print_markdown);
	return args.model_set ? run_set(&args) : run_one(&args);
}
