// Tests of daemon/json/json.c.
#include "common/size.h"
#include "daemon/json/json.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static json_t *parse(const char *text, struct cay_json_data *data, struct cay_err *err)
{
	return cay_json_parse(text, strlen(text), 32, data, err);
}

static void fails(const char *text, enum cay_code code, const char *message)
{
	struct cay_json_data data = {0};
	struct cay_err err = {0};

	ck_assert_ptr_null(parse(text, &data, &err));
	ck_assert_str_eq(err.msg, message);
	ck_assert_int_eq(err.code, code);
}

START_TEST(data_stays_text_and_the_rest_becomes_a_tree)
{
	static const char text[] = "{\"id\":\"a\", \"data\" : [1, [2]] ,\"n\":3}";
	struct cay_json_data data = {0};
	struct cay_json_span *span;
	struct cay_err err = {0};
	json_t *root = parse(text, &data, &err);

	ck_assert_msg(root, "%s", err.msg);
	ck_assert_str_eq(json_string_value(json_object_get(root, "id")), "a");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "n")), 3);
	ck_assert_uint_eq(data.count, 1);
	span = cay_json_data_take(&data, json_object_get(root, "data"), &err);
	ck_assert_ptr_nonnull(span);
	ck_assert_int_eq(span->end - span->begin, 8);
	ck_assert_int_eq(memcmp(span->begin, "[1, [2]]", 8), 0);
	ck_ok(cay_json_data_check(&data, &err), err);
	json_decref(root);
}
END_TEST

START_TEST(data_that_is_no_key_is_left_alone)
{
	struct cay_json_data data = {0};
	struct cay_err err = {0};
	json_t *root = parse("[\"data\", [1], {\"\\\"data\": [2], \"x\": \"data\"}]", &data, &err);

	ck_assert_msg(root, "%s", err.msg);
	ck_assert_uint_eq(data.count, 0);
	json_decref(root);
}
END_TEST

START_TEST(files_stay_text_and_what_only_looks_like_one_does_not)
{
	static const char text[] = "{\"file:a\" : \"AA\\\"==\", \"b\":\"file:c\", \"file:d\":[7],"
				   "\"data\":[2],\"file:\":\"\"}";
	struct cay_json_data data;
	const struct cay_json_span *span;
	struct cay_err err = {0};
	json_t *root = cay_json_parse_files(text, strlen(text), 32, &data, &err);

	ck_assert_msg(root, "%s", err.msg);
	ck_assert_uint_eq(data.count, 2);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "data")), 1);
	span = cay_json_data_take(&data, json_object_get(root, "file:a"), &err);
	ck_assert_ptr_nonnull(span);
	ck_assert_int_eq(memcmp(span->begin, "\"AA\\\"==\"", 8), 0);
	ck_assert_int_eq(span->end - span->begin, 8);
	ck_assert_ptr_null(cay_json_data_take(&data, json_object_get(root, "file:d"), &err));
	ck_assert_ptr_nonnull(cay_json_data_take(&data, json_object_get(root, "file:"), &err));
	json_decref(root);
}
END_TEST

// The bytes of base64, or -1.
static long decode(const char *text, uint8_t *ret)
{
	char quoted[64];
	const struct cay_json_span span = {quoted, quoted + strlen(text) + 2, .offset = 7};
	struct cay_buf bytes = {0};
	struct cay_err err = {0};
	long count;

	snprintf(quoted, sizeof(quoted), "\"%s\"", text);
	if (cay_json_span_base64(&span, &bytes, &err) < 0) {
		ck_assert_int_eq(err.code, CAY_EBAD);
		ck_assert_int_eq(strncmp(err.msg, "no base64 at byte ", 18), 0);
		count = -1;
	} else {
		count = (long)bytes.len;
		memcpy(ret, bytes.data, bytes.len);
	}
	cay_buf_finish(&bytes);
	return count;
}

