// A file that is sent to a model: a picture, JSON, or the elements of one tensor.
#include "cli/client/tensor_file.h"
#include "cli/cli.h"
#include "common/size.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 30) // bytes

// --- .npy, as numpy.lib.format describes it ------------------------------------------------------

static const struct {
	const char *descr;
	enum cay_dtype dtype;
} npy_types[] = {
	{"'<f4'", CAY_DTYPE_F32}, {"'<f8'", CAY_DTYPE_F64}, {"'<f2'", CAY_DTYPE_F16},
	{"'<i4'", CAY_DTYPE_I32}, {"'<i8'", CAY_DTYPE_I64}, {"'<i2'", CAY_DTYPE_S16},
	{"'|i1'", CAY_DTYPE_S8},  {"'|u1'", CAY_DTYPE_U8},  {"'|b1'", CAY_DTYPE_BOOL},
};

// What stands behind a key of the header, or NULL.
static const char *npy_value(const char *header, const char *key)
{
	const char *at = strstr(header, key);

	if (!at)
		return NULL;
	at += strlen(key);
	return at + strspn(at, ": ");
}

// "(1, 3, 224, 224)"; "(3,)" is one dimension.
static int npy_shape(const char *text, struct cay_shape *ret, struct cay_err *err)
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

static int npy_header(struct cay_tensor_file *f, const char *header, struct cay_err *err)
{
	const char *descr = npy_value(header, "'descr'"), *shape = npy_value(header, "'shape'"),
		   *order = npy_value(header, "'fortran_order'");
	size_t i = 0;

	if (!descr || !shape || *shape != '(' || !order)
		return cay_fail(err, CAY_EBAD, ".npy: the header is malformed");
	while (i < CAY_ARRAY_SIZE(npy_types) &&
	       strncmp(descr, npy_types[i].descr, strlen(npy_types[i].descr)) != 0)
		i++;
	if (i == CAY_ARRAY_SIZE(npy_types))
		return cay_fail(err, CAY_EBAD, ".npy: no tensor has elements of %.8s", descr);
	if (strncmp(order, "False", 5) != 0)
		return cay_fail(err, CAY_EBAD, ".npy: columns first; save numpy.ascontiguousarray");
	f->dtype = npy_types[i].dtype;
	return npy_shape(shape, &f->shape, err);
}

// Magic, version, the header's length (2 bytes, or 4 from version 2 on), header, elements.
static int read_npy(struct cay_tensor_file *f, struct cay_err *err)
{
	const uint8_t *data = f->bytes.data;
	size_t start = f->bytes.len > 6 && data[6] >= 2 ? 12 : 10, length = 0, wanted;
	char *header;
	int result;

	if (f->bytes.len < start)
		return cay_fail(err, CAY_EBAD, ".npy: the file ends too early");
	for (size_t i = start; i-- > 8;)
		length = length << 8 | data[i];
	if (length > f->bytes.len - start)
		return cay_fail(err, CAY_EBAD, ".npy: the file ends too early");
	header = strndup((const char *)data + start, length);
	if (!header)
		return cay_fail_memory(err);
	result = npy_header(f, header, err);
	free(header);
	if (result < 0 || cay_shape_bytes(&f->shape, f->dtype, &wanted, err) < 0)
		return -1;
	start += length;
	if (wanted != f->bytes.len - start)
		return cay_fail(err, CAY_EBAD, ".npy: %zu bytes of elements, not %zu",
				f->bytes.len - start, wanted);
	memmove(f->bytes.data, f->bytes.data + start, wanted);
	f->bytes.len = wanted;
	f->tensor = f->has_shape = true;
	f->content_type = "application/octet-stream";
	return 0;
}

// --- all kinds -----------------------------------------------------------------------------------

static const struct {
	const char *magic, *content_type; // NULL: .npy
} kinds[] = {
	{"\xff\xd8\xff", "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", "image/png"},
	{"\x93NUMPY", NULL},
};

static bool begins(const struct cay_buf *bytes, const char *magic)
{
	size_t len = strlen(magic);

	return bytes->len >= len && memcmp(bytes->data, magic, len) == 0;
}

int cay_tensor_file_read(struct cay_tensor_file *ret, const char *path, struct cay_err *err)
{
	const char *suffix = strrchr(path, '.');

	*ret = (struct cay_tensor_file){0};
	if (cay_input_read(path, FILE_MAX, &ret->bytes, err) < 0)
		return -1;
	for (size_t i = 0; i < CAY_ARRAY_SIZE(kinds); i++) {
		if (!begins(&ret->bytes, kinds[i].magic))
			continue;
		ret->content_type = kinds[i].content_type;
		return ret->content_type ? 0 : read_npy(ret, err);
	}
	if (suffix ? strcmp(suffix, ".json") == 0 : begins(&ret->bytes, "{")) {
		ret->content_type = "application/json";
		return 0;
	}
	if (cay_suffix_dtype(path, &ret->dtype, err) < 0)
		return cay_fail(
			err, CAY_EBAD,
			"want a PNG, a JPEG, .npy or JSON, or a name in .f32, .i32, .i64 or "
			".u8");
	ret->content_type = "application/octet-stream";
	ret->tensor = true;
	return 0;
}

void cay_tensor_file_finish(struct cay_tensor_file *file)
{
	cay_buf_finish(&file->bytes);
}
