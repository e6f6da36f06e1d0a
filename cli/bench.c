// cayuco bench: how long a model takes, and each op of it.
#include "board/board.h"
#include "board/clusters.h"
#include "board/throttled.h"
#include "cli/cli.h"
#include "cli/measure.h"
#include "cli/options.h"
#include "common/size.h"
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>

#define STEP_RUNS 200 // the most runs whose steps are timed
#define SYSFS	  "/sys"

struct bench {
	char *path, *cpu;
	struct cay_option_list shapes;
	size_t runs, warmup, threads;
	bool json, no_fusion;
	struct cay_kernels kernels;
	struct cay_model *model;
	struct cay_session *session;
	struct cay_tensor *inputs; // one for each of the model's; their data are owned
	size_t input_count;
	double *ms;		      // of each run, sorted afterwards
	double (*step_ms)[STEP_RUNS]; // of each step in the first of them, likewise
	double op_ms;		      // of all steps together, by their medians
};

static int make_input(struct cay_tensor *tensor, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	void *data;

	if (tensor->shape.rank && tensor->shape.dim[0] < 0)
		tensor->shape.dim[0] = 1; // the batch
	if (!cay_shape_is_fixed(&tensor->shape))
		return cay_fail(err, CAY_EBAD, "input '%s' is %s: give --shape %s=1x3x224x224",
				tensor->name, cay_shape_text(&tensor->shape, text), tensor->name);
	if (cay_shape_bytes(&tensor->shape, tensor->dtype, &tensor->size, err) < 0)
		return -1;
	tensor->data = data = calloc(tensor->size ? tensor->size : 1, 1);
	if (!data)
		return cay_fail_memory(err);
	if (tensor->dtype == CAY_DTYPE_F32) // integers stay 0, an index that every table has
		cay_measure_fill(data, tensor->size / sizeof(float));
	return 0;
}

static int set_shape(struct bench *bench, char *text, struct cay_err *err)
{
	struct cay_named_arg arg = cay_named_arg_split(text, false);
	const struct cay_port *ports = cay_model_inputs(bench->model, &bench->input_count);
	const struct cay_port *port = cay_named_arg_port(&arg, bench->model, err);

	return port ? cay_shape_parse(arg.rest, &bench->inputs[port - ports].shape, err) : -1;
}

static int make_inputs(struct bench *bench, struct cay_err *err)
{
	const struct cay_port *ports = cay_model_inputs(bench->model, &bench->input_count);

	bench->inputs = calloc(bench->input_count + 1, sizeof(*bench->inputs));
	bench->ms = calloc(bench->runs, sizeof(*bench->ms));
	if (!bench->inputs || !bench->ms)
		return cay_fail_memory(err);
	for (size_t i = 0; i < bench->input_count; i++)
		bench->inputs[i] = (struct cay_tensor){
			.name = ports[i].name,
			.dtype = ports[i].dtype,
			.shape = ports[i].shape,
		};
	for (size_t i = 0; i < bench->shapes.count; i++)
		if (set_shape(bench, bench->shapes.text[i], err) < 0)
			return -1;
	for (size_t i = 0; i < bench->input_count; i++)
		if (make_input(&bench->inputs[i], err) < 0)
			return -1;
	return 0;
}

// Keeps the times of the steps of the run that has just ended.
static int keep_steps(struct bench *bench, size_t run, struct cay_err *err)
{
	const size_t count = cay_session_step_count(bench->session);

	if (run >= STEP_RUNS)
		return 0;
	if (!bench->step_ms)
		bench->step_ms = calloc(count + 1, sizeof(*bench->step_ms));
	if (!bench->step_ms)
		return cay_fail_memory(err);
	for (size_t i = 0; i < count; i++)
		bench->step_ms[i][run] =
			(double)cay_session_step(bench->session, i).nanoseconds * 1e-6;
	return 0;
}

