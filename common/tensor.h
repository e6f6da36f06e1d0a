// Element types, shapes, and a view of a tensor.
#ifndef CAY_COMMON_TENSOR_H
#define CAY_COMMON_TENSOR_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cay_dtype {
	CAY_DTYPE_F32,
	CAY_DTYPE_S8,
	CAY_DTYPE_S16,
	CAY_DTYPE_I32,
	CAY_DTYPE_I64,
	CAY_DTYPE_U8,
	CAY_DTYPE_BOOL,
	CAY_DTYPE_F16,
	CAY_DTYPE_F64,
	CAY_DTYPES
};

size_t cay_dtype_size(enum cay_dtype dtype);	  // bytes of an element
const char *cay_dtype_name(enum cay_dtype dtype); // as the inference protocol spells it: "FP32"
// CAY_DTYPES if no type has that name.
enum cay_dtype cay_dtype_from_name(const char *name);

#define CAY_MAX_RANK 8
#define CAY_MAX_DIM  INT32_MAX // of one dimension

struct cay_shape {
	uint32_t rank;
	int64_t dim[CAY_MAX_RANK]; // row-major: outermost first; -1 is free, where that may be
};

// The number of elements; 1 for rank 0. Fails if a dimension is not in [0, CAY_MAX_DIM] or the
// product overflows.
int cay_shape_count(const struct cay_shape *shape, size_t *ret, struct cay_err *err);
// count times element size, checked likewise.
int cay_shape_bytes(const struct cay_shape *shape, enum cay_dtype dtype, size_t *ret,
		    struct cay_err *err);
bool cay_shape_equal(const struct cay_shape *a, const struct cay_shape *b);
// True if each dimension of `shape` equals that of `pattern`, or pattern's is -1.
bool cay_shape_matches(const struct cay_shape *pattern, const struct cay_shape *shape);
bool cay_shape_is_fixed(const struct cay_shape *shape); // no free dimension
// The product of dimensions [begin, end) of a shape whose count has been checked.
size_t cay_shape_product(const struct cay_shape *shape, uint32_t begin, uint32_t end);

#define CAY_SHAPE_TEXT 128
// "1x3x224x224", free dimensions as "?", rank 0 as "scalar". Returns text, of CAY_SHAPE_TEXT bytes.
const char *cay_shape_text(const struct cay_shape *shape, char text[CAY_SHAPE_TEXT]);
// Appends "[1, 3, 224, 224]".
void cay_shape_put_json(const struct cay_shape *shape, struct cay_buf *buf);
// The reverse of cay_shape_text, but for rank 0; "-1" is taken as free too. Nothing else is: no
// blank, no sign. CAY_EBAD.
int cay_shape_parse(const char *text, struct cay_shape *ret, struct cay_err *err);

// A view: owns nothing. Elements are dense and row-major; 4-D activations are NCHW.
struct cay_tensor {
	const char *name; // NULL: by position
	enum cay_dtype dtype;
	struct cay_shape shape;
	const void *data;
	size_t size; // bytes
};

#endif
