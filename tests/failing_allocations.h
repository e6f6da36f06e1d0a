// Lets one allocation fail: the linker turns the functions that cayuco allocates with into these.
// Such a test is linked with failing_allocations of tests/meson.build.
#ifndef CAY_TESTS_FAILING_ALLOCATIONS_H
#define CAY_TESTS_FAILING_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t unit, size_t size);
void *__wrap_aligned_alloc(size_t unit, size_t size);

static int until_failure = -1; // allocations that still succeed; -1: all

static bool fails(void)
{
	return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_realloc(void *data, size_t size)
{
	return fails() ? NULL : __real_realloc(data, size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t unit, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(unit, size);
}

#endif
