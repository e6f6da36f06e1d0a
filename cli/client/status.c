// cayuco status: a daemon, its machine and its models on one screen.
#include "cli/client/board.h"
#include "cli/client/models.h"
#include "common/size.h"

#include <string.h>

// What the calls have answered.
struct status {
	json_t *server, *board, *models; // owned
	struct cay_answer metrics;
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
	s->board = cay_client_get_json(client, "/board", err);
	if (!s->board)
		return -1;
	s->models = cay_client_get_json(client, "/models", err);
	if (!s->models || cay_client_call(client, &metrics, &s->metrics, err) < 0)
		return -1;
	return cay_buf_cstr(&s->metrics.body) ? 0 : cay_fail_memory(err);
}

static double gauge(const struct status *s, size_t i)
{
	double value;

	return cay_metrics_sum((const char *)s->metrics.body.data, gauges[i].metric, &value) ? value
											     : 0;
}

static void put_line(const char *label, const char *text, struct cay_buf *out)
{
	if (!*text)
		return;
	cay_buf_printf(out, "%-13s", label);
	cay_print_name(out, text);
	cay_buf_text(out, "\n");
}

static void put_board(const json_t *json, struct cay_buf *out)
{
	struct cay_board board;

	cay_board_parse(&board, json);
	put_line("board", board.name, out);
	for (size_t i = 0; i < board.cluster_count; i++) {
		cay_buf_text(out, i ? "             " : "cores        ");
		cay_board_put_cluster(&board.clusters[i], out);
		cay_buf_text(out, "\n");
	}
	put_line("kernels", board.kernels, out);
	if (board.celsius > CAY_CELSIUS_UNKNOWN)
		cay_buf_printf(out, "temperature  %.1f degrees Celsius\n", board.celsius);
	if (board.throttled >= 0) {
		cay_buf_text(out, "throttled    ");
		cay_throttled_put_text(board.throttled, out);
		cay_buf_text(out, "\n");
	}
}

static void put_text(const struct cay_client *client, const struct status *s, struct cay_buf *out)
{
	cay_buf_text(out, "daemon       ");
	cay_print_name(out, cay_answer_text(s->server, "name"));
	cay_buf_text(out, " ");
	cay_print_name(out, cay_answer_text(s->server, "version"));
	cay_buf_printf(out, " at %s\n", cay_client_url(client));
	put_board(s->board, out);
	cay_buf_printf(out, "memory       %.1f MB resident\n", gauge(s, RESIDENT) / 1e6);
	cay_buf_printf(out, "queue        %.0f waiting, %.0f of %.0f sessions busy\n\n",
		       gauge(s, QUEUE), gauge(s, BUSY), gauge(s, SESSIONS));
	cay_models_put_text(s->models, out);
}

static int print_json(const struct cay_client *client, const struct status *s)
{
	json_t *root = json_pack("{s:s, s:O, s:O, s:O}", "url", cay_client_url(client), "server",
				 s->server, "models", json_object_get(s->models, "models"), "board",
				 s->board);
	int status;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(gauges); i++)
		json_object_set_new(root, gauges[i].key, json_integer((json_int_t)gauge(s, i)));
	status = cay_answer_print(root);
	json_decref(root);
	return status;
}

int cay_status_show(struct cay_client *client, bool json)
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
	json_decref(s.board);
	json_decref(s.models);
	cay_answer_finish(&s.metrics);
	return status;
}
