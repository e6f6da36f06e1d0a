// Tells valid UTF-8 from bytes that only look like text.
#ifndef CAY_COMMON_UTF8_H
#define CAY_COMMON_UTF8_H

#include <stddef.h>

// Bytes (1 to 4) of the character at text, 0 if no valid one begins there. text is NUL-terminated;
// nothing behind the NUL is read. Overlong forms, surrogates and what is beyond Unicode are
// invalid.
size_t cay_utf8_length(const char *text);

#endif
