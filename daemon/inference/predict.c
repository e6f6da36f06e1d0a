// What a worker does with a request: parse, lease a session last, encode when it is given back.
#include "daemon/inference/predict.h"
#include "daemon/inference/answer.h"
#include "daemon/inference/query.h"
#include "daemon/json/decimal.h"

#include <string.h>

#define LOOK_EVERY (CAY_SECOND / 1000) // whether its client is still there

// An inference on its way through a worker.
struct prediction {
	struct cay_served *served;
	struct cay_request *req;
	struct cay_query query;
	uint64_t looked;	    // when it was asked last whether the client is still there
	struct cay_tensor *outputs; // copies, in the query's arena; none of a profile
	uint64_t infer;		    // nanoseconds
};

// Into the statistics, and to the client in milliseconds.
static void add_times(struct prediction *p, const uint64_t took[CAY_STAGES])
{
	static const char *const names[CAY_STAGES] = {
		[CAY_STAGE_QUEUE] = "queue;dur=",
		[CAY_STAGE_PARSE] = ", input;dur=",
		[CAY_STAGE_INFER] = ", infer;dur=",
		[CAY_STAGE_ENCODE] = ", output;dur=",
	};
	char text[CAY_STAGES * (sizeof(", output;dur=") + CAY_DECIMAL_TEXT)], *at = text;

	for (size_t i = 0; i < CAY_STAGES; i++) {
		cay_histogram_add(&p->served->statistics->stage[i], took[i]);
		at = stpcpy(at, names[i]);
		at += cay_decimal_print_milliseconds(took[i], at);
	}
	*at = '\0';
	cay_reply_header(&p->req->reply, "Server-Timing", text);
}

// The model may be freed by then: the request holds its statistics alone.
static void on_sent(struct cay_request *req, uint64_t nanoseconds)
{
	struct cay_statistics *statistics = req->sent_context;

	cay_histogram_add(&statistics->whole, nanoseconds);
	cay_statistics_drop(statistics);
}

// Copies the outputs before the session is given back: its next run overwrites them.
static int copy_outputs(struct prediction *p, const struct cay_session *session,
			struct cay_err *err)
{
	struct cay_query *q = &p->query;

	p->outputs = cay_arena_array(&q->arena, q->output_count, sizeof(*p->outputs), err);
	for (size_t i = 0; p->outputs && i < q->output_count; i++) {
		p->outputs[i] = *cay_session_output(session, q->outputs[i].index);
		p->outputs[i].data =
			cay_arena_copy(&q->arena, p->outputs[i].data, p->outputs[i].size, err);
		if (!p->outputs[i].data)
			return -1;
	}
	return p->outputs ? 0 : -1;
}

static struct cay_answer make_answer(const struct prediction *p)
{
	const struct cay_served *s = p->served;

	return (struct cay_answer){
		.model = s->name,
		.version = s->version,
		.id = p->query.id,
		.nanoseconds = p->infer,
		.labels = s->info.labels,
		.label_count = s->info.label_count,
		.top = p->query.top,
		.outputs = p->outputs,
		.forms = p->query.outputs,
		.output_count = p->query.output_count,
	};
}

// Fails for a request that has waited too long, or whose client has gone: it is not begun.
static int check_wanted(struct prediction *p, uint64_t now, uint64_t deadline, struct cay_err *err)
{
	if (now > deadline)
		return cay_fail(err, CAY_EBUSY, "the deadline has passed in the queue");
	if (now - p->looked < LOOK_EVERY)
		return 0;
	p->looked = now;
	if (p->req->is_gone && p->req->is_gone(p->req))
		return cay_fail(err, CAY_ECANCELED, "the client has gone away");
	return 0;
}

// Keeps what the answer needs of the session, which is given back after this.
static int keep_result(struct prediction *p, const struct cay_session *session, struct cay_err *err)
{
	const struct cay_answer answer = make_answer(p);

	return p->req->wants_profile ? cay_answer_profile(&answer, session, &p->req->reply, err)
				     : copy_outputs(p, session, err);
}

static int infer(struct prediction *p, struct cay_err *err)
{
	struct cay_session *session;
	uint64_t start;
	int result;

	session = cay_pool_lease(p->served->pool, p->query.deadline, err);
	if (!session) {
		if (err->code == CAY_ETIMEOUT) // nothing has been done yet: it may be asked again
			cay_fail(err, CAY_EBUSY, "the deadline has passed in the queue");
		return -1;
	}
	start = cay_clock_now();
	cay_session_profile(session, p->req->wants_profile);
	result = check_wanted(p, start, p->query.deadline, err);
	if (result == 0)
		result = cay_session_run(session, p->query.inputs, p->query.input_count,
					 p->query.deadline, err);
	p->infer = cay_clock_now() - start;
	if (result == 0)
		result = keep_result(p, session, err);
	cay_pool_return(p->served->pool, session);
	return result;
}

static int encode(struct prediction *p, struct cay_err *err)
{
	const struct cay_answer answer = make_answer(p);
	const char *accept = p->req->accept;

	if (p->req->wants_profile)
		return 0; // it has been written
	return accept && strstr(accept, "application/octet-stream")
		       ? cay_answer_raw(&answer, &p->req->reply, err)
		       : cay_answer_json(&answer, &p->req->reply, err);
}

// Items of the batch: as many as the free first dimension of the first input has.
static uint64_t batch(const struct prediction *p, const struct cay_ports *ports)
{
	const struct cay_shape *port = ports->input_count ? &ports->inputs[0].shape : NULL;

	return port && port->rank > 0 && port->dim[0] < 0
		       ? (uint64_t)p->query.inputs[0].shape.dim[0]
		       : 1;
}

static int predict(struct prediction *p, struct cay_err *err)
{
	struct cay_ports ports;
	uint64_t start = cay_clock_now(), parsed, inferred;
	int result;

	if (check_wanted(p, start, p->req->deadline, err) < 0)
		return -1;
	ports.inputs = cay_model_inputs(p->served->model, &ports.input_count);
	ports.outputs = cay_model_outputs(p->served->model, &ports.output_count);
	if (cay_query_decode(&p->query, p->req, &ports, &p->served->info, p->served->conf,
			     &p->served->memo, err) < 0)
		return -1;
	parsed = cay_clock_now();
	result = infer(p, err);
	inferred = cay_clock_now();
	if (result == 0)
		result = encode(p, err);
	if (result == 0) {
		const uint64_t took[CAY_STAGES] = {
			// waiting for a session is waiting, too
			[CAY_STAGE_QUEUE] =
				start - p->req->received + (inferred - parsed - p->infer),
			[CAY_STAGE_PARSE] = parsed - start,
			[CAY_STAGE_INFER] = p->infer,
			[CAY_STAGE_ENCODE] = cay_clock_now() - inferred,
		};

		add_times(p, took);
		atomic_fetch_add(&p->served->statistics->inferences, batch(p, &ports));
	}
	cay_query_finish(&p->query);
	return result;
}

void cay_predict(struct cay_served *served, struct cay_request *req)
{
	struct prediction p = {.served = served, .req = req};
	struct cay_err err = {0};
	int result = predict(&p, &err);

	if (result < 0) {
		cay_statistics_fail(served->statistics, &err);
		atomic_fetch_add(&served->statistics->failure_nanoseconds,
				 cay_clock_now() - req->received);
	} else {
		atomic_store(&served->statistics->last, cay_clock_wall());
		req->sent = on_sent;
		req->sent_context = cay_statistics_share(served->statistics);
	}
	req->finish(req, result < 0 ? &err : NULL);
}
