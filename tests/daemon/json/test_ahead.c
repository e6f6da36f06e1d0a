// Tests of daemon/json/ahead.c: with what has been read ahead, a document is what it is without.
#include "daemon/json/ahead.h"
#include "common/size.h"
#include "daemon/json/json.h"
#include "daemon/json/walk.h"
#include "tests/test.h"

#include <string.h>

#define ROOM  4096 // numbers
#define DEPTH 8

struct result {
	int code;
	struct cay_err err;
	struct cay_shape shape;
	float values[ROOM];
};

static void read_first(struct cay_json_data *data, enum cay_dtype dtype, struct result *ret)
{
	const size_t most = cay_json_span_most(&data->span[0]);
	size_t size = most * cay_dtype_size(dtype);
	void *own = malloc(size), *place = cay_json_span_place(&data->span[0], dtype, most);
	void *values = place ? place : own;

	ck_assert_ptr_nonnull(own);
	ck_assert_uint_le(size, sizeof(ret->values));
	ret->code = cay_json_span_read(&data->span[0], dtype, values, most, &ret->shape, &ret->err);
	if (ret->code == 0) {
		ck_ok(cay_shape_bytes(&ret->shape, dtype, &size, &ret->err), ret->err);
		memcpy(ret->values, values, size);
	}
	free(own);
}

static void evaluate(const char *text, const struct cay_json_ahead *ahead, enum cay_dtype dtype,
		     struct result *ret)
{
	struct cay_json_data data = {.ahead = ahead};
	json_t *root;

	memset(ret, 0, sizeof(*ret));
	root = cay_json_parse(text, strlen(text), DEPTH, &data, &ret->err);
	ret->code = root ? 0 : -1;
	if (root && data.count > 0)
		read_first(&data, dtype, ret);
	json_decref(root);
}

// Reads ahead in steps of so many bytes, in memory that moves, up to `end`. Returns how many
// numbers that gave.
static size_t check(const char *text, size_t step, size_t end, size_t room, enum cay_dtype dtype,
		    const struct result *want)
{
	static struct result got;
	struct cay_json_ahead *ahead = cay_json_ahead_new(room);
	size_t count;

	ck_assert_ptr_nonnull(ahead);
	for (size_t size = step; size <= end; size += step) {
		char *arrived = malloc(size);

		memcpy(arrived, text, size);
		cay_json_ahead_read(ahead, arrived, size);
		free(arrived);
	}
	count = ahead->count;
	evaluate(text, ahead, dtype, &got);
	ck_assert_int_eq(got.code, want->code);
	ck_assert_str_eq(got.err.msg, want->err.msg);
	ck_assert_mem_eq(&got.shape, &want->shape, sizeof(got.shape));
	ck_assert_mem_eq(got.values, want->values, sizeof(got.values));
	cay_json_ahead_free(ahead);
	return count;
}

// In pieces of all kinds. Returns the most numbers that were read ahead.
static size_t check_all(const char *text, size_t room, enum cay_dtype dtype)
{
	static struct result want;
	const size_t len = strlen(text);
	size_t most = 0;

	evaluate(text, NULL, dtype, &want);
	for (size_t step = 1; step <= len; step = step < 70 ? step + 1 : 2 * step) {
		for (size_t end = len; end > len / 2; end -= end / 7) {
			size_t count = check(text, step, end, room, dtype, &want);

			most = count > most ? count : most;
		}
	}
	return most;
}

// `count` times `item` with commas, between `head` and `tail`. The caller frees it.
static char *document(const char *head, const char *item, size_t count, const char *tail)
{
	struct cay_buf buf = {0};

	cay_buf_text(&buf, head);
	for (size_t i = 0; i < count; i++) {
		cay_buf_text(&buf, i ? "," : "");
		cay_buf_text(&buf, item);
	}
	cay_buf_text(&buf, tail);
	ck_assert_ptr_nonnull(cay_buf_cstr(&buf));
	return (char *)buf.data;
}

