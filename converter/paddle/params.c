// Parameter files into a program's params.
#include "converter/paddle/params.h"
#include "converter/paddle/program.h"

#include <string.h>

struct cursor {
	const uint8_t *at;
	size_t left;
};

static const uint8_t *take(struct cursor *in, uint64_t len)
{
	const uint8_t *at = in->at;

	if (len > in->left)
		return NULL;
	in->at += (size_t)len;
	in->left -= (size_t)len;
	return at;
}

static bool take_number(struct cursor *in, size_t bytes, uint64_t *ret)
{
	const uint8_t *at = take(in, bytes);

	if (!at)
		return false;
	*ret = 0;
	for (size_t i = 0; i < bytes; i++)
		*ret |= (uint64_t)at[i] << (8 * i);
	return true;
}

// A weight has no sequence offsets; where they stand all the same they are passed over.
static int skip_lod(struct cursor *in, struct cay_err *err)
{
	uint64_t levels, bytes;

	if (!take_number(in, 8, &levels))
		return cay_fail(err, CAY_EMODEL, "it ends in its header");
	for (; levels > 0; levels--)
		if (!take_number(in, 8, &bytes) || !take(in, bytes))
			return cay_fail(err, CAY_EMODEL, "it ends in its sequence offsets");
	return 0;
}

static int decode_record(struct cursor *in, struct cay_param *param, struct cay_err *err)
{
	uint64_t version, desc_len;
	const uint8_t *desc;

	if (!take_number(in, 4, &version) || version != 0)
		return cay_fail(err, CAY_EMODEL, "no tensor begins here");
	if (skip_lod(in, err) < 0)
		return -1;
	if (!take_number(in, 4, &version) || version != 0)
		return cay_fail(err, CAY_EMODEL, "no tensor begins here");
	if (!take_number(in, 4, &desc_len) || !(desc = take(in, desc_len)))
		return cay_fail(err, CAY_EMODEL, "it ends in its description");
	if (cay_tensor_desc_decode(desc, (size_t)desc_len, &param->dtype, &param->shape, err) < 0)
		return -1;
	if (cay_shape_bytes(&param->shape, param->dtype, &param->size, err) < 0) {
		err->code = CAY_EMODEL;
		return -1;
	}
	param->data = take(in, param->size);
	if (!param->data)
		return cay_fail(err, CAY_EMODEL, "%zu bytes of data announced, %zu are left",
				param->size, in->left);
	return 0;
}

int cay_params_decode_one(const uint8_t *data, size_t len, struct cay_param *param,
			  struct cay_err *err)
{
	struct cursor in = {data, len};

	if (decode_record(&in, param, err) < 0)
		return cay_wrap(err, "parameter '%s'", param->name);
	if (in.left)
		return cay_fail(err, CAY_EMODEL, "parameter '%s': %zu surplus bytes after its data",
				param->name, in.left);
	return 0;
}

int cay_params_decode_all(const uint8_t *data, size_t len, struct cay_program *program,
			  struct cay_err *err)
{
	struct cursor in = {data, len};

	for (size_t i = 0; i < program->param_count; i++)
		if (decode_record(&in, &program->params[i], err) < 0)
			return cay_wrap(err, "parameter '%s' (%zu of %zu)", program->params[i].name,
					i + 1, program->param_count);
	if (in.left && program->param_count == 0)
		return cay_fail(err, CAY_EMODEL, "%zu surplus bytes, the program has no parameters",
				in.left);
	if (in.left)
		return cay_fail(err, CAY_EMODEL, "%zu surplus bytes after the last parameter '%s'",
				in.left, program->params[program->param_count - 1].name);
	return 0;
}

int cay_params_list(struct cay_program *program, struct cay_err *err)
{
	const struct cay_block *main = &program->blocks[0];
	struct cay_param *params =
		cay_arena_array(&program->arena, main->var_count, sizeof(*params), err);
	size_t count = 0;

	if (!params)
		return -1;
	for (size_t i = 0; i < main->var_count; i++)
		if (main->vars[i].persistable && main->vars[i].type == CAY_VAR_TENSOR)
			params[count++].name = main->vars[i].name;
	cay_params_sort(params, count);
	for (size_t i = 1; i < count; i++)
		if (strcmp(params[i - 1].name, params[i].name) == 0)
			return cay_fail(err, CAY_EMODEL, "parameter '%s' is declared twice",
					params[i].name);
	program->params = params;
	program->param_count = count;
	return 0;
}
