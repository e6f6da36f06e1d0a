// Arrays of numpy in files, as numpy.lib.format describes them.
#include "cli/npy.h"
#include "common/size.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *descr;
	enum cay_dtype dtype;
} types[] = {
	{"'<f4'", CAY_DTYPE_F32}, {"'<f8'", CAY_DTYPE_F64}, {"'<f2'", CAY_DTYPE_F16},
	{"'<i4'", CAY_DTYPE_I32}, {"'<i8'", CAY_DTYPE_I64}, {"'<i2'", CAY_DTYPE_S16},
	{"'|i1'", CAY_DTYPE_S8},  {"'|u1'", CAY_DTYPE_U8},  {"'|b1'", CAY_DTYPE_BOOL},
};

// The value of a key of the header, or NULL.
static const char *value_of(const char *header, const char *key)
{
	const char *at = strstr(header, key);

	if (!at)
		return NULL;
	at += strlen(key);
	return at + strspn(at, ": ");
}

// "(1, 3, 224, 224)"; "(3,)" is one dimension.
static int parse_shape(const char *text, struct cay_shape *ret, struct cay_err *err)
{
	ret->rank = 0;
	for (text++; *text >= '0' && *text <= '9';) {
		char *end;
		long long dim = strtoll(text, &end, 10);

		if (ret->rank == CAY_MAX_RANK || dim > CAY_MAX_DIM)
			return cay_fail(err, CAY_EBAD, ".npy: no tensor has such a shape");
		ret->dim[ret->rank++] = dim;
		text = end + strspn(end, ", ");
	}
	return *text == ')' ? 0 : cay_fail(err, CAY_EBAD, ".npy: the shape is malformed");
}

static int parse_header(const char *header, enum cay_dtype *ret_dtype, struct cay_shape *ret_shape,
			struct cay_err *err)
{
	const char *descr = value_of(header, "'descr'"), *shape = value_of(header, "'shape'"),
		   *order = value_of(header, "'fortran_order'");
	size_t i = 0;

	if (!descr || !shape || *shape != '(' || !order)
		return cay_fail(err, CAY_EBAD, ".npy: the header is malformed");
	while (i < CAY_ARRAY_SIZE(types) &&
	       strncmp(descr, types[i].descr, strlen(types[i].descr)) != 0)
		i++;
	if (i == CAY_ARRAY_SIZE(types))
		return cay_fail(err, CAY_EBAD, ".npy: no tensor has elements of %.8s", descr);
	if (strncmp(order, "False", 5) != 0)
		return cay_fail(err, CAY_EBAD, ".npy: columns first; save numpy.ascontiguousarray");
	*ret_dtype = types[i].dtype;
	return parse_shape(shape, ret_shape, err);
}

bool cay_npy_is(const struct cay_buf *bytes)
{
	static const char magic[] = "\x93NUMPY";

	return bytes->len >= sizeof(magic) - 1 &&
	       memcmp(bytes->data, magic, sizeof(magic) - 1) == 0;
}

// Magic, version, the header's length (2 bytes, or 4 from version 2 on), header, elements.
int cay_npy_read(struct cay_buf *bytes, enum cay_dtype *ret_dtype, struct cay_shape *ret_shape,
		 struct cay_err *err)
{
	const uint8_t *data = bytes->data;
	size_t start = bytes->len > 6 && data[6] >= 2 ? 12 : 10, length = 0, wanted;
	char *header;
	int result;

	if (bytes->len < start)
		return cay_fail(err, CAY_EBAD, ".npy: the file ends too early");
	for (size_t i = start; i-- > 8;)
		length = length << 8 | data[i];
	if (length > bytes->len - start)
		return cay_fail(err, CAY_EBAD, ".npy: the file ends too early");
	header = strndup((const char *)data + start, length);
	if (!header)
		return cay_fail_memory(err);
	result = parse_header(header, ret_dtype, ret_shape, err);
	free(header);
	if (result < 0 || cay_shape_bytes(ret_shape, *ret_dtype, &wanted, err) < 0)
		return -1;
	start += length;
	if (wanted != bytes->len - start)
		return cay_fail(err, CAY_EBAD, ".npy: %zu bytes of elements, not %zu",
				bytes->len - start, wanted);
	memmove(bytes->data, bytes->data + start, wanted);
	bytes->len = wanted;
	return 0;
}
