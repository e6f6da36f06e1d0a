// cayuco diff: two models on one input, tensor by tensor.
#include "cli/cli.h"
#include "cli/input_files.h"
#include "common/names.h"
#include "common/size.h"
#include "engine/session.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_KEPT ((size_t)2 << 30) // bytes of A's tensors

// A tensor that a model computed, in NCHW.
struct kept {
	const char *name;
	enum cay_dtype dtype;
	struct cay_shape shape;
	size_t count;
	float scale;   // of int8 values; 0: not known
	int8_t *steps; // int8 values as they are, else NULL
	double *real;  // what they stand for; NULL where that is not known
};

// How far a tensor of B is from that of A.
struct distance {
	double max, mean, snr; // snr in dB: A's power over that of the difference
	size_t flipped, max_steps;
	bool real, steps; // which of them are there
};

struct pair {
	const struct kept *a, *b;
	struct distance distance;
};

// The tensors that one model computed, in order, and its outputs.
struct side {
	char *path;
	struct cay_arena *arena;
	struct kept *kept, *outputs;
	size_t count, capacity, output_count;
};

struct diff {
	struct side a, b;
	char *cpu;
	bool json, by_place;
	struct cay_option_list input_args;
	struct cay_input_files inputs;
	struct cay_kernels kernels;
	struct cay_arena arena; // has all that is kept
	struct pair *pairs;
	size_t pair_count;
};

static double value_at(const struct cay_tensor *tensor, float scale, size_t i)
{
	switch (tensor->dtype) {
	case CAY_DTYPE_F32:
		return (double)((const float *)tensor->data)[i];
	case CAY_DTYPE_S8:
		return (double)scale * ((const int8_t *)tensor->data)[i];
	case CAY_DTYPE_I32:
		return ((const int32_t *)tensor->data)[i];
	case CAY_DTYPE_I64:
		return (double)((const int64_t *)tensor->data)[i];
	case CAY_DTYPE_U8:
	case CAY_DTYPE_BOOL:
		return ((const uint8_t *)tensor->data)[i];
	case CAY_DTYPE_S16:
		return ((const int16_t *)tensor->data)[i];
	case CAY_DTYPE_F64:
		return ((const double *)tensor->data)[i];
	case CAY_DTYPE_F16: // no op computes it
	case CAY_DTYPES:
		break;
	}
	return NAN;
}

// Where element i of an NCHW tensor lies among NHWC bytes.
static size_t nhwc_index(const struct cay_shape *s, size_t i)
{
	size_t channels = (size_t)s->dim[1], pixels = cay_shape_product(s, 2, 4);
	size_t pixel = i % pixels, channel = i / pixels % channels, image = i / pixels / channels;

	return (image * pixels + pixel) * channels + channel;
}

static int keep(struct cay_arena *arena, const struct cay_tensor *tensor, bool nhwc, float scale,
		struct kept *ret, struct cay_err *err)
{
	struct kept k = {.dtype = tensor->dtype, .shape = tensor->shape, .scale = scale};
	bool int8 = tensor->dtype == CAY_DTYPE_S8, known = !int8 || scale > 0;

	k.count = tensor->size / cay_dtype_size(tensor->dtype);
	k.name = cay_arena_strdup(arena, tensor->name, err);
	if (int8)
		k.steps = cay_arena_alloc(arena, k.count, err);
	if (known)
		k.real = cay_arena_array(arena, k.count, sizeof(*k.real), err);
	if (!k.name || (int8 && !k.steps) || (known && !k.real))
		return -1;
	for (size_t i = 0; i < k.count; i++) {
		size_t at = nhwc ? nhwc_index(&tensor->shape, i) : i;

		if (k.steps)
			k.steps[i] = ((const int8_t *)tensor->data)[at];
		if (k.real)
			k.real[i] = value_at(tensor, scale, at);
	}
	*ret = k;
	return 0;
}

static void compare_real(const double *a, const double *b, size_t count, struct distance *ret)
{
	double sum = 0, power = 0, noise = 0;

	for (size_t i = 0; i < count; i++) {
		double e = a[i] == b[i] || (isnan(a[i]) && isnan(b[i])) ? 0 : fabs(a[i] - b[i]);

		ret->max = e <= ret->max ? ret->max : e; // NaN stays
		sum += e;
		power += a[i] * a[i];
		noise += e * e;
	}
	ret->mean = sum / (double)count;
	ret->snr = 10 * log10(power / noise);
	ret->real = true;
}

