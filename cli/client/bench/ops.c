// How long each op of a daemon's model takes.
#include "cli/client/bench/ops.h"
#include "cli/client/table.h"
#include "common/size.h"

#define RUNS 10

// What is no list of objects becomes an empty one.
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

// The ops are the same ones in every run: a replaced model begins anew.
static json_t *add(json_t *sum, json_t *ops, size_t *count)
{
	if (sum && json_array_size(sum) == json_array_size(ops)) {
		for (size_t i = 0; i < json_array_size(sum); i++) {
			json_t *op = json_array_get(ops, i);
			const double ms = cay_answer_number(json_array_get(sum, i), "ms");

			json_object_set_new(op, "ms", json_real(ms + cay_answer_number(op, "ms")));
		}
	} else {
		*count = 0;
	}
	++*count;
	json_decref(sum);
	return ops;
}

static void set_shares(json_t *ops, size_t count)
{
	double all = 0;
	json_t *op;
	size_t i;

	json_array_foreach(ops, i, op)
	{
		all += cay_answer_number(op, "ms");
	}
	json_array_foreach(ops, i, op)
	{
		const double ms = cay_answer_number(op, "ms");

		json_object_set_new(op, "ms", json_real(ms / (double)count));
		json_object_set_new(op, "share", json_real(all > 0 ? ms / all : 0));
	}
}

json_t *cay_ops_measure(struct cay_client *client, const char *model, const struct cay_call *call,
			struct cay_err *err)
{
	struct cay_call profile = *call;
	struct cay_buf path = {0};
	json_t *ops = NULL, *answer = NULL;
	size_t count = 0;

	cay_buf_text(&path, "/models/");
	cay_client_encode(&path, model);
	cay_buf_text(&path, "/profile");
	profile.method = "POST";
	profile.path = cay_buf_cstr(&path);
	for (size_t i = 0; i < RUNS; i++) {
		answer = cay_client_call_json(client, &profile, err);
		if (!answer)
			break;
		ops = add(ops, take_ops(answer), &count);
	}
	cay_buf_finish(&path);
	if (!answer) {
		json_decref(ops);
		return NULL;
	}
	set_shares(ops, count);
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