START_TEST(base64_is_read_as_the_rfc_has_it_and_nothing_else)
{
	static const struct {
		const char *text, *bytes; // bytes NULL: refused
	} cases[] = {
		{"", ""},
		{"Zg==", "f"},
		{"Zm8=", "fo"},
		{"Zm9v", "foo"},
		{"Zm9vYg==", "foob"},
		{"Zm9vYmE=", "fooba"},
		{"Zm9vYmFy", "foobar"},
		{"+/+/", "\xfb\xff\xbf"},
		{"+\\/+\\/", "\xfb\xff\xbf"},
		{"Z", NULL},
		{"Zg", NULL},
		{"Zg=", NULL},
		{"Zg===", NULL},
		{"Z===", NULL},
		{"====", NULL},
		{"Zh==", NULL},
		{"Zm9=", NULL},
		{"Zg==Zg==", NULL},
		{"Zm=v", NULL},
		{"Zm9v\\n", NULL},
		{"Zm 9v", NULL},
		{"Zm9v\\", NULL},
		{"-_-_", NULL},
		{"Zm9\\u0076", NULL},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		uint8_t bytes[64];
		const long count = decode(cases[i].text, bytes);

		if (!cases[i].bytes) {
			ck_assert_msg(count == -1, "%s", cases[i].text);
			continue;
		}
		ck_assert_msg(count == (long)strlen(cases[i].bytes), "%s", cases[i].text);
		ck_assert_int_eq(memcmp(bytes, cases[i].bytes, (size_t)count), 0);
	}
}
END_TEST

START_TEST(every_byte_comes_out_of_base64)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned byte = 0; byte < 256; byte++) {
		const char text[] = {letters[byte >> 2], letters[byte << 4 & 63], '=', '=', '\0'};
		uint8_t got[64];

		ck_assert_int_eq(decode(text, got), 1);
		ck_assert_uint_eq(got[0], byte);
	}
}
END_TEST

START_TEST(a_data_array_is_taken_once_or_told)
{
	struct cay_json_data data = {0};
	struct cay_err err = {0};
	json_t *root = parse("{\"a\":{\"data\":[1]},\"d\\u0061ta\":[0]}", &data, &err);

	ck_assert_msg(root, "%s", err.msg);
	ck_assert_uint_eq(data.count, 1);
	ck_assert_int_eq(cay_json_data_check(&data, &err), -1);
	ck_assert_str_eq(err.msg, "\"data\" at byte 13 belongs to no input");
	ck_assert_ptr_nonnull(cay_json_data_take(&data, json_object_get(root, "data"), &err));
	ck_assert_ptr_null(cay_json_data_take(&data, json_object_get(root, "data"), &err));
	ck_assert_str_eq(err.msg, "\"data\" is not an array");
	json_decref(root);
	root = parse("{\"d\\u0061ta\":[5]}", &data, &err);
	ck_assert_ptr_null(cay_json_data_take(&data, json_object_get(root, "data"), &err));
	json_decref(root);
}
END_TEST

START_TEST(bad_json_is_told_with_its_byte)
{
	fails("", CAY_EBAD, "JSON: '[' or '{' expected near end of file at byte 0");
	fails("{\"a\":1", CAY_EBAD, "JSON: '}' expected near end of file at byte 6");
	fails("{\"a\":1} x", CAY_EBAD, "JSON: end of file expected near 'x' at byte 9");
	fails("{\"a\":1,\"a\":2}", CAY_EBAD, "JSON: duplicate object key near '\"a\"' at byte 10");
	fails("{\"a\":\"b", CAY_EBAD, "JSON: a string has no end at byte 5");
	fails("{\"data\":[1,", CAY_EBAD, "JSON: \"data\" has no end at byte 8");
	fails("{\"data\":[1,2,3],\"data\":[4]}", CAY_EBAD,
	      "JSON: duplicate object key near '\"data\"' at byte 22");
	fails("\xef\xbb\xbf{}", CAY_EBAD, "JSON: '[' or '{' expected near '?' at byte 3");
	fails("{\"\xff\":1}", CAY_EBAD, "JSON: unable to decode byte 0xff near '\"' at byte 2");
	fails("{\"a\":1e999}", CAY_EBAD, "JSON: real number overflow near '1e999' at byte 10");
}
END_TEST

