// One arena of activations that runs a shared model.
#include "engine/session.h"
#include "common/size.h"
#include "engine/deadline.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

struct cay_session {
	struct cay_model *model;
	struct cay_plan *plan; // the last run's; NULL before
	uint8_t *arena;
	size_t arena_bytes;
	struct cay_operand *operands; // of all steps of the plan, in order
	struct cay_tensor *outputs;
	const void **inputs; // of the current run
	struct cay_shape *shapes;
	size_t *order;
	uint64_t *nanoseconds; // [step_count], of runs that are profiled or have a deadline
	bool profile;
	struct cay_team *team; // NULL: one thread
	cay_watch_fn *watch;   // NULL: nobody looks
	void *watch_context;
};

struct cay_session *cay_session_new(struct cay_model *model, struct cay_err *err)
{
	struct cay_session *s = calloc(1, sizeof(*s));
	size_t inputs = model->input_count ? model->input_count : 1;

	if (!s) {
		cay_fail_memory(err);
		return NULL;
	}
	s->model = model;
	s->outputs = calloc(model->output_count, sizeof(*s->outputs));
	s->inputs = calloc(inputs, sizeof(*s->inputs));
	s->shapes = calloc(inputs, sizeof(*s->shapes));
	s->order = calloc(inputs, sizeof(*s->order));
	if (!s->outputs || !s->inputs || !s->shapes || !s->order) {
		cay_fail_memory(err);
		cay_session_free(s);
		return NULL;
	}
	return s;
}

void cay_session_free(struct cay_session *session)
{
	if (!session)
		return;
	cay_model_plan_release(session->model, session->plan);
	cay_team_free(session->team);
	free(session->arena);
	free(session->operands);
	free(session->outputs);
	free(session->inputs);
	free(session->shapes);
	free(session->order);
	free(session->nanoseconds);
	free(session);
}

int cay_session_set_threads(struct cay_session *session, size_t threads, struct cay_err *err)
{
	struct cay_team *team = threads > 1 ? cay_team_new(threads, err) : NULL;

	if (threads > 1 && !team)
		return -1;
	cay_team_free(session->team);
	session->team = team;
	return 0;
}

static void *resolve(const struct cay_session *s, const struct cay_ref *ref)
{
	switch (ref->place) {
	case CAY_PLACE_ARENA:
		return s->arena + ref->offset;
	case CAY_PLACE_INPUT: // read only: no op writes its inputs
		return (void *)(uintptr_t)s->inputs[ref->offset];
	case CAY_PLACE_CONST:
		return (void *)(uintptr_t)ref->data;
	case CAY_PLACE_ABSENT:
		break;
	}
	return NULL;
}

static int take_memory(struct cay_session *s, const struct cay_plan *plan, struct cay_err *err)
{
	struct cay_operand *operands =
		calloc(plan->ref_count ? plan->ref_count : 1, sizeof(*operands));
	uint64_t *nanoseconds =
		calloc(plan->step_count ? plan->step_count : 1, sizeof(*nanoseconds));

	if (!operands || !nanoseconds) {
		free(operands);
		free(nanoseconds);
		return cay_fail_memory(err);
	}
	free(s->operands);
	free(s->nanoseconds);
	s->operands = operands;
	s->nanoseconds = nanoseconds;
	if (plan->arena_bytes > s->arena_bytes) {
		free(s->arena);
		s->arena_bytes = 0;
		s->arena = aligned_alloc(64, plan->arena_bytes);
		if (!s->arena)
			return cay_fail_memory(err);
		// Not another request's data, and its pages are there before the first run.
		memset(s->arena, 0, plan->arena_bytes);
		s->arena_bytes = plan->arena_bytes;
	}
	return 0;
}

static void bind_outputs(struct cay_session *s)
{
	for (size_t i = 0; i < s->model->output_count; i++) {
		const struct cay_ref *ref = &s->plan->outputs[i];
		const struct cay_port *port = &s->model->outputs[i];

		s->outputs[i] = (struct cay_tensor){
			.name = port->name,
			.dtype = port->dtype,
			.shape = ref->shape,
			.data = resolve(s, ref),
			.size = cay_shape_product(&ref->shape, 0, ref->shape.rank) *
				cay_dtype_size(port->dtype),
		};
	}
}

static bool plan_fits(const struct cay_session *s)
{
	for (size_t i = 0; s->plan && i < s->model->input_count; i++)
		if (!cay_shape_equal(&s->plan->input_shapes[i], &s->shapes[i]))
			return false;
	return s->plan;
}