static void compare_steps(const int8_t *a, const int8_t *b, size_t count, struct distance *ret)
{
	for (size_t i = 0; i < count; i++) {
		size_t steps = (size_t)(a[i] > b[i] ? a[i] - b[i] : b[i] - a[i]);

		ret->flipped += steps > 0;
		ret->max_steps = steps > ret->max_steps ? steps : ret->max_steps;
	}
	ret->steps = true;
}

static struct distance compare(const struct kept *a, const struct kept *b)
{
	struct distance d = {0};

	if (a->real && b->real)
		compare_real(a->real, b->real, a->count, &d);
	if (a->steps && b->steps)
		compare_steps(a->steps, b->steps, a->count, &d);
	return d;
}

static int watch(void *context, const struct cay_tensor *tensor, bool nhwc, float scale,
		 struct cay_err *err)
{
	struct side *side = context;

	if (side->count == side->capacity) {
		size_t capacity = side->capacity ? side->capacity * 2 : 64;
		struct kept *bigger = cay_arena_array(side->arena, capacity, sizeof(*bigger), err);

		if (!bigger)
			return -1;
		if (side->count)
			memcpy(bigger, side->kept, side->count * sizeof(*bigger));
		side->kept = bigger;
		side->capacity = capacity;
	}
	return keep(side->arena, tensor, nhwc, scale, &side->kept[side->count], err) < 0
		       ? -1
		       : (side->count++, 0);
}

// Two forms of one program: the same shapes in the same order. Names say less then, since opt
// uses a variable again where its value is no longer needed.
static bool same_places(const struct side *a, const struct side *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++)
		if (!cay_shape_equal(&a->kept[i].shape, &b->kept[i].shape))
			return false;
	return a->count == b->count;
}

static void add_pair(struct diff *diff, const struct kept *a, const struct kept *b)
{
	diff->pairs[diff->pair_count++] = (struct pair){a, b, compare(a, b)};
}

// The last value that a variable of this name holds in A.
static const struct kept *find_by_name(const struct cay_names *names, const struct side *a,
				       const struct kept *b)
{
	uint32_t index = cay_names_get(names, b->name);

	return index != CAY_NO_INDEX && cay_shape_equal(&a->kept[index].shape, &b->shape)
		       ? &a->kept[index]
		       : NULL;
}

static int pair_tensors(struct diff *diff, struct cay_err *err)
{
	const struct side *a = &diff->a, *b = &diff->b;
	struct cay_names names;

	diff->pairs = cay_arena_array(&diff->arena, b->count, sizeof(*diff->pairs), err);
	if (!diff->pairs)
		return -1;
	diff->by_place = same_places(a, b);
	cay_names_init(&names, &diff->arena);
	for (size_t i = 0; i < a->count; i++)
		if (cay_names_set(&names, a->kept[i].name, (uint32_t)i, err) < 0)
			return -1;
	for (size_t i = 0; i < b->count; i++) {
		const struct kept *other =
			diff->by_place ? &a->kept[i] : find_by_name(&names, a, &b->kept[i]);

		if (other)
			add_pair(diff, other, &b->kept[i]);
	}
	return 0;
}

// Outputs are compared by position: two converters may have named them differently.
static int keep_outputs(struct side *side, const struct cay_model *model,
			const struct cay_session *session, struct cay_err *err)
{
	cay_model_outputs(model, &side->output_count);
	side->outputs =
		cay_arena_array(side->arena, side->output_count, sizeof(*side->outputs), err);
	for (size_t i = 0; side->outputs && i < side->output_count; i++)
		if (keep(side->arena, cay_session_output(session, i), false, 0, &side->outputs[i],
			 err) < 0)
			return -1;
	return side->outputs ? 0 : -1;
}

