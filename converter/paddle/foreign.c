// Files that are given where a Paddle model is wanted: what they are by their names, what to do.
#include "converter/paddle/foreign.h"
#include "common/size.h"

#include <string.h>
#include <strings.h>

enum {
	INSIDE = CAY_FOREIGN_INSIDE,
	FILE_GIVEN = CAY_FOREIGN_AS_DIRECTORY | CAY_FOREIGN_AS_MODEL,
	ANYWHERE = INSIDE | FILE_GIVEN,
};

#define ARCHIVE	   "an archive: unpack it first"
#define CHECKPOINT "of a training, without the program: paddle.jit.save writes both for inference"
#define PART	   "one file of a Paddle model: give the directory that it is in"
#define X2PADDLE   ", which x2paddle turns into a Paddle model"

static const struct {
	const char *ending;
	unsigned places;
	const char *text;
} files[] = {
	{".pdparams", ANYWHERE, CHECKPOINT},
	{".pdopt", ANYWHERE, CHECKPOINT},
	{".onnx", ANYWHERE, "ONNX" X2PADDLE},
	{".pb", ANYWHERE, "TensorFlow's" X2PADDLE},
	{".pt", ANYWHERE, "PyTorch's" X2PADDLE},
	{".pth", ANYWHERE, "PyTorch's" X2PADDLE},
	{".caffemodel", ANYWHERE, "Caffe's" X2PADDLE},
	{".tflite", ANYWHERE, "TensorFlow Lite's, not Paddle's"},
	{".nb", INSIDE | CAY_FOREIGN_AS_DIRECTORY, "converted already"},
	{".tar", ANYWHERE, ARCHIVE},
	{".gz", ANYWHERE, ARCHIVE},
	{".tgz", ANYWHERE, ARCHIVE},
	{".zip", ANYWHERE, ARCHIVE},
	{".xz", ANYWHERE, ARCHIVE},
	{".bz2", ANYWHERE, ARCHIVE},
	{".zst", ANYWHERE, ARCHIVE},
	{".7z", ANYWHERE, ARCHIVE},
	{".rar", ANYWHERE, ARCHIVE},
	{"__model__", FILE_GIVEN, PART},
	{"__params__", FILE_GIVEN, PART},
	{".pdmodel", FILE_GIVEN, PART},
	{".pdiparams", FILE_GIVEN, PART},
	{"inference.json", FILE_GIVEN, PART},
};

const char *cay_foreign_tell(const char *name, enum cay_foreign_place place)
{
	const size_t length = strlen(name);

	for (size_t i = 0; i < CAY_ARRAY_SIZE(files); i++) {
		const size_t tail = strlen(files[i].ending);

		if (files[i].places & place && length >= tail &&
		    strcasecmp(name + length - tail, files[i].ending) == 0)
			return files[i].text;
	}
	return NULL;
}

bool cay_foreign_is_junk(const char *name)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	return strncmp(name, "__MACOSX/", 9) == 0 || strstr(name, "/__MACOSX/") ||
	       strncmp(base, "._", 2) == 0 || strcmp(base, ".DS_Store") == 0;
}

bool cay_foreign_is_pointer(const void *data, size_t size)
{
	static const char begin[] = "version https://git-lfs.github.com/";

	return size >= sizeof(begin) - 1 && memcmp(data, begin, sizeof(begin) - 1) == 0;
}
