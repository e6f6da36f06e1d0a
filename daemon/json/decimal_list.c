// Lists of floats as nearly all are written, many numbers at once.
//
// The end is found first: where a number begins depends on nothing but the end of the one before,
// so that several are under way in the processor. A number goes through a double, which is wrong in
// its last bits; where these could decide which float is nearest, cay_decimal_read_f32 is left it.
#include "daemon/json/decimal.h"
#include "daemon/json/vectors.h"

#define ROOM	   64  // bytes behind a comma that are looked at, at the most
#define EXTRA_BITS 29  // of a double that a float has not
#define DOUBT	   512 // of the last of these: what a double can be wrong by, see read_fraction

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
	static const cay_bytes nines = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
	static const cay_words pairs = {CAY_PAIR, CAY_PAIR, CAY_PAIR, CAY_PAIR,
					CAY_PAIR, CAY_PAIR, CAY_PAIR, CAY_PAIR};
	const unsigned count = (unsigned)(end - at);
	const uint8_t *kept = keep + 32 - count; // what follows the digits becomes 0
	const cay_bytes first = (cay_bytes_load(at) - '0') & cay_bytes_load(kept);
	const cay_bytes rest = (cay_bytes_load(at + 16) - '0') & cay_bytes_load(kept + 16);
	const cay_doubles parts = cay_bytes_eights(first, pairs) * (cay_doubles){1e-8, 1e-16};

	*ret = parts[0] + parts[1];
	return count > 0 && !cay_bytes_exceed(first, nines) && !cay_bytes_exceed(rest, nines) &&
	       (count <= 16 || *ret > 0x1p-10);
}

// The number [at, end), which is less than 32 bytes: up to 3 digits, then a point and more, or not.
// False: it is written otherwise, or it is just between two floats, as far as is known.
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

// The number at `at` as nearly all are written: a digit, the point, at least 14 digits. Returns
// what follows it; NULL: it is written otherwise. *ret_certain: *ret is the nearest float.
//
// Further digits are dropped: they add less than 1e-14. parts are integers below 10^8 times powers
// of ten: the first is wrong by 2^-52 of itself (the power is rounded, and the product), the second
// by less than 2^-70. The sums are rounded: 2^-53 of the value, twice. As it is below 10, all that
// is less than 10 * 2^-51 + 2^-70 < 4.5e-15. What is read thus lies between low and high before
// these become floats; if that makes them one, it is the nearest to all that lies between.
static inline const char *read_usual(const char *at, float *ret, bool *ret_certain)
{
	static const cay_bytes zero = {'0', '.', '0', '0', '0', '0', '0', '0',
				       '0', '0', '0', '0', '0', '0', '0', '0'};
	static const cay_bytes limits = {9, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};
	static const cay_words pairs = {CAY_FIRST_OF_PAIR, CAY_PAIR, CAY_PAIR, CAY_PAIR,
					CAY_PAIR,	   CAY_PAIR, CAY_PAIR, CAY_PAIR};
	const size_t negative = *at == '-';
	const cay_bytes digits = cay_bytes_load(at + negative) - zero;
	const cay_doubles parts = cay_bytes_eights(digits, pairs) * (cay_doubles){1e-6, 1e-14};
	const double value = parts[0] + parts[1];
	const float low = (float)(value - 5e-15), high = (float)(value + 1.5e-14);
	uint32_t bits;

	memcpy(&bits, &low, sizeof(bits));
	bits |= (uint32_t)negative << 31;
	memcpy(ret, &bits, sizeof(bits));
	*ret_certain = low >= high;
	// The sign is no digit, so that the end of the 16 characters need not be known.
	return cay_bytes_exceed(digits, limits)
		       ? NULL
		       : at + 16 + cay_bytes_digits_before(cay_bytes_load(at + 16));
}

// The number before the next comma, which is returned; NULL: it is left to others.
static const char *read_unusual(const char *at, float *ret)
{
	const uint32_t commas = cay_bytes_mask((cay_bytes)(cay_bytes_load(at) == ','),
					       (cay_bytes)(cay_bytes_load(at + 16) == ','));
	const char *end = at + __builtin_ctz(commas | (uint32_t)1 << 31);

	while (*at == ' ' || *at == '\n')
		at++;
	return commas && read_plain(at, end, ret) ? end : NULL;
}

size_t cay_decimal_read_list_f32(const char **at, const char *end, float *ret, size_t room)
{
	const char *last = *at, *stop = end - last > ROOM ? end - ROOM : last;
	size_t count = 0;

	if (*last != ',')
		return 0;
	for (; count < room && last < stop; count++) {
		const char *number = last + 1, *next;
		bool is_certain;

		if (*number == ' ') // as foreseen: the next load does not wait for this
			number++;
		next = read_usual(number, &ret[count], &is_certain);
		if (!is_certain || !next || *next != ',')
			next = read_unusual(number, &ret[count]);
		if (!next)
			break;
		last = next;
	}
	*at = last;
	return count;
}
