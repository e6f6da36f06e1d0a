// Tells valid UTF-8 from bytes that only look like text (RFC 3629, section 4).
#include "common/utf8.h"
#include "common/size.h"

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

unsigned cay_utf8_number(const char *text, size_t length)
{
	static const unsigned char bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07}; // of the first byte
	unsigned number = (unsigned char)*text & bits[length];

	for (size_t i = 1; i < length; i++)
		number = number << 6 | ((unsigned char)text[i] & 0x3f);
	return number;
}

bool cay_utf8_is_control(const char *text, size_t length)
{
	static const struct {
		unsigned first, last;
	} controls[] = {
		{0, 0x1f},	  {0x7f, 0x9f},	    {0x61c, 0x61c},   {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2060, 0x2069}, {0xfeff, 0xfeff},
	};
	const unsigned number = cay_utf8_number(text, length);

	for (size_t i = 0; i < CAY_ARRAY_SIZE(controls); i++)
		if (number >= controls[i].first && number <= controls[i].last)
			return true;
	return false;
}