int cay_session_prepare(struct cay_session *s, const struct cay_tensor *in, size_t count,
			uint64_t deadline, const struct cay_tracker *progress, struct cay_err *err)
{
	const struct cay_allowance allowance = {deadline, progress};
	struct cay_plan *plan;

	if (cay_model_match_inputs(s->model, in, count, s->order, err) < 0)
		return -1;
	for (size_t i = 0; i < s->model->input_count; i++)
		s->shapes[i] = in[s->order[i]].shape;
	if (plan_fits(s))
		return 0;
	plan = cay_model_plan(s->model, s->shapes, &allowance, err);
	if (!plan)
		return -1;
	cay_model_plan_release(s->model, s->plan);
	s->plan = NULL;
	if (take_memory(s, plan, err) < 0) {
		cay_model_plan_release(s->model, plan);
		return -1;
	}
	s->plan = plan;
	bind_outputs(s);
	return 0;
}

static void bind_operands(struct cay_session *s)
{
	struct cay_operand *operand = s->operands;

	for (size_t i = 0; i < s->plan->step_count; i++) {
		const struct cay_step *step = &s->plan->steps[i];

		for (size_t k = 0; k < step->in_count + step->out_count; k++, operand++)
			*operand = (struct cay_operand){resolve(s, &step->refs[k]),
							&step->refs[k].shape};
	}
}

static int show_outputs(const struct cay_session *s, const struct cay_step *step,
			const struct cay_operand *out, struct cay_err *err)
{
	for (size_t i = 0; s->watch && step->layer && i < step->out_count; i++) {
		const struct cay_ref *ref = &step->refs[step->in_count + i];
		const struct cay_value *value = step->layer->out[i];
		struct cay_tensor tensor;

		if (!value || ref->place == CAY_PLACE_ABSENT)
			continue;
		tensor = (struct cay_tensor){
			.name = value->name,
			.dtype = value->dtype,
			.shape = ref->shape,
			.data = out[i].data,
			.size = cay_shape_product(&ref->shape, 0, ref->shape.rank) *
				cay_dtype_size(value->dtype),
		};
		if (s->watch(s->watch_context, &tensor, ref->layout == CAY_LAYOUT_NHWC,
			     value->scale, err) < 0)
			return -1;
	}
	return 0;
}

static int run_steps(struct cay_session *s, uint64_t deadline, struct cay_err *err)
{
	const struct cay_operand *operand = s->operands;
	uint64_t begin = s->profile || deadline ? cay_deadline_now() : 0;

	for (size_t i = 0; i < s->plan->step_count; i++) {
		const struct cay_step *step = &s->plan->steps[i];
		struct cay_io io = {
			.kernels = s->model->kernels,
			.state = step->state,
			.plan = step->plan,
			.in = operand,
			.in_count = step->in_count,
			.out = operand + step->in_count,
			.out_count = step->out_count,
			.scratch = s->arena + step->scratch,
			.team = s->team,
		};

		if (deadline && begin > deadline)
			return cay_fail(err, CAY_ETIMEOUT,
					"the deadline passed before step %zu of %zu", i + 1,
					s->plan->step_count);
		if (step->run(&io, err) < 0 || show_outputs(s, step, io.out, err) < 0)
			return -1;
		operand += step->in_count + step->out_count;
		if (s->profile || deadline) {
			uint64_t end = cay_deadline_now();

			s->nanoseconds[i] += end - begin;
			begin = end;
		}
	}
	return 0;
}

int cay_session_run(struct cay_session *session, const struct cay_tensor *in, size_t count,
		    uint64_t deadline, struct cay_err *err)
{
	if (cay_session_prepare(session, in, count, deadline, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < session->model->input_count; i++)
		session->inputs[i] = in[session->order[i]].data;
	bind_operands(session);
	return run_steps(session, deadline, err);
}

const struct cay_tensor *cay_session_output(const struct cay_session *session, size_t i)
{
	return &session->outputs[i];
}

void cay_session_watch(struct cay_session *session, cay_watch_fn *watch, void *context)
{
	session->watch = watch;
	session->watch_context = context;
}

void cay_session_profile(struct cay_session *session, bool on)
{
	session->profile = on;
	if (session->plan)
		memset(session->nanoseconds, 0,
		       session->plan->step_count * sizeof(*session->nanoseconds));
}

size_t cay_session_step_count(const struct cay_session *session)
{
	return session->plan ? session->plan->step_count : 0;
}

struct cay_step_info cay_session_step(const struct cay_session *session, size_t i)
{
	const struct cay_step *step = &session->plan->steps[i];

	return (struct cay_step_info){
		.op = {step->type, step->name, step->kernel, step->layer && step->layer->int8},
		.shape = step->refs[step->in_count].shape,
		.nanoseconds = session->profile ? session->nanoseconds[i] : 0,
	};
}

void cay_step_info_put_json(const struct cay_step_info *step, struct cay_buf *buf)
{
	cay_layer_info_put_json(&step->op, buf);
	cay_buf_text(buf, ", \"shape\": ");
	cay_shape_put_json(&step->shape, buf);
}
