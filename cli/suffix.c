// The type of raw elements in a file, by its name.
#include "cli/cli.h"
#include "common/size.h"

#include <string.h>

static const struct {
	const char *suffix;
	enum cay_dtype dtype;
} suffixes[] = {
	{".f32", CAY_DTYPE_F32},
	{".i32", CAY_DTYPE_I32},
	{".i64", CAY_DTYPE_I64},
	{".u8", CAY_DTYPE_U8},
};

int cay_suffix_dtype(const char *file, enum cay_dtype *ret, struct cay_err *err)
{
	const char *suffix = strrchr(file, '.');

	for (size_t i = 0; suffix && i < CAY_ARRAY_SIZE(suffixes); i++)
		if (strcmp(suffix, suffixes[i].suffix) == 0) {
			*ret = suffixes[i].dtype;
			return 0;
		}
	return cay_fail(err, CAY_EBAD, "the name must end in .npy, .f32, .i32, .i64 or .u8");
}
