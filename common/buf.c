// Bytes that grow.
#include "common/buf.h"
#include "common/size.h"
#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TEXTS 64 // bytes; longer texts are printed a second time, into enough room

void cay_buf_finish(struct cay_buf *buf)
{
	free(buf->data);
	*buf = (struct cay_buf){0};
}

uint8_t *cay_buf_reserve(struct cay_buf *buf, size_t len)
{
	size_t want, capacity = buf->capacity;
	uint8_t *data;

	if (buf->failed || !cay_size_add(buf->len, len, &want)) {
		buf->failed = true;
		return NULL;
	}
	if (want <= capacity && buf->data)
		return buf->data + buf->len;
	if (!cay_size_add(capacity, capacity / 2 + 64, &capacity) || capacity < want)
		capacity = want;
	data = realloc(buf->data, capacity ? capacity : 1);
	if (!data) {
		buf->failed = true;
		return NULL;
	}
	buf->data = data;
	buf->capacity = capacity;
	return data + buf->len;
}

void cay_buf_put(struct cay_buf *buf, const void *data, size_t len)
{
	uint8_t *at = cay_buf_reserve(buf, len);

	if (at && len) {
		memcpy(at, data, len);
		buf->len += len;
	}
}

void cay_buf_fill(struct cay_buf *buf, uint8_t byte, size_t count)
{
	uint8_t *at = cay_buf_reserve(buf, count);

	if (at && count) {
		memset(at, byte, count);
		buf->len += count;
	}
}

void cay_buf_text(struct cay_buf *buf, const char *text)
{
	cay_buf_put(buf, text, strlen(text));
}

void cay_buf_printf(struct cay_buf *buf, const char *fmt, ...)
{
	char *at = (char *)cay_buf_reserve(buf, MOST_TEXTS);
	size_t room = at ? buf->capacity - buf->len : 0;
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(at, room, fmt, ap);
	if (at && n >= 0 && (size_t)n >= room) {
		room = (size_t)n + 1;
		at = (char *)cay_buf_reserve(buf, room);
		if (at)
			vsnprintf(at, room, fmt, again);
	}
	if (at && n >= 0)
		buf->len += (size_t)n;
	else
		buf->failed = true;
	va_end(again);
	va_end(ap);
}

// True for a byte that stands for itself in a JSON string.
static size_t plain_length(const char *text)
{
	size_t n = 0;

	while (text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

// Appends the character at p, which is not plain, escaped or replaced. Returns its length in bytes.
static size_t put_escaped(struct cay_buf *buf, const char *p)
{
	const size_t n = cay_utf8_length(p);

	if (n == 0)
		cay_buf_text(buf, "\\ufffd");
	else if (*p == '"' || *p == '\\')
		cay_buf_printf(buf, "\\%c", *p);
	else if (cay_utf8_is_control(p, n))
		cay_buf_printf(buf, "\\u%04x", cay_utf8_number(p, n));
	else
		cay_buf_put(buf, p, n);
	return n ? n : 1;
}

void cay_buf_escape(struct cay_buf *buf, const char *text)
{
	for (const char *p = text; *p;) {
		size_t n = plain_length(p);

		if (n == 0)
			n = put_escaped(buf, p);
		else
			cay_buf_put(buf, p, n);
		p += n;
	}
}

void cay_buf_json_string(struct cay_buf *buf, const char *text)
{
	cay_buf_text(buf, "\"");
	cay_buf_escape(buf, text);
	cay_buf_text(buf, "\"");
}

const char *cay_buf_cstr(struct cay_buf *buf)
{
	uint8_t *end = cay_buf_reserve(buf, 1);

	if (!end)
		return NULL;
	*end = '\0';
	return (const char *)buf->data;
}

int cay_buf_check(const struct cay_buf *buf, struct cay_err *err)
{
	return buf->failed ? cay_fail_memory(err) : 0;
}

static int put(void *context, const void *data, size_t size, struct cay_err *err)
{
	cay_buf_put(context, data, size);
	return cay_buf_check(context, err);
}

struct cay_sink cay_buf_sink(struct cay_buf *buf)
{
	return (struct cay_sink){put, buf};
}
