// gather, gather_nd, index_select, lookup_table: parts of a tensor by numbers in another one.
#include "engine/ops/operands.h"

#include <string.h>

enum { FROM, NUMBERS, AXIS };

struct gather {
	const char *type, *name; // for messages
	bool wide;		 // numbers are INT64
	int64_t axis;
	int64_t padding; // the number of what is zeros; -1: none
};
// Output [outer][count] runs, of an input of [outer][extent...] runs; a run is named by `parts`
// numbers, one for each extent.
struct gather_plan {
	size_t outer, count, run; // run: bytes
	size_t parts, extent[CAY_MAX_RANK];
};

static int prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		   struct cay_err *err)
{
	struct gather *gather = cay_prepare_alloc(p, sizeof(*gather), err);
	struct cay_value *from = layer->in[FROM];

	*state = gather;
	if (!gather || cay_operands_want_ints(p, layer, NUMBERS, err) < 0 ||
	    (from->data && !cay_prepare_keep(p, from, err)))
		return -1;
	*gather = (struct gather){
		.type = layer->type,
		.name = layer->name,
		.wide = layer->in[NUMBERS]->dtype == CAY_DTYPE_I64,
		.axis = cay_layer_int(layer, "axis", cay_layer_int(layer, "dim", 0)),
		.padding = cay_layer_int(layer, "padding_idx", -1),
	};
	layer->out[0]->dtype = from->dtype;
	return 0;
}

static int table_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	return cay_operand_want(layer, FROM, CAY_DTYPE_F32, err) < 0
		       ? -1
		       : prepare(p, layer, state, err);
}

static int fail_shapes(const struct cay_plan_context *p, const struct cay_layer *layer,
		       struct cay_err *err)
{
	char text[2][CAY_SHAPE_TEXT];

	return cay_layer_fail(layer, err, "no parts of %s by numbers of %s",
			      cay_shape_text(&cay_plan_in(p, FROM)->shape, text[0]),
			      cay_shape_text(&cay_plan_in(p, NUMBERS)->shape, text[1]));
}

// Appends dimensions [begin, end) of x to y. Returns false if there are too many.
static bool append(struct cay_shape *y, const struct cay_shape *x, uint32_t begin, uint32_t end)
{
	if (end - begin > CAY_MAX_RANK - y->rank)
		return false;
	for (uint32_t i = begin; i < end; i++)
		y->dim[y->rank++] = x->dim[i];
	return true;
}

static int gather_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		       struct cay_err *err)
{
	const struct cay_shape *x = &cay_plan_in(p, FROM)->shape;
	const struct cay_shape *numbers = &cay_plan_in(p, NUMBERS)->shape;
	struct gather_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_numbers given = {1, {((const struct gather *)state)->axis}};
	struct cay_shape y = *x;
	uint32_t axis;

	if (!plan || (layer->in_count > AXIS && layer->in[AXIS] &&
		      cay_numbers_of_operands(p, layer, AXIS, AXIS + 1, &given, err) < 0))
		return -1;
	if (given.count != 1 || numbers->rank == 0 || numbers->rank > 2 ||
	    (numbers->rank == 2 && numbers->dim[1] != 1))
		return fail_shapes(p, layer, err);
	if (cay_axis_resolve(layer, given.value[0], x->rank, &axis, err) < 0)
		return -1;
	y.dim[axis] = numbers->dim[0];
	*plan = (struct gather_plan){
		.outer = cay_shape_product(x, 0, axis),
		.count = (size_t)numbers->dim[0],
		.run = cay_shape_product(x, axis + 1, x->rank) *
		       cay_dtype_size(cay_plan_in(p, FROM)->dtype),
		.parts = 1,
		.extent = {(size_t)x->dim[axis]},
	};
	return cay_plan_output(p, 0, &y, err);
}

