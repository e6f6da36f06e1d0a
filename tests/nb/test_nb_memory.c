// Tests that nb reports each allocation that fails.
#include "nb/nb.h"
#include "tests/failing_allocations.h"
#include "tests/nb/sample.h"
#include "tests/test.h"

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
