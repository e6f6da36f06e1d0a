// Replays a corpus as an ordinary test: replay FILE... Each is copied to a block of just its size.
#include "common/file.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int replay(const char *path)
{
	struct cay_buf file = {0};
	struct cay_err err = {0};
	uint8_t *copy = NULL;
	int result = cay_file_read(path, (size_t)64 << 20, &file, &err);

	if (result == 0)
		copy = malloc(file.len ? file.len : 1);
	if (copy) {
		memcpy(copy, file.data ? file.data : copy, file.len);
		LLVMFuzzerTestOneInput(copy, file.len);
	} else {
		fprintf(stderr, "%s: %s\n", path, err.msg);
	}
	free(copy);
	cay_buf_finish(&file);
	return result;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]) < 0;
	return failed;
}
