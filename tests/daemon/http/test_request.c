// Tests of daemon/http/request.c.
#include "daemon/http/request.h"
#include "tests/test.h"

START_TEST(every_error_code_has_a_status)
{
	for (int code = 0; code < CAY_CODES; code++) {
		unsigned status = cay_reply_status((enum cay_code)code);

		ck_assert_uint_ge(status, code ? 400 : 200);
		ck_assert_uint_lt(status, code ? 600 : 300);
	}
}
END_TEST

START_TEST(an_error_replaces_what_was_written)
{
	struct cay_err err = {.code = CAY_EBUSY, .msg = "a \"b\""};
	struct cay_reply reply = {.content_type = "text/plain"};

	cay_buf_text(&reply.body, "half an answer");
	cay_reply_error(&reply, &err);
	ck_assert_uint_eq(reply.status, 503);
	ck_assert_str_eq(cay_buf_cstr(&reply.body), "{\"error\":\"a \\\"b\\\"\"}\n");
	ck_assert_ptr_null(reply.content_type);
	ck_assert_uint_eq(reply.header_count, 1);
	ck_assert_str_eq(reply.headers[0].name, "Retry-After");
	cay_buf_finish(&reply.body);
}
END_TEST

START_TEST(a_type_is_compared_without_its_parameters)
{
	struct cay_request req = {.content_type = "Application/JSON; charset=utf-8"};

	ck_assert(cay_request_is(&req, "application/json"));
	ck_assert(!cay_request_is(&req, "application/js"));
	req.content_type = NULL;
	ck_assert(!cay_request_is(&req, "application/json"));
}
END_TEST

START_TEST(a_flag_is_an_argument_that_does_not_say_no)
{
	struct cay_request req = {
		.arguments = {{"wait", ""}, {"a", "0"}, {"b", "1"}, {"c", "False"}},
		.argument_count = 4};

	ck_assert(cay_request_flag(&req, "wait") && cay_request_flag(&req, "b"));
	ck_assert(!cay_request_flag(&req, "a") && !cay_request_flag(&req, "c"));
	ck_assert(!cay_request_flag(&req, "d"));
}
END_TEST

TEST_MAIN("request", every_error_code_has_a_status, an_error_replaces_what_was_written,
	  a_type_is_compared_without_its_parameters, a_flag_is_an_argument_that_does_not_say_no)
