// What subcommands print: text on stdout, and pieces of JSON.
#include "cli/cli.h"

#include <stdio.h>

int cay_print_stdout(struct cay_buf *text)
{
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (cay_buf_check(text, &err) < 0)
		status = cay_exit_fail("standard output", &err);
	else
		fwrite(text->data, 1, text->len, stdout); // main looks at stdout's errors
	cay_buf_finish(text);
	return status;
}

void cay_print_name(struct cay_buf *out, const char *name)
{
	char cut[201];

	snprintf(cut, sizeof(cut), "%s", name);
	cay_buf_escape(out, cut);
}

void cay_print_json_shape(struct cay_buf *out, const struct cay_shape *shape)
{
	cay_buf_text(out, ", \"shape\": [");
	for (uint32_t i = 0; i < shape->rank; i++)
		cay_buf_printf(out, "%s%lld", i ? ", " : "", (long long)shape->dim[i]);
	cay_buf_text(out, "]");
}

void cay_print_json_op(struct cay_buf *out, const struct cay_layer_info *op)
{
	cay_buf_text(out, "{\"type\": ");
	cay_buf_json_string(out, op->type);
	cay_buf_text(out, ", \"name\": ");
	cay_buf_json_string(out, op->name);
	cay_buf_text(out, ", \"kernel\": ");
	cay_buf_json_string(out, op->kernel ? op->kernel : "");
	cay_buf_printf(out, ", \"int8\": %s", op->int8 ? "true" : "false");
}
