// Splits a step's rows among the threads of its session.
#ifndef CAY_ENGINE_ROWS_H
#define CAY_ENGINE_ROWS_H

#include "engine/op.h"

// Calls run for ranges of rows that together are [0, rows), on the threads of the session's team.
// All but the last are multiples of `tile`. work: what a row costs, in products or bytes; where
// there is little of it, the caller's thread does all.
void cay_rows_run(const struct cay_io *io, size_t rows, size_t tile, size_t work, cay_rows_fn *run,
		  const void *context);

// True if there are more tiles of columns than of rows. Threads then share the columns, and each of
// them reads only its part of the weights.
static inline bool cay_columns_split_better(const struct cay_gemm *gemm, size_t m, size_t n)
{
	return m / gemm->mr < n / gemm->nr;
}

#endif
