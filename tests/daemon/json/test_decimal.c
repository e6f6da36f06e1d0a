// Tests of daemon/json/decimal.c: against strtof, strtod and printf of libc, in its own locale.
//
// CAY_ALL_FLOATS=1 prints and reads each of the 2^32 floats, not one in some thousands, and reads a
// hundred times as much random text: minutes, by hand.
#include "daemon/json/decimal.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool by_hand(void)
{
	return getenv("CAY_ALL_FLOATS");
}

static int rounds(void)
{
	return by_hand() ? 2000000 : 20000;
}

static uint64_t random_bits(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 2685821657736338717;
}

static float float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static double double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#define PAD 64 // characters behind a list that is read to its end

// In a list the number is either read to the same bits, or left alone with all that follows.
static void compare_in_list(const char *text, float want)
{
	static char list[22000];
	const size_t len = 1 + strlen(text);
	const char *at = list;
	float got[2];
	size_t count;

	list[0] = ',';
	memcpy(list + 1, text, len - 1);
	memset(list + len, ',', PAD);
	count = cay_decimal_read_list_f32(&at, list + len + PAD, got, 2);
	ck_assert_uint_le(count, 1);
	ck_assert_ptr_eq(at, count ? list + len : list);
	if (count)
		ck_assert_msg(memcmp(&got[0], &want, sizeof(want)) == 0,
			      "%s in a list: %a, libc has %a", text, (double)got[0], (double)want);
}

// Reads the number as both types, to the same bits as libc: at the end of a document, and before
// other numbers.
static void compare(const char *text)
{
	static char document[22000];
	const size_t len = strlen(text);
	float f32[2], want_f32 = strtof(text, NULL);
	double f64, want_f64 = strtod(text, NULL);

	snprintf(document, sizeof(document), "%s,12345678901234567890123", text);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(cay_decimal_read_f32(document, document + len + (i ? 24 : 0),
						   &f32[i]) == document + len,
			      "%s", text);
	ck_assert_msg(cay_decimal_read_f64(document, document + len, &f64) == document + len, "%s",
		      text);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(memcmp(&f32[i], &want_f32, sizeof(want_f32)) == 0,
			      "%s: %a, libc has %a", text, (double)f32[i], (double)want_f32);
	ck_assert_msg(memcmp(&f64, &want_f64, sizeof(f64)) == 0, "%s: %a, libc has %a", text, f64,
		      want_f64);
	compare_in_list(text, want_f32);
}

START_TEST(random_digits_and_exponents)
{
	char text[512];

	for (int i = 0; i < rounds(); i++) {
		unsigned long long digits = random_bits() >> random_bits() % 64;
		int exponent = (int)(random_bits() % 800) - 400;

		snprintf(text, sizeof(text), "%s%llue%d", i & 1 ? "-" : "", digits, exponent);
		compare(text);
		snprintf(text, sizeof(text), "%llu.%llue%d", digits,
			 (unsigned long long)random_bits(), exponent);
		compare(text);
		snprintf(text, sizeof(text), "0.%0*llu", (int)(random_bits() % 60) + 1, digits);
		compare(text);
	}
}
END_TEST

START_TEST(random_floats_of_1_to_400_digits)
{
	char text[512];

	for (int i = 0; i < rounds(); i++) {
		float f32 = float_of((uint32_t)random_bits());
		double f64 = double_of(random_bits());

		snprintf(text, sizeof(text), "%.*e", (int)(random_bits() % 30), (double)f32);
		if (isfinite(f32))
			compare(text);
		snprintf(text, sizeof(text), "%.17g", (double)f32); // what Python's json writes
		if (isfinite(f32))
			compare(text);
		snprintf(text, sizeof(text), "%.*e", (int)(random_bits() % 400), f64);
		if (isfinite(f64) && i % 16 == 0)
			compare(text);
	}
}
END_TEST

// The number in text, of `places` decimals, and its neighbours: one in the last place off, and by a
// hair more, far behind.
static void compare_around(char *text)
{
	char *exponent = strchr(text, 'e'), tail[16], hair[1200];

	snprintf(tail, sizeof(tail), "%s", exponent);
	compare(text);
	snprintf(hair, sizeof(hair), "%.*s%0*d%s", (int)(exponent - text), text, 300, 1, tail);
	compare(hair);
	snprintf(hair, sizeof(hair), "%.*s%0*d%s", (int)(exponent - text), text, 300, 0, tail);
	compare(hair);
	exponent[-1] ^= 1; // a digit more or less by one
	compare(text);
}

