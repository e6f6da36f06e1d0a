// Numbers from binary floats and integers to decimal text.
#include "daemon/json/decimal.h"
#include "daemon/json/powers.h"

#include <string.h>

// --- float to the shortest decimal ---------------------------------------------------------------

// g * cp / 2^64; its last bit says, too, whether anything was cut off.
static uint32_t round_to_odd(uint64_t g, uint32_t cp)
{
	uint128 product = (uint128)g * cp;

	return (uint32_t)(product >> 64) | ((uint32_t)(product >> 32) > 1);
}

// A finite float above 0 as digits * 10^exponent. The letters are those of the paper.
static uint32_t shortest(uint32_t bits, int *ret_exponent)
{
	const uint32_t fraction = bits & 0x7fffff, field = bits >> 23;
	const uint32_t c = field ? fraction | 0x800000 : fraction; // the value is c * 2^q
	const int q = (field ? (int)field : 1) - 127 - 23;
	const bool odd = c & 1; // text just between two floats is not read as the odd one
	const bool closer = fraction == 0 && field > 1; // the float below is half as far away
	const int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22; // floor(log10(interval))
	const int h = q + cay_power_log2(-k) + 1;
	const struct cay_power *power = &cay_powers[-k - CAY_POWERS_FIRST];
	const uint64_t g = power->high + (power->low != 0);
	// The value and the ends of what is read as it, in units of 10^k / 4.
	const uint32_t lower = round_to_odd(g, (4 * c - 2 + closer) << h) + odd;
	const uint32_t value = round_to_odd(g, (4 * c) << h);
	const uint32_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
	const uint32_t s = value / 4, tens = s / 10;
	bool down, up;

	*ret_exponent = k + 1;
	down = lower <= 40 * tens;
	up = 40 * tens + 40 <= upper;
	if (s >= 10 && down != up) // one of the two neighbours with a digit less is read as it
		return tens + up;
	*ret_exponent = k;
	down = lower <= 4 * s;
	up = 4 * s + 4 <= upper;
	if (down != up)
		return s + up;
	return s + (value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1)));
}

// --- decimal to text -----------------------------------------------------------------------------

static inline int count_digits(uint64_t value)
{
	const int bits = 64 - __builtin_clzll(value | 1);
	const int count = bits * 1233 >> 12; // floor(bits * log10(2)): it has these, or one more

	return count + (value >= cay_tens[count] || value == 0);
}

// The eight digits of a number below 10^8 as characters, the first in the lowest byte: digits8 the
// other way about. Divisions are products that are exact below 10^4 and 100.
static inline uint64_t text8(uint32_t value)
{
	const uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
	const uint64_t hundreds = fours * 10486 >> 20 & 0x0000007f0000007f;
	const uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
	const uint64_t tens = pairs * 103 >> 10 & 0x000f000f000f000f;

	return (tens | (pairs - 10 * tens) << 8) + 0x3030303030303030;
}

// A number of `count` digits, at least one. Eight characters are written in any case.
static void put_digits(uint64_t value, int count, char *text)
{
	const uint64_t low = value % 100000000;
	const int before = count > 8 ? count - 8 : 0;
	uint64_t digits;

	if (before)
		put_digits(value / 100000000, before, text);
	digits = text8((uint32_t)low) >> 8 * (8 - (count - before));
	memcpy(text + before, &digits, sizeof(digits));
}

static size_t put_integer(int64_t value, char *text)
{
	const bool negative = value < 0;
	const uint64_t magnitude = negative ? -(uint64_t)value : (uint64_t)value;
	const int count = count_digits(magnitude);

	*text = '-';
	put_digits(magnitude, count, text + negative);
	return (size_t)(count + negative);
}

size_t cay_decimal_print_i64(int64_t value, char text[CAY_DECIMAL_TEXT])
{
	return put_integer(value, text);
}

size_t cay_decimal_print_milliseconds(uint64_t nanoseconds, char text[CAY_DECIMAL_TEXT])
{
	const uint64_t microseconds = nanoseconds / 1000;
	const size_t len = put_integer((int64_t)(microseconds / 1000), text);

	text[len] = '.';
	put_digits(microseconds % 1000, 3, text + len + 1);
	return len + 4;
}

// The digits of value, of which there are `count`, with the point behind the first `point`.
static inline size_t put_plain(uint32_t value, int count, int point, char *text)
{
	const int behind = count - point;

	if (behind <= 0) {
		put_digits(value, count, text);
		memset(text + count, '0', (size_t)-behind);
		return (size_t)point;
	}
	if (point <= 0) { // above -5
		memcpy(text, "0.0000", 6);
		put_digits(value, count, text + 2 - point);
		return (size_t)(2 + behind);
	}
	put_digits(value / cay_tens[behind], point, text);
	text[point] = '.';
	put_digits(value % cay_tens[behind], behind, text + point + 1);
	return (size_t)(count + 1);
}

size_t cay_decimal_print_f32(float value, char text[CAY_DECIMAL_TEXT])
{
	uint32_t bits, decimal;
	int exponent = 0, count, point;
	size_t len;

	memcpy(&bits, &value, sizeof(bits));
	text[0] = '-';
	len = bits >> 31;
	bits &= 0x7fffffff;
	decimal = bits ? shortest(bits, &exponent) : 0;
	for (; decimal && decimal % 10 == 0; exponent++)
		decimal /= 10;
	count = count_digits(decimal);
	point = count + exponent;
	if (point > -5 && point <= 10) // from 0.00001 on, below 10^10
		return len + put_plain(decimal, count, point, text + len);
	len += put_plain(decimal, count, 1, text + len);
	text[len++] = 'e';
	return len + put_integer(point - 1, text + len);
}
