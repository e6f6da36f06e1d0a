// Program to .nb bytes, of meta 2.
#include "nb/nb.h"
#include "common/size.h"
#include "nb/schema.h"
#include "nb/topology.h"

#include <string.h>

// u32 bytes that follow, u32 offset 4, the FlatBuffer.
static int put_param(const struct cay_param *param, struct cay_buf *ret, struct cay_err *err)
{
	struct cay_fb_field f[] = {CAY_FB_REFERENCE(PARAM_NAME), CAY_FB_REFERENCE(PARAM_TENSOR),
				   CAY_FB_SCALAR(PARAM_UNION, 1, CAY_NB_UNION_TENSOR)};
	struct cay_fb_field tensor[] = {
		CAY_FB_REFERENCE(PARAM_DIMS), CAY_FB_REFERENCE(PARAM_DATA),
		CAY_FB_SCALAR(PARAM_DATA_TYPE, 4, cay_dtype_to_var_type(param->dtype))};
	struct cay_fb_writer fb;
	uint32_t head[2] = {0, 4};
	size_t start = ret->len;

	if (cay_param_check(param, err) < 0)
		return -1;
	cay_buf_put(ret, head, sizeof(head));
	cay_fb_writer_init(&fb, ret);
	cay_fb_put_table(&fb, CAY_FB_ROOT, f, CAY_ARRAY_SIZE(f));
	cay_fb_put_string(&fb, f[0].at, param->name);
	cay_fb_put_table(&fb, f[1].at, tensor, CAY_ARRAY_SIZE(tensor));
	cay_fb_put_vector(&fb, tensor[0].at, param->shape.dim, param->shape.rank, 8);
	cay_fb_put_vector(&fb, tensor[1].at, param->data, param->size, 1);
	if (cay_fb_writer_check(&fb, err) < 0)
		return -1;
	head[0] = (uint32_t)(ret->len - start - 4);
	memcpy(ret->data + start, head, sizeof(head));
	return 0;
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

static int put_params(const struct cay_program *program, struct cay_arena *scratch,
		      struct cay_buf *ret, struct cay_err *err)
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
	put_params_head(program, ret);
	for (size_t i = 0; i < count; i++) {
		const struct cay_param *param = sorted[i];

		if (last && strcmp(last, param->name) == 0)
			return cay_fail(err, CAY_EMODEL, "parameter '%s' is there twice", last);
		last = param->name;
		if (put_param(param, ret, err) < 0)
			return cay_wrap(err, "parameter '%s'", param->name);
	}
	return cay_buf_check(ret, err);
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

int cay_nb_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	struct cay_arena scratch;
	size_t start = ret->len;
	int result;

	cay_arena_init(&scratch, 0);
	result = put_topology(program, ret, err);
	if (result == 0)
		result = put_params(program, &scratch, ret, err);
	cay_arena_finish(&scratch);
	if (result < 0)
		ret->len = start;
	return result;
}