static int run_model(struct diff *diff, struct side *side, struct cay_model *model)
{
	struct cay_input_files *inputs = &diff->inputs;
	struct cay_session *session;
	struct cay_err err;
	int status = CAY_EXIT_DONE;

	if (!inputs->count)
		status = cay_input_files_read(inputs, &diff->input_args, model);
	if (status != CAY_EXIT_DONE)
		return status;
	if (inputs->count == 1)
		inputs->tensors[0].name = NULL; // B may call it something else
	cay_model_keep_steps(model);		// whose outputs are watched
	cay_model_resize_inputs(model, inputs->tensors, inputs->count);
	session = cay_session_new(model, &err);
	if (session)
		cay_session_watch(session, watch, side);
	if (!session || cay_session_run(session, inputs->tensors, inputs->count, 0, &err) < 0 ||
	    keep_outputs(side, model, session, &err) < 0)
		status = cay_exit_fail(side->path, &err);
	cay_session_free(session);
	return status;
}

static const char *kind(const struct kept *kept)
{
	return kept->dtype == CAY_DTYPE_S8 ? "int8" : cay_dtype_name(kept->dtype);
}

static void put_row(struct cay_buf *out, const struct pair *pair)
{
	const struct distance *d = &pair->distance;
	char text[CAY_SHAPE_TEXT], kinds[32];

	snprintf(kinds, sizeof(kinds), "%s %s", kind(pair->a), kind(pair->b));
	cay_buf_printf(out, "%-14s %-10s", cay_shape_text(&pair->a->shape, text), kinds);
	if (d->real)
		cay_buf_printf(out, " %10.3g %10.3g %8.1f", d->max, d->mean, d->snr);
	else
		cay_buf_printf(out, " %10s %10s %8s", "-", "-", "-");
	if (d->steps)
		cay_buf_printf(out, " %8zu %4zu", d->flipped, d->max_steps);
	else
		cay_buf_printf(out, " %8s %4s", "-", "-");
	cay_buf_text(out, "  ");
	cay_print_name(out, pair->a->name);
	cay_buf_text(out, "\n");
}

static bool equal(const struct distance *d)
{
	return (!d->real || d->max == 0) && (!d->steps || d->flipped == 0);
}

static void put_text(struct cay_buf *out, const struct diff *diff, const struct pair *outputs)
{
	size_t same = 0;

	cay_buf_printf(out, "%-14s %-10s %10s %10s %8s %8s %4s  %s\n", "shape", "A    B", "max",
		       "mean", "SNR dB", "flipped", "by", "tensor");
	for (size_t i = 0; i < diff->pair_count; i++) {
		put_row(out, &diff->pairs[i]);
		same += equal(&diff->pairs[i].distance);
	}
	cay_buf_printf(out,
		       "\n%zu tensors matched by %s: %zu equal, %zu different; A has %zu, B %zu\n"
		       "Outputs:\n",
		       diff->pair_count, diff->by_place ? "place" : "name", same,
		       diff->pair_count - same, diff->a.count, diff->b.count);
	for (size_t i = 0; i < diff->a.output_count; i++)
		put_row(out, &outputs[i]);
}

// JSON has no NaN and no infinity: null.
static void put_number(struct cay_buf *out, const char *name, double number)
{
	if (isfinite(number))
		cay_buf_printf(out, ", \"%s\": %.9g", name, number);
	else
		cay_buf_printf(out, ", \"%s\": null", name);
}

static void put_json_rows(struct cay_buf *out, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct distance *d = &pairs[i].distance;

		cay_buf_text(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
		cay_buf_json_string(out, pairs[i].a->name);
		cay_buf_text(out, ", \"shape\": ");
		cay_shape_put_json(&pairs[i].a->shape, out);
		cay_buf_printf(out, ", \"a\": \"%s\", \"b\": \"%s\"",
			       cay_dtype_name(pairs[i].a->dtype),
			       cay_dtype_name(pairs[i].b->dtype));
		if (d->real) {
			put_number(out, "max", d->max);
			put_number(out, "mean", d->mean);
			put_number(out, "snr_db", d->snr);
		}
		if (d->steps)
			cay_buf_printf(out, ", \"flipped\": %zu, \"max_steps\": %zu", d->flipped,
				       d->max_steps);
		cay_buf_text(out, "}");
	}
}

