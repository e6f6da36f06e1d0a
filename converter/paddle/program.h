// A program as data from and to Paddle's protobuf.
#ifndef CAY_CONVERTER_PADDLE_PROGRAM_H
#define CAY_CONVERTER_PADDLE_PROGRAM_H

#include "common/buf.h"
#include "nb/program.h"

#define CAY_TOPOLOGY_MAX_BYTES ((size_t)64 << 20)

// Decodes a `__model__` or .pdmodel. *ret owns all that it holds and has no params yet; slots and
// attributes are sorted by name and unique. On failure *ret is untouched; CAY_EMODEL.
int cay_program_decode(const uint8_t *data, size_t len, struct cay_program *ret,
		       struct cay_err *err);

// Decodes a TensorDesc, which a parameter's record carries.
int cay_tensor_desc_decode(const uint8_t *data, size_t len, enum cay_dtype *ret_dtype,
			   struct cay_shape *ret_shape, struct cay_err *err);

// Append the same messages to *ret. CAY_EMODEL for an attribute type that a program cannot hold.
int cay_program_encode(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err);
int cay_tensor_desc_encode(enum cay_dtype dtype, const struct cay_shape *shape, struct cay_buf *ret,
			   struct cay_err *err);

#endif
