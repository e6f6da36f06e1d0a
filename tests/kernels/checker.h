// The kernel checker: every variant that this machine can run, against a plain formula.
//
// CAY_CHECK_SEED=N repeats a run; a failure prints the seed. `--bench` times instead of checking.
// `--count CAP NAME RUNS` runs one benchmark of one table so often, for whoever counts
// instructions; with a NAME of "" and 0 RUNS it lists them.
// `--table` prints which table has which kernel.
#ifndef CAY_TESTS_KERNELS_CHECKER_H
#define CAY_TESTS_KERNELS_CHECKER_H

#include "common/err.h"
#include "common/size.h"
#include "kernels/kernels.h"

// One step of ref < neon < dot < i8mm. `weaker` is the table before, NULL for ref's own.
struct check_tables {
	const struct cay_kernels *ref, *weaker, *now;
	bool bench;
};
// A kernel is checked only in the first table that has it.
#define CHECK_IS_NEW(t, member) (!(t)->weaker || (t)->weaker->member != (t)->now->member)

typedef void check_fn(const struct check_tables *t);
check_fn check_gemm, check_depthwise, check_quantize, check_unary, check_binary, check_pool,
	check_softmax, check_transpose, check_norm, check_resize;

// Names what is checked and restarts its random numbers: no check depends on another.
void check_begin(const char *name);
// Looks at the red zones and frees the buffers. `count` comparisons were made.
void check_end(size_t count);
// The same for the buffers alone, between cases.
void check_release(void);

uint32_t check_random(void);
size_t check_choose(const size_t *values, size_t count); // one of them
float check_random_f32(float low, float high);

// A zeroed buffer between two red zones, aligned to 64; check_release frees it.
void *check_buf(size_t size);
void *check_buf_s8(size_t count, int low, int high); // random, every fourth an extreme
void *check_buf_f32(size_t count, float low, float high);
float *check_buf_special(size_t *ret_count); // zeros, denormals, infinities, NaN, and borders

// want and got must be equal; the text says which case it is. Of floats NaN equals
// NaN, and -0 equals 0: relu leaves -0 where it is a comparison, and gives 0 where it is one
// instruction for the larger of two.
void check_equal(const void *want, const void *got, size_t size, const char *fmt, ...)
	CAY_PRINTF(4, 5);
void check_equal_f32(const float *want, const float *got, size_t count, const char *fmt, ...)
	CAY_PRINTF(4, 5);
// Each may differ by tolerance[i].
void check_near_f32(const float *want, const float *got, const float *tolerance, size_t count,
		    const char *fmt, ...) CAY_PRINTF(5, 6);

// Prints the median of nine timings of run(arg), and a rate for `ops` operations (two a product).
void check_bench(const char *name, const char *shape, double ops, void (*run)(const void *arg),
		 const void *arg);
// From now on check_bench runs the benchmark of this name ("": all of them) so often, untimed.
void check_count(const char *only, unsigned long runs);
int check_finish(void); // the exit status

void check_print_table(void); // tests/kernels/table.c

#endif
