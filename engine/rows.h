// Splits a step's rows among the threads of its session.
#ifndef CAY_ENGINE_ROWS_H
#define CAY_ENGINE_ROWS_H

#include "engine/op.h"

// Calls run for ranges that cover [0, rows), multiples of `tile` but for the last. work: what a row
// costs, in products or bytes; little work stays on the caller.
void cay_rows_run(const struct cay_io *io, size_t rows, size_t tile, size_t work, cay_rows_fn *run,
		  const void *context);

// Have the weights' columns more tiles than the rows? Then threads share those: each one reads but
// its part of the weights.
static inline bool cay_columns_split_better(const struct cay_gemm *gemm, size_t m, size_t n)
{
	return m / gemm->mr < n / gemm->nr;
}

#endif
