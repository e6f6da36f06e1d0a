// slice and strided_slice: a part of a tensor, every so many elements along some axes.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

#include <stdlib.h>

enum { INPUT, STARTS, ENDS, STARTS_LIST, ENDS_LIST };

struct slice {
	struct cay_numbers axes, starts, ends, strides, dropped; // dropped: of the output's ones
};

static int slice_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	struct slice *slice = cay_prepare_alloc(p, sizeof(*slice), err);

	*state = slice;
	if (!slice || cay_operands_want_ints(p, layer, STARTS, err) < 0 ||
	    cay_numbers_of_attr(layer, "axes", &slice->axes, err) < 0 ||
	    cay_numbers_of_attr(layer, "starts", &slice->starts, err) < 0 ||
	    cay_numbers_of_attr(layer, "ends", &slice->ends, err) < 0 ||
	    cay_numbers_of_attr(layer, "strides", &slice->strides, err) < 0 ||
	    cay_numbers_of_attr(layer, "decrease_axis", &slice->dropped, err) < 0)
		return -1;
	if (slice->strides.count && slice->strides.count != slice->axes.count)
		return cay_layer_fail(layer, err, "%zu strides for %zu axes", slice->strides.count,
				      slice->axes.count);
	if (slice->dropped.count == 1 && slice->dropped.value[0] == -1)
		slice->dropped.count = 0; // none, as old exporters say it
	layer->out[0]->dtype = layer->in[INPUT]->dtype;
	return 0;
}

// Numbers that come as a tensor or as a list of tensors win over the attribute.
static int find_numbers(const struct cay_plan_context *p, const struct cay_layer *layer,
			size_t tensor, size_t list, const char *name, struct cay_numbers *numbers,
			size_t want, struct cay_err *err)
{
	const size_t i = layer->in[list] ? list : tensor;

	if (layer->in[i] && cay_numbers_of_operands(p, layer, i, i + 1, numbers, err) < 0)
		return -1;
	if (numbers->count != want)
		return cay_layer_fail(layer, err, "%zu %s for %zu axes", numbers->count, name,
				      want);
	return 0;
}

// The elements that are taken along one axis.
struct range {
	int64_t start, step, count;
};

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

// Negative places count from the end, but -1 as the end of a walk backwards: that one is before the
// first. Those outside of the tensor are moved to its edge.
static struct range find_range(int64_t extent, int64_t start, int64_t end, int64_t step)
{
	const int64_t low = step > 0 ? 0 : -1;
	int64_t length;

	start = clamp(start < 0 ? start + extent : start, low, low + extent);
	end = clamp(end < 0 && (step > 0 || end != -1) ? end + extent : end, low, low + extent);
	length = step > 0 ? end - start : start - end;
	step = clamp(step, -extent, extent);
	return (struct range){start, step, length > 0 ? (length - 1) / llabs(step) + 1 : 0};
}

static int find_ranges(const struct cay_layer *layer, const struct slice *s,
		       const struct cay_shape *x, struct range range[CAY_MAX_RANK],
		       struct cay_err *err)
{
	for (uint32_t i = 0; i < x->rank; i++)
		range[i] = (struct range){0, 0, x->dim[i]};
	for (size_t i = 0; i < s->axes.count; i++) {
		const int64_t step = s->strides.count ? s->strides.value[i] : 1;
		uint32_t axis;

		if (cay_axis_resolve(layer, s->axes.value[i], x->rank, &axis, err) < 0)
			return -1;
		if (range[axis].step || step == 0)
			return cay_layer_fail(layer, err, "axis %u has no stride, or two", axis);
		range[axis] = find_range(x->dim[axis], s->starts.value[i], s->ends.value[i], step);
		if (range[axis].count == 0)
			return cay_layer_fail(layer, err, "nothing of axis %u is from %lld to %lld",
					      axis, (long long)s->starts.value[i],
					      (long long)s->ends.value[i]);
	}
	return 0;
}

// The output's shape without the axes that are asked to go; one element stays a list of one.
static int drop_axes(const struct cay_layer *layer, const struct slice *s,
		     const struct range range[CAY_MAX_RANK], uint32_t rank, struct cay_shape *y,
		     struct cay_err *err)
{
	bool dropped[CAY_MAX_RANK] = {false};

	for (size_t i = 0; i < s->dropped.count; i++) {
		uint32_t axis;

		if (cay_axis_resolve(layer, s->dropped.value[i], rank, &axis, err) < 0)
			return -1;
		if (range[axis].count != 1)
			return cay_layer_fail(layer, err, "decrease_axis %u has %lld elements",
					      axis, (long long)range[axis].count);
		dropped[axis] = true;
	}
	y->rank = 0;
	for (uint32_t i = 0; i < rank; i++)
		if (!dropped[i])
			y->dim[y->rank++] = range[i].count;
	if (y->rank == 0)
		y->dim[y->rank++] = 1;
	return 0;
}

static int slice_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct cay_tensor *in = cay_plan_in(p, INPUT);
	const struct cay_shape x = in->shape;
	struct cay_strided *plan = cay_plan_alloc(p, sizeof(*plan), err);
	struct slice s = *(const struct slice *)state;
	struct range range[CAY_MAX_RANK];
	struct cay_shape y;
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];

	if (!plan ||
	    find_numbers(p, layer, STARTS, STARTS_LIST, "starts", &s.starts, s.axes.count, err) <
		    0 ||
	    find_numbers(p, layer, ENDS, ENDS_LIST, "ends", &s.ends, s.axes.count, err) < 0 ||
	    find_ranges(layer, &s, &x, range, err) < 0 ||
	    drop_axes(layer, &s, range, x.rank, &y, err) < 0)
		return -1;
	plan->element = cay_dtype_size(in->dtype);
	cay_layout_strides(cay_plan_in_layout(p, INPUT), &x, plan->element, stride);
	cay_layout_order(y.rank == x.rank ? cay_plan_layout(p) : CAY_LAYOUT_NCHW, x.rank, order);
	for (uint32_t i = 0; i < x.rank; i++) {
		const uint32_t d = order[i];
		const int64_t step = range[d].step ? range[d].step : 1;

		plan->begin += (size_t)range[d].start * stride[d];
		cay_strided_add(plan, (size_t)range[d].count,
				(ptrdiff_t)step * (ptrdiff_t)stride[d]);
	}
	return cay_plan_output(p, 0, &y, err);
}

static int slice_run(const struct cay_io *io, struct cay_err *err)
{
	(void)err;
	cay_strided_copy(io->plan, io->in[INPUT].data, io->out[0].data);
	return 0;
}

#define SLICE                                                                                      \
	{                                                                                          \
		.in = {"Input", "StartsTensor", "EndsTensor", "StartsTensorList",                  \
		       "EndsTensorList"},                                                          \
		.out = {"Out"}, .required = 1, .layout = CAY_OP_ANY, .prepare = slice_prepare,     \
		.plan = slice_plan, .run = slice_run                                               \
	}
const struct cay_op cay_op_slice = SLICE;
const struct cay_op cay_op_strided_slice = SLICE;
