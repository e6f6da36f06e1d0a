// Where a writer puts its bytes, one piece after another: a buffer, a file.
#ifndef CAY_COMMON_SINK_H
#define CAY_COMMON_SINK_H

#include "common/err.h"

#include <stddef.h>

struct cay_sink {
	int (*put)(void *context, const void *data, size_t size, struct cay_err *err);
	void *context;
};

#endif
