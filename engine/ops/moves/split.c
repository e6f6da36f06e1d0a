// split, unstack and unbind: the parts of a tensor along an axis.
#include "engine/ops/operands.h"
#include "engine/ops/moves/strided.h"

#include <string.h>

struct split {
	bool drops; // unstack: each part is one slice, without the axis
	int64_t axis;
	struct cay_numbers sections; // none: parts of one size
};
enum { X, AXIS, SECTIONS };

static int split_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
			 struct cay_err *err)
{
	struct split *split = cay_prepare_alloc(p, sizeof(*split), err);
	size_t count;

	*state = split;
	if (!split || cay_operands_want_ints(p, layer, AXIS, err) < 0)
		return -1;
	split->drops = strcmp(layer->type, "split") != 0;
	split->axis = cay_layer_int(layer, "axis", 0);
	cay_layer_ints(layer, "sections", &count);
	if (count && count != layer->out_count)
		return cay_layer_fail(layer, err, "%zu sections for %zu outputs", count,
				      layer->out_count);
	for (size_t i = 0; i < layer->out_count; i++)
		layer->out[i]->dtype = layer->in[X]->dtype;
	return count && !split->drops
		       ? cay_numbers_of_attr(layer, "sections", &split->sections, err)
		       : 0;
}

static int find_axis(struct cay_plan_context *p, const struct cay_layer *layer,
		     const struct split *split, uint32_t rank, uint32_t *ret, struct cay_err *err)
{
	struct cay_numbers axis = {1, {split->axis}};

	if (layer->in_count > AXIS && layer->in[AXIS] &&
	    cay_numbers_of_operands(p, layer, AXIS, AXIS + 1, &axis, err) < 0)
		return -1;
	if (axis.count != 1)
		return cay_layer_fail(layer, err, "%zu axes, want one", axis.count);
	return cay_axis_resolve(layer, axis.value[0], rank, ret, err);
}

// What output i takes of the axis; -1, at most once, is what the others leave.
static int64_t section(const struct cay_numbers *sections, size_t i, int64_t extent)
{
	int64_t others = 0;

	if (sections->value[i] != -1)
		return sections->value[i];
	for (size_t k = 0; k < sections->count; k++)
		others += k == i || sections->value[k] < 0 || sections->value[k] > CAY_MAX_DIM
				  ? 0
				  : sections->value[k];
	return extent - others;
}

static int plan_part(struct cay_plan_context *p, size_t i, uint32_t axis, int64_t begin,
		     int64_t size, bool drops, struct cay_strided *part, struct cay_err *err)
{
	const struct cay_tensor *in = cay_plan_in(p, X);
	struct cay_shape y = in->shape;
	size_t stride[CAY_MAX_RANK];
	uint32_t order[CAY_MAX_RANK];

	y.dim[axis] = size;
	part->element = cay_dtype_size(in->dtype);
	cay_layout_strides(cay_plan_in_layout(p, X), &in->shape, part->element, stride);
	part->begin = (size_t)begin * stride[axis];
	cay_layout_order(drops ? CAY_LAYOUT_NCHW : cay_plan_layout(p), y.rank, order);
	for (uint32_t d = 0; d < y.rank; d++)
		cay_strided_add(part, (size_t)y.dim[order[d]], (ptrdiff_t)stride[order[d]]);
	if (drops && y.rank > 1) {
		memmove(&y.dim[axis], &y.dim[axis + 1], (y.rank - axis - 1) * sizeof(y.dim[0]));
		y.rank--;
	}
	return cay_plan_output(p, i, &y, err);
}

static int split_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		      struct cay_err *err)
{
	const struct split *split = state;
	const struct cay_shape x = cay_plan_in(p, X)->shape;
	const int64_t count = (int64_t)layer->out_count;
	struct cay_strided *parts = cay_plan_alloc(p, layer->out_count * sizeof(*parts), err);
	struct cay_numbers sections = split->sections;
	int64_t begin = 0;
	uint32_t axis;

	if (!parts || find_axis(p, layer, split, x.rank, &axis, err) < 0)
		return -1;
	if (layer->in_count > SECTIONS && layer->in[SECTIONS] &&
	    cay_numbers_of_operands(p, layer, SECTIONS, layer->in_count, &sections, err) < 0)
		return -1;
	if (sections.count && sections.count != layer->out_count)
		return cay_layer_fail(layer, err, "%zu sections for %lld outputs", sections.count,
				      (long long)count);
	for (size_t i = 0; i < layer->out_count; i++) {
		const int64_t size =
			sections.count ? section(&sections, i, x.dim[axis]) : x.dim[axis] / count;

		if (size < 1 || size > x.dim[axis] - begin || (split->drops && size != 1))
			return cay_layer_fail(
				layer, err, "part %zu takes %lld from %lld of %lld elements", i,
				(long long)size, (long long)begin, (long long)x.dim[axis]);
		if (plan_part(p, i, axis, begin, size, split->drops, &parts[i], err) < 0)
			return -1;
		begin += size;
	}
	return begin == x.dim[axis]
		       ? 0
		       : cay_layer_fail(layer, err, "its parts take %lld of %lld elements",
					(long long)begin, (long long)x.dim[axis]);
}

static int split_run(const struct cay_io *io, struct cay_err *err)
{
	const struct cay_strided *parts = io->plan;

	(void)err;
	for (size_t i = 0; i < io->out_count; i++)
		cay_strided_copy(&parts[i], io->in[X].data, io->out[i].data);
	return 0;
}

#define SPLIT(slot, is_variadic, ...)                                                              \
	{                                                                                          \
		.in = {__VA_ARGS__}, .out = {slot}, .required = 1, .variadic = is_variadic,        \
		.variadic_out = true, .layout = CAY_OP_ANY, .prepare = split_prepare,              \
		.plan = split_plan, .run = split_run                                               \
	}
const struct cay_op cay_op_split = SPLIT("Out", true, "X", "AxisTensor", "SectionsTensorList");
const struct cay_op cay_op_unbind = SPLIT("Out", false, "X");
const struct cay_op cay_op_unstack = SPLIT("Y", false, "X");
