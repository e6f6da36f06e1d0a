// The numbers of tensors: from JSON text straight into memory, and back.
#include "common/size.h"
#include "daemon/json/decimal.h"
#include "daemon/json/json.h"
#include "daemon/json/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// --- one number ----------------------------------------------------------------------------------

struct range {
	int64_t min, max;
};
static const struct range ranges[CAY_DTYPES] = {
	[CAY_DTYPE_S8] = {INT8_MIN, INT8_MAX},	  [CAY_DTYPE_S16] = {INT16_MIN, INT16_MAX},
	[CAY_DTYPE_I32] = {INT32_MIN, INT32_MAX}, [CAY_DTYPE_I64] = {INT64_MIN, INT64_MAX},
	[CAY_DTYPE_U8] = {0, UINT8_MAX},	  [CAY_DTYPE_BOOL] = {0, 1},
};

// These return what follows a number; NULL with w->wrong set. `ret` has room for any type.
typedef const char *read_fn(struct cay_json_walk *w, void *ret);
// And these read many at once, as cay_decimal_read_list_f32 does.
typedef size_t list_fn(const char **at, const char *end, void *ret, size_t room);

static const char *fail_number(struct cay_json_walk *w, const char *wrong)
{
	w->wrong = wrong;
	return NULL;
}

static const char *read_f32(struct cay_json_walk *w, void *ret)
{
	float value;
	const char *next = cay_decimal_read_f32(w->at, w->end, &value);

	if (!next)
		return fail_number(w, "not a number");
	memcpy(ret, &value, sizeof(value));
	return isfinite(value) ? next : fail_number(w, "a number is out of range");
}

static const char *read_f64(struct cay_json_walk *w, void *ret)
{
	double value;
	const char *next = cay_decimal_read_f64(w->at, w->end, &value);

	if (!next)
		return fail_number(w, "not a number");
	memcpy(ret, &value, sizeof(value));
	return isfinite(value) ? next : fail_number(w, "a number is out of range");
}

// The low bytes of a value are written, as every machine that we run on has them first.
static const char *read_integer(struct cay_json_walk *w, void *ret)
{
	const struct range *range = &ranges[w->dtype];
	struct cay_decimal decimal;
	const char *next = cay_decimal_scan(w->at, w->end, &decimal);
	uint64_t value;

	if (!next || !decimal.whole)
		return fail_number(w, "not a whole number");
	// A number of more digits than fit has an exponent.
	if (decimal.exponent > 0 ||
	    decimal.digits > (decimal.negative ? -(uint64_t)range->min : (uint64_t)range->max))
		return fail_number(w, "a number is out of range");
	value = decimal.negative ? -decimal.digits : decimal.digits;
	memcpy(ret, &value, sizeof(value));
	return next;
}

static const char *read_bool(struct cay_json_walk *w, void *ret)
{
	static const char *const words[] = {"false", "true"};

	for (uint8_t i = 0; i < CAY_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(w->end - w->at) > len && memcmp(w->at, words[i], len) == 0) {
			*(uint8_t *)ret = i;
			return w->at + len;
		}
	}
	return read_integer(w, ret);
}

// --- arrays --------------------------------------------------------------------------------------

// These step over what stands at w->at, or set w->wrong.
static void open_array(struct cay_json_walk *w)
{
	if (!w->value)
		w->wrong = "a comma is missing";
	else if (w->depth == CAY_MAX_RANK)
		w->wrong = "data has too many dimensions";
	else if (w->leaf && w->depth >= w->leaf)
		w->wrong = "data is ragged";
	if (w->wrong)
		return;
	w->count[++w->depth] = 0;
	if (w->depth > w->rank)
		w->rank = w->depth;
	w->fresh = true;
	w->at++;
}

static void close_array(struct cay_json_walk *w)
{
	if (w->value && !w->fresh)
		w->wrong = "a value is missing";
	else if (w->dim[w->depth] >= 0 && w->dim[w->depth] != w->count[w->depth])
		w->wrong = "data is ragged";
	if (w->wrong)
		return;
	w->dim[w->depth] = w->count[w->depth];
	w->count[--w->depth]++;
	w->value = w->fresh = false;
	w->at++;
}

static void comma(struct cay_json_walk *w)
{
	if (w->value)
		w->wrong = "a value is missing";
	w->value = true;
	w->fresh = false;
	w->at++;
}

