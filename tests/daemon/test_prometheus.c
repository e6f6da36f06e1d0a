// Tests of daemon/prometheus.c.
#include "daemon/prometheus.h"
#include "common/size.h"
#include "daemon/clock.h"
#include "tests/test.h"

#include <string.h>

START_TEST(a_histogram_counts_up_to_each_bound)
{
	struct cay_histogram histogram = {0};
	struct cay_buf buf = {0};
	const char *text;

	cay_histogram_add(&histogram, 100000); // a bound is in its bucket
	cay_histogram_add(&histogram, 100001);
	cay_histogram_add(&histogram, 20 * CAY_SECOND);
	cay_histogram_write(&histogram, &buf, "t", "a=\"b\"");
	text = cay_buf_cstr(&buf);
	ck_assert_ptr_nonnull(strstr(text, "t_bucket{a=\"b\",le=\"0.0001\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "t_bucket{a=\"b\",le=\"0.00025\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "t_bucket{a=\"b\",le=\"10\"} 2\n"));
	ck_assert_ptr_nonnull(strstr(text, "t_bucket{a=\"b\",le=\"+Inf\"} 3\n"));
	ck_assert_ptr_nonnull(strstr(text, "t_sum{a=\"b\"} 20.000200001\nt_count{a=\"b\"} 3\n"));
	cay_buf_finish(&buf);
}
END_TEST

TEST_MAIN("prometheus", a_histogram_counts_up_to_each_bound)
