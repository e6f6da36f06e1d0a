// A version of a model in service: weights, sessions, a queue and its threads.
#include "daemon/models/served.h"
#include "common/size.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOADED	   0.5F // of what is told
#define PLANNED	   0.6F // the rest is the first run
#define MAX_INPUTS 64	// that a model in service may have

// Makes inputs of zeros for the warm-up. *ret_known is false if the shape of one is not known; then
// nothing else is set.
static int make_zeros(const struct cay_served *s, struct cay_arena *arena, struct cay_tensor *in,
		      bool *ret_known, struct cay_err *err)
{
	size_t count;
	const struct cay_port *ports = cay_model_inputs(s->model, &count);
	struct cay_err ignored;

	for (size_t i = 0; i < count; i++) {
		struct cay_tensor *t = &in[i];

		*t = (struct cay_tensor){.name = ports[i].name, .dtype = ports[i].dtype};
		*ret_known = cay_model_info_shape(&s->info, &ports[i], 0, &t->shape, &ignored) == 0;
		if (!*ret_known)
			return 0;
		if (cay_shape_bytes(&t->shape, t->dtype, &t->size, err) < 0 ||
		    !(t->data = cay_arena_alloc(arena, t->size, err)))
			return -1;
	}
	return 0;
}

// The state of a warm-up: who is told of its steps, and when it must be over.
struct warming {
	struct cay_tracker planning, running;
	uint64_t deadline;
	size_t done, steps;
};

static int on_step(void *context, const struct cay_tensor *tensor, bool is_nhwc, float scale,
		   struct cay_err *err)
{
	struct warming *w = context;

	(void)tensor, (void)is_nhwc, (void)scale;
	return cay_tracker_tell(&w->running, ++w->done, w->steps, err);
}

static int run_told(struct cay_session *session, const struct cay_tensor *in, size_t count,
		    size_t times, struct warming *warming, struct cay_err *err)
{
	int result = 0;

	warming->steps = times * cay_session_step_count(session);
	cay_session_watch(session, on_step, warming);
	for (size_t i = 0; result == 0 && i < times; i++)
		result = cay_session_run(session, in, count, warming->deadline, err);
	cay_session_watch(session, NULL, NULL);
	return result;
}

// Plans the first shapes in every session, and runs the last one as often as the settings want.
static int warm_sessions(struct cay_served *s, const struct cay_tensor *in, size_t count,
			 struct warming *warming, struct cay_err *err)
{
	size_t sessions = cay_pool_size(s->pool), leased = 0;
	struct cay_session **session = calloc(sessions, sizeof(struct cay_session *));
	int result = session ? 0 : cay_fail_memory(err);

	while (result == 0 && leased < sessions) {
		session[leased] = cay_pool_lease(s->pool, 0, err);
		result = session[leased]
				 ? cay_session_prepare(session[leased], in, count,
						       warming->deadline, &warming->planning, err)
				 : -1;
		leased += session[leased] != NULL;
	}
	if (result == 0)
		result = run_told(session[leased - 1], in, count, s->info.settings.warmup, warming,
				  err);
	for (size_t i = 0; i < leased; i++)
		cay_pool_return(s->pool, session[i]);
	free(session);
	return result;
}

static int warm_up(struct cay_served *s, struct warming *warming, struct cay_err *err)
{
	struct cay_tensor in[MAX_INPUTS];
	struct cay_arena arena;
	bool known = true;
	size_t count;
	int result;

	cay_model_inputs(s->model, &count);
	if (count > MAX_INPUTS)
		return cay_fail(err, CAY_EMODEL, "%zu inputs, at most %d can be served", count,
				MAX_INPUTS);
	cay_arena_init(&arena, s->conf->arena_limit);
	result = make_zeros(s, &arena, in, &known, err);
	if (result == 0 && known)
		result = warm_sessions(s, in, count, warming, err);
	cay_arena_finish(&arena);
	return result;
}

// Inputs whose size model.json gives have that instead of the one in the .nb.
static void resize_inputs(const struct cay_served *s)
{
	struct cay_tensor in[MAX_INPUTS] = {0};
	size_t count = s->info.input_count < MAX_INPUTS ? s->info.input_count : MAX_INPUTS;

	for (size_t i = 0; i < count; i++) {
		in[i].name = s->info.inputs[i].name;
		in[i].shape = s->info.inputs[i].shape;
	}
	cay_model_resize_inputs(s->model, in, count);
}

