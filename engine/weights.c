// Weights that a model file stores in another type than their ops' kernels compute in.
#include "engine/weights.h"
#include "common/size.h"
#include "nb/nb.h"

#include <math.h>
#include <string.h>

// The dimension of the output channels: of matrices the second one.
static uint32_t find_axis(const struct cay_op_desc *op, const struct cay_param *param)
{
	return param->shape.rank == 2 && !strstr(op->type, "conv") ? 1 : 0;
}

static float integer_at(const struct cay_param *param, size_t i)
{
	int16_t number;

	if (param->dtype == CAY_DTYPE_S8)
		return ((const int8_t *)param->data)[i];
	memcpy(&number, (const char *)param->data + i * sizeof(number), sizeof(number));
	return number;
}

// Integers times the scales of the channels along `axis`.
static int restore(struct cay_program *program, const struct cay_op_desc *op,
		   struct cay_param *param, uint32_t axis, const float *scales, size_t count,
		   struct cay_err *err)
{
	const size_t elements = param->size / cay_dtype_size(param->dtype);
	float *data;
	size_t inner;

	if (param->shape.rank == 0 || elements == 0 ||
	    (count != 1 && (size_t)param->shape.dim[axis] != count))
		return cay_fail(err, CAY_EMODEL, "%s: weight '%.80s' has %zu scales", op->type,
				param->name, count);
	data = cay_arena_array(&program->arena, elements, sizeof(*data), err);
	if (!data)
		return -1;
	inner = cay_shape_product(&param->shape, axis + 1, param->shape.rank);
	for (size_t i = 0; i < elements; i++)
		data[i] = integer_at(param, i) * scales[i / inner % count];
	param->dtype = CAY_DTYPE_F32;
	param->data = data;
	param->size = elements * sizeof(*data);
	return 0;
}

static int restore_op(struct cay_program *program, const struct cay_op_desc *op,
		      struct cay_err *err)
{
	for (size_t i = 0; i < op->in_count; i++)
		for (size_t k = 0; k < op->in[i].count; k++) {
			const char *name = op->in[i].args[k];
			size_t count;
			const float *scales =
				cay_attr_weight_scales(op->attrs, op->attr_count, name, &count);
			const struct cay_param *found =
				scales ? cay_program_param(program, name) : NULL;

			// A weight that several ops share is restored once.
			if (found &&
			    (found->dtype == CAY_DTYPE_S8 || found->dtype == CAY_DTYPE_S16) &&
			    restore(program, op, &program->params[found - program->params],
				    find_axis(op, found), scales, count, err) < 0)
				return -1;
		}
	return 0;
}

// --- Scales without integers, and integers without int8 kernels --------------------------------

static float real_at(const struct cay_param *param, size_t i)
{
	float value;

	memcpy(&value, (const char *)param->data + i * sizeof(value), sizeof(value));
	return value;
}

// Integers held as floats, as old exports have them: no weight is beyond its 127 steps otherwise.
static bool holds_integers(const struct cay_param *param, const float *scales, size_t count,
			   size_t inner)
{
	bool beyond = false;

	for (size_t i = 0; i < param->size / sizeof(float); i++) {
		const float value = real_at(param, i);

		if (value != rintf(value))
			return false;
		beyond |= fabsf(value) > 128 * scales[i / inner % count];
	}
	return beyond;
}

// Real numbers to steps of the scales along `axis`, rounded as the kernels round.
static int quantize(struct cay_program *program, struct cay_param *param, uint32_t axis,
		    const float *scales, size_t count, struct cay_err *err)
{
	const size_t elements = param->size / sizeof(float);
	const size_t inner = cay_shape_product(&param->shape, axis + 1, param->shape.rank);
	const bool integers = holds_integers(param, scales, count, inner);
	int8_t *data = cay_arena_alloc(&program->arena, elements, err);

	if (!data)
		return -1;
	for (size_t i = 0; i < elements; i++) {
		const float scale = integers ? 1 : scales[i / inner % count];
		const float steps = roundf(real_at(param, i) / scale);

		data[i] = (int8_t)(steps > -127 ? fminf(steps, 127) : -127); // NaN: -127
	}
	param->dtype = CAY_DTYPE_S8;
	param->data = data;
	param->size = elements;
	return 0;
}

// The slot of an op's weights, whose scales are called after it, and the dimension of the channels.
static const struct weight_slot {
	const char *type, *slot, *scale;
	uint32_t axis;
} weight_slots[] = {
	{"conv2d", "Filter", "Filter0_scale", 0},
	{"conv2d_transpose", "Filter", "Filter0_scale", 1},
	{"depthwise_conv2d", "Filter", "Filter0_scale", 0},
	{"fc", "W", "W0_scale", 1},
	{"matmul", "Y", "Y0_scale", 1},
	{"matmul_v2", "Y", "Y0_scale", 1},
	{"mul", "Y", "Y0_scale", 1},
};

// opt 2.11 leaves weights of some int8 kernels in fp32, 2.7 and 2.8 make integers for fp32 kernels
// of transposed convolutions.
static int match_kernel(struct cay_program *program, const struct cay_op_desc *op,
			struct cay_err *err)
{
	const char *kernel = cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, NULL);
	const struct weight_slot *w = weight_slots;
	const struct cay_param *found = NULL;
	const struct cay_slot *slot;
	struct cay_kernel_key key;
	struct cay_err ignored;
	const float *scales;
	size_t count;

	while (w < weight_slots + CAY_ARRAY_SIZE(weight_slots) && strcmp(w->type, op->type) != 0)
		w++;
	if (w == weight_slots + CAY_ARRAY_SIZE(weight_slots) || !kernel ||
	    cay_kernel_key_parse(kernel, &key, &ignored) < 0)
		return 0;
	slot = cay_slot_find(op->in, op->in_count, w->slot);
	if (slot && slot->count == 1)
		found = cay_program_param(program, slot->args[0]);
	scales = cay_attr_floats(op->attrs, op->attr_count, w->scale, &count);
	if (!found || !scales || found->shape.rank <= w->axis || found->size == 0 ||
	    (count != 1 && (size_t)found->shape.dim[w->axis] != count))
		return 0;
	if (key.precision == CAY_PRECISION_INT8 && found->dtype == CAY_DTYPE_F32)
		return quantize(program, &program->params[found - program->params], w->axis, scales,
				count, err);
	if (key.precision == CAY_PRECISION_FLOAT && found->dtype == CAY_DTYPE_S8)
		return restore(program, op, &program->params[found - program->params], w->axis,
			       scales, count, err);
	return 0;
}

int cay_weights_restore(struct cay_program *program, const struct cay_tracker *progress,
			struct cay_err *err)
{
	for (size_t b = 0; b < program->block_count; b++)
		for (size_t i = 0; i < program->blocks[b].op_count; i++) {
			const struct cay_op_desc *op = &program->blocks[b].ops[i];

			if (cay_op_desc_attr(op, "quantize_weight_bits") &&
			    (restore_op(program, op, err) < 0 ||
			     cay_tracker_tell(progress, 0, 1, err) < 0))
				return -1;
			if (match_kernel(program, op, err) < 0)
				return -1;
		}
	return 0;
}
