// Program to .nb bytes, of meta 2.
#include "nb/nb.h"
#include "common/size.h"
#include "nb/schema.h"
#include "nb/topology.h"

#include <string.h>

#define PIECE ((size_t)8 << 20) // bytes of a parameter that are written at once

// A file that is being written. All but the data of parameters is built in `head`, and then goes to
// the sink.
struct writer {
	const struct cay_sink *sink;
	const struct cay_tracker *progress;
	struct cay_buf head;
	size_t done, total; // bytes of parameters
	size_t size;	    // of the file so far
};

static int put(struct writer *w, const void *data, size_t size, struct cay_err *err)
{
	if (w->sink->put(w->sink->context, data, size, err) < 0)
		return -1;
	w->size += size;
	return 0;
}

static int put_head(struct writer *w, struct cay_err *err)
{
	const size_t size = w->head.len;

	w->head.len = 0;
	return cay_buf_check(&w->head, err) < 0 ? -1 : put(w, w->head.data, size, err);
}

static int put_data(struct writer *w, const struct cay_param *param, struct cay_err *err)
{
	const uint8_t *at = param->data;
	size_t left = param->size;

	while (left > 0) {
		const size_t size = left < PIECE ? left : PIECE;

		if (put(w, at, size, err) < 0)
			return -1;
		at += size;
		left -= size;
		w->done += size;
		if (cay_tracker_tell(w->progress, w->done, w->total, err) < 0)
			return -1;
	}
	return 0;
}

// Writes a parameter's record: u32 bytes that follow; u32 offset, 4; the FlatBuffer, which ends
// with the data.
static int put_param(struct writer *w, const struct cay_param *param, struct cay_err *err)
{
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(PARAM_NAME), CAY_FB_REFERENCE(PARAM_TENSOR),
				   CAY_FB_SCALAR(PARAM_UNION, 1, CAY_NB_UNION_TENSOR)};
	struct cay_fb_field tensor[] = {
		CAY_FB_REFERENCE(PARAM_DIMS), CAY_FB_REFERENCE(PARAM_DATA),
		CAY_FB_SCALAR(PARAM_DATA_TYPE, 4, cay_dtype_to_var_type(param->dtype))};
	struct cay_fb_writer fb;
	uint32_t head[2] = {0, 4};
	size_t start = w->head.len, size;

	if (cay_param_check(param, err) < 0)
		return -1;
	cay_buf_put(&w->head, head, sizeof(head));
	cay_fb_writer_init(&fb, &w->head);
	cay_fb_put_table(&fb, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&fb, f[0].at, param->name);
	cay_fb_put_table(&fb, f[1].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&fb, tensor[0].at, param->shape.dim, param->shape.rank, 8);
	cay_fb_put_last_vector(&fb, tensor[1].at, param->size, 1);
	if (cay_fb_writer_check(&fb, err) < 0)
		return -1;
	size = w->head.len - start - 4;
	if (param->size > INT32_MAX - size)
		return cay_fail(err, CAY_EMODEL, "more than 2 GiB");
	head[0] = (uint32_t)(size + param->size);
	memcpy(w->head.data + start, head, sizeof(head));
	return put_head(w, err) < 0 ? -1 : put_data(w, param, err);
}

static void put_params_head(const struct cay_program *program, struct cay_buf *ret)
{
	const uint16_t head[] = {0, 0, CAY_NB_PARAM_HEADER, (uint16_t)program->param_count};
	uint32_t largest = 0;

	for (size_t i = 0; i < program->param_count; i++)
		if (program->params[i].size > largest)
			largest = (uint32_t)program->params[i].size;
	cay_buf_put(ret, head, sizeof(head));
	cay_buf_put(ret, &largest, sizeof(largest));
}

static int put_params(struct writer *w, const struct cay_program *program,
		      struct cay_arena *scratch, struct cay_err *err)
{
	size_t count = program->param_count;
	const void **sorted =
		cay_topology_sort(scratch, program->params, count, sizeof(*program->params), err);
	const char *last = NULL;

	if (!sorted)
		return -1;
	if (count > CAY_NB_MAX_PARAMS)
		return cay_fail(err, CAY_EMODEL, "%zu parameters; a .nb holds %d", count,
				CAY_NB_MAX_PARAMS);
	put_params_head(program, &w->head);
	for (size_t i = 0; i < count; i++) {
		const struct cay_param *param = sorted[i];

		if (last && strcmp(last, param->name) == 0)
			return cay_fail(err, CAY_EMODEL, "parameter '%s' is there twice", last);
		last = param->name;
		if (put_param(w, param, err) < 0)
			return cay_wrap(err, "parameter '%s'", param->name);
	}
	return put_head(w, err); // which a file without parameters has as well
}

static int put_topology(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	const uint16_t meta = CAY_NB_META;
	size_t start = ret->len, version = strnlen(program->opt_version, CAY_NB_VERSION_TEXT);
	uint64_t size = 0;

	cay_buf_put(ret, &meta, sizeof(meta));
	cay_buf_put(ret, program->opt_version, version);
	cay_buf_fill(ret, 0, CAY_NB_VERSION_TEXT - version);
	cay_buf_put(ret, &size, sizeof(size));
	if (cay_topology_write(program, ret, err) < 0)
		return -1;
	size = ret->len - start - CAY_NB_HEADER;
	memcpy(ret->data + start + CAY_NB_HEADER - sizeof(size), &size, sizeof(size));
	return 0;
}

int cay_nb_write_to(const struct cay_program *program, const struct cay_sink *sink,
		    const struct cay_tracker *progress, size_t *ret_size, struct cay_err *err)
{
	struct writer w = {
		.sink = sink, .progress = progress, .total = cay_program_param_bytes(program)};
	struct cay_arena scratch;
	int result;

	cay_arena_init(&scratch, 0);
	result = put_topology(program, &w.head, err);
	if (result == 0)
		result = put_params(&w, program, &scratch, err);
	cay_arena_finish(&scratch);
	cay_buf_finish(&w.head);
	if (result == 0)
		*ret_size = w.size;
	return result;
}

int cay_nb_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	const struct cay_sink sink = cay_buf_sink(ret);
	size_t start = ret->len, size;
	int result;

	cay_buf_reserve(ret, cay_program_param_bytes(program)); // so that it grows only once
	result = cay_nb_write_to(program, &sink, NULL, &size, err);
	if (result < 0)
		ret->len = start;
	return result;
}
