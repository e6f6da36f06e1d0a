// An error as a value.
#include "common/err.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Replaces what is not printable UTF-8: names come from models and requests, and messages end in
// terminals, logs and JSON.
static void sanitize(char *msg)
{
	char *out = msg;

	for (const char *p = msg; *p;) {
		const size_t n = cay_utf8_length(p);

		if (n == 0 || cay_utf8_is_control(p, n)) {
			*out++ = '?';
		} else {
			memmove(out, p, n);
			out += n;
		}
		p += n ? n : 1;
	}
	*out = '\0';
}

int(cay_fail)(struct cay_err *err, enum cay_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	sanitize(err->msg);
	return -1;
}

int(cay_wrap)(struct cay_err *err, const char *fmt, ...)
{
	char what[sizeof(err->msg)];
	size_t front, back = strlen(err->msg);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what) - 2, fmt, ap);
	va_end(ap);
	strcat(what, ": ");
	front = strlen(what);
	if (front + back >= sizeof(err->msg)) // the end is cut: the context says more than the tail
		back = sizeof(err->msg) - 1 - front;
	memmove(err->msg + front, err->msg, back);
	memcpy(err->msg, what, front);
	err->msg[front + back] = '\0';
	sanitize(err->msg);
	return -1;
}

int(cay_fail_errno)(struct cay_err *err, const char *fmt, ...)
{
	int number = errno;
	char what[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return cay_fail(err,
			number == ENOSPC || number == EDQUOT ? CAY_ENOSPACE
			: number == ENOENT		     ? CAY_ENOTFOUND
			: number == ENOMEM		     ? CAY_ENOMEM
			: number == EAGAIN		     ? CAY_EBUSY
							     : CAY_EIO,
			"%s: %s", what, strerror(number));
}

int(cay_fail_memory)(struct cay_err *err)
{
	return cay_fail(err, CAY_ENOMEM, "out of memory");
}
