// cayuco bench --model NAME: how a daemon answers, at one and at several requests at once.
#include "cli/client/bench/load.h"
#include "cli/client/bench/ops.h"
#include "cli/client/table.h"
#include "cli/measure.h"
#include "cli/options.h"
#include "common/size.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS	  16
#define THROTTLE  0.95 // of the fastest cluster's MHz: slower is throttled
#define INPUTS	  32
#define INPUT_MAX ((size_t)1 << 30) // bytes of all inputs

struct bench {
	char *model, *concurrency;
	struct cay_option_list shapes;
	size_t count;
	bool json;
	struct cay_client_args args;
	struct cay_client *clients[CAY_LOAD_CONNECTIONS]; // as many as the largest level so far
	size_t client_count;
	size_t levels[LEVELS], level_count;
	struct cay_load loads[LEVELS];
	size_t done; // levels that went well
	json_t *ops; // NULL: the daemon has not told, for the reason in no_ops
	struct cay_err no_ops;
	struct cay_buf body; // JSON, and the inputs behind it
	size_t json_size;
};

// --- what is sent --------------------------------------------------------------------------------

// "1,2,4,8".
static int parse_levels(struct bench *b)
{
	char *at = b->concurrency;

	while (at) {
		unsigned long level;
		char *end;

		errno = 0;
		level = strtoul(at, &end, 10);
		if (*at < '0' || *at > '9' || errno || level < 1 || level > CAY_LOAD_CONNECTIONS ||
		    (*end && *end != ',') || b->level_count == LEVELS)
			return cay_exit_usage("--concurrency=%s: want up to %d numbers of 1 to %d, "
					      "as 1,2,4",
					      b->concurrency, LEVELS, CAY_LOAD_CONNECTIONS);
		b->levels[b->level_count++] = level;
		at = *end ? end + 1 : NULL;
	}
	return CAY_EXIT_DONE;
}

// The shape that --shape gives to an input: by its name, or without one to the only input.
static const char *given_shape(const struct bench *b, const char *name)
{
	for (size_t i = 0; i < b->shapes.count; i++) {
		const char *text = b->shapes.text[i], *equals = strchr(text, '=');

		if (!equals)
			return text;
		if (strlen(name) == (size_t)(equals - text) &&
		    strncmp(text, name, (size_t)(equals - text)) == 0)
			return equals + 1;
	}
	return NULL;
}

// The input's shape as the daemon tells it, with a batch of one; -1 is free.
static int stated_shape(const json_t *dims, struct cay_shape *ret, struct cay_err *err)
{
	const json_t *dim;
	size_t i;

	ret->rank = 0;
	json_array_foreach(dims, i, dim)
	{
		long long value = json_integer_value(dim);

		if (i == CAY_MAX_RANK || value < -1 || value > CAY_MAX_DIM)
			return cay_fail(err, CAY_EIO, "the daemon states no sensible shape");
		ret->dim[ret->rank++] = value < 0 && i == 0 ? 1 : value;
	}
	return 0;
}

// Writes made-up elements; those of other types than float are 0.
static void put_values(struct cay_buf *out, enum cay_dtype dtype, size_t bytes)
{
	const size_t begin = out->len;

	cay_buf_fill(out, 0, bytes);
	if (dtype == CAY_DTYPE_F32 && !out->failed)
		cay_measure_fill(out->data + begin, bytes / sizeof(float));
}

// Appends the description of an input to b->body and its elements to `elements`.
static int add_input(struct bench *b, const json_t *input, struct cay_buf *elements,
		     struct cay_err *err)
{
	const char *name = cay_answer_text(input, "name"), *given = given_shape(b, name),
		   *datatype = cay_answer_text(input, "datatype");
	const enum cay_dtype dtype = cay_dtype_from_name(datatype);
	struct cay_shape shape;
	char text[CAY_SHAPE_TEXT];
	size_t bytes;

	if (given ? cay_shape_parse(given, &shape, err) < 0
		  : stated_shape(json_object_get(input, "shape"), &shape, err) < 0)
		return -1;
	if (dtype == CAY_DTYPES)
		return cay_fail(err, CAY_EIO, "input '%s' has elements of %s", name, datatype);
	if (!cay_shape_is_fixed(&shape))
		return cay_fail(err, CAY_EBAD, "input '%s' is %s: give --shape %s=1x3x224x224",
				name, cay_shape_text(&shape, text), name);
	if (cay_shape_bytes(&shape, dtype, &bytes, err) < 0)
		return -1;
	if (bytes > INPUT_MAX - elements->len)
		return cay_fail(err, CAY_ETOOLARGE, "the inputs have more than %zu MiB",
				INPUT_MAX >> 20);
	cay_buf_text(&b->body, elements->len ? ",{\"name\":" : "{\"name\":");
	cay_buf_json_string(&b->body, name);
	cay_buf_printf(&b->body, ",\"datatype\":\"%s\",\"shape\":", cay_dtype_name(dtype));
	cay_shape_put_json(&shape, &b->body);
	cay_buf_printf(&b->body, ",\"parameters\":{\"binary_data_size\":%zu}}", bytes);
	put_values(elements, dtype, bytes);
	return cay_buf_check(elements, err);
}

