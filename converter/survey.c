// What kinds of ops a program or a graph has, and which of them cannot be converted.
#include "converter/survey.h"
#include "common/size.h"
#include "converter/convertible.h"
#include "nb/nb.h"

#include <stdlib.h>
#include <string.h>

// Counts by kind, in the order of their first appearance.
struct tally {
	struct cay_arena *arena; // the report's
	struct cay_names index;
	struct cay_report_op *rows;
	size_t count, capacity;
};

static struct cay_report_op *tally_row(struct tally *t, const char *type, struct cay_err *err)
{
	uint32_t index = cay_names_get(&t->index, type);
	struct cay_report_op *rows;

	if (index != CAY_NO_INDEX)
		return &t->rows[index];
	rows = cay_arena_grow(t->arena, t->rows, t->count, sizeof(*rows), &t->capacity, err);
	if (!rows)
		return NULL;
	t->rows = rows;
	type = cay_arena_strdup(t->arena, type, err); // the program does not outlive the report
	if (!type || cay_names_set(&t->index, type, (uint32_t)t->count, err) < 0)
		return NULL;
	t->rows[t->count].type = type;
	return &t->rows[t->count++];
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct cay_report_op *)a)->type,
		      ((const struct cay_report_op *)b)->type);
}

static void tally_init(struct tally *t, struct cay_report *report)
{
	*t = (struct tally){.arena = &report->arena};
	cay_names_init(&t->index, &report->arena);
}

static void tally_sort(struct tally *t)
{
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), compare_rows);
}

static int tally_program(struct tally *t, const struct cay_program *program, bool only_missing,
			 struct cay_err *err)
{
	for (size_t b = 0; b < program->block_count; b++)
		for (size_t i = 0; i < program->blocks[b].op_count; i++) {
			const char *type = program->blocks[b].ops[i].type;
			struct cay_report_op *row;

			if (only_missing && cay_convertible_find(type))
				continue;
			row = tally_row(t, type, err);
			if (!row)
				return -1;
			row->fp32++;
		}
	tally_sort(t);
	return 0;
}

static const char *find_training_op(const struct cay_program *program)
{
	static const char *const optimizers[] = {
		"adadelta",	   "adagrad",	  "adam",
		"adamax",	   "adamw",	  "decayed_adagrad",
		"dpsgd",	   "ftrl",	  "lamb",
		"lars_momentum",   "merged_adam", "momentum",
		"merged_momentum", "rmsprop",	  "sgd"};

	for (size_t i = 0; i < program->blocks[0].op_count; i++) {
		const char *type = program->blocks[0].ops[i].type;
		size_t length = strlen(type);

		if (length > 5 && strcmp(type + length - 5, "_grad") == 0)
			return type;
		for (size_t k = 0; k < CAY_ARRAY_SIZE(optimizers); k++)
			if (strcmp(type, optimizers[k]) == 0)
				return type;
	}
	return NULL;
}

static bool is_quantized(const struct cay_program *program)
{
	for (size_t i = 0; i < program->blocks[0].op_count; i++) {
		const char *type = program->blocks[0].ops[i].type;

		if (strncmp(type, "fake_", 5) == 0 || strcmp(type, "quantize_linear") == 0 ||
		    strcmp(type, "dequantize_linear") == 0)
			return true;
	}
	return false;
}

static int fail_missing(const struct cay_report *report, struct cay_err *err)
{
	struct cay_buf names = {0};

	for (size_t i = 0; i < report->missing_count; i++)
		cay_buf_printf(&names, "%s%s (%u)", i ? ", " : "", report->missing[i].type,
			       report->missing[i].count);
	cay_fail(err, CAY_EMODEL, "%zu %s of op not supported: %s", report->missing_count,
		 report->missing_count == 1 ? "kind" : "kinds",
		 names.failed ? "out of memory" : cay_buf_cstr(&names));
	cay_buf_finish(&names);
	return -1;
}

int cay_survey_check(const struct cay_program *program, struct cay_report *report,
		     struct cay_err *err)
{
	const char *training = find_training_op(program);
	struct tally t;

	report->paddle_version = program->version;
	report->quantized = is_quantized(program);
	tally_init(&t, report);
	if (tally_program(&t, program, true, err) < 0)
		return -1;
	report->missing = cay_arena_array(&report->arena, t.count, sizeof(*report->missing), err);
	if (!report->missing)
		return -1;
	for (size_t i = 0; i < t.count; i++)
		report->missing[i] = (struct cay_report_missing){.type = t.rows[i].type,
								 .count = t.rows[i].fp32};
	report->missing_count = t.count;
	if (training)
		return cay_fail(err, CAY_EMODEL,
				"a program for training, with '%s': export the one for inference "
				"(save_inference_model or jit.save)",
				training);
	return t.count ? fail_missing(report, err) : 0;
}

int cay_survey_program(const struct cay_program *program, struct cay_report *report,
		       struct cay_err *err)
{
	struct tally t;

	tally_init(&t, report);
	if (tally_program(&t, program, false, err) < 0)
		return -1;
	report->ops = t.rows;
	report->op_count = t.count;
	return 0;
}

int cay_survey_graph(const struct cay_graph *graph, struct cay_report *report, struct cay_err *err)
{
	struct tally t;

	tally_init(&t, report);
	for (const struct cay_node *n = graph->first; n; n = n->next) {
		struct cay_kernel_key key;
		struct cay_report_op *row;

		if (cay_node_is(n, "feed") || cay_node_is(n, "fetch"))
			continue;
		row = tally_row(&t, n->op, err);
		if (!row ||
		    cay_kernel_key_parse(cay_node_string(n, CAY_KERNEL_ATTR, ""), &key, err) < 0)
			return -1;
		*(key.precision == CAY_PRECISION_INT8 ? &row->int8 : &row->fp32) += 1;
	}
	tally_sort(&t);
	report->ops = t.rows;
	report->op_count = t.count;
	return 0;
}