// What follows a comma, if that is a number; else NULL. Pretty-printers put a blank there.
static inline const char *next_number(const struct cay_json_walk *w)
{
	const char *at = w->at;

	if (at >= w->end || *at++ != ',')
		return NULL;
	while (cay_json_is_space(*at))
		at++;
	return (*at >= '0' && *at <= '9') || *at == '-' ? at : NULL;
}

// Numbers and the commas between them: all that most data consists of. list: reads most of what
// follows the first number; or NULL.
static inline void numbers(struct cay_json_walk *w, read_fn *read, list_fn *list, size_t size)
{
	const size_t room = w->room;
	const char *next;
	uint8_t *out = w->out;
	size_t count = 0;
	uint64_t value;

	if (!w->value)
		w->wrong = "a comma is missing";
	else if (w->leaf && w->leaf != w->depth)
		w->wrong = "data is ragged";
	if (w->wrong)
		return;
	w->leaf = w->depth;
	w->value = w->fresh = false;
	for (next = w->at; next; next = next_number(w)) {
		w->at = next;
		next = read(w, &value);
		if (next && *next != ',' && *next != '[' && *next != ']' &&
		    !cay_json_is_space(*next))
			w->wrong = "not a number";
		if (w->wrong)
			return;
		w->at = next;
		if (count++ < room) {
			memcpy(out, &value, size);
			out += size;
		}
		if (list && count < room) {
			const size_t more = list(&w->at, w->end, out, room - count);

			count += more;
			out += more * size;
		}
	}
	w->count[w->depth] += (int64_t)count;
	w->room -= count < room ? count : room;
	w->out = out;
}

typedef void row_fn(struct cay_json_walk *w);

static size_t list_f32(const char **at, const char *end, void *ret, size_t room)
{
	return cay_decimal_read_list_f32(at, end, ret, room);
}

static void numbers_f32(struct cay_json_walk *w)
{
	numbers(w, read_f32, list_f32, sizeof(float));
}

static void numbers_f64(struct cay_json_walk *w)
{
	numbers(w, read_f64, NULL, sizeof(double));
}

static void numbers_whole(struct cay_json_walk *w)
{
	numbers(w, read_integer, NULL, cay_dtype_size(w->dtype));
}

static void numbers_bool(struct cay_json_walk *w)
{
	numbers(w, read_bool, NULL, 1);
}

static row_fn *const rows[CAY_DTYPES] = {
	[CAY_DTYPE_F32] = numbers_f32,	 [CAY_DTYPE_F64] = numbers_f64,
	[CAY_DTYPE_S8] = numbers_whole,	 [CAY_DTYPE_S16] = numbers_whole,
	[CAY_DTYPE_I32] = numbers_whole, [CAY_DTYPE_I64] = numbers_whole,
	[CAY_DTYPE_U8] = numbers_whole,	 [CAY_DTYPE_BOOL] = numbers_bool,
};

void cay_json_walk_init(struct cay_json_walk *w, enum cay_dtype dtype)
{
	*w = (struct cay_json_walk){.dtype = dtype, .value = true};
	memset(w->dim, -1, sizeof(w->dim));
}

void cay_json_walk_on(struct cay_json_walk *w)
{
	while (!w->wrong && w->at < w->end && !cay_json_walk_is_done(w)) {
		while (cay_json_is_space(*w->at))
			w->at++;
		if (*w->at == '[')
			open_array(w);
		else if (*w->at == ']')
			close_array(w);
		else if (*w->at == ',')
			comma(w);
		else if (w->at < w->end)
			rows[w->dtype](w);
	}
}

// --- spans ---------------------------------------------------------------------------------------

// Behind what has been read ahead, if that is of this type; else at the begin.
static void start(struct cay_json_walk *w, const struct cay_json_span *span, enum cay_dtype dtype,
		  void *data, size_t room)
{
	const struct cay_json_ahead *ahead = dtype == CAY_DTYPE_F32 ? span->ahead : NULL;
	size_t count = 0;

	cay_json_walk_init(w, dtype);
	if (ahead) {
		count = ahead->count;
		count = count < room ? count : room;
		*w = ahead->walk;
	}
	if (count && data != ahead->values)
		memcpy(data, ahead->values, count * sizeof(float));
	w->at = ahead ? span->begin + (ahead->at - ahead->begin) : span->begin;
	w->end = span->end;
	w->out = count ? (uint8_t *)data + count * sizeof(float) : data;
	w->room = room - count;
}