START_TEST(documents_mean_what_they_mean_without)
{
	static const struct {
		const char *head, *item, *tail;
		bool reads; // something ahead
	} cases[] = {
		{"{\"data\":[", "0.12345678901234567", "]}", true},
		{"{\"data\" : [ ", "-1.5 ", " ]}", true},
		{"{\"data\":[", "1e3", "],\"shape\":[60]}", true},
		{"{\"data\":[", "12", "], \"data2\": [1,2,3,4]}", true},
		{"{\"inputs\":[{\"shape\":[60],\"data\":[", "0.5", "]},{\"data\":[1,2]}]}", true},
		{"{\"data\":[", "[1.25,[2]]", "]}", false},
		{"{\"data\":[", "[1.25,2]", "]}", true},
		{"{\"data\":[", "[[1.25],[2]]", "]}", true},
		{"{\"data\":[[1],", "[1.25,2]", "]}", false},
		{"{\"data\":[", "9.5", ",]}", true},
		{"{\"data\":[", "9.5", "}", true},
		{"{\"data\":[", "9.5", "", true},
		{"{\"data\":[", "9.5", ",nul]}", true},
		{"{\"data\":[", "9.5", ",1e99]}", true},
		{"{\"data\":[", "9.5", ",01]}", true},
		{"{\"data\":[", "9.5", ",[1]]}", true},
		{"{\"data\":[", "9.5", ",\"a\"]}", true},
		{"{\"data\":[", "9.5", "]}]", true},
		{"{\"data\":[", "true", "]}", false},
		{"{\"data\":[", "\"a\"", "]}", false},
		{"{\"a\":\"\\\"data\\\": [\",\"data\":[", "7", "]}", true},
		{"{\"a\":\"data\",\"data\":[", "7", "]}", true},
		{"{\"data\":{\"a\":[", "7", "]}}", false},
		{"{\"data\":3,\"more\":{\"data\":[", "7", "]}}", true},
		{"{\"data\":[[[[[[[[[", "7", "]]]]]]]]]}", false},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		char *text = document(cases[i].head, cases[i].item, 60, cases[i].tail);

		for (enum cay_dtype dtype = 0; dtype < CAY_DTYPES; dtype++) {
			const size_t count = check_all(text, ROOM, dtype);

			if (cases[i].reads)
				ck_assert_msg(count > 0, "%s reads nothing ahead", cases[i].head);
		}
		free(text);
	}
}
END_TEST

START_TEST(what_there_is_no_room_for_is_left)
{
	char *text = document("{\"data\":[", "0.25", 400, "]}");

	ck_assert_uint_eq(check_all(text, 0, CAY_DTYPE_F32), 0);
	ck_assert_uint_le(check_all(text, 100, CAY_DTYPE_F32), 100);
	ck_assert_uint_gt(check_all(text, ROOM, CAY_DTYPE_F32), 350);
	free(text);
}
END_TEST

// A document that is another one behind the place of the array: nothing of it is used.
START_TEST(an_array_elsewhere_is_not_taken_for_it)
{
	static struct result want;
	char *read = document("{\"data\":[", "0.25", 100, "]}"),
	     *text = document("{ \"data\":[", "0.75", 100, "]}");
	struct cay_json_ahead *ahead = cay_json_ahead_new(ROOM);
	struct result *got = malloc(sizeof(*got));

	cay_json_ahead_read(ahead, read, strlen(read));
	ck_assert_uint_gt(ahead->count, 0);
	evaluate(text, NULL, CAY_DTYPE_F32, &want);
	evaluate(text, ahead, CAY_DTYPE_F32, got);
	ck_assert_mem_eq(got->values, want.values, sizeof(want.values));
	cay_json_ahead_free(ahead);
	free(got);
	free(text);
	free(read);
}
END_TEST

TEST_MAIN("json ahead", documents_mean_what_they_mean_without, what_there_is_no_room_for_is_left,
	  an_array_elsewhere_is_not_taken_for_it)
