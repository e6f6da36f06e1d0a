// A file that is sent to a model: a picture, JSON, or the elements of one tensor.
#include "cli/client/tensor_file.h"
#include "cli/cli.h"
#include "cli/npy.h"
#include "common/size.h"

#include <string.h>

#define FILE_MAX ((size_t)1 << 30) // bytes

static const struct {
	const char *magic, *content_type;
} kinds[] = {
	{"\xff\xd8\xff", "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", "image/png"},
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
	if (cay_npy_is(&ret->bytes)) {
		ret->content_type = "application/octet-stream";
		ret->tensor = ret->has_shape = true;
		return cay_npy_read(&ret->bytes, &ret->dtype, &ret->shape, err);
	}
	for (size_t i = 0; i < CAY_ARRAY_SIZE(kinds); i++) {
		if (!begins(&ret->bytes, kinds[i].magic))
			continue;
		ret->content_type = kinds[i].content_type;
		return 0;
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