static int add_inputs(struct bench *b, const json_t *inputs, struct cay_err *err)
{
	struct cay_buf elements = {0};
	const json_t *input;
	size_t i;
	int result = 0;

	if (json_array_size(inputs) == 0 || json_array_size(inputs) > INPUTS)
		return cay_fail(err, CAY_EIO, "the daemon states no inputs, or more than %d",
				INPUTS);
	cay_buf_text(&b->body, "{\"inputs\":[");
	json_array_foreach(inputs, i, input)
	{
		if (result == 0)
			result = add_input(b, input, &elements, err);
	}
	cay_buf_text(&b->body, "],\"parameters\":{\"binary_data_output\":true}}");
	b->json_size = b->body.len;
	cay_buf_put(&b->body, elements.data, elements.len);
	cay_buf_finish(&elements);
	return result < 0 ? -1 : cay_buf_check(&b->body, err);
}

static int make_body(struct bench *b, const char *path)
{
	struct cay_err err;
	json_t *model = cay_client_get_json(b->clients[0], path, &err);
	int result = model ? add_inputs(b, json_object_get(model, "inputs"), &err) : -1;

	json_decref(model);
	return result < 0 ? cay_client_fail(b->clients[0], b->model, &err) : CAY_EXIT_DONE;
}

// --- what is found -------------------------------------------------------------------------------

static bool is_throttled(const struct cay_load *load)
{
	const struct cay_cluster *fastest = cay_board_fastest(&load->board);

	return (load->board.throttled > 0 && load->board.throttled & CAY_THROTTLED_NOW) ||
	       (fastest && (double)fastest->mhz < THROTTLE * (double)fastest->max_mhz);
}

static void put_level(struct cay_table *table, const struct cay_load *l)
{
	cay_table_printf(table, "%zu", l->connections);
	cay_table_printf(table, "%.2f", l->p50);
	cay_table_printf(table, "%.2f", l->p95);
	cay_table_printf(table, "%.2f", l->p99);
	cay_table_printf(table, "%.1f", (double)l->answered / l->seconds);
	for (size_t i = 0; i < CAY_PARTS; i++)
		cay_table_printf(table, l->has_parts ? "%.3f" : "-", l->parts[i]);
	cay_table_printf(table, "%zu", l->refused);
}

static bool tells_clock(const struct cay_load *load)
{
	const struct cay_cluster *fastest = cay_board_fastest(&load->board);

	return load->board.throttled >= 0 || (fastest && fastest->max_mhz);
}

// The clocks half way through the last level, the busiest one if they go upwards.
static void put_clocks(const struct cay_load *last, struct cay_buf *out)
{
	const struct cay_cluster *fastest = cay_board_fastest(&last->board);

	if (!tells_clock(last))
		cay_buf_text(out, "throttled: not known");
	else
		cay_buf_printf(out, "throttled: %s", is_throttled(last) ? "yes" : "no");
	if (last->board.throttled > 0) {
		cay_buf_text(out, ", the firmware says ");
		cay_throttled_put_text(last->board.throttled, out);
	}
	if (fastest && fastest->max_mhz) {
		cay_buf_text(out, "; ");
		cay_board_put_cluster(fastest, out);
	}
	if (last->board.celsius > CAY_CELSIUS_UNKNOWN)
		cay_buf_printf(out, ", %.1f degrees Celsius", last->board.celsius);
	cay_buf_text(out, "\n");
}

static void put_ops(const struct bench *b, struct cay_buf *out)
{
	if (!b->ops) {
		cay_buf_text(out, "no times of ops: ");
		cay_print_name(out, b->no_ops.msg);
	}
	cay_buf_text(out, "\n");
	if (b->ops)
		cay_ops_put_text(b->ops, out);
}

static int print_text(const struct bench *b)
{
	static const char *const head[] = {"at once", "p50 ms", "p95 ms", "p99 ms", "per second",
					   "queue",   "input",	"infer",  "output", "refused"};
	struct cay_table table = {.columns = "rrrrrrrrrr"};
	struct cay_buf out = {0};

	cay_print_name(&out, b->model);
	cay_buf_printf(&out, ": %zu requests each, %zu bytes\n", b->count, b->body.len);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(head); i++)
		cay_table_text(&table, head[i]);
	for (size_t i = 0; i < b->done; i++)
		put_level(&table, &b->loads[i]);
	cay_table_end(&table, &out);
	put_clocks(&b->loads[b->done - 1], &out);
	put_ops(b, &out);
	return cay_print_stdout(&out);
}

