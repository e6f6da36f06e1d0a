// Arrays of numpy in files.
#ifndef CAY_CLI_NPY_H
#define CAY_CLI_NPY_H

#include "common/buf.h"
#include "common/tensor.h"

#include <stdbool.h>

bool cay_npy_is(const struct cay_buf *bytes); // by its first bytes
// Reads a file in place: `bytes` has only the elements afterwards, in row order. CAY_EBAD.
int cay_npy_read(struct cay_buf *bytes, enum cay_dtype *ret_dtype, struct cay_shape *ret_shape,
		 struct cay_err *err);

#endif