// The median time of a step: some of its times are longer, by what else the machine does.
static double median_of(const struct bench *bench, size_t step)
{
	const size_t count = bench->runs < STEP_RUNS ? bench->runs : STEP_RUNS;

	return cay_measure_percentile(bench->step_ms[step], count, 50);
}

static void sort(struct bench *bench)
{
	const size_t count = bench->runs < STEP_RUNS ? bench->runs : STEP_RUNS;

	cay_measure_sort(bench->ms, bench->runs);
	for (size_t i = 0; i < cay_session_step_count(bench->session); i++) {
		cay_measure_sort(bench->step_ms[i], count);
		bench->op_ms += median_of(bench, i);
	}
}

static int measure(struct bench *bench, struct cay_err *err)
{
	for (size_t i = 0; i < bench->warmup + bench->runs; i++) {
		double start;

		cay_session_profile(bench->session, i >= bench->warmup); // of this run
		start = cay_measure_now();
		if (cay_session_run(bench->session, bench->inputs, bench->input_count, 0, err) < 0)
			return -1;
		if (i < bench->warmup)
			continue;
		bench->ms[i - bench->warmup] = cay_measure_now() - start;
		if (keep_steps(bench, i - bench->warmup, err) < 0)
			return -1;
	}
	sort(bench);
	return 0;
}

static double percentile(const struct bench *bench, size_t percent)
{
	return cay_measure_percentile(bench->ms, bench->runs, percent);
}

static void put_board_text(struct cay_buf *out)
{
	struct cay_cluster c[CAY_CLUSTERS];
	const size_t count = cay_clusters_read(SYSFS, c);
	const double celsius = cay_board_celsius(SYSFS);
	const long throttled = cay_throttled_read(SYSFS);

	for (size_t i = 0; i < count; i++) {
		cay_buf_printf(out, "%scpu %u: %u cores", i ? ", " : "", c[i].first, c[i].cpus);
		if (c[i].capacity)
			cay_buf_printf(out, " of capacity %ld", c[i].capacity);
		if (c[i].max_mhz)
			cay_buf_printf(out, ", %ld of %ld MHz", c[i].mhz, c[i].max_mhz);
	}
	if (celsius > -273)
		cay_buf_printf(out, "%s%.1f degrees Celsius", count ? "; " : "", celsius);
	if (throttled >= 0) {
		cay_buf_text(out, "; throttled: ");
		cay_throttled_put_text(throttled, out);
	}
	cay_buf_text(out, "\n");
}

static void put_text(struct cay_buf *out, const struct bench *bench)
{
	char cpu[64], shape[CAY_SHAPE_TEXT];

	cay_buf_printf(out, "%s: %zu runs on %s, %zu thread%s\n", bench->path, bench->runs,
		       cay_cpu_text(bench->kernels.cpu, cpu), bench->threads,
		       bench->threads > 1 ? "s" : "");
	put_board_text(out);
	cay_buf_printf(out, "min %.3f ms, p50 %.3f ms, p95 %.3f ms\n\n", percentile(bench, 0),
		       percentile(bench, 50), percentile(bench, 95));
	cay_buf_printf(out, "%8s %6s  %-22s %-5s %-24s %-16s %s\n", "ms", "share", "op", "type",
		       "kernel", "shape", "output");
	for (size_t i = 0; i < cay_session_step_count(bench->session); i++) {
		struct cay_step_info step = cay_session_step(bench->session, i);
		double ms = median_of(bench, i);

		cay_buf_printf(out, "%8.4f %5.1f%%  %-22s %-5s %-24s %-16s ", ms,
			       bench->op_ms > 0 ? 100 * ms / bench->op_ms : 0, step.op.type,
			       step.op.int8 ? "int8" : "fp32",
			       *step.op.kernel ? step.op.kernel : "-",
			       cay_shape_text(&step.shape, shape));
		cay_print_name(out, step.op.name);
		cay_buf_text(out, "\n");
	}
}

