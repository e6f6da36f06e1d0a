// The tables of opt: what can be converted, and what a model asks for.
#include "cli/convert/convert.h"
#include "nb/nb.h"

#include <stdio.h>
#include <string.h>

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

static void put_markdown(struct cay_buf *out, const char *type, int target)
{
	cay_buf_printf(out, "| %s | %s | %s |\n", type, target == CAY_TARGET_ARM ? "Y" : "",
		       target == CAY_TARGET_HOST ? "Y" : "");
}

int cay_print_supported_ops(bool markdown)
{
	struct cay_buf out = {0};
	const char *type, *kernel;

	if (markdown) {
		cay_buf_text(&out, "| OP_name | ARM | Host |\n|:-|:-:|:-:|\n");
	} else {
		cay_buf_text(&out, "Supported OPs on 'kARM':\n");
		put_head(&out);
	}
	for (size_t i = 0; i < cay_convert_supported(i, &type, &kernel); i++)
		(markdown ? put_markdown : put_row)(&out, type, parse_target(type, kernel));
	return cay_print_stdout(&out);
}

int cay_print_kernels(void)
{
	struct cay_buf out = {0};
	const char *type, *kernel;

	for (size_t i = 0; i < cay_convert_supported(i, &type, &kernel); i++)
		if (kernel)
			cay_buf_printf(&out, "%s/%s\n", type, kernel);
	return cay_print_stdout(&out);
}

int cay_print_model_ops(const char *input, const struct cay_paddle_dir *dir,
			struct cay_report *report)
{
	struct cay_buf out = {0};
	struct cay_err err;
	int status;

	if (cay_convert_survey(dir, report, &err) < 0)
		return cay_exit_fail(input, &err);
	cay_buf_text(&out, "OPs in the input model include:\n");
	put_head(&out);
	for (size_t i = 0; i < report->op_count; i++)
		put_row(&out, report->ops[i].type, find_target(report->ops[i].type));
	for (size_t i = 0; i < report->missing_count; i++)
		cay_buf_printf(&out, "not supported: %s (%u times)\n", report->missing[i].type,
			       report->missing[i].count);
	if (!report->missing_count)
		cay_buf_text(&out, "cayuco supports this model!\n");
	status = cay_print_stdout(&out);
	if (status != CAY_EXIT_DONE || !report->missing_count)
		return status;
	cay_fail(&err, CAY_EMODEL, "%zu kinds of op cannot be converted, '%s' among them",
		 report->missing_count, report->missing[0].type);
	return cay_exit_fail(input, &err);
}
