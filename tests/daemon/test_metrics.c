// Tests of daemon/metrics.c.
#include "daemon/metrics.h"
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

START_TEST(every_route_and_status_can_be_counted)
{
	struct cay_err err = {0};
	struct cay_metrics *metrics = cay_metrics_new(&err);

	for (unsigned status = 200; status < 600; status++) {
		cay_metrics_count(metrics, NULL, status);
		for (size_t i = 0; i < cay_route_count; i++)
			cay_metrics_count(metrics, &cay_routes[i], status);
	}
	ck_assert_uint_lt(cay_route_count, 64);
	cay_metrics_free(metrics);
}
END_TEST

TEST_MAIN("metrics", a_histogram_counts_up_to_each_bound, every_route_and_status_can_be_counted)
