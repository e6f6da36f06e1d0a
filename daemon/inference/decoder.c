// What decoders of all forms of a body need: shapes against the model's, pictures, failures.
#include "daemon/inference/decoder.h"

#include <stdarg.h>
#include <stdio.h>

// "'image', 'scale'"
static void list_names(const struct cay_port *ports, size_t count, struct cay_buf *buf)
{
	for (size_t i = 0; i < count; i++)
		cay_buf_printf(buf, "%s'%s'", i ? ", " : "", ports[i].name);
}

int cay_decoder_fail_names(enum cay_code code, const struct cay_port *ports, size_t count,
			   struct cay_err *err, const char *fmt, ...)
{
	struct cay_buf buf = {0};
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	list_names(ports, count, &buf);
	cay_fail(err, code, "%s; the model has %s", what, count ? cay_buf_cstr(&buf) : "none");
	cay_buf_finish(&buf);
	return -1;
}

int cay_decoder_check_shape(const struct cay_decoder *d, const struct cay_port *port,
			    const struct cay_shape *shape, size_t *ret_count, struct cay_err *err)
{
	char want[CAY_SHAPE_TEXT], is[CAY_SHAPE_TEXT];
	size_t bytes;

	if (cay_shape_bytes(shape, port->dtype, &bytes, err) < 0)
		return cay_wrap(err, "input '%s'", port->name);
	if (!cay_port_takes(port, shape))
		return cay_fail(err, CAY_EMODEL, "input '%s': expected shape %s, got %s",
				port->name, cay_shape_text(&port->shape, want),
				cay_shape_text(shape, is));
	if (bytes > d->conf->arena_limit)
		return cay_fail(err, CAY_ETOOLARGE,
				"input '%s': %s is %zu bytes, at most %zu can be", port->name,
				cay_shape_text(shape, is), bytes, d->conf->arena_limit);
	*ret_count = bytes / cay_dtype_size(port->dtype);
	if (bytes == 0)
		return cay_fail(err, CAY_EBAD, "input '%s' is empty", port->name);
	return 0;
}

int cay_decoder_flat_shape(const struct cay_decoder *d, const struct cay_port *port,
			   const struct cay_shape *given, size_t elements, struct cay_shape *ret,
			   struct cay_err *err)
{
	char text[CAY_SHAPE_TEXT];
	size_t count;

	if (given)
		*ret = *given;
	else if (cay_model_info_shape(d->info, port, elements, ret, err) < 0)
		return -1;
	if (cay_decoder_check_shape(d, port, ret, &count, err) < 0)
		return -1;
	if (count != elements)
		return cay_fail(err, CAY_EBAD, "input '%s': %s has %zu elements, %zu came",
				port->name, cay_shape_text(ret, text), count, elements);
	return 0;
}

int cay_decoder_pictures(struct cay_decoder *d, const struct cay_port *port,
			 const struct cay_file *files, size_t count, struct cay_tensor *t,
			 struct cay_err *err)
{
	const struct cay_picture_limits limits = {d->conf->picture_pixels, d->conf->picture_memory,
						  d->query.deadline};

	return cay_pictures_decode(d->info, port, &limits, files, count, &d->query.arena, t, err);
}
