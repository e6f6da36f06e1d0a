// Tests of daemon/metrics.c.
#include "daemon/metrics.h"
#include "common/size.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
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

// How often answers of that status have been counted, over all routes.
static unsigned long long counted(const char *text, unsigned status)
{
	unsigned long long sum = 0;
	char label[32];

	snprintf(label, sizeof(label), "status=\"%u\"} ", status);
	while ((text = strstr(text, label))) {
		text += strlen(label);
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

START_TEST(every_route_and_status_is_counted)
{
	static const unsigned by_themselves[] = {204, 304, 404, 503};
	struct cay_err err = {0};
	struct cay_metrics *metrics = cay_metrics_new(&err);
	struct cay_buf buf = {0};
	const char *text;

	for (unsigned status = 400; status < 600; status++) {
		cay_metrics_count(metrics, NULL, status);
		for (size_t i = 0; i < cay_route_count; i++)
			cay_metrics_count(metrics, &cay_routes[i], status);
	}
	for (size_t i = 0; i < 2; i++)
		cay_metrics_count(metrics, &cay_routes[i], by_themselves[i]);
	ck_assert_uint_lt(cay_route_count, 64);
	cay_metrics_write(metrics, &buf);
	text = cay_buf_cstr(&buf);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(by_themselves); i++)
		ck_assert_uint_eq(counted(text, by_themselves[i]), i < 2 ? 1 : cay_route_count + 1);
	ck_assert_uint_eq(counted(text, 200), 0);
	ck_assert_uint_gt(counted(text, 400), 80 * (cay_route_count + 1)); // for the rest of 4xx
	cay_buf_finish(&buf);
	cay_metrics_free(metrics);
}
END_TEST

TEST_MAIN("metrics", a_histogram_counts_up_to_each_bound, every_route_and_status_is_counted)
