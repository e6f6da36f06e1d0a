// Numbers from decimal text to binary floats.
#include "daemon/json/decimal.h"
#include "daemon/json/powers.h"

#include <string.h>

#define MAX_DIGITS	19 // that fit into 64 bits
#define MAX_EXPONENT	((int64_t)1 << 60)
#define DECISIVE_DIGITS 800 // the middle between two doubles has no more than 768
#define BIG_LIMBS	72  // 4608 bits: what DECISIVE_DIGITS and the exponents of doubles can need

// --- text to decimal -----------------------------------------------------------------------------

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

// Eight characters as one little-endian number, of which digits become their values.
static inline uint64_t load8(const char *at)
{
	uint64_t text;

	memcpy(&text, at, sizeof(text));
	return text ^ 0x3030303030303030;
}

// The high bit of each of eight characters that is no digit; above the first such other bits may be
// set, too.
static inline uint64_t not_digits(uint64_t text)
{
	return (text | (text + 0x7676767676767676)) & 0x8080808080808080;
}

// Digits are joined to pairs, then to fours, then to one number, side by side in a register.
static inline uint64_t digits8(uint64_t text)
{
	const uint64_t pairs = 0x000000ff000000ff;

	text = text * 10 + (text >> 8);
	return ((text & pairs) * (100 + (1000000ull << 32)) +
		(text >> 16 & pairs) * (1 + (10000ull << 32))) >>
	       32;
}

// Of eight characters the digits before the first other one; at least one is no digit.
static inline unsigned digits_before(uint64_t others)
{
	return (unsigned)__builtin_ctzll(others) / 8;
}

// Keeps those digits, and puts zeros behind them.
static inline uint64_t keep_digits(uint64_t text, uint64_t others)
{
	return text & (((uint64_t)1 << 8 * digits_before(others)) - 1);
}

// Numbers differ in length, and branches that depend on it are mispredicted: there are few.
static inline const char *scan_digits(const char *at, const char *end, uint64_t *digits)
{
	uint64_t value = *digits;

	while (end - at >= 8) {
		uint64_t text = load8(at);
		uint64_t others = not_digits(text);

		if (others) { // zeros are put in front of the digits that there are
			unsigned count = digits_before(others);

			*digits = value * cay_tens[count] + digits8(text << (56 - 8 * count) << 8);
			return at + count;
		}
		value = value * 100000000 + digits8(text);
		at += 8;
	}
	for (; is_digit(*at); at++)
		value = value * 10 + (uint64_t)(*at - '0');
	*digits = value;
	return at;
}

// Reads "e-12" into *ret; what is beyond all reason stops at MAX_EXPONENT.
static const char *scan_exponent(const char *at, int64_t *ret)
{
	bool negative = at[1] == '-';
	int64_t value = 0;

	at += 1 + (at[1] == '-' || at[1] == '+');
	if (!is_digit(*at))
		return NULL;
	for (; is_digit(*at); at++)
		if (value < MAX_EXPONENT / 16)
			value = value * 10 + (*at - '0');
	*ret = negative ? -value : value;
	return at;
}

// The first of more digits than fit. By value: what has no address stays in registers.
static __attribute__((noinline)) struct cay_decimal cut_digits(struct cay_decimal d)
{
	bool fraction = false;
	int taken = 0;

	d.digits = 0;
	for (const char *at = d.begin; at < d.end; at++) {
		if (*at == '.') {
			fraction = true;
		} else if (taken < MAX_DIGITS) {
			d.digits = d.digits * 10 + (uint64_t)(*at - '0');
			d.exponent -= fraction;
			taken += d.digits > 0;
		} else {
			d.exponent += !fraction;
			d.cut |= *at != '0';
		}
	}
	return d;
}

