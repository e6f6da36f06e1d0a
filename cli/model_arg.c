// The arguments that subcommands share: MODEL, NAME=..., --cpu, --threads.
#include "cli/cli.h"
#include "cli/progress.h"
#include "converter/convert.h"
#include "converter/paddle/foreign.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_NB ((size_t)1 << 30) // bytes of a .nb file

static int convert(const char *path, struct cay_buf *nb, struct cay_err *err)
{
	struct cay_paddle_dir dir;
	struct cay_report report = {0};
	struct cay_progress progress;
	const struct cay_convert_options options = {
		.progress = cay_tracker_whole(cay_progress_step, &progress),
	};
	int result;

	cay_progress_begin(&progress, CAY_PROGRESS_DELAY_MS);
	cay_paddle_dir_init(&dir);
	result = cay_paddle_dir_scan(&dir, path, err);
	if (result == 0)
		result = cay_convert(&dir, &options, nb, &report, err);
	cay_progress_end(&progress);
	cay_report_finish(&report);
	cay_paddle_dir_finish(&dir);
	return result;
}

int cay_model_arg_read(const char *path, struct cay_buf *nb, struct cay_err *err)
{
	const char *foreign = cay_foreign_tell(path, CAY_FOREIGN_AS_MODEL);
	struct stat st;
	const bool exists = stat(path, &st) == 0;

	if (exists && S_ISDIR(st.st_mode))
		return convert(path, nb, err);
	if (exists && foreign)
		return cay_fail(err, CAY_EMODEL, "this is %s", foreign);
	return cay_input_read(path, MAX_NB, nb, err);
}

struct cay_model *cay_model_arg_load(const char *path, const struct cay_kernels *kernels,
				     size_t *ret_bytes, struct cay_err *err)
{
	struct cay_model *model = NULL;
	struct cay_buf nb = {0};

	if (cay_model_arg_read(path, &nb, err) == 0)
		model = cay_model_load(nb.data, nb.len, kernels, NULL, err);
	*ret_bytes = nb.len;
	cay_buf_finish(&nb);
	return model;
}

int cay_cpu_arg(const char *name, struct cay_kernels *ret)
{
	unsigned cap = ~0u;

	if (!name)
		name = getenv("CAYUCO_CPU");
	if (name && *name && !cay_cpu_parse(name, &cap))
		return cay_exit_usage("--cpu=%s: want ref, neon, dot, i8mm, avx2 or vnni", name);
	cay_kernels_init(ret, cay_cpu_detect() & cap);
	return CAY_EXIT_DONE;
}

int cay_threads_arg(size_t threads)
{
	if (threads < 1 || threads > 64)
		return cay_exit_usage("--threads=%zu: want 1 to 64", threads);
	return CAY_EXIT_DONE;
}

struct cay_named_arg cay_named_arg_split(char *text, bool with_file)
{
	struct cay_named_arg arg = {.rest = text};
	char *equals = strchr(text, '='), *colon;

	if (equals) {
		*equals = '\0';
		arg.name = text;
		arg.rest = text = equals + 1;
	}
	colon = with_file ? strrchr(text, ':') : NULL;
	if (colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789x")]) {
		*colon = '\0';
		arg.shape = colon + 1;
	}
	return arg;
}

const struct cay_port *cay_named_arg_port(const struct cay_named_arg *arg,
					  const struct cay_model *model, struct cay_err *err)
{
	size_t count;
	const struct cay_port *ports = cay_model_inputs(model, &count);

	for (size_t i = 0; i < count; i++)
		if (arg->name ? strcmp(ports[i].name, arg->name) == 0 : count == 1)
			return &ports[i];
	if (arg->name)
		cay_fail(err, CAY_EBAD, "no input '%s': the model has %zu, the first is '%s'",
			 arg->name, count, count ? ports[0].name : "");
	else
		cay_fail(err, CAY_EBAD, "the model has %zu inputs, the first is '%s': say NAME=%s",
			 count, count ? ports[0].name : "", arg->rest);
	return NULL;
}