static void put_json_step(struct cay_buf *out, const struct bench *bench, size_t i)
{
	struct cay_step_info step = cay_session_step(bench->session, i);
	double ms = median_of(bench, i);

	cay_buf_text(out, i ? ",\n  {" : "\n  {");
	cay_step_info_put_json(&step, out);
	cay_buf_printf(out, ", \"ms\": %.6f, \"share\": %.4f}", ms,
		       bench->op_ms > 0 ? ms / bench->op_ms : 0);
}

static void put_json(struct cay_buf *out, const struct bench *bench)
{
	char cpu[64];

	cay_buf_printf(out, "{\"cpu\": \"%s\", \"threads\": %zu, \"runs\": %zu,\n",
		       cay_cpu_text(bench->kernels.cpu, cpu), bench->threads, bench->runs);
	cay_buf_text(out, " ");
	cay_board_put_json(SYSFS, out);
	cay_buf_text(out, ",\n");
	cay_buf_printf(out, " \"min_ms\": %.6f, \"p50_ms\": %.6f, \"p95_ms\": %.6f,\n \"ops\": [",
		       percentile(bench, 0), percentile(bench, 50), percentile(bench, 95));
	for (size_t i = 0; i < cay_session_step_count(bench->session); i++)
		put_json_step(out, bench, i);
	cay_buf_text(out, "]}\n");
}

static int bench_model(struct bench *bench)
{
	struct cay_buf out = {0};
	struct cay_err err;
	size_t bytes;

	bench->model = cay_model_arg_load(bench->path, &bench->kernels, &bytes, &err);
	if (!bench->model || make_inputs(bench, &err) < 0)
		return cay_exit_fail(bench->path, &err);
	if (bench->no_fusion)
		cay_model_keep_steps(bench->model);
	cay_model_resize_inputs(bench->model, bench->inputs, bench->input_count);
	bench->session = cay_session_new(bench->model, &err);
	if (!bench->session || cay_session_set_threads(bench->session, bench->threads, &err) < 0 ||
	    measure(bench, &err) < 0)
		return cay_exit_fail(bench->path, &err);
	(bench->json ? put_json : put_text)(&out, bench);
	return cay_print_stdout(&out);
}

static void finish(struct bench *bench)
{
	cay_session_free(bench->session);
	for (size_t i = 0; bench->inputs && i < bench->input_count; i++)
		free((void *)bench->inputs[i].data);
	free(bench->inputs);
	free(bench->ms);
	free(bench->step_ms);
	cay_model_free(bench->model);
}

int cay_bench_main(int argc, char **argv)
{
	struct bench bench = {.runs = 50, .warmup = 5, .threads = 1};
	const struct cay_option options[] = {
		{"shape", 0, CAY_OPTION_LIST, &bench.shapes, "[NAME=]SHAPE",
		 "of an input with free dimensions: x=1x3x224x224"},
		{"runs", 'n', CAY_OPTION_NUMBER, &bench.runs, "N", "runs that are timed: 50"},
		{"warmup", 0, CAY_OPTION_NUMBER, &bench.warmup, "N", "runs before those: 5"},
		CAY_THREADS_OPTION(&bench.threads),
		{"no-fusion", 0, CAY_OPTION_SWITCH, &bench.no_fusion, NULL,
		 "every op as a step of its own"},
		{"json", 0, CAY_OPTION_SWITCH, &bench.json, NULL, "print JSON"},
		CAY_CPU_OPTION(&bench.cpu),
	};
	const struct cay_argument argument = {"MODEL", &bench.path};
	const struct cay_syntax syntax = {
		.command = "bench",
		.about = "Times a model on made-up input.\n"
			 "  --model=NAME                       another form: that model of a "
			 "daemon, "
			 "over HTTP",
		.arguments = &argument,
		.argument_count = 1,
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!bench.runs)
		return cay_exit_usage("--runs=0: want at least one");
	status = cay_threads_arg(bench.threads);
	if (status == CAY_EXIT_DONE)
		status = cay_cpu_arg(bench.cpu, &bench.kernels);
	if (status == CAY_EXIT_DONE)
		status = bench_model(&bench);
	finish(&bench);
	return status;
}
