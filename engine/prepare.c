// What an op's prepare asks of the model: memory that lives as long as the model does.
#include "engine/op.h"

#include <string.h>

void *cay_prepare_alloc(struct cay_prepare *p, size_t size, struct cay_err *err)
{
	return cay_arena_alloc(p->arena, size, err);
}

int cay_prepare_tell(const struct cay_prepare *p, struct cay_err *err)
{
	return cay_tracker_tell(p->progress, p->arena->used - p->begin, p->bytes, err);
}

const void *cay_prepare_keep(struct cay_prepare *p, struct cay_value *value, struct cay_err *err)
{
	if (!value->kept)
		value->kept = cay_arena_copy(p->arena, value->data, value->size, err);
	return value->kept;
}

const float *cay_prepare_floats(struct cay_prepare *p, const struct cay_layer *layer,
				struct cay_value *value, size_t count, struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];

	if (!value->data) {
		cay_layer_fail(layer, err, "'%.80s' must be a parameter", value->name);
		return NULL;
	}
	if (value->dtype != CAY_DTYPE_F32 || value->size != count * sizeof(float)) {
		cay_layer_fail(layer, err, "'%.80s' is %s %s, want %zu FP32 values", value->name,
			       cay_dtype_name(value->dtype), cay_shape_text(&value->shape, text),
			       count);
		return NULL;
	}
	return cay_prepare_keep(p, value, err);
}