static inline const char *scan(const char *at, const char *end, struct cay_decimal *ret)
{
	struct cay_decimal d = {.negative = *at == '-', .begin = at + (*at == '-')};
	ptrdiff_t whole, fraction = 0;

	for (at = d.begin; is_digit(*at); at++) // few, mostly
		d.digits = d.digits * 10 + (uint64_t)(*at - '0');
	d.end = at;
	whole = at - d.begin;
	if (whole == 0 || (*d.begin == '0' && whole > 1))
		return NULL;
	if (*at == '.') {
		at = d.end = scan_digits(at + 1, end, &d.digits);
		fraction = at - d.begin - whole - 1;
		if (fraction == 0)
			return NULL;
	}
	if ((*at | 0x20) == 'e' && !(at = scan_exponent(at, &d.exponent)))
		return NULL;
	d.whole = at == d.end && fraction == 0;
	if (whole + fraction > MAX_DIGITS)
		d = cut_digits(d);
	else
		d.exponent -= fraction;
	*ret = d;
	return at;
}

const char *cay_decimal_scan(const char *at, const char *end, struct cay_decimal *ret)
{
	return scan(at, end, ret);
}

// --- decimal to float ----------------------------------------------------------------------------

// A type of float. Exponents are as its bits have them ("field").
struct format {
	int fraction;		 // bits, without the leading 1
	int bias;		 // of the field
	int infinite;		 // the field of infinity
	int first, last;	 // powers of ten: below all is 0, above all is infinite
	int tie_first, tie_last; // powers of ten of numbers that can lie just between two floats
};
static const struct format f32 = {23, 127, 0xff, -64, 38, -17, 10};
static const struct format f64 = {52, 1023, 0x7ff, -342, 308, -4, 23};

static inline uint64_t infinity(const struct format *f)
{
	return (uint64_t)f->infinite << f->fraction;
}

// m is the fraction with its leading 1, and one bit more to round by.
static inline uint64_t round_normal(uint64_t m, int field, const struct format *f)
{
	// The leading 1, and a carry into the next power of two, are added to the field.
	m = ((uint64_t)(field - 1) << f->fraction) + ((m + 1) >> 1);
	return m < infinity(f) ? m : infinity(f);
}

// The same for denormal numbers, where the leading 1 moves into the fraction.
static inline uint64_t round_subnormal(uint64_t m, int field)
{
	m = field > -63 ? m >> (1 - field) : 0;
	return (m + 1) >> 1;
}

// The bits of the float that is nearest to digits * 10^q.
static inline uint64_t nearest(uint64_t digits, int64_t q, const struct format *f)
{
	const struct cay_power *power;
	uint64_t high, m;
	int zeros, top, shift, field;
	uint128 product;

	if (digits == 0 || q < f->first)
		return 0;
	if (q > f->last)
		return infinity(f);
	power = &cay_powers[q - CAY_POWERS_FIRST];
	zeros = __builtin_clzll(digits);
	product = (uint128)(digits << zeros) * power->high;
	// The lower half of the power only matters if its carry can reach the bits that are kept.
	if ((~(uint64_t)(product >> 64) & (UINT64_MAX >> (f->fraction + 3))) == 0)
		product += (uint64_t)((uint128)(digits << zeros) * power->low >> 64);
	high = (uint64_t)(product >> 64);
	top = (int)(high >> 63);
	shift = top + 62 - f->fraction - 1;
	m = high >> shift;
	field = cay_power_log2((int)q) + 63 + top - zeros + f->bias;
	if (field <= 0)
		return round_subnormal(m, field);
	// Just between two floats, and the lower one is even: not up.
	if ((m & 3) == 1 && m << shift == high && (uint64_t)product <= 1 && q >= f->tie_first &&
	    q <= f->tie_last)
		m--;
	return round_normal(m, field, f);
}

// A large integer; limb[0] is the lowest.
struct big {
	size_t count;
	uint64_t limb[BIG_LIMBS];
};

static void big_multiply(struct big *b, uint64_t factor, uint64_t addend)
{
	uint64_t carry = addend;

	for (size_t i = 0; i < b->count; i++) {
		uint128 product = (uint128)b->limb[i] * factor + carry;

		b->limb[i] = (uint64_t)product;
		carry = (uint64_t)(product >> 64);
	}
	if (carry)
		b->limb[b->count++] = carry;
}