START_TEST(each_count_of_digits_behind_the_point)
{
	char text[64];

	for (int i = 0; i < rounds(); i++) {
		snprintf(text, sizeof(text), "%.*f", i % 26,
			 (double)(int64_t)random_bits() * 0x1p-60);
		compare(text);
	}
}
END_TEST

START_TEST(just_between_two_floats)
{
	char text[512];

	for (int i = 0; i < rounds() / 10; i++) {
		uint32_t bits = (uint32_t)random_bits() >> (i % 3 ? 1 : 9); // a third is subnormal
		double low = (double)float_of(bits), high = (double)float_of(bits + 1);

		if (bits >= 0x7f7fffff) // up to the border of infinity
			bits = 0x7f7fffff, low = 0x1.fffffep127, high = 0x1p128;
		snprintf(text, sizeof(text), "%.130e", (low + high) / 2);
		compare_around(text);
	}
}
END_TEST

// As above without exponent, and cut: what the short way for doubles in text must not decide.
START_TEST(about_between_two_floats)
{
	char text[128];

	for (int i = 0; i < rounds(); i++) {
		uint32_t bits = 0x31800000 + (uint32_t)(random_bits() % 0x12f00000); // 2^-28 to 960
		double low = (double)float_of(bits), high = (double)float_of(bits + 1);
		int places = 15 + (int)(random_bits() % 11);
		int len = snprintf(text, sizeof(text), "%s%.*f", i & 1 ? "-" : "", places,
				   (low + high) / 2);

		compare(text);
		text[len - 1] ^= 1; // a digit more or less by one
		compare(text);
		snprintf(text, sizeof(text), "%.*f", places, low);
		compare(text);
	}
}
END_TEST

START_TEST(just_between_two_doubles)
{
	char text[1300];

	if (sizeof(long double) == sizeof(double))
		return; // no type here holds what lies between
	for (int i = 0; i < rounds() / 100; i++) {
		uint64_t bits = random_bits() >> (i % 3 ? 1 : 12);
		long double low = double_of(bits), high = double_of(bits + 1);

		if (!isfinite(high))
			continue;
		snprintf(text, sizeof(text), "%.800Le", (low + high) / 2);
		compare_around(text);
	}
}
END_TEST

START_TEST(named_borders)
{
	static const char *const borders[] = {
		"0",
		"-0",
		"0.0e5",
		"0e99999999999999999999",
		"1e99999999999999999999",
		"1e-99999999999999999999",
		"-1e-99999999999999999999",
		"1e+0",
		"3.4028235677973366e38",
		"3.40282356779733661637539395458142568447e38",
		"3.402823567797336616375393954581425684479e38",
		"3.4028234663852886e38",
		"1.401298464324817e-45",
		"7.00649232162408535461864791644958065640e-46",
		"7.0064923216240853e-46",
		"7.0064923216240854e-46",
		"1.1754943508222875e-38",
		"1.17549431578e-38",
		"1.1754942807573643e-38",
		"16777217",
		"16777219",
		"16777217.0",
		"9007199254740993",
		"1.7976931348623157e308",
		"1.7976931348623159e308",
		"5e-324",
		"2.4703282292062327e-324",
		"2.4703282292062328e-324",
		"2.2250738585072011e-308",
		"18446744073709551615",
		"18446744073709551616",
		"9999999999999999999",
		"10000000000000000000",
		"99999999999999999999",
		"1.00000005960464477539062500",
		"1.000000059604644775390625000000001",
		"0.00000000000000000000000000001e29",
		"8.5899345920000000000e9",
		"123456789012345678901234567890e-10",
	};

	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
		compare(borders[i]);
}
END_TEST

START_TEST(zeros_by_the_thousand_carry_their_exponent)
{
	char *text = malloc(20100);

	memset(text, '0', 20000);
	text[1] = '.';
	strcpy(text + 20000, "17e19999");
	compare(text);
	memset(text, '0', 20000);
	text[0] = '3';
	strcpy(text + 20000, "e-19999");
	compare(text);
	memset(text, '7', 20000);
	strcpy(text + 20000, "e-20010");
	compare(text);
	free(text);
}
END_TEST

START_TEST(what_json_calls_no_number_is_refused)
{
	static const char *const bad[] = {"",	"-",   "+1",  ".5",	  "1.",	 "1.e1",
					  "01", "-01", "00",  "1e",	  "1e+", "1e-",
					  "e1", "x",   "--1", "Infinity", "NaN"};
	struct cay_decimal d;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!cay_decimal_scan(bad[i], bad[i] + strlen(bad[i]), &d), "%s", bad[i]);
}
END_TEST

