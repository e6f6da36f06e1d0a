// Lists of floats as nearly all are written, many numbers at once.
//
// The commas are found first: where a number begins depends on nothing but the comma before it,
// so that several are under way in the processor. A number goes through a double, which is wrong in
// its last bits; where these could decide which float is nearest, cay_decimal_read_f32 is left it.
#include "daemon/json/decimal.h"
#include "daemon/json/vectors.h"

#define LOOK	   32  // bytes behind a comma among which the next one is
#define ROOM	   64  // bytes behind a comma that are looked at, at the most
#define EXTRA_BITS 29  // of a double that a float has not
#define DOUBT	   512 // of the last of these: what a double can be wrong by, see below

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

// The digits of [at, end) behind a point, up to 29. Those from the 17th on are dropped: 1e-16,
// which is less than DOUBT of a double's last bits from 2^-10 on. False: there are none, or another
// character; or the number is smaller and has more.
static inline bool read_fraction(const char *at, const char *end, double *ret)
{
	static const uint8_t keep[64] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
					 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
					 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	const unsigned count = (unsigned)(end - at);
	const uint8_t *kept = keep + 32 - count; // what follows the digits becomes 0
	const cay_bytes first = (cay_bytes_load(at) - '0') & cay_bytes_load(kept);
	const cay_bytes rest = (cay_bytes_load(at + 16) - '0') & cay_bytes_load(kept + 16);

	*ret = cay_bytes_fraction(first);
	return count > 0 && cay_bytes_are_digits(first, rest) && (count <= 16 || *ret > 0x1p-10);
}

// The number [at, end), which is less than LOOK bytes: up to 3 digits, then a point and more, or
// not. False: it is written otherwise, or it is just between two floats, as far as is known.
static inline bool read_plain(const char *at, const char *end, float *ret)
{
	const uint64_t negative = *at == '-', half = (uint64_t)1 << (EXTRA_BITS - 1);
	const char *digits = at + negative, *point = digits + 1;
	int whole = *digits - '0';
	double value, fraction = 0;
	uint64_t bits;

	if (!is_digit(*digits))
		return false;
	for (; *point != '.' && is_digit(*point); point++) {
		whole = whole * 10 + (*point - '0');
		if (*digits == '0' || point - digits == 3)
			return false;
	}
	if (__builtin_expect(*point == '.', true)) {
		if (!read_fraction(point + 1, end, &fraction))
			return false;
	} else if (point != end) {
		return false;
	}
	value = whole + fraction;
	memcpy(&bits, &value, sizeof(bits));
	if ((bits & (2 * half - 1)) - (half - DOUBT) < 2 * DOUBT)
		return false;
	bits |= negative << 63;
	memcpy(&value, &bits, sizeof(value));
	*ret = (float)value;
	return true;
}

size_t cay_decimal_read_list_f32(const char **at, const char *end, float *ret, size_t room)
{
	const char *last = *at;
	size_t count = 0;

	for (; count < room && end - last > ROOM && *last == ','; count++) {
		const char *number = last + 1;
		const uint32_t commas =
			cay_bytes_mask((cay_bytes)(cay_bytes_load(number) == ','),
				       (cay_bytes)(cay_bytes_load(number + 16) == ','));
		const char *next = number + __builtin_ctz(commas | (uint32_t)1 << 31);

		while (*number == ' ' || *number == '\n')
			number++;
		if (!commas || !read_plain(number, next, &ret[count]))
			break;
		last = next;
	}
	*at = last;
	return count;
}
