// Bytes that grow: what a writer of JSON, text or .nb appends to.
#ifndef CAY_COMMON_BUF_H
#define CAY_COMMON_BUF_H

#include "common/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Zeroed is empty. A failed append sticks: writers append without checking, then ask once.
struct cay_buf {
	uint8_t *data; // owned
	size_t len, capacity;
	bool failed; // out of memory; later appends do nothing
};

void cay_buf_finish(struct cay_buf *buf);
void cay_buf_put(struct cay_buf *buf, const void *data, size_t len);
void cay_buf_fill(struct cay_buf *buf, uint8_t byte, size_t count);
void cay_buf_text(struct cay_buf *buf, const char *text);
void cay_buf_printf(struct cay_buf *buf, const char *fmt, ...) CAY_PRINTF(2, 3);
// Room for len more bytes at the end, to be written by the caller and then counted in buf->len.
// NULL if there is none.
uint8_t *cay_buf_reserve(struct cay_buf *buf, size_t len);
// A JSON string with its quotes. Control bytes and invalid UTF-8 are escaped or replaced.
void cay_buf_json_string(struct cay_buf *buf, const char *text);
// The same without quotes: safe to print on a terminal, and one line.
void cay_buf_escape(struct cay_buf *buf, const char *text);
// The text so far, NUL-terminated, borrowed; NULL if the buffer has failed.
const char *cay_buf_cstr(struct cay_buf *buf);
// 0, or -1 with *err set if any append failed.
int cay_buf_check(const struct cay_buf *buf, struct cay_err *err);
// A sink that appends to the buffer, which it borrows.
struct cay_sink cay_buf_sink(struct cay_buf *buf);

#endif
