// Tests of daemon/http/router.c.
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

TEST_MAIN("router", a_path_finds_its_handler, a_name_is_decoded_after_the_path_is_split,
	  names_and_versions_stand_anywhere, an_unknown_path_is_not_found,
	  another_method_is_told_what_is_allowed, escapes_are_decoded_or_refused)
