// Tests of common/utf8.c.
#include "common/utf8.h"
#include "tests/test.h"

START_TEST(a_character_has_its_length)
{
	static const struct {
		const char *text;
		size_t length; // 0: none begins there
	} cases[] = {
		{"", 1}, // the NUL
		{"a", 1},
		{"\x7f", 1},
		{"\xc2\x80", 2},
		{"\xdf\xbf", 2},
		{"\xe0\xa0\x80", 3},
		{"\xed\x9f\xbf", 3},
		{"\xee\x80\x80", 3},
		{"\xf0\x90\x80\x80", 4},
		{"\xf4\x8f\xbf\xbf", 4},
		{"\x80", 0},		 // begins nothing
		{"\xc1\xbf", 0},	 // overlong
		{"\xe0\x9f\xbf", 0},	 // overlong
		{"\xf0\x8f\xbf\xbf", 0}, // overlong
		{"\xed\xa0\x80", 0},	 // a surrogate
		{"\xf4\x90\x80\x80", 0}, // beyond Unicode
		{"\xf5\x80\x80\x80", 0}, // likewise
		{"\xc3", 0},		 // cut off
		{"\xe2\x82", 0},	 // cut off
		{"\xf0\x9f\x98", 0},	 // cut off
		{"\xe2\x82\xc3", 0},	 // another begins
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(cay_utf8_length(cases[i].text) == cases[i].length, "case %zu", i);
}
END_TEST

START_TEST(controls_are_told_from_text)
{
	static const char *const controls[] = {
		"\x01", "\n", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f",
		// U+061C, U+200E, U+2028, U+202E, U+2066, U+2069, U+FEFF
		"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6",
		"\xe2\x81\xa9", "\xef\xbb\xbf"};
	// The last ones are U+061B, U+0627, U+200A, U+202F and U+206A.
	static const char *const texts[] = {
		" ",	    "~",	"\xc2\xa0",	"\xc3\x80",	"\xe2\x82\xac",
		"\xd8\x9b", "\xd8\xa7", "\xe2\x80\x8a", "\xe2\x80\xaf", "\xe2\x81\xaa"};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		ck_assert_msg(cay_utf8_is_control(controls[i], cay_utf8_length(controls[i])),
			      "control %zu", i);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(!cay_utf8_is_control(texts[i], cay_utf8_length(texts[i])), "text %zu",
			      i);
}
END_TEST

START_TEST(a_character_has_its_number)
{
	ck_assert_uint_eq(cay_utf8_number("~", 1), '~');
	ck_assert_uint_eq(cay_utf8_number("\xc3\xa9", 2), 0xe9);
	ck_assert_uint_eq(cay_utf8_number("\xe2\x80\xae", 3), 0x202e);
	ck_assert_uint_eq(cay_utf8_number("\xf4\x8f\xbf\xbf", 4), 0x10ffff);
}
END_TEST

TEST_MAIN("utf8", a_character_has_its_length, a_character_has_its_number,
	  controls_are_told_from_text)
