// Fuzz target: a request's JSON. Its arrays are read as each type, its numbers to the bits of libc,
// its files to every bit.
#include "daemon/json/decimal.h"
#include "daemon/json/json.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 32
#define PAD   64 // characters behind a list that is read to its end

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

// Into just as much memory as is promised to be enough.
static void read_span(const struct cay_json_span *span, enum cay_dtype dtype)
{
	size_t most = cay_json_span_most(span), count;
	void *data = malloc(most * cay_dtype_size(dtype));
	struct cay_shape shape;
	struct cay_err err = {0};

	if (data && cay_json_span_read(span, dtype, data, most, &shape, &err) == 0) {
		if (cay_shape_count(&shape, &count, &err) < 0 || count > most)
			abort();
	} else if (!*err.msg) {
		abort();
	}
	free(data);
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
	root = cay_json_parse(text, len, DEPTH, &data, &err);
	for (size_t i = 0; root && i < data.count; i++)
		for (enum cay_dtype dtype = 0; dtype < CAY_DTYPES; dtype++)
			read_span(&data.span[i], dtype);
	json_decref(root);
	root = cay_json_parse_files(text, len, DEPTH, &data, &err);
	for (size_t i = 0; root && i < data.count; i++)
		read_file(&data.span[i]);
	json_decref(root);
	free(text);
	return 0;
}