// The last dimension of the numbers names a part by so many of them.
static int gather_nd_plan(struct cay_plan_context *p, const struct cay_layer *layer,
			  const void *state, struct cay_err *err)
{
	const struct cay_shape *x = &cay_plan_in(p, FROM)->shape;
	const struct cay_shape *numbers = &cay_plan_in(p, NUMBERS)->shape;
	struct gather_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	const uint32_t last = numbers->rank - 1;
	struct cay_shape y = {0};
	uint32_t parts;

	(void)state;
	if (!plan)
		return -1;
	if (numbers->rank == 0 || numbers->dim[last] > x->rank)
		return fail_shapes(p, layer, err);
	parts = (uint32_t)numbers->dim[last];
	if (!append(&y, numbers, 0, last) || !append(&y, x, parts, x->rank))
		return fail_shapes(p, layer, err);
	if (y.rank == 0)
		y.dim[y.rank++] = 1;
	*plan = (struct gather_plan){
		.outer = 1,
		.count = cay_shape_product(numbers, 0, last),
		.run = cay_shape_product(x, parts, x->rank) *
		       cay_dtype_size(cay_plan_in(p, FROM)->dtype),
		.parts = parts,
	};
	for (uint32_t i = 0; i < parts; i++)
		plan->extent[i] = (size_t)x->dim[i];
	return cay_plan_output(p, 0, &y, err);
}

// The numbers of the older form are [..., 1].
static int table_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct cay_shape *table = &cay_plan_in(p, FROM)->shape;
	const struct cay_shape *numbers = &cay_plan_in(p, NUMBERS)->shape;
	const bool older = strcmp(layer->type, "lookup_table") == 0;
	struct gather_plan *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct cay_shape y = {0};

	(void)state;
	if (!plan)
		return -1;
	if (table->rank != 2 || numbers->rank == 0 ||
	    (older && numbers->dim[numbers->rank - 1] != 1) ||
	    !append(&y, numbers, 0, numbers->rank - older) || !append(&y, table, 1, 2))
		return fail_shapes(p, layer, err);
	*plan = (struct gather_plan){
		.outer = 1,
		.count = cay_shape_product(numbers, 0, numbers->rank),
		.run = (size_t)table->dim[1] * sizeof(float),
		.parts = 1,
		.extent = {(size_t)table->dim[0]},
	};
	return cay_plan_output(p, 0, &y, err);
}

static int64_t number_at(const struct cay_io *io, size_t i)
{
	const struct gather *gather = io->state;
	const void *numbers = io->in[NUMBERS].data;

	return gather->wide ? ((const int64_t *)numbers)[i] : ((const int32_t *)numbers)[i];
}

// Where run i of the output is in the input, in runs.
static int find_run(const struct cay_io *io, size_t i, size_t *ret, struct cay_err *err)
{
	const struct gather *gather = io->state;
	const struct gather_plan *plan = io->plan;
	size_t at = 0;

	for (size_t part = 0; part < plan->parts; part++) {
		const int64_t number = number_at(io, i * plan->parts + part);

		if (number < 0 || (uint64_t)number >= plan->extent[part])
			return cay_fail(
				err, CAY_EBAD, "%s '%.80s': number %lld is outside of [0, %zu)",
				gather->type, gather->name, (long long)number, plan->extent[part]);
		at = at * plan->extent[part] + (size_t)number;
	}
	*ret = at;
	return 0;
}

static int gather_run(const struct cay_io *io, struct cay_err *err)
{
	const struct gather *gather = io->state;
	const struct gather_plan *plan = io->plan;
	const size_t pitch = plan->extent[0] * plan->run; // where outer is not 1, parts is
	const char *x = io->in[FROM].data;
	char *y = io->out[0].data;

	for (size_t i = 0; i < plan->count; i++, y += plan->run) {
		size_t at;

		if (gather->padding != -1 && number_at(io, i) == gather->padding) {
			memset(y, 0, plan->run);
			continue;
		}
		if (find_run(io, i, &at, err) < 0)
			return -1;
		for (size_t o = 0; o < plan->outer; o++)
			memcpy(y + o * plan->count * plan->run, x + o * pitch + at * plan->run,
			       plan->run);
	}
	return 0;
}

#define GATHER(prepare_function, plan_function, ...)                                               \
	{                                                                                          \
		.in = {__VA_ARGS__}, .out = {"Out"}, .required = 2, .layout = CAY_OP_NCHW,         \
		.prepare = prepare_function, .plan = plan_function, .run = gather_run              \
	}
const struct cay_op cay_op_gather = GATHER(prepare, gather_plan, "X", "Index", "Axis");
const struct cay_op cay_op_gather_nd = GATHER(prepare, gather_nd_plan, "X", "Index");
const struct cay_op cay_op_index_select = GATHER(prepare, gather_plan, "X", "Index");
const struct cay_op cay_op_lookup_table = GATHER(table_prepare, table_plan, "W", "Ids");
const struct cay_op cay_op_lookup_table_v2 = GATHER(table_prepare, table_plan, "W", "Ids");
