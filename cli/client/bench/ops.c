// How long each op of a daemon's model takes.
#include "cli/client/bench/ops.h"
#include "cli/client/table.h"
#include "cli/measure.h"
#include "common/size.h"

#define RUNS 10

// Takes the list of ops of an answer; an empty one if it is no list of objects.
static json_t *take_ops(json_t *answer)
{
	json_t *ops = json_incref(json_object_get(answer, "ops"));
	bool fits = json_is_array(ops);

	for (size_t i = 0; fits && i < json_array_size(ops); i++)
		fits = json_is_object(json_array_get(ops, i));
	json_decref(answer);
	if (fits)
		return ops;
	json_decref(ops);
	return json_array();
}

// What the daemon has told of the same ops, run by run.
struct runs {
	json_t *ops[RUNS]; // owned
	size_t count;
};

static void drop_runs(struct runs *runs)
{
	while (runs->count > 0)
		json_decref(runs->ops[--runs->count]);
}

// Adds a run. If the model was replaced meanwhile, its ops differ, and all begins anew.
static void add_run(struct runs *runs, json_t *ops)
{
	if (runs->count > 0 && json_array_size(runs->ops[0]) != json_array_size(ops))
		drop_runs(runs);
	runs->ops[runs->count++] = ops;
}

// The median of an op's times: what else the machine does lengthens some of them.
static double median_of(const struct runs *runs, size_t op)
{
	double ms[RUNS];

	for (size_t i = 0; i < runs->count; i++)
		ms[i] = cay_answer_number(json_array_get(runs->ops[i], op), "ms");
	cay_measure_sort(ms, runs->count);
	return cay_measure_percentile(ms, runs->count, 50);
}

// The ops of the last run, with the medians and shares of all.
static json_t *sum_up(const struct runs *runs)
{
	json_t *ops = json_incref(runs->ops[runs->count - 1]), *op;
	double all = 0;
	size_t i;

	for (i = 0; i < json_array_size(ops); i++)
		all += median_of(runs, i);
	json_array_foreach(ops, i, op)
	{
		const double ms = median_of(runs, i);

		json_object_set_new(op, "ms", json_real(ms));
		json_object_set_new(op, "share", json_real(all > 0 ? ms / all : 0));
	}
	return ops;
}

json_t *cay_ops_measure(struct cay_client *client, const char *model, const struct cay_call *call,
			struct cay_err *err)
{
	struct cay_call profile = *call;
	struct cay_buf path = {0};
	struct runs runs = {0};
	json_t *answer = NULL, *ops = NULL;

	cay_buf_text(&path, "/models/");
	cay_client_encode(&path, model);
	cay_buf_text(&path, "/profile");
	profile.method = "POST";
	profile.path = cay_buf_cstr(&path);
	for (size_t i = 0; i < RUNS; i++) {
		answer = cay_client_call_json(client, &profile, err);
		if (!answer)
			break;
		add_run(&runs, take_ops(answer));
	}
	cay_buf_finish(&path);
	if (answer)
		ops = sum_up(&runs);
	drop_runs(&runs);
	return ops;
}

void cay_ops_put_text(const json_t *ops, struct cay_buf *out)
{
	static const char *const head[] = {"ms",     "share", "op",    "type",
					   "kernel", "shape", "output"};
	struct cay_table table = {.columns = "rrlllll"};
	const json_t *op;
	size_t i;

	for (i = 0; i < CAY_ARRAY_SIZE(head); i++)
		cay_table_text(&table, head[i]);
	json_array_foreach(ops, i, op)
	{
		const char *kernel = cay_answer_text(op, "kernel");
		char shape[CAY_SHAPE_TEXT];

		cay_table_printf(&table, "%.4f", cay_answer_number(op, "ms"));
		cay_table_printf(&table, "%.1f%%", 100 * cay_answer_number(op, "share"));
		cay_table_text(&table, cay_answer_text(op, "type"));
		cay_table_text(&table, json_is_true(json_object_get(op, "int8")) ? "int8" : "fp32");
		cay_table_text(&table, *kernel ? kernel : "-");
		cay_table_text(&table, cay_answer_shape(op, shape));
		cay_table_text(&table, cay_answer_text(op, "name"));
	}
	cay_table_end(&table, out);
}