int cay_json_span_read(const struct cay_json_span *span, enum cay_dtype dtype, void *data,
		       size_t room, struct cay_shape *ret, struct cay_err *err)
{
	struct cay_json_walk w;

	if (!rows[dtype])
		return cay_fail(err, CAY_EMEDIA, "%s cannot come as JSON", cay_dtype_name(dtype));
	start(&w, span, dtype, data, room);
	cay_json_walk_on(&w);
	if (!w.wrong && (w.depth > 0 || w.at < w.end || (w.leaf && w.leaf != w.rank)))
		w.wrong = "data is ragged";
	if (w.wrong)
		return cay_fail(err, CAY_EBAD, "JSON: %s at byte %zu", w.wrong,
				span->offset + (size_t)(w.at - span->begin));
	*ret = (struct cay_shape){.rank = w.rank};
	for (uint32_t i = 0; i < w.rank; i++)
		ret->dim[i] = w.dim[i + 1];
	return 0;
}

void *cay_json_span_place(const struct cay_json_span *span, enum cay_dtype dtype, size_t room)
{
	const struct cay_json_ahead *ahead = span->ahead;

	return ahead && dtype == CAY_DTYPE_F32 && ahead->room >= room ? ahead->values : NULL;
}

size_t cay_json_span_most(const struct cay_json_span *span)
{
	const struct cay_json_ahead *ahead = span->ahead;
	size_t commas = ahead ? ahead->count : 0;

	for (const char *at = span->begin + (ahead ? ahead->at - ahead->begin : 0); at < span->end;
	     at++)
		commas += *at == ',';
	return commas + 1;
}

// --- printing ------------------------------------------------------------------------------------

static int64_t integer_at(enum cay_dtype dtype, const uint8_t *at)
{
	const size_t size = cay_dtype_size(dtype);
	const unsigned above = 64 - 8 * (unsigned)size; // bits
	uint64_t bits = 0;

	memcpy(&bits, at, size);
	return ranges[dtype].min < 0 ? (int64_t)(bits << above) >> above : (int64_t)bits;
}

// These write one element, and return how many characters that are: below PRINTED.
#define PRINTED 32
typedef size_t print_fn(enum cay_dtype dtype, const uint8_t *at, char *text);

static size_t print_word(const char *word, char *text)
{
	const size_t len = strlen(word);

	memcpy(text, word, len);
	return len;
}

static size_t print_f32(enum cay_dtype dtype, const uint8_t *at, char *text)
{
	float value;

	(void)dtype;
	memcpy(&value, at, sizeof(value));
	return isfinite(value) ? cay_decimal_print_f32(value, text) : print_word("null", text);
}

static size_t print_f64(enum cay_dtype dtype, const uint8_t *at, char *text)
{
	double value;

	(void)dtype;
	memcpy(&value, at, sizeof(value));
	if (!isfinite(value))
		return print_word("null", text);
	return (size_t)snprintf(text, PRINTED, "%.17g", value);
}

static size_t print_bool(enum cay_dtype dtype, const uint8_t *at, char *text)
{
	(void)dtype;
	return print_word(*at ? "true" : "false", text);
}

static size_t print_integer(enum cay_dtype dtype, const uint8_t *at, char *text)
{
	return cay_decimal_print_i64(integer_at(dtype, at), text);
}

static print_fn *const printers[CAY_DTYPES] = {
	[CAY_DTYPE_F32] = print_f32,	 [CAY_DTYPE_F64] = print_f64,
	[CAY_DTYPE_S8] = print_integer,	 [CAY_DTYPE_S16] = print_integer,
	[CAY_DTYPE_I32] = print_integer, [CAY_DTYPE_I64] = print_integer,
	[CAY_DTYPE_U8] = print_integer,	 [CAY_DTYPE_F16] = print_integer,
	[CAY_DTYPE_BOOL] = print_bool,
};

void cay_json_numbers(struct cay_buf *buf, enum cay_dtype dtype, const void *data, size_t count)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < count; i++, at += cay_dtype_size(dtype)) {
		char *text = (char *)cay_buf_reserve(buf, 1 + PRINTED);

		if (!text)
			return;
		*text = ',';
		buf->len += (i > 0) + printers[dtype](dtype, at, text + (i > 0));
	}
}
