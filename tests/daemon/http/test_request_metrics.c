// Tests of daemon/http/request_metrics.c.
#include "daemon/http/request_metrics.h"
#include "daemon/http/router.h"
#include "common/size.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct cay_request_metrics *metrics =
		cay_request_metrics_new(cay_routes, cay_route_count, &err);
	struct cay_buf buf = {0};
	const char *text;

	for (unsigned status = 400; status < 600; status++) {
		cay_request_metrics_count(metrics, NULL, status);
		for (size_t i = 0; i < cay_route_count; i++)
			cay_request_metrics_count(metrics, &cay_routes[i], status);
	}
	for (size_t i = 0; i < 2; i++)
		cay_request_metrics_count(metrics, &cay_routes[i], by_themselves[i]);
	ck_assert_uint_lt(cay_route_count, 64);
	cay_request_metrics_write(metrics, &buf);
	text = cay_buf_cstr(&buf);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(by_themselves); i++)
		ck_assert_uint_eq(counted(text, by_themselves[i]), i < 2 ? 1 : cay_route_count + 1);
	ck_assert_uint_eq(counted(text, 200), 0);
	ck_assert_uint_gt(counted(text, 400), 80 * (cay_route_count + 1)); // for the rest of 4xx
	cay_buf_finish(&buf);
	cay_request_metrics_free(metrics);
}
END_TEST

TEST_MAIN("metrics", every_route_and_status_is_counted)
