// Fuzz target: a request's JSON. Its arrays are read as each type, its numbers to the bits of libc,
// its files to every bit; and what was read of it while it came changes nothing.
#include "daemon/json/ahead.h"
#include "daemon/json/decimal.h"
#include "daemon/json/json.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH  32
#define PAD    64 // characters behind a list that is read to its end
#define PIECES 8  // that a document comes in

// The text as one number in a list, which may be left to others.
static void check_list(const char *text, const char *end, float want)
{
	const size_t len = (size_t)(end - text);
	char *list = malloc(len + 1 + PAD);
	const char *at = list;
	float got;

	if (!list)
		return;
	list[0] = ',';
	memcpy(list + 1, text, len);
	memset(list + 1 + len, ',', PAD);
	if (cay_decimal_read_list_f32(&at, list + len + PAD, &got, 1) == 1 &&
	    (at != list + 1 + len || memcmp(&got, &want, sizeof(got)) != 0))
		abort();
	free(list);
}

// The text as one number, against strtof and strtod; what it becomes is printed and read again.
static void check_number(const char *text, const char *end)
{
	struct cay_decimal d;
	const char *next = cay_decimal_scan(text, end, &d);
	char printed[CAY_DECIMAL_TEXT + 1], *libc_end;
	float f32, want_f32;
	double f64, want_f64;

	if (!next || (*next | 0x20) == 'x') // libc would read 0x1 on
		return;
	if (cay_decimal_read_f32(text, end, &f32) != next ||
	    cay_decimal_read_f64(text, end, &f64) != next)
		abort();
	want_f32 = strtof(text, &libc_end);
	want_f64 = strtod(text, NULL);
	if (memcmp(&f32, &want_f32, sizeof(f32)) != 0 || memcmp(&f64, &want_f64, sizeof(f64)) != 0)
		abort();
	if (libc_end != next)
		abort();
	check_list(text, next, want_f32);
	if (!isfinite(f32))
		return;
	printed[cay_decimal_print_f32(f32, printed)] = '\0';
	want_f32 = strtof(printed, NULL);
	if (memcmp(&f32, &want_f32, sizeof(f32)) != 0)
		abort();
}

// What a span was read to.
struct numbers {
	void *data;
	size_t bytes;
	int code;
	struct cay_err err;
};

// Into just as much memory as is promised to be enough. The caller frees the data.
static struct numbers read_span(const struct cay_json_span *span, enum cay_dtype dtype)
{
	size_t most = cay_json_span_most(span), count;
	struct numbers ret = {.data = malloc(most * cay_dtype_size(dtype))};
	struct cay_shape shape;

	if (!ret.data)
		abort();
	ret.code = cay_json_span_read(span, dtype, ret.data, most, &shape, &ret.err);
	if (ret.code == 0) {
		if (cay_shape_count(&shape, &count, &ret.err) < 0 || count > most)
			abort();
		ret.bytes = count * cay_dtype_size(dtype);
	} else if (!*ret.err.msg) {
		abort();
	}
	return ret;
}

// The same array, with some of its numbers read ahead.
static void compare_spans(const struct cay_json_span *span, const struct cay_json_span *ahead,
			  enum cay_dtype dtype)
{
	struct numbers want = read_span(span, dtype), got = read_span(ahead, dtype);

	if (got.code != want.code || got.bytes != want.bytes ||
	    strcmp(got.err.msg, want.err.msg) != 0 ||
	    (want.bytes && memcmp(got.data, want.data, want.bytes) != 0))
		abort();
	free(want.data);
	free(got.data);
}

// As the document comes, in pieces, each time elsewhere in memory.
static struct cay_json_ahead *read_ahead(const char *text, size_t len)
{
	struct cay_json_ahead *ahead = cay_json_ahead_new(len / 2 + 1);

	if (!ahead)
		abort();
	for (size_t i = 1; i <= PIECES; i++) {
		const size_t size = len * i / PIECES;
		char *arrived = malloc(size + 1);

		if (!arrived)
			abort();
		memcpy(arrived, text, size);
		cay_json_ahead_read(ahead, arrived, size);
		free(arrived);
	}
	return ahead;
}

// The whole document, without and with what was read ahead of it.
static void read_document(const char *text, size_t len)
{
	struct cay_json_ahead *ahead = read_ahead(text, len);
	struct cay_json_data data = {0}, with = {.ahead = ahead};
	struct cay_err err = {0}, err_with = {0};
	json_t *root = cay_json_parse(text, len, DEPTH, &data, &err);
	json_t *root_with = cay_json_parse(text, len, DEPTH, &with, &err_with);

	if (!root != !root_with || strcmp(err.msg, err_with.msg) != 0 ||
	    (root && (!json_equal(root, root_with) || data.count != with.count)))
		abort();
	for (size_t i = 0; root && i < data.count; i++)
		for (enum cay_dtype dtype = 0; dtype < CAY_DTYPES; dtype++)
			compare_spans(&data.span[i], &with.span[i], dtype);
	json_decref(root);
	json_decref(root_with);
	cay_json_ahead_free(ahead);
}

// What is base64 is so for every bit of it: its bytes, in base64, are the text.
static void read_file(const struct cay_json_span *span)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = span->begin + 1;
	struct cay_buf bytes = {0};
	struct cay_err err;

	if (cay_json_span_base64(span, &bytes, &err) == 0) {
		for (size_t bit = 0; bit < 8 * bytes.len; bit += 6) {
			const uint8_t *two = bytes.data + bit / 8;
			const unsigned next = bit / 8 + 1 < bytes.len ? two[1] : 0;

			at += *at == '\\';
			if (*at++ != letters[(two[0] << 8 | next) >> (10 - bit % 8) & 63])
				abort();
		}
	}
	cay_buf_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct cay_json_data data = {0};
	struct cay_err err = {0};
	char *text = malloc(len + 1);
	json_t *root;

	if (!text)
		return 0;
	memcpy(text, bytes, len);
	text[len] = '\0';
	check_number(text, text + len);
	read_document(text, len);
	root = cay_json_parse_files(text, len, DEPTH, &data, &err);
	for (size_t i = 0; root && i < data.count; i++)
		read_file(&data.span[i]);
	json_decref(root);
	free(text);
	return 0;
}
