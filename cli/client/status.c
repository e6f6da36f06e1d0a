// cayuco status: a daemon, its machine and its models on one screen.
#include "cli/client/board.h"
#include "cli/client/models.h"
#include "cli/options.h"
#include "common/size.h"

#include <string.h>

// What three calls have answered, and what is known of the machine.
struct status {
	json_t *server, *models; // owned
	struct cay_answer metrics;
	struct cay_board board;
};

static const struct {
	const char *metric, *key;
} gauges[] = {
	{"process_resident_memory_bytes", "resident_bytes"},
	{"cayuco_queue_length", "queue"},
	{"cayuco_sessions_busy", "sessions_busy"},
	{"cayuco_sessions", "sessions"},
};
enum { RESIDENT, QUEUE, BUSY, SESSIONS };

static int ask(struct cay_client *client, struct status *s, struct cay_err *err)
{
	const struct cay_call metrics = {.method = "GET", .path = "/metrics"};

	s->server = cay_client_get_json(client, "/v2", err);
	if (!s->server)
		return -1;
	s->models = cay_client_get_json(client, "/models", err);
	if (!s->models || cay_client_call(client, &metrics, &s->metrics, err) < 0)
		return -1;
	if (!cay_buf_cstr(&s->metrics.body))
		return cay_fail_memory(err);
	cay_board_read(&s->board, client, (const char *)s->metrics.body.data);
	return 0;
}

static double gauge(const struct status *s, size_t i)
{
	double value;

	return cay_metrics_sum((const char *)s->metrics.body.data, gauges[i].metric, &value) ? value
											     : 0;
}

// The kernels that a daemon here uses unless it is told otherwise.
static const char *kernels(char text[64])
{
	struct cay_kernels table;

	cay_kernels_init(&table, cay_cpu_detect());
	return cay_cpu_text(table.cpu, text);
}

static void put_board(const struct cay_client *client, const struct cay_board *board,
		      struct cay_buf *out)
{
	char text[64];

	if (*board->name) {
		cay_buf_text(out, "board        ");
		cay_print_name(out, board->name);
		cay_buf_text(out, "\n");
	}
	for (size_t i = 0; i < board->cluster_count; i++) {
		cay_buf_text(out, i ? "             " : "cores        ");
		cay_board_put_cluster(&board->clusters[i], out);
		cay_buf_text(out, "\n");
	}
	if (cay_client_is_local(client))
		cay_buf_printf(out, "kernels      %s\n", kernels(text));
	if (board->celsius > -273)
		cay_buf_printf(out, "temperature  %.1f degrees Celsius\n", board->celsius);
}

static void put_text(const struct cay_client *client, const struct status *s, struct cay_buf *out)
{
	cay_buf_text(out, "daemon       ");
	cay_print_name(out, cay_answer_text(s->server, "name"));
	cay_buf_text(out, " ");
	cay_print_name(out, cay_answer_text(s->server, "version"));
	cay_buf_printf(out, " at %s\n", cay_client_url(client));
	put_board(client, &s->board, out);
	cay_buf_printf(out, "memory       %.1f MB resident\n", gauge(s, RESIDENT) / 1e6);
	cay_buf_printf(out, "queue        %.0f waiting, %.0f of %.0f sessions busy\n\n",
		       gauge(s, QUEUE), gauge(s, BUSY), gauge(s, SESSIONS));
	cay_models_put_text(s->models, out);
}

static json_t *json_board(const struct cay_client *client, const struct cay_board *board)
{
	json_t *clusters = json_array();
	char text[64];

	for (size_t i = 0; i < board->cluster_count; i++) {
		const struct cay_cluster *c = &board->clusters[i];

		json_array_append_new(clusters,
				      json_pack("{s:i, s:i, s:i, s:i, s:i}", "first", (int)c->first,
						"cpus", (int)c->cpus, "capacity", (int)c->capacity,
						"max_mhz", (int)c->max_mhz, "mhz", (int)c->mhz));
	}
	return json_pack("{s:s?, s:s?, s:o?, s:o*}", "name", *board->name ? board->name : NULL,
			 "kernels", cay_client_is_local(client) ? kernels(text) : NULL, "clusters",
			 clusters, "celsius",
			 board->celsius > -273 ? json_real(board->celsius) : NULL);
}

static int print_json(const struct cay_client *client, const struct status *s)
{
	json_t *root = json_pack("{s:s, s:O, s:O, s:o?}", "url", cay_client_url(client), "server",
				 s->server, "models", json_object_get(s->models, "models"), "board",
				 json_board(client, &s->board));
	int status;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(gauges); i++)
		json_object_set_new(root, gauges[i].key, json_integer((json_int_t)gauge(s, i)));
	status = cay_answer_print(root);
	json_decref(root);
	return status;
}

static int run(struct cay_client *client, bool json)
{
	struct status s = {0};
	struct cay_buf out = {0};
	struct cay_err err;
	int status;

	if (ask(client, &s, &err) < 0) {
		status = cay_client_fail(client, cay_client_url(client), &err);
	} else if (json) {
		status = print_json(client, &s);
	} else {
		put_text(client, &s, &out);
		status = cay_print_stdout(&out);
	}
	json_decref(s.server);
	json_decref(s.models);
	cay_answer_finish(&s.metrics);
	return status;
}

int cay_status_main(int argc, char **argv)
{
	struct cay_client_args args = {0};
	struct cay_client *client = NULL;
	bool json = false;
	const struct cay_option options[] = {
		{"json", 0, CAY_OPTION_SWITCH, &json, NULL, "print JSON"},
		CAY_CLIENT_OPTIONS(&args),
	};
	const struct cay_syntax syntax = {
		.command = "status",
		.about = "Shows a daemon, its machine and its models.",
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	status = cay_client_open(&args, &client);
	if (status == CAY_EXIT_DONE)
		status = run(client, json);
	cay_client_free(client);
	return status;
}
