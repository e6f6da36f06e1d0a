// Splits a step's rows among the threads of its session.
#ifndef CAY_ENGINE_ROWS_H
#define CAY_ENGINE_ROWS_H

#include "engine/op.h"

// Calls run for ranges that cover [0, rows), multiples of `tile` but for the last. work: what a row
// costs, in products or bytes; little work stays on the caller.
void cay_rows_run(const struct cay_io *io, size_t rows, size_t tile, size_t work, cay_rows_fn *run,
		  const void *context);

#endif
