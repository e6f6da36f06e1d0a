// Files in JSON: base64 (RFC 4648, section 4), and nothing that only looks like it.
#include "daemon/json/json.h"

#define QUAD 4 // characters, of 6 bits each, that are 3 bytes

static int value_of(char c)
{
	return c >= 'A' && c <= 'Z'   ? c - 'A'
	       : c >= 'a' && c <= 'z' ? c - 'a' + 26
	       : c >= '0' && c <= '9' ? c - '0' + 52
	       : c == '+'	      ? 62
	       : c == '/'	      ? 63
				      : -1;
}

// The next four characters as 24 bits, and how many of them are padding, which ends the text. False
// if they are no such four.
static bool read_quad(const char **at, const char *end, uint32_t *ret, unsigned *ret_padding)
{
	const char *p = *at;

	*ret = *ret_padding = 0;
	for (int i = 0; i < QUAD; i++, p++) {
		int value;

		p += end - p > 1 && p[0] == '\\' && p[1] == '/';
		value = p < end ? value_of(*p) : -1;
		if (p < end && *p == '=' && i >= 2)
			value = 0, ++*ret_padding;
		else if (value < 0 || *ret_padding)
			return false;
		*ret = *ret << 6 | (unsigned)value;
	}
	*at = p;
	// Bits that are in no byte are 0: a file has one text.
	return (*ret & ((1u << 8 * *ret_padding) - 1)) == 0 && (*ret_padding == 0 || p == end);
}

int cay_json_span_base64(const struct cay_json_span *span, struct cay_buf *ret, struct cay_err *err)
{
	const char *at = span->begin + 1, *const end = span->end - 1; // within the quotes
	uint8_t *out = cay_buf_reserve(ret, (size_t)(end - at) / QUAD * 3);
	size_t count = 0;

	while (out && at < end) {
		const size_t offset = span->offset + (size_t)(at - span->begin);
		unsigned padding;
		uint32_t bits;

		if (!read_quad(&at, end, &bits, &padding))
			return cay_fail(err, CAY_EBAD, "no base64 at byte %zu", offset);
		for (unsigned i = 0; i < 3 - padding; i++)
			out[count++] = (uint8_t)(bits >> (16 - 8 * i));
	}
	ret->len += count;
	return cay_buf_check(ret, err);
}
