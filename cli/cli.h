// What the subcommands of cayuco share: exit statuses, failure lines, and the MODEL argument.
#ifndef CAY_CLI_CLI_H
#define CAY_CLI_CLI_H

#include "common/buf.h"
#include "engine/model.h"

enum cay_exit {
	CAY_EXIT_DONE = 0,
	CAY_EXIT_INPUT = 1,  // a model, a tensor or a file of the user's is at fault
	CAY_EXIT_USAGE = 2,  // the command line is at fault
	CAY_EXIT_SYSTEM = 3, // memory, the disk or permissions are
};

int cay_convert_main(int argc, char **argv);
int cay_run_main(int argc, char **argv);
int cay_inspect_main(int argc, char **argv);
int cay_bench_main(int argc, char **argv);
int cay_diff_main(int argc, char **argv);
// Runs the subcommand argv[0] of those that ask a daemon. They are in client/, a shared object of
// its own.
int cay_ask_main(int argc, char **argv);

// Print one line on stderr and return the status to exit with: "cayuco: FILE: WHAT: WHY" and what
// err->code stands for; "cayuco: WHAT: WHY" and CAY_EXIT_USAGE.
int cay_exit_fail(const char *file, const struct cay_err *err);
int cay_exit_usage(const char *fmt, ...) CAY_PRINTF(1, 2);
enum cay_exit cay_exit_status(enum cay_code code);

// Appends what is in a file; "-" is stdin, and a pipe is read to its end.
int cay_input_read(const char *path, size_t limit, struct cay_buf *ret, struct cay_err *err);
// Puts a whole file in the place of path (cay_file_write); "-" is stdout, and what is no regular
// file stays and is written to: a pipe, a device, what a link leads to.
int cay_output_write(const char *path, const struct cay_buf *bytes, struct cay_err *err);
// The type of the elements in a file of this name: .f32, .i32, .i64 or .u8.
int cay_suffix_dtype(const char *file, enum cay_dtype *ret, struct cay_err *err);

// Prints the text on stdout and frees it. Returns the status to exit with.
int cay_print_stdout(struct cay_buf *text);
// A name out of a model, at the most 200 bytes of it, with control bytes and invalid UTF-8 escaped.
void cay_print_name(struct cay_buf *out, const char *name);

// Appends the bytes of MODEL: a .nb file, - of stdin, or a Paddle directory, which is converted in
// memory.
int cay_model_arg_read(const char *path, struct cay_buf *nb, struct cay_err *err);
// Loads MODEL. *ret_bytes is the size of the .nb. The caller owns the result and lends `kernels` to
// it.
struct cay_model *cay_model_arg_load(const char *path, const struct cay_kernels *kernels,
				     size_t *ret_bytes, struct cay_err *err);
// The table for --cpu, or for $CAYUCO_CPU if it is NULL: what this machine has, capped by that
// name. CAY_EXIT_DONE, or usage has been printed.
int cay_cpu_arg(const char *name, struct cay_kernels *ret);
#define CAY_CPU_OPTION(field)                                                                      \
	{                                                                                          \
		"cpu", 0, CAY_OPTION_TEXT, field, "NAME",                                          \
			"kernels of no more than ref, neon, dot, i8mm, avx2 or vnni "              \
			"(CAYUCO_CPU)"                                                             \
	}

// CAY_EXIT_DONE, or usage has been printed.
int cay_threads_arg(size_t threads);
#define CAY_THREADS_OPTION(field)                                                                  \
	{                                                                                          \
		"threads", 0, CAY_OPTION_NUMBER, field, "N", "threads of one inference: 1"         \
	}

// Parts of "NAME=FILE.f32:1x3x8x8" and "NAME=1x3x8x8". Absent ones are NULL, `rest` never is. The
// parts point into text, which is cut up.
struct cay_named_arg {
	const char *name, *rest, *shape;
};
struct cay_named_arg cay_named_arg_split(char *text, bool with_file);
// The input that the argument is for: by name, or the only one. NULL with *err set.
const struct cay_port *cay_named_arg_port(const struct cay_named_arg *arg,
					  const struct cay_model *model, struct cay_err *err);

#endif
