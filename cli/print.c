// What subcommands print: text on stdout.
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
