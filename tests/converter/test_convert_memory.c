// Tests that a conversion reports each allocation that fails.
#include "tests/converter/support.h"
#include "tests/failing_allocations.h"

START_TEST(every_failed_allocation_is_reported)
{
	const struct cay_convert_options options = {0};
	struct cay_paddle_dir dir;
	struct cay_err err = {0};
	int result = -1, n;

	cay_paddle_dir_init(&dir);
	ck_ok(cay_paddle_dir_scan(&dir, TEST_DATA "quant_residual/model", &err), err);
	for (n = 0; result < 0 && n < 1000; n++) {
		struct cay_report report;
		struct cay_buf nb = {0};

		err = (struct cay_err){0};
		until_failure = n;
		result = cay_convert(&dir, &options, &nb, &report, &err);
		until_failure = -1;
		ck_assert_msg(result == 0 || err.code == CAY_ENOMEM, "%d: %s", n, err.msg);
		cay_report_finish(&report);
		cay_buf_finish(&nb);
	}
	ck_assert_int_eq(result, 0);
	ck_assert_int_gt(n, 10); // there were some
	cay_paddle_dir_finish(&dir);
}
END_TEST

TEST_MAIN("convert_memory", every_failed_allocation_is_reported)
