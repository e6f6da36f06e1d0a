// What the files of `cayuco convert` share: its command line, and where its results go.
#ifndef CAY_CLI_CONVERT_CONVERT_H
#define CAY_CLI_CONVERT_CONVERT_H

#include "cli/cli.h"
#include "converter/convert.h"
#include "nb/program.h"

// The command line. Texts are NULL where they are not given.
struct cay_convert_args {
	const char *command; // convert, or opt
	char *model_dir, *model_file, *param_file;
	char *model_set, *model_filename, *param_filename; // of each model in the set
	char *out, *out_type, *quant_type, *compat_text, *targets, *dump_after, *report;
	char *nb, *dot_dir; // a .nb to draw, and where to
	bool print_supported_ops, print_model_ops, print_all_ops, print_markdown, display_kernels;
	bool tailoring, quant_model;
	enum cay_compat compat; // that compat_text says
};

// --- arguments.c ---------------------------------------------------------------------------------
// Reads and checks a command line. CAY_OPTIONS_GO, or the status to exit with.
int cay_convert_args_parse(struct cay_convert_args *args, int argc, char **argv);
// True if something is to be printed or drawn, and nothing converted.
bool cay_convert_prints_only(const struct cay_convert_args *args);

// All that follow return the status to exit with, after printing what is wrong.

// --- tables.c: what can be converted -----------------------------------------------------------
// Prints the ops that can be converted; all: those that cannot be, too.
int cay_print_ops(bool all, bool markdown);
int cay_print_kernels(void);
int cay_print_model_ops(const char *input, const struct cay_paddle_dir *dir,
			struct cay_report *report);

// --- write.c: what a conversion leaves behind --------------------------------------------------
int cay_write_report(const char *path, const struct cay_report *report);
int cay_write_model(const struct cay_convert_args *args, const struct cay_buf *nb,
		    const struct cay_report *report);

// --- graphviz.c, tailoring.c: views of a converted program --------------------------------------
// Writes DIR/Block_0.dot and so on.
int cay_write_graphviz(const char *nb_path, const char *dir);
// Lists ops, kernels and Paddle-Lite's source files for them, for building that library with no
// more than a model needs: four hidden files in dir, as opt names them.
int cay_write_tailoring(const char *dir, const struct cay_program *program);

#endif
