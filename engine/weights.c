// Weights that a model file stores as integers, while its ops compute in fp32.
#include "engine/weights.h"
#include "common/size.h"

#include <stdio.h>
#include <string.h>

// The scales of a weight stand in an attribute that is named after it.
static const float *find_scales(const struct cay_op_desc *op, const char *name, size_t *ret_count)
{
	static const char suffix[] = "_quant_scale";
	const size_t length = strlen(name);

	for (size_t i = 0; i < op->attr_count; i++) {
		const struct cay_attr *attr = &op->attrs[i];

		if (attr->type == CAY_ATTR_FLOATS && strncmp(attr->name, name, length) == 0 &&
		    strcmp(attr->name + length, suffix) == 0) {
			*ret_count = attr->count;
			return attr->floats;
		}
	}
	return NULL;
}

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

static int restore(struct cay_program *program, const struct cay_op_desc *op,
		   struct cay_param *param, const float *scales, size_t count, struct cay_err *err)
{
	const uint32_t axis = find_axis(op, param);
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
			const float *scales = find_scales(op, name, &count);
			const struct cay_param *found =
				scales ? cay_program_param(program, name) : NULL;

			// A weight that several ops share is restored once.
			if (found &&
			    (found->dtype == CAY_DTYPE_S8 || found->dtype == CAY_DTYPE_S16) &&
			    restore(program, op, &program->params[found - program->params], scales,
				    count, err) < 0)
				return -1;
		}
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
		}
	return 0;
}
