// Tells valid UTF-8 from bytes that only look like text (RFC 3629, section 4).
#include "common/utf8.h"

size_t cay_utf8_length(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	if (*p < 0x80)
		return 1;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

bool cay_utf8_is_control(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;

	return (length == 1 && (*p < 0x20 || *p == 0x7f)) ||
	       (length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}
