// Tells valid UTF-8 from bytes that only look like text.
#ifndef CAY_COMMON_UTF8_H
#define CAY_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

// Bytes (1 to 4) of the character at text, 0 if no valid one begins there. text is NUL-terminated;
// nothing behind the NUL is read. Overlong forms, surrogates and what is beyond Unicode are
// invalid.
size_t cay_utf8_length(const char *text);
// The number in Unicode of the valid character of `length` bytes at text.
unsigned cay_utf8_number(const char *text, size_t length);
// True if that is a control: C0, DEL or C1, which drive terminals, an end of a line, what changes
// the direction of text and so the order in which a line is read, or what has no width. The page
// escapes the same ones (web/format.js).
bool cay_utf8_is_control(const char *text, size_t length);

#endif