START_TEST(a_number_ends_where_it_ends)
{
	static const char text[] = "-12.5e1,77";
	struct cay_decimal d;

	ck_assert_ptr_eq(cay_decimal_scan(text, text + 10, &d), text + 7);
	ck_assert(d.negative && !d.whole && !d.cut && d.digits == 125 && d.exponent == 0);
	ck_assert_ptr_eq(cay_decimal_scan(text + 8, text + 10, &d), text + 10);
	ck_assert(!d.negative && d.whole && d.digits == 77 && d.exponent == 0);
}
END_TEST

START_TEST(a_list_is_read_as_far_as_it_is_plain)
{
	static const struct {
		const char *text;
		size_t count; // of numbers that are read
		char next;    // what follows the last of them
	} lists[] = {
		{",1,2.5,-0.25,]", 3, ','},
		{",1,2.5]", 1, ','},		// what ends the list is left to others
		{", 1, 2,\n  3\n, 4]", 2, ','}, // a blank behind a number is not plain
		{",1.2345678901234567,0.1234567890123456789012,-999.0,]", 3, ','},
		{",1.12345678901234567890123456789,1.123456789012345678901234567890,1]", 1, ','},
		{",0,0.0,-0.00,000.1]", 3, ','},
		{",255,1000]", 1, ','},
		{",1,01]", 1, ','},
		{",1,1.]", 1, ','},
		{",1,-]", 1, ','},
		{",1,-.5]", 1, ','},
		{",1,+1]", 1, ','},
		{",1,]", 1, ','},
		{",1,,1]", 1, ','},
		{",1,[1]]", 1, ','},
		{",1,1e2]", 1, ','},
		{",1,0.12345678e2]", 1, ','},
		{",1,0.1x]", 1, ','},
		{",1,0.1}", 1, ','},
		{", 1.23456789012345, -9.99999999999999999999999999,1]", 2, ','},
		{", 1.234567890123456}", 0, ','},
		{",1,2,3,4,5]", 4, ','}, // there is no room
		{"]", 0, ']'},
		{"1", 0, '1'},
	};
	float got[4];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char text[128];
		const char *at = text;

		snprintf(text, sizeof(text), "%s%*s", lists[i].text, PAD, "");
		ck_assert_msg(cay_decimal_read_list_f32(&at, text + strlen(text), got, 4) ==
					      lists[i].count &&
				      *at == lists[i].next,
			      "%s", lists[i].text);
	}
}
END_TEST

// Any character in any place: what is read is a number, and the same one to cay_decimal_read_f32.
START_TEST(a_list_is_read_only_where_it_is_numbers)
{
	static const char number[] = "-1.2345678901234567";

	for (size_t i = 0; i < 2 * (sizeof(number) - 1) * 256; i++) {
		char text[128];
		const char *at = text, *begin = text + 1, *next;
		float got, want = 0;

		// With its sign, or without.
		memset(text, ',', sizeof(text));
		memcpy(text + 1, number + i % 2, sizeof(number) - 1 - i % 2);
		text[1 + i / 2 / 256] = (char)(i / 2 % 256);
		if (cay_decimal_read_list_f32(&at, text + sizeof(text) - 1, &got, 1) == 0)
			continue;
		while (*begin == ' ' || *begin == '\n')
			begin++;
		next = cay_decimal_read_f32(begin, text + sizeof(text) - 1, &want);
		ck_assert_msg(next == at && *at == ',' && memcmp(&got, &want, sizeof(got)) == 0,
			      "%.24s", text);
	}
}
END_TEST

// What stands at the end of the text is left to others: there is less than is looked at.
START_TEST(a_list_is_not_read_beyond_its_end)
{
	char *text;
	float got[64];

	for (size_t len = 1; len < 200; len++) {
		const char *at = text = malloc(len + 1); // for the address sanitizer

		for (size_t i = 0; i < len; i++)
			text[i] = ",0.12345678901234567"[i % 20];
		text[len] = '\0';
		cay_decimal_read_list_f32(&at, text + len, got, 64);
		ck_assert_uint_eq((size_t)(at - text) % 20, 0);
		free(text);
	}
}
END_TEST

