// Tests of daemon/router.c and daemon/request.c.
#include "daemon/http/router.h"
#include "tests/test.h"

#include <string.h>

struct found {
	const struct cay_route *route;
	struct cay_path_names names;
	struct cay_buf allow;
	struct cay_err err;
};

static struct found find(const char *method, const char *path)
{
	struct found f = {0};

	f.route = cay_router_find(method, path, &f.names, &f.allow, &f.err);
	return f;
}

static void finish(struct found *f)
{
	cay_path_names_finish(&f->names);
	cay_buf_finish(&f->allow);
}

START_TEST(a_path_finds_its_handler)
{
	struct found f = find("POST", "/predict");

	ck_assert_ptr_nonnull(f.route);
	ck_assert_ptr_eq(f.route->handle, cay_route_predict);
	ck_assert_ptr_null(f.names.name);
	finish(&f);
	f = find("HEAD", "/v2/health/live");
	ck_assert_ptr_nonnull(f.route);
	finish(&f);
}
END_TEST

START_TEST(a_name_is_decoded_after_the_path_is_split)
{
	struct found f = find("GET", "/models/%2e%2e%2fetc");

	ck_assert_ptr_nonnull(f.route);
	ck_assert_str_eq(f.names.name, "../etc");
	finish(&f);
	f = find("DELETE", "/models/");
	ck_assert_ptr_eq(f.route->handle, cay_route_model_delete);
	ck_assert_str_eq(f.names.name, "");
	finish(&f);
}
END_TEST

START_TEST(names_and_versions_stand_anywhere)
{
	struct found f = find("POST", "/v2/models/a%20b/versions/3/infer");

	ck_assert_ptr_nonnull(f.route);
	ck_assert_ptr_eq(f.route->handle, cay_route_v2_infer);
	ck_assert_str_eq(f.names.name, "a b");
	ck_assert_str_eq(f.names.version, "3");
	finish(&f);
	f = find("GET", "/v2/models/a/versions/3/infer/");
	ck_assert_ptr_null(f.route);
	ck_assert_int_eq(f.err.code, CAY_ENOTFOUND);
	finish(&f);
}
END_TEST

START_TEST(an_unknown_path_is_not_found)
{
	static const char *const paths[] = {"",		"/predict/", "/models/a/b",
					    "/Predict", "/v2//",     "/web/a/b"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct found f = find("GET", paths[i]);

		ck_assert_ptr_null(f.route);
		ck_assert_uint_eq(f.allow.len, 0);
		ck_assert_int_eq(f.err.code, CAY_ENOTFOUND);
		finish(&f);
	}
}
END_TEST

START_TEST(another_method_is_told_what_is_allowed)
{
	struct found f = find("PATCH", "/models/a");

	ck_assert_ptr_null(f.route);
	ck_assert_str_eq(cay_buf_cstr(&f.allow), "GET, HEAD, PUT, DELETE");
	finish(&f);
}
END_TEST

START_TEST(escapes_are_decoded_or_refused)
{
	static const char *const bad[] = {"%", "%4", "a%zz", "%00", "%2", "%%41"};
	struct cay_err err = {0};
	char *text = cay_router_decode("a%20%C3%a9+", 11, &err);

	ck_assert_str_eq(text, "a \xc3\xa9+");
	free(text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_ptr_null(cay_router_decode(bad[i], strlen(bad[i]), &err));
		ck_assert_int_eq(err.code, CAY_EBAD);
	}
}
END_TEST

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

TEST_MAIN("router", a_path_finds_its_handler, a_name_is_decoded_after_the_path_is_split,
	  names_and_versions_stand_anywhere, an_unknown_path_is_not_found,
	  another_method_is_told_what_is_allowed, escapes_are_decoded_or_refused,
	  every_error_code_has_a_status, an_error_replaces_what_was_written,
	  a_type_is_compared_without_its_parameters, a_flag_is_an_argument_that_does_not_say_no)
