// Tests of daemon/http/copy.c.
#include "daemon/http/copy.h"
#include "tests/test.h"

#define MOST 300

START_TEST(all_bytes_are_copied_and_no_others)
{
	uint8_t from[MOST + 128], to[MOST + 128], wanted[MOST + 128];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 7 + 1);
	for (size_t size = 0; size <= MOST; size++)
		for (size_t shift = 0; shift < 64; shift++) {
			memset(to, 0xee, sizeof(to));
			memset(wanted, 0xee, sizeof(wanted));
			memcpy(wanted + shift, from + shift / 3, size);
			cay_copy_for_later(to + shift, from + shift / 3, size);
			ck_assert_mem_eq(to, wanted, sizeof(to));
		}
}
END_TEST

TEST_MAIN("copy", all_bytes_are_copied_and_no_others)
