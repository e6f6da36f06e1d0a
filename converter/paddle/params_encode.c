// A program's params into one file, as Paddle writes it.
#include "converter/paddle/params.h"
#include "converter/paddle/program.h"

static void put_number(struct cay_buf *ret, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		cay_buf_fill(ret, (uint8_t)(number >> (8 * i)), 1);
}

static int encode_record(const struct cay_param *param, struct cay_buf *ret, struct cay_err *err)
{
	struct cay_buf desc = {0};
	int result = cay_tensor_desc_encode(param->dtype, &param->shape, &desc, err);

	put_number(ret, 0, 4); // version
	put_number(ret, 0, 8); // levels of sequence offsets
	put_number(ret, 0, 4); // version of the tensor
	put_number(ret, desc.len, 4);
	cay_buf_put(ret, desc.data, desc.len);
	cay_buf_put(ret, param->data, param->size);
	cay_buf_finish(&desc);
	return result;
}

int cay_params_encode(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err)
{
	for (size_t i = 0; i < program->param_count; i++)
		if (encode_record(&program->params[i], ret, err) < 0)
			return -1;
	return cay_buf_check(ret, err);
}
