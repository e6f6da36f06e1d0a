// The numbers of tensors: from JSON text straight into memory, and back.
#include "common/size.h"
#include "daemon/json/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One token of an array: a bracket, a comma, or a run of other bytes.
struct token {
	const char *begin, *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// begin is before end: a span ends with a bracket.
static struct token next_token(const char *at, const char *end)
{
	struct token t = {at, at};

	while (t.begin < end && is_space(*t.begin))
		t.begin++;
	t.end = t.begin;
	while (t.end < end && !is_space(*t.end) && !memchr("[],", *t.end, 3))
		t.end++;
	if (t.end == t.begin && t.end < end)
		t.end++;
	return t;
}

static int fail_at(const struct cay_json_span *span, const char *at, const char *what,
		   struct cay_err *err)
{
	return cay_fail(err, CAY_EBAD, "JSON: %s at byte %zu", what,
			span->offset + (size_t)(at - span->begin));
}

// How far an array has been walked.
struct nesting {
	int64_t count[CAY_MAX_RANK + 1]; // elements so far, by depth from 1 on
	int64_t dim[CAY_MAX_RANK + 1];	 // of the arrays that have ended; -1: none yet
	uint32_t depth, rank;
	uint32_t leaf;	   // depth of the numbers; 0: none yet
	bool value, fresh; // a value may come next; it would be the first of its array
};

static const char *nesting_open(struct nesting *n)
{
	if (!n->value)
		return "a comma is missing";
	if (n->depth == CAY_MAX_RANK)
		return "data has too many dimensions";
	if (n->leaf && n->depth >= n->leaf)
		return "data is ragged";
	n->count[++n->depth] = 0;
	if (n->depth > n->rank)
		n->rank = n->depth;
	n->fresh = true;
	return NULL;
}

static const char *nesting_close(struct nesting *n)
{
	if (n->value && !n->fresh)
		return "a value is missing";
	if (n->dim[n->depth] >= 0 && n->dim[n->depth] != n->count[n->depth])
		return "data is ragged";
	n->dim[n->depth] = n->count[n->depth];
	n->count[--n->depth]++;
	n->value = n->fresh = false;
	return NULL;
}

static const char *nesting_comma(struct nesting *n)
{
	if (n->value)
		return "a value is missing";
	n->value = true;
	n->fresh = false;
	return NULL;
}

static const char *nesting_number(struct nesting *n)
{
	if (!n->value)
		return "a comma is missing";
	if (n->leaf && n->leaf != n->depth)
		return "data is ragged";
	n->leaf = n->depth;
	n->count[n->depth]++;
	n->value = n->fresh = false;
	return NULL;
}

int cay_json_span_shape(const struct cay_json_span *span, struct cay_shape *ret,
			struct cay_err *err)
{
	struct nesting n = {.value = true};
	const char *at = span->begin;

