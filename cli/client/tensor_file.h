// A file that is sent to a model: a picture, JSON, or the elements of one tensor.
#ifndef CAY_CLI_CLIENT_TENSOR_FILE_H
#define CAY_CLI_CLIENT_TENSOR_FILE_H

#include "common/buf.h"
#include "common/tensor.h"

#include <stdbool.h>

// Pictures are told by their first bytes, .npy likewise; others by their suffix: .json, or .f32,
// .i32, .i64 and .u8, raw and little-endian.
struct cay_tensor_file {
	struct cay_buf bytes; // the body
	const char *content_type;
	bool tensor; // the bytes are elements of `dtype`
	enum cay_dtype dtype;
	bool has_shape;
	struct cay_shape shape;
};

// The caller calls finish, also after a failure.
int cay_tensor_file_read(struct cay_tensor_file *ret, const char *path, struct cay_err *err);
void cay_tensor_file_finish(struct cay_tensor_file *file);

#endif