// Neither neighbour of one digit less reads back, and none of as many digits is nearer.
static void check_shortest(float value, const char *text, struct cay_decimal d)
{
	char nearest[32];
	int count = 0;

	for (; d.digits && d.digits % 10 == 0; d.exponent++)
		d.digits /= 10;
	for (uint64_t rest = d.digits; rest; rest /= 10)
		count++;
	for (unsigned i = 0; i < 2 && count > 1; i++) {
		char shorter[2 * CAY_DECIMAL_TEXT + 2] = "-";
		size_t len = d.negative;
		float got;

		len += cay_decimal_print_i64((int64_t)d.digits / 10 + i, shorter + len);
		shorter[len++] = 'e';
		len += cay_decimal_print_i64(d.exponent + 1, shorter + len);
		cay_decimal_read_f32(shorter, shorter + len, &got);
		if (got == value)
			ck_abort_msg("%s: a digit less would do", text);
	}
	if (count == 0 || (uint32_t)d.digits % 31 != 0) // printf is slow
		return;
	snprintf(nearest, sizeof(nearest), "%.*e", count - 1, (double)value);
	if (strtof(nearest, NULL) == value) {
		struct cay_decimal n;

		cay_decimal_scan(nearest, nearest + strlen(nearest), &n);
		for (; n.digits % 10 == 0; n.exponent++)
			n.digits /= 10;
		if (n.digits != d.digits || n.exponent != d.exponent)
			ck_abort_msg("%s is nearer than %s", nearest, text);
	}
}

START_TEST(floats_are_printed_shortest_and_read_back)
{
	const uint32_t step = by_hand() ? 1 : 9973; // a prime
	char text[CAY_DECIMAL_TEXT + 1];
	uint64_t seen = 0;

	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
		float value = float_of((uint32_t)bits), got;
		struct cay_decimal d;
		size_t len;

		if (!isfinite(value))
			continue;
		len = cay_decimal_print_f32(value, text);
		text[len] = '\0';
		if (len > 16 || cay_decimal_scan(text, text + len, &d) != text + len)
			ck_abort_msg("%a became %s", (double)value, text);
		cay_decimal_read_f32(text, text + len, &got);
		if (memcmp(&got, &value, sizeof(got)) != 0)
			ck_abort_msg("%a became %s", (double)value, text);
		check_shortest(value, text, d);
		seen++;
	}
	ck_assert_uint_gt(seen, UINT32_MAX / step / 256 * 250);
}
END_TEST

START_TEST(texts_of_floats)
{
	static const struct {
		float value;
		const char *text;
	} known[] = {
		{0, "0"},
		{-0.0f, "-0"},
		{1, "1"},
		{0.1f, "0.1"},
		{-2.5f, "-2.5"},
		{1e9f, "1000000000"},
		{1e10f, "1e10"},
		{16777216, "16777216"},
		{0.00001f, "0.00001"},
		{1.5e-6f, "1.5e-6"},
		{3.4028235e38f, "3.4028235e38"},
		{-1e-45f, "-1e-45"},
		{1.1754944e-38f, "1.1754944e-38"},
		{0x1p-126f, "1.1754944e-38"},
		{0x1p-103f, "9.8607613e-32"},
		{33554432, "33554432"},
	};
	char text[CAY_DECIMAL_TEXT + 1];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		text[cay_decimal_print_f32(known[i].value, text)] = '\0';
		ck_assert_str_eq(text, known[i].text);
	}
}
END_TEST

START_TEST(texts_of_integers)
{
	static const struct {
		int64_t value;
		const char *text;
	} known[] = {{0, "0"},
		     {-1, "-1"},
		     {INT64_MAX, "9223372036854775807"},
		     {INT64_MIN, "-9223372036854775808"},
		     {10, "10"}};
	char text[CAY_DECIMAL_TEXT + 1];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		text[cay_decimal_print_i64(known[i].value, text)] = '\0';
		ck_assert_str_eq(text, known[i].text);
	}
}
END_TEST

START_TEST(texts_of_milliseconds)
{
	static const struct {
		uint64_t nanoseconds;
		const char *text;
	} known[] = {
		{0, "0.000"},	      {999, "0.000"},		{1000, "0.001"},
		{12345678, "12.345"}, {1000000000, "1000.000"}, {UINT64_MAX, "18446744073709.551"}};
	char text[CAY_DECIMAL_TEXT + 1];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		text[cay_decimal_print_milliseconds(known[i].nanoseconds, text)] = '\0';
		ck_assert_str_eq(text, known[i].text);
	}
}
END_TEST

TEST_MAIN("decimal", random_digits_and_exponents, random_floats_of_1_to_400_digits,
	  each_count_of_digits_behind_the_point, just_between_two_floats, about_between_two_floats,
	  just_between_two_doubles, named_borders, zeros_by_the_thousand_carry_their_exponent,
	  what_json_calls_no_number_is_refused, a_number_ends_where_it_ends,
	  a_list_is_read_as_far_as_it_is_plain, a_list_is_read_only_where_it_is_numbers,
	  a_list_is_not_read_beyond_its_end, floats_are_printed_shortest_and_read_back,
	  texts_of_floats, texts_of_integers, texts_of_milliseconds)
