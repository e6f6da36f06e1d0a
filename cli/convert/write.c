// What a conversion leaves behind: .nb or protobuf, the report, and what it prints.
#include "cli/convert/convert.h"
#include "common/file.h"
#include "converter/paddle/params.h"
#include "converter/paddle/program.h"
#include "nb/nb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int cay_write_report(const char *path, const struct cay_report *report)
{
	struct cay_buf json = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	cay_report_json(report, &json);
	cay_buf_text(&json, "\n");
	if (cay_output_write(path, &json, &err) < 0)
		status = cay_exit_fail(path, &err);
	cay_buf_finish(&json);
	return status;
}

static int write_file(const char *dir, const char *name, const struct cay_buf *bytes)
{
	struct cay_buf path = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (cay_file_join(dir, name, &path, &err) < 0 ||
	    cay_output_write(cay_buf_cstr(&path), bytes, &err) < 0)
		status = cay_exit_fail(cay_buf_cstr(&path) ? cay_buf_cstr(&path) : dir, &err);
	cay_buf_finish(&path);
	return status;
}

static int make_dir(const char *path)
{
	struct cay_err err;

	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return CAY_EXIT_DONE;
	cay_fail_errno(&err, "cannot make the directory");
	return cay_exit_fail(path, &err);
}

// Writes OUT/model and OUT/params: the optimized program in Paddle's own format.
static int write_protobuf(const char *out, const struct cay_program *program)
{
	struct cay_buf model = {0}, params = {0};
	struct cay_err err;
	int status = make_dir(out);

	if (status == CAY_EXIT_DONE && (cay_program_encode(program, &model, &err) < 0 ||
					cay_params_encode(program, &params, &err) < 0))
		status = cay_exit_fail(out, &err);
	if (status == CAY_EXIT_DONE)
		status = write_file(out, "model", &model);
	if (status == CAY_EXIT_DONE)
		status = write_file(out, "params", &params);
	cay_buf_finish(&model);
	cay_buf_finish(&params);
	return status;
}

// Writes what needs the program itself: Paddle's format, and the tailoring lists.
static int write_others(const struct cay_convert_args *args, bool protobuf,
			const struct cay_buf *nb)
{
	struct cay_program program;
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (cay_nb_read(nb->data, nb->len, &program, &err) < 0)
		return cay_exit_fail(args->out, &err);
	if (protobuf)
		status = write_protobuf(args->out, &program);
	if (status == CAY_EXIT_DONE && args->tailoring)
		status = make_dir(args->out);
	if (status == CAY_EXIT_DONE && args->tailoring)
		status = cay_write_tailoring(args->out, &program);
	cay_program_finish(&program);
	return status;
}

static int print_done(const struct cay_convert_args *args, const char *path,
		      const struct cay_report *report)
{
	struct cay_buf text = {0};

	if (strcmp(path, "-") == 0 || (args->report && strcmp(args->report, "-") == 0))
		return CAY_EXIT_DONE; // stdout has something else
	cay_buf_printf(&text,
		       "1. Model is successfully loaded!\n"
		       "2. Model is optimized and saved into %s successfully\n",
		       path);
	cay_report_text(report, &text);
	return cay_print_stdout(&text);
}

int cay_write_model(const struct cay_convert_args *args, const struct cay_buf *nb,
		    const struct cay_report *report)
{
	const bool protobuf = args->out_type && strcmp(args->out_type, "protobuf") == 0;
	struct cay_buf path = {0};
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	cay_buf_printf(&path, "%s%s", args->out,
		       protobuf || strcmp(args->out, "-") == 0 ? "" : ".nb");
	if (cay_buf_check(&path, &err) < 0 ||
	    (!protobuf && cay_output_write(cay_buf_cstr(&path), nb, &err) < 0))
		status = cay_exit_fail(cay_buf_cstr(&path) ? cay_buf_cstr(&path) : args->out, &err);
	if (status == CAY_EXIT_DONE && (protobuf || args->tailoring))
		status = write_others(args, protobuf, nb);
	if (status == CAY_EXIT_DONE)
		status = print_done(args, cay_buf_cstr(&path), report);
	cay_buf_finish(&path);
	return status;
}