static void big_multiply_power(struct big *b, uint64_t base, int64_t exponent)
{
	while (exponent > 0) {
		uint64_t power = base;

		for (exponent--; exponent > 0 && power <= UINT64_MAX / base; exponent--)
			power *= base;
		big_multiply(b, power, 0);
	}
}

static int big_compare(const struct big *a, const struct big *b)
{
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (size_t i = a->count; i-- > 0;)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

// All digits that can matter; returns their power of ten. *ret_more: of the others not all are 0.
static int64_t read_big(const struct cay_decimal *d, struct big *ret, bool *ret_more)
{
	int64_t exponent = d->exponent; // of the first MAX_DIGITS
	int taken = 0;

	ret->count = 0;
	*ret_more = false;
	for (const char *at = d->begin; at < d->end; at++) {
		if (*at == '.' || (taken == 0 && *at == '0'))
			continue;
		if (taken == DECISIVE_DIGITS) {
			*ret_more |= *at != '0';
			continue;
		}
		big_multiply(ret, 10, (uint64_t)(*at - '0'));
		exponent -= taken++ >= MAX_DIGITS;
	}
	return exponent;
}

// Returns the nearer of two neighbouring floats, between which d lies.
static uint64_t nearer(const struct cay_decimal *d, uint64_t lower, uint64_t upper,
		       const struct format *f)
{
	const uint64_t one = (uint64_t)1 << f->fraction, field = lower >> f->fraction;
	const uint64_t m = (lower & (one - 1)) | (field ? one : 0);
	struct big value, middle = {1, {2 * m + 1}};
	bool more;
	// d is value * 10^exponent, and the middle of the neighbours is middle * 2^power.
	int64_t exponent = read_big(d, &value, &more), twos;
	int order;

	twos = exponent - ((field ? (int64_t)field : 1) - f->bias - f->fraction - 1);
	big_multiply_power(exponent > 0 ? &value : &middle, 5, exponent > 0 ? exponent : -exponent);
	big_multiply_power(twos > 0 ? &value : &middle, 2, twos > 0 ? twos : -twos);
	order = big_compare(&value, &middle);
	if (order == 0)
		return more || (lower & 1) ? upper : lower;
	return order > 0 ? upper : lower;
}

// The same for a number whose digits were cut. It is scanned again, so that what is found in all
// others has no address and stays in registers.
static __attribute__((noinline)) uint64_t nearest_cut(const char *at, const char *end,
						      const struct format *f)
{
	struct cay_decimal d;
	uint64_t lower, upper;

	scan(at, end, &d);
	lower = nearest(d.digits, d.exponent, f);
	upper = nearest(d.digits + 1, d.exponent, f);
	return lower == upper ? lower : nearer(&d, lower, upper, f);
}

// The number at `at` as the bits of a float, without its sign.
static __attribute__((noinline)) const char *read_bits(const char *at, const char *end,
						       const struct format *f, uint64_t *ret_bits,
						       bool *ret_negative)
{
	struct cay_decimal d;
	const char *next = scan(at, end, &d);

	if (next) {
		*ret_negative = d.negative;
		*ret_bits = d.cut ? nearest_cut(at, end, f) : nearest(d.digits, d.exponent, f);
	}
	return next;
}

const char *cay_decimal_read_f32(const char *at, const char *end, float *ret)
{
	uint64_t magnitude = 0;
	bool negative = false;
	const char *next = read_bits(at, end, &f32, &magnitude, &negative);
	uint32_t bits = (uint32_t)magnitude | (uint32_t)negative << 31;

	memcpy(ret, &bits, sizeof(bits));
	return next;
}

const char *cay_decimal_read_f64(const char *at, const char *end, double *ret)
{
	uint64_t magnitude = 0;
	bool negative = false;
	const char *next = read_bits(at, end, &f64, &magnitude, &negative);
	uint64_t bits = magnitude | (uint64_t)negative << 63;

	memcpy(ret, &bits, sizeof(bits));
	return next;
}