static void put_json(struct cay_buf *out, const struct diff *diff, const struct pair *outputs)
{
	cay_buf_printf(out,
		       "{\"matched_by\": \"%s\", \"count_a\": %zu, \"count_b\": %zu,\n"
		       " \"tensors\": [",
		       diff->by_place ? "place" : "name", diff->a.count, diff->b.count);
	put_json_rows(out, diff->pairs, diff->pair_count);
	cay_buf_text(out, "],\n \"outputs\": [");
	put_json_rows(out, outputs, diff->a.output_count);
	cay_buf_text(out, "]}\n");
}

// Outputs are compared by position: two converters may have named them differently.
static struct pair *pair_outputs(struct diff *diff, struct cay_err *err)
{
	const struct side *a = &diff->a, *b = &diff->b;
	char text_a[CAY_SHAPE_TEXT], text_b[CAY_SHAPE_TEXT];
	struct pair *pairs;

	if (a->output_count != b->output_count) {
		cay_fail(err, CAY_EBAD, "has %zu outputs, A has %zu", b->output_count,
			 a->output_count);
		return NULL;
	}
	pairs = cay_arena_array(&diff->arena, a->output_count, sizeof(*pairs), err);
	for (size_t i = 0; pairs && i < a->output_count; i++) {
		const struct kept *x = &a->outputs[i], *y = &b->outputs[i];

		if (!cay_shape_equal(&x->shape, &y->shape)) {
			cay_fail(err, CAY_EBAD, "output %zu is %s, A's %s", i,
				 cay_shape_text(&y->shape, text_b),
				 cay_shape_text(&x->shape, text_a));
			return NULL;
		}
		pairs[i] = (struct pair){x, y, compare(x, y)};
	}
	return pairs;
}

static int run(struct diff *diff)
{
	struct side *sides[] = {&diff->a, &diff->b};
	struct cay_buf out = {0};
	struct pair *outputs;
	struct cay_err err;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(sides); i++) {
		size_t bytes;
		struct cay_model *model =
			cay_model_arg_load(sides[i]->path, &diff->kernels, &bytes, &err);
		int status;

		if (!model)
			return cay_exit_fail(sides[i]->path, &err);
		sides[i]->arena = &diff->arena;
		status = run_model(diff, sides[i], model);
		cay_model_free(model);
		if (status != CAY_EXIT_DONE)
			return status;
	}
	outputs = pair_outputs(diff, &err);
	if (!outputs || pair_tensors(diff, &err) < 0)
		return cay_exit_fail(diff->b.path, &err);
	(diff->json ? put_json : put_text)(&out, diff, outputs);
	return cay_print_stdout(&out);
}

int cay_diff_main(int argc, char **argv)
{
	struct diff diff = {0};
	const struct cay_argument arguments[] = {{"A", &diff.a.path}, {"B", &diff.b.path}};
	const struct cay_option options[] = {
		CAY_INPUT_OPTION(&diff.input_args),
		{"json", 0, CAY_OPTION_SWITCH, &diff.json, NULL, "print JSON"},
		CAY_CPU_OPTION(&diff.cpu),
	};
	const struct cay_syntax syntax = {
		.command = "diff",
		.about = "Runs two models on one input and compares their tensors: by place where "
			 "both compute\nthe same shapes in the same order, else by name.\nmax and "
			 "mean: of the absolute difference; SNR: A's power over "
			 "that of the difference;\nflipped, by: int8 values that differ, and the "
			 "most steps that one differs by.",
		.arguments = arguments,
		.argument_count = CAY_ARRAY_SIZE(arguments),
		.options = options,
		.count = CAY_ARRAY_SIZE(options),
	};
	int status = cay_options_parse(&syntax, argc, argv);

	if (status != CAY_OPTIONS_GO)
		return status;
	if (!diff.input_args.count)
		return cay_exit_usage("diff: no input (-i) given (see cayuco diff --help)");
	status = cay_cpu_arg(diff.cpu, &diff.kernels);
	cay_arena_init(&diff.arena, MAX_KEPT);
	if (status == CAY_EXIT_DONE)
		status = run(&diff);
	cay_arena_finish(&diff.arena);
	cay_input_files_finish(&diff.inputs);
	return status;
}
