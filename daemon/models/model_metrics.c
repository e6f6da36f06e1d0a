// The models' part of GET /metrics.
#include "common/size.h"
#include "daemon/models/registry.h"

#include <stdio.h>

// Writes an entry's lines of a family; none, if it has none.
typedef void write_fn(const struct cay_models *m, const struct cay_entry *entry,
		      struct cay_buf *buf);

static void write_size(const struct cay_models *m, const struct cay_entry *e, struct cay_buf *buf)
{
	(void)m;
	if (e->served)
		cay_buf_printf(buf, "cayuco_sessions{model=\"%s\"} %zu\n", e->name,
			       cay_pool_size(e->served->pool));
}

static void write_busy(const struct cay_models *m, const struct cay_entry *e, struct cay_buf *buf)
{
	(void)m;
	if (e->served)
		cay_buf_printf(buf, "cayuco_sessions_busy{model=\"%s\"} %zu\n", e->name,
			       cay_pool_busy(e->served->pool));
}

// For an evicted model they wait, too.
static void write_queue(const struct cay_models *m, const struct cay_entry *e, struct cay_buf *buf)
{
	if (e->version)
		cay_buf_printf(buf, "cayuco_queue_length{model=\"%s\"} %zu\n", e->name,
			       e->served ? cay_workers_length(e->served->workers)
					 : cay_eviction_waiting(m, e->name));
}

static void write_weights(const struct cay_models *m, const struct cay_entry *e,
			  struct cay_buf *buf)
{
	(void)m;
	if (e->served)
		cay_buf_printf(buf, "cayuco_model_weight_bytes{model=\"%s\"} %zu\n", e->name,
			       cay_model_weight_bytes(e->served->model));
}

// Counters stay when the weights go.
static void write_counter(const struct cay_entry *e, const char *name, unsigned long long value,
			  struct cay_buf *buf)
{
	cay_buf_printf(buf, "%s{model=\"%s\",version=\"%u\"} %llu\n", name, e->name,
		       e->statistics->version, value);
}

static void write_successes(const struct cay_models *m, const struct cay_entry *e,
			    struct cay_buf *buf)
{
	(void)m;
	if (e->statistics)
		write_counter(e, "cayuco_inference_successes_total",
			      cay_histogram_count(&e->statistics->stage[CAY_STAGE_INFER]), buf);
}

static void write_inferences(const struct cay_models *m, const struct cay_entry *e,
			     struct cay_buf *buf)
{
	(void)m;
	if (e->statistics)
		write_counter(e, "cayuco_inferences_total", atomic_load(&e->statistics->inferences),
			      buf);
}

static void write_failures(const struct cay_models *m, const struct cay_entry *e,
			   struct cay_buf *buf)
{
	static const char *const reasons[CAY_FAILURES] = {
		[CAY_REJECTED] = "REJECTED",
		[CAY_CANCELED] = "CANCELED",
		[CAY_BACKEND] = "BACKEND",
		[CAY_OTHER] = "OTHER",
	};

	(void)m;
	for (size_t i = 0; e->statistics && i < CAY_FAILURES; i++)
		cay_buf_printf(buf,
			       "cayuco_inference_failures_total{model=\"%s\",version=\"%u\","
			       "reason=\"%s\"} %llu\n",
			       e->name, e->statistics->version, reasons[i],
			       atomic_load(&e->statistics->failures[i]));
}

static void write_stages(const struct cay_models *m, const struct cay_entry *e, struct cay_buf *buf)
{
	static const char *const names[CAY_STAGES] = {
		[CAY_STAGE_QUEUE] = "queue",
		[CAY_STAGE_PARSE] = "parse",
		[CAY_STAGE_INFER] = "infer",
		[CAY_STAGE_ENCODE] = "encode",
	};
	char labels[CAY_MODEL_NAME + 64];

	(void)m;
	for (size_t i = 0; e->statistics && i < CAY_STAGES; i++) {
		snprintf(labels, sizeof(labels), "model=\"%s\",version=\"%u\",stage=\"%s\"",
			 e->name, e->statistics->version, names[i]);
		cay_histogram_write(&e->statistics->stage[i], buf, "cayuco_stage_seconds", labels);
	}
}

static void write_whole(const struct cay_models *m, const struct cay_entry *e, struct cay_buf *buf)
{
	char labels[CAY_MODEL_NAME + 64];

	(void)m;
	if (!e->statistics)
		return;
	snprintf(labels, sizeof(labels), "model=\"%s\",version=\"%u\"", e->name,
		 e->statistics->version);
	cay_histogram_write(&e->statistics->whole, buf, "cayuco_inference_request_seconds", labels);
}

void cay_models_metrics(struct cay_models *m, struct cay_buf *ret)
{
	static const struct {
		const char *name, *type, *help;
		write_fn *write;
	} families[] = {
		{"cayuco_sessions", "gauge", "Inferences of the model that can run at once.",
		 write_size},
		{"cayuco_sessions_busy", "gauge", "Inferences of the model that run.", write_busy},
		{"cayuco_queue_length", "gauge",
		 "Requests that wait for one of the model's sessions.", write_queue},
		{"cayuco_model_weight_bytes", "gauge",
		 "Bytes of the model's packed weights in memory.", write_weights},
		{"cayuco_inference_successes_total", "counter",
		 "Requests for an inference that were answered.", write_successes},
		{"cayuco_inferences_total", "counter",
		 "Items in the batches of the requests that were answered.", write_inferences},
		{"cayuco_inference_failures_total", "counter",
		 "Requests for an inference that failed, by reason: REJECTED, no room or no time "
		 "to begin; CANCELED, the client has gone; BACKEND, the system; OTHER, the "
		 "request.",
		 write_failures},
		{"cayuco_inference_request_seconds", "histogram",
		 "Time of an inference's request, from its first line to the last byte of its "
		 "answer.",
		 write_whole},
		{"cayuco_stage_seconds", "histogram",
		 "Time of an inference's request by stage: queue, it waits; parse, its input is "
		 "read; infer, the model runs; encode, the answer is written.",
		 write_stages},
	};

	pthread_mutex_lock(&m->lock);
	cay_prometheus_head(ret, "cayuco_models", "gauge", "Models, in service or not.");
	cay_buf_printf(ret, "cayuco_models %zu\n", m->count);
	cay_prometheus_head(
		ret, "cayuco_model_evictions_total", "counter",
		"Models that were taken out of memory for others, as models_limit was reached.");
	cay_buf_printf(ret, "cayuco_model_evictions_total %llu\n", m->evictions);
	cay_prometheus_head(ret, "cayuco_model_reloads_total", "counter",
			    "Models that were taken out of memory and loaded again for a request.");
	cay_buf_printf(ret, "cayuco_model_reloads_total %llu\n", m->revivals);
	for (size_t f = 0; f < CAY_ARRAY_SIZE(families); f++) {
		cay_prometheus_head(ret, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < m->count; i++)
			families[f].write(m, &m->entries[i], ret);
	}
	pthread_mutex_unlock(&m->lock);
}
