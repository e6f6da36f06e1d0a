// Tests that nb reports each allocation that fails. The linker turns the two functions that cayuco
// allocates with into the __wrap ones.
#include "nb/nb.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

#include <string.h>

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
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

void *__wrap_aligned_alloc(size_t unit, size_t size)
{
	return fails() ? NULL : __real_aligned_alloc(unit, size);
}

START_TEST(every_failed_allocation_of_a_writer_is_reported)
{
	struct cay_program sample = sample_program();
	int result = -1, n;

	for (n = 0; result < 0 && n < 1000; n++) {
		struct cay_buf buf = {0};
		struct cay_err err = {0};

		until_failure = n;
		result = cay_nb_write(&sample, &buf, &err);
		until_failure = -1;
		ck_assert(result == 0 || (err.code == CAY_ENOMEM && buf.len == 0));
		cay_buf_finish(&buf);
	}
	ck_assert_int_eq(result, 0);
	ck_assert_int_gt(n, 5); // there were some
}
END_TEST

START_TEST(every_failed_allocation_of_a_reader_is_reported)
{
	struct cay_program sample = sample_program(), program = {.meta = 77};
	struct cay_err err = {0};
	struct cay_buf file = {0};
	int result = -1, n;

	ck_ok(cay_nb_write(&sample, &file, &err), err);
	for (n = 0; result < 0 && n < 1000; n++) {
		err = (struct cay_err){0};
		until_failure = n;
		result = cay_nb_read(file.data, file.len, &program, &err);
		until_failure = -1;
		ck_assert(result == 0 || (err.code == CAY_ENOMEM && program.meta == 77));
	}
	ck_assert_int_eq(result, 0);
	ck_assert_int_gt(n, 1);
	cay_program_finish(&program);
	cay_buf_finish(&file);
}
END_TEST

TEST_MAIN("nb_memory", every_failed_allocation_of_a_writer_is_reported,
	  every_failed_allocation_of_a_reader_is_reported)
