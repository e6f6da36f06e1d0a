// What the functions of all ops ask of a layer: its attributes, and a message that names it.
#include "engine/op.h"

#include <stdarg.h>
#include <stdio.h>

int64_t cay_layer_int(const struct cay_layer *layer, const char *name, int64_t absent)
{
	return cay_attr_int(layer->attrs, layer->attr_count, name, absent);
}

float cay_layer_float(const struct cay_layer *layer, const char *name, float absent)
{
	return cay_attr_float(layer->attrs, layer->attr_count, name, absent);
}

bool cay_layer_bool(const struct cay_layer *layer, const char *name, bool absent)
{
	return cay_attr_bool(layer->attrs, layer->attr_count, name, absent);
}

const char *cay_layer_string(const struct cay_layer *layer, const char *name, const char *absent)
{
	return cay_attr_string(layer->attrs, layer->attr_count, name, absent);
}

const int64_t *cay_layer_ints(const struct cay_layer *layer, const char *name, size_t *ret_count)
{
	return cay_attr_ints(layer->attrs, layer->attr_count, name, ret_count);
}

const float *cay_layer_floats(const struct cay_layer *layer, const char *name, size_t *ret_count)
{
	return cay_attr_floats(layer->attrs, layer->attr_count, name, ret_count);
}

int(cay_layer_fail)(const struct cay_layer *layer, struct cay_err *err, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return cay_fail(err, CAY_EMODEL, "%s '%.80s': %s", layer->type, layer->name, what);
}
