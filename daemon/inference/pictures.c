// Pictures of a request as a tensor of the model.
#include "daemon/inference/pictures.h"
#include "common/size.h"

int cay_pictures_shape(const struct cay_model_info *info, const struct cay_port *port, size_t count,
		       struct cay_shape *ret, struct cay_err *err)
{
	struct cay_pixels p;
	int64_t height, width;

	if (cay_model_info_pixels(info, port, &p, err) < 0)
		return -1;
	height = (int64_t)p.height;
	width = (int64_t)p.width;
	*ret = p.channels_last ? (struct cay_shape){4, {(int64_t)count, height, width, p.channels}}
			       : (struct cay_shape){4, {(int64_t)count, p.channels, height, width}};
	return 0;
}

int cay_pictures_decode(const struct cay_model_info *info, const struct cay_port *port,
			const struct cay_picture_limits *limits, const struct cay_file *files,
			size_t count, struct cay_arena *arena, struct cay_tensor *t,
			struct cay_err *err)
{
	struct cay_pixels pixels;
	size_t each;
	uint8_t *out;

	if (cay_model_info_pixels(info, port, &pixels, err) < 0 ||
	    cay_shape_bytes(&t->shape, port->dtype, &t->size, err) < 0)
		return -1;
	out = cay_arena_alloc(arena, t->size, err);
	each = t->size / count;
	for (size_t i = 0; out && i < count; i++)
		if (cay_preprocess_run(&pixels, files[i].data, files[i].size, limits,
				       out + i * each, err) < 0)
			return count > 1 ? cay_wrap(err, "picture %zu", i) : -1;
	t->data = out;
	return out ? 0 : -1;
}

static uint32_t length_at(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int cay_pictures_split(const uint8_t *data, size_t size, size_t count, struct cay_arena *arena,
		       struct cay_file **ret, struct cay_err *err)
{
	struct cay_file *files;

	if (count > size / 4)
		return cay_fail(err, CAY_EBAD, "%zu bytes are too few for %zu elements", size,
				count);
	files = cay_arena_array(arena, count, sizeof(*files), err);
	for (size_t i = 0; files && i < count; i++) {
		if (size < 4 || length_at(data) > size - 4)
			return cay_fail(err, CAY_EBAD, "element %zu is cut off", i);
		files[i] = (struct cay_file){data + 4, length_at(data)};
		data += 4 + files[i].size;
		size -= 4 + files[i].size;
	}
	if (files && size)
		return cay_fail(err, CAY_EBAD, "%zu bytes follow the %zu elements", size, count);
	*ret = files;
	return files ? 0 : -1;
}