static int load(struct cay_served *s, const struct cay_model_files *files,
		const struct cay_kernels *kernels, size_t weights,
		const struct cay_tracker *progress, struct cay_err *err)
{
	const struct cay_tracker packing = cay_tracker_part(progress, "load", 0, LOADED);
	struct warming warming = {
		.planning = cay_tracker_part(progress, "plan", LOADED, PLANNED),
		.running = cay_tracker_part(progress, "warm up", PLANNED, 1),
		.deadline = cay_clock_now() + s->conf->load_timeout * CAY_SECOND,
	};
	struct cay_model_limits limits = CAY_MODEL_LIMITS_DEFAULT;
	const struct cay_port *inputs;
	size_t count;

	limits.arena = s->conf->arena_limit;
	limits.weights = weights;
	limits.progress = &packing;
	limits.deadline = warming.deadline;
	if (cay_model_info_parse(&s->info, files, s->conf, err) < 0)
		return -1;
	s->model = cay_model_load(files->nb, files->nb_size, kernels, &limits, err);
	if (!s->model)
		return -1;
	if (cay_model_weight_bytes(s->model) > weights)
		return cay_fail(err, CAY_ETOOLARGE,
				"%zu bytes of weights, all models together may have %zu",
				cay_model_weight_bytes(s->model), weights);
	resize_inputs(s);
	inputs = cay_model_inputs(s->model, &count);
	if (cay_model_info_check(&s->info, inputs, count, err) < 0)
		return -1;
	s->pool = cay_pool_new(s->model, s->info.settings.instances, s->info.settings.threads, err);
	return s->pool ? warm_up(s, &warming, err) : -1;
}

struct cay_served *cay_served_new(const char *name, const struct cay_model_files *files,
				  const struct cay_conf *conf, const struct cay_kernels *kernels,
				  size_t weights, const struct cay_tracker *progress,
				  struct cay_err *err)
{
	struct cay_served *s = calloc(1, sizeof(*s));

	if (!s) {
		cay_fail_memory(err);
		return NULL;
	}
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->conf = conf;
	cay_json_memo_init(&s->memo);
	if (load(s, files, kernels, weights, progress, err) == 0)
		return s;
	if (err->code == CAY_ETIMEOUT) // no other attempt would end sooner
		cay_fail(err, CAY_EMODEL, "loading takes more than %zu seconds",
			 conf->load_timeout);
	cay_served_free(s);
	return NULL;
}

void cay_served_free(struct cay_served *s)
{
	if (!s)
		return;
	cay_workers_free(s->workers);
	cay_pool_free(s->pool);
	cay_model_free(s->model);
	cay_model_info_finish(&s->info);
	cay_json_memo_finish(&s->memo);
	cay_statistics_drop(s->statistics);
	free(s);
	malloc_trim(0); // the memory of a model is worth giving back at once
}

static void run(void *context, struct cay_request *req)
{
	struct cay_served *s = context;

	s->answer(s, req);
}

static void ended(void *context)
{
	struct cay_served *s = context;

	s->ended(s->context, s);
}

int cay_served_start(struct cay_served *s, cay_answer_request *answer, cay_served_ended *on_ended,
		     void *context, struct cay_err *err)
{
	static const struct cay_workers_ops ops = {"infer", run, ended};

	s->answer = answer;
	s->ended = on_ended;
	s->context = context;
	s->workers =
		cay_workers_new(s->info.settings.instances, s->info.settings.queue, &ops, s, err);
	return s->workers ? 0 : -1;
}

unsigned cay_served_retry_after(size_t waiting, uint64_t nanoseconds_each, size_t sessions)
{
	const double seconds = (double)waiting * (double)nanoseconds_each / 1e9 / (double)sessions;

	return seconds < 1 ? 1 : seconds > 3600 ? 3600 : (unsigned)ceil(seconds);
}

static int refuse(struct cay_served *s, struct cay_request *req, const struct cay_err *err)
{
	cay_statistics_fail(s->statistics, err);
	req->reply.retry_after =
		cay_served_retry_after(s->info.settings.queue, cay_statistics_mean(s->statistics),
				       s->info.settings.instances);
	return -1;
}

int cay_served_admit(struct cay_served *s, struct cay_request *req, struct cay_err *err)
{
	const size_t most = s->info.settings.queue;

	s->used = cay_clock_now();
	if (cay_workers_length(s->workers) < most)
		return 0;
	cay_fail(err, CAY_EBUSY, "%zu requests wait already", most);
	return refuse(s, req, err);
}

int cay_served_push(struct cay_served *s, struct cay_request *req, struct cay_err *err)
{
	s->used = cay_clock_now();
	return cay_workers_push(s->workers, req, err) == 0 ? 0 : refuse(s, req, err);
}

void cay_served_retire(struct cay_served *s)
{
	cay_workers_close(s->workers);
}
