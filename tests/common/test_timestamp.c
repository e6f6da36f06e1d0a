// Moments as text.
#include "common/timestamp.h"
#include "tests/test.h"

START_TEST(moments_are_told_to_the_millisecond)
{
	static const struct {
		struct timespec moment;
		const char *text;
	} cases[] = {
		{{0, 0}, "1970-01-01T00:00:00.000Z"},
		{{951827696, 7999999}, "2000-02-29T12:34:56.007Z"},
		{{1795744801, 999999999}, "2026-11-27T02:00:01.999Z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(cay_timestamp_of(&cases[i].moment).text, cases[i].text);
}
END_TEST

TEST_MAIN("timestamp", moments_are_told_to_the_millisecond)