START_TEST(offsets_are_those_of_the_document_behind_data)
{
	fails("{\"data\":[1,2,3,4,5,6,7,8],\"b\":}", CAY_EBAD,
	      "JSON: unexpected token near '}' at byte 31");
}
END_TEST

static char *nested(size_t depth)
{
	char *text = malloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	return text;
}

START_TEST(nesting_has_a_limit)
{
	static const size_t depths[] = {33, 100000, 500000};
	struct cay_err err = {0};
	char *text = nested(32);
	json_t *root = cay_json_parse(text, 64, 32, NULL, &err);

	ck_assert_msg(root, "%s", err.msg);
	json_decref(root);
	free(text);
	for (size_t i = 0; i < 3; i++) {
		text = nested(depths[i]);
		fails(text, CAY_EBAD, "JSON: nested deeper than 32 at byte 32");
		free(text);
	}
}
END_TEST

START_TEST(brackets_in_strings_do_not_nest)
{
	static const char text[] =
		"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\\\\\",\"b\":[]}";
	struct cay_err err = {0};
	json_t *root = parse(text, NULL, &err);

	ck_assert_msg(root, "%s", err.msg);
	json_decref(root);
}
END_TEST

START_TEST(a_tree_has_a_limit_but_data_has_none)
{
	size_t size = CAY_JSON_TREE + 100;
	struct cay_json_data data = {0};
	char *text = malloc(size + 1);
	struct cay_err err = {0};
	json_t *root;

	memset(text, ' ', size);
	text[size] = '\0';
	memcpy(text, "{\"data\":[", 9);
	memcpy(text + size - 2, "]}", 2);
	root = parse(text, &data, &err);
	ck_assert_msg(root, "%s", err.msg);
	json_decref(root);
	memcpy(text, "{\"date\":[", 9);
	fails(text, CAY_ETOOLARGE, "JSON: more than 1048576 bytes besides the tensors' data");
	free(text);
}
END_TEST

START_TEST(shapes_are_lists_of_whole_numbers)
{
	static const char *const bad[] = {"[0]",    "[-1]", "[1.5]", "[\"1\"]",
					  "[null]", "3",    "{}",    "[1,1,1,1,1,1,1,1,1]"};
	struct cay_shape shape;
	struct cay_err err = {0};
	json_t *root = parse("[1,3,224,224]", NULL, &err);

	ck_ok(cay_json_shape(root, &shape, &err), err);
	ck_assert_uint_eq(shape.rank, 4);
	ck_assert_int_eq(shape.dim[1], 3);
	json_decref(root);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		root = json_loads(bad[i], JSON_DECODE_ANY, NULL);
		ck_assert_int_eq(cay_json_shape(root, &shape, &err), -1);
		ck_assert_int_eq(err.code, CAY_EBAD);
		json_decref(root);
	}
}
END_TEST

TEST_MAIN("json", data_stays_text_and_the_rest_becomes_a_tree, data_that_is_no_key_is_left_alone,
	  a_data_array_is_taken_once_or_told, files_stay_text_and_what_only_looks_like_one_does_not,
	  base64_is_read_as_the_rfc_has_it_and_nothing_else, every_byte_comes_out_of_base64,
	  bad_json_is_told_with_its_byte, offsets_are_those_of_the_document_behind_data,
	  nesting_has_a_limit, brackets_in_strings_do_not_nest,
	  a_tree_has_a_limit_but_data_has_none, shapes_are_lists_of_whole_numbers)