	memset(n.dim, -1, sizeof(n.dim));
	do {
		struct token t = next_token(at, span->end);
		const char *wrong = *t.begin == '['   ? nesting_open(&n)
				    : *t.begin == ']' ? nesting_close(&n)
				    : *t.begin == ',' ? nesting_comma(&n)
						      : nesting_number(&n);

		if (wrong)
			return fail_at(span, t.begin, wrong, err);
		at = t.end;
	} while (at < span->end && n.depth > 0);
	if (n.depth > 0 || at < span->end || (n.leaf && n.leaf != n.rank))
		return fail_at(span, at, "data is ragged", err);
	*ret = (struct cay_shape){.rank = n.rank};
	for (uint32_t i = 0; i < n.rank; i++)
		ret->dim[i] = n.dim[i + 1];
	return 0;
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

// True for what JSON calls a number; *ret_whole: it has neither fraction nor exponent.
static bool is_number(struct token t, bool *ret_whole)
{
	const char *at = t.begin + (*t.begin == '-'), *digits = at;

	at = skip_digits(at);
	if (at == digits || (*digits == '0' && at - digits > 1))
		return false;
	*ret_whole = at == t.end;
	if (*at == '.') {
		digits = ++at;
		at = skip_digits(at);
		if (at == digits)
			return false;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		digits = at;
		at = skip_digits(at);
		if (at == digits)
			return false;
	}
	return at == t.end;
}

struct range {
	int64_t min, max;
};
static const struct range ranges[CAY_DTYPES] = {
	[CAY_DTYPE_S8] = {INT8_MIN, INT8_MAX},	  [CAY_DTYPE_S16] = {INT16_MIN, INT16_MAX},
	[CAY_DTYPE_I32] = {INT32_MIN, INT32_MAX}, [CAY_DTYPE_I64] = {INT64_MIN, INT64_MAX},
	[CAY_DTYPE_U8] = {0, UINT8_MAX},	  [CAY_DTYPE_BOOL] = {0, 1},
};

// The low bytes of a value, as every machine that we run on has them first.
static const char *read_integer(struct token t, enum cay_dtype dtype, uint8_t *ret)
{
	const struct range *range = &ranges[dtype];
	bool whole = false;
	int64_t value;

	if (dtype == CAY_DTYPE_BOOL && t.end - t.begin == 4 && memcmp(t.begin, "true", 4) == 0)
		value = 1;
	else if (dtype == CAY_DTYPE_BOOL && t.end - t.begin == 5 &&
		 memcmp(t.begin, "false", 5) == 0)
		value = 0;
	else if (!is_number(t, &whole) || !whole)
		return "not a whole number";
	else {
		errno = 0;
		value = strtoll(t.begin, NULL, 10);
		if (errno)
			return "a number is out of range";
	}
	if (value < range->min || value > range->max)
		return "a number is out of range";
	memcpy(ret, &value, cay_dtype_size(dtype));
	return NULL;
}

// strtof and strtod stop at the token's end: it is a number, and a comma, bracket or blank follows.
static const char *read_float(struct token t, enum cay_dtype dtype, uint8_t *ret)
{
	bool whole;

	if (!is_number(t, &whole))
		return "not a number";
	if (dtype == CAY_DTYPE_F64) {
		double value = strtod(t.begin, NULL);

		memcpy(ret, &value, sizeof(value));
		return isfinite(value) ? NULL : "a number is out of range";
	}
	float value = strtof(t.begin, NULL);

	memcpy(ret, &value, sizeof(value));
	return isfinite(value) ? NULL : "a number is out of range";
}

int cay_json_span_read(const struct cay_json_span *span, enum cay_dtype dtype, void *ret,
		       size_t count, struct cay_err *err)
{
	const bool real = dtype == CAY_DTYPE_F32 || dtype == CAY_DTYPE_F64;
	const size_t size = cay_dtype_size(dtype);
	uint8_t *out = ret;

	if (!real && ranges[dtype].max == 0)
		return cay_fail(err, CAY_EMEDIA, "%s cannot come as JSON", cay_dtype_name(dtype));
	for (const char *at = span->begin; at < span->end;) {
		struct token t = next_token(at, span->end);
		const char *wrong;

		at = t.end;
		if (memchr("[],", *t.begin, 3))
			continue;
		if (count-- == 0)
			return fail_at(span, t.begin, "one number too many", err);
		wrong = real ? read_float(t, dtype, out) : read_integer(t, dtype, out);
		if (wrong)
			return fail_at(span, t.begin, wrong, err);
		out += size;
	}
	return count == 0 ? 0 : fail_at(span, span->end, "numbers are missing", err);
}

// The fewest of 6 to 9 digits that read back as the same float; 9 always do.
static void put_float(struct cay_buf *buf, float value)
{
	char text[32];

	if (!isfinite(value)) {
		cay_buf_text(buf, "null");
		return;
	}
	for (int digits = 6; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	cay_buf_text(buf, text);
}

static int64_t integer_at(enum cay_dtype dtype, const uint8_t *at)
{
	const size_t size = cay_dtype_size(dtype);
	const unsigned above = 64 - 8 * (unsigned)size; // bits
	uint64_t bits = 0;

	memcpy(&bits, at, size);
	return ranges[dtype].min < 0 ? (int64_t)(bits << above) >> above : (int64_t)bits;
}

static void put_number(struct cay_buf *buf, enum cay_dtype dtype, const uint8_t *at)
{
	double f64;
	float f32;

	if (dtype == CAY_DTYPE_F32) {
		memcpy(&f32, at, sizeof(f32));
		put_float(buf, f32);
	} else if (dtype == CAY_DTYPE_F64) {
		memcpy(&f64, at, sizeof(f64));
		if (isfinite(f64))
			cay_buf_printf(buf, "%.17g", f64);
		else
			cay_buf_text(buf, "null");
	} else if (dtype == CAY_DTYPE_BOOL) {
		cay_buf_text(buf, *at ? "true" : "false");
	} else {
		cay_buf_printf(buf, "%lld", (long long)integer_at(dtype, at));
	}
}

void cay_json_numbers(struct cay_buf *buf, enum cay_dtype dtype, const void *data, size_t count)
{
	const size_t size = cay_dtype_size(dtype);

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			cay_buf_put(buf, ",", 1);
		put_number(buf, dtype, (const uint8_t *)data + i * size);
	}
}