static json_t *json_level(const struct cay_load *l)
{
	const struct cay_cluster *fastest = cay_board_fastest(&l->board);
	json_t *level = json_pack("{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "concurrency",
				  (json_int_t)l->connections, "answered", (json_int_t)l->answered,
				  "refused", (json_int_t)l->refused, "seconds", l->seconds,
				  "p50_ms", l->p50, "p95_ms", l->p95, "p99_ms", l->p99,
				  "per_second", (double)l->answered / l->seconds);

	for (size_t i = 0; i < CAY_PARTS && l->has_parts; i++) {
		char key[32];

		snprintf(key, sizeof(key), "%s_ms", cay_part_names[i]);
		json_object_set_new(level, key, json_real(l->parts[i]));
	}
	if (fastest && fastest->max_mhz)
		json_object_set_new(level, "mhz", json_integer(fastest->mhz));
	if (tells_clock(l))
		json_object_set_new(level, "throttled", json_boolean(is_throttled(l)));
	if (l->board.celsius > CAY_CELSIUS_UNKNOWN)
		json_object_set_new(level, "celsius", json_real(l->board.celsius));
	return level;
}

static int print_json(const struct bench *b)
{
	json_t *levels = json_array(), *root;
	int status;

	for (size_t i = 0; i < b->done; i++)
		json_array_append_new(levels, json_level(&b->loads[i]));
	root = json_pack("{s:s, s:I, s:I, s:o}", "model", b->model, "requests",
			 (json_int_t)b->count, "bytes", (json_int_t)b->body.len, "levels", levels);
	if (b->ops)
		json_object_set(root, "ops", b->ops);
	status = cay_answer_print(root);
	json_decref(root);
	return status;
}

// --- all of it -----------------------------------------------------------------------------------

// Connections are kept from level to level: one that is closed counts a while longer at the daemon.
static int open_clients(struct bench *b, size_t count)
{
	int status = CAY_EXIT_DONE;

	while (b->client_count < count && status == CAY_EXIT_DONE) {
		status = cay_client_open(&b->args, &b->clients[b->client_count]);
		b->client_count += status == CAY_EXIT_DONE;
	}
	return status;
}

static int run_levels(struct bench *b, const char *path)
{
	char length[64];
	struct cay_call call = {
		.method = "POST",
		.path = path,
		.headers = {"Content-Type: application/octet-stream", length},
		.body = b->body.data,
		.size = b->body.len,
	};
	int status = CAY_EXIT_DONE;

	snprintf(length, sizeof(length), "Inference-Header-Content-Length: %zu", b->json_size);
	while (b->done < b->level_count && status == CAY_EXIT_DONE) {
		const size_t level = b->levels[b->done];

		status = open_clients(b, level);
		if (status == CAY_EXIT_DONE)
			status = cay_load_run(&b->loads[b->done], b->clients, level, &call,
					      b->count, b->model);
		b->done += status == CAY_EXIT_DONE;
	}
	if (status == CAY_EXIT_DONE)
		b->ops = cay_ops_measure(b->clients[0], b->model, &call, &b->no_ops);
	return status;
}

// Prints what has been measured, also after a failure.
static int bench(struct bench *b)
{
	struct cay_buf path = {0};
	int status = open_clients(b, 1), printed = CAY_EXIT_DONE;

	cay_buf_text(&path, "/v2/models/");
	cay_client_encode(&path, b->model);
	if (status == CAY_EXIT_DONE)
		status = make_body(b, cay_buf_cstr(&path));
	cay_buf_text(&path, "/infer");
	if (status == CAY_EXIT_DONE)
		status = run_levels(b, cay_buf_cstr(&path));
	cay_buf_finish(&path);
	if (b->done)
		printed = (b->json ? print_json : print_text)(b);
	return status == CAY_EXIT_DONE ? printed : status;
}

int cay_client_bench_main(int argc, char **argv)
{
	struct bench b = {.count = 200, .concurrency = (char[]){"1"}};
	const struct cay_option options[] = {
		{"model", 0, CAY_OPTION_TEXT, &b.model, "NAME", "of the daemon's model"},
		{"requests", 'n', CAY_OPTION_NUMBER, &b.count, "N", "that are timed: 200"},
		{"concurrency", 0, CAY_OPTION_TEXT, &b.concurrency, "LIST",
		 "requests at once, one run for each: 1,2,4,8"},
		{"shape", 0, CAY_OPTION_LIST, &b.shapes, "[NAME=]SHAPE",
		 "of an input with free dimensions: x=1x3x224x224"},
		{"json", 0, CAY_OPTION_SWITCH, &b.json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&b.args),
	};
	const struct cay_syntax syntax = {
		.command = "bench --model=NAME",
		.about = "Times the answers of a daemon's model to made-up input.",
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!b.model || !b.concurrency || !b.count)
		return cay_exit_usage(
			"bench: want --model=NAME, and -n and --concurrency from 1 on");
	status = parse_levels(&b);
	if (status == CAY_EXIT_DONE)
		status = bench(&b);
	cay_buf_finish(&b.body);
	json_decref(b.ops);
	for (size_t i = 0; i < b.client_count; i++)
		cay_client_free(b.clients[i]);
	return status;
}
