// Numbers between decimal text and binary floats, exactly: no locale, no allocation.
//
// To the nearest float: Lemire, "Number Parsing at a Gigabyte per Second" (2021), whose product of
// 128 bits always decides for 19 digits: Mushtaq and Lemire, "Fast Number Parsing Without Fallback"
// (2023). What is longer and lies at a border is compared as large integers.
// To the shortest text: Giulietti, "The Schubfach way to render doubles" (2020).
#ifndef CAY_DAEMON_JSON_DECIMAL_H
#define CAY_DAEMON_JSON_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A number as JSON has them: digits * 10^exponent, and what is cut off of digits.
struct cay_decimal {
	uint64_t digits; // 19 at the most, from the first that is not 0
	int64_t exponent;
	bool negative;
	bool whole;		 // has neither fraction nor exponent
	bool cut;		 // digits follow that are not all 0
	const char *begin, *end; // all digits as text, a point among them
};

// Reads the number at `at`, which ends before `end`; *end can be read, too. Returns what follows
// it; NULL if JSON does not call that a number.
const char *cay_decimal_scan(const char *at, const char *end, struct cay_decimal *ret);
// The same, as a float: rounded once, to the nearest and of two such to the even one; infinite if
// it is too large.
const char *cay_decimal_read_f32(const char *at, const char *end, float *ret);
const char *cay_decimal_read_f64(const char *at, const char *end, double *ret);
// A list goes on at *at: the numbers between the next commas, as long as there is room (in
// elements) and they are written plainly: not above 999, no exponent, less than 32 characters with
// the spaces before them. Returns how many these are; *at moves behind the last of them, and what
// follows there is left to the functions above. The same floats, sooner. decimal_list.c
size_t cay_decimal_read_list_f32(const char **at, const char *end, float *ret, size_t room);

// decimal_print.c:
#define CAY_DECIMAL_TEXT 24 // bytes that any of these needs; no NUL is written
// The fewest digits that read back as the same finite float, and of those the nearest, as JSON.
// Returns the length.
size_t cay_decimal_print_f32(float value, char text[CAY_DECIMAL_TEXT]);
size_t cay_decimal_print_i64(int64_t value, char text[CAY_DECIMAL_TEXT]);
// Milliseconds, as "12.345": digits beyond a microsecond are cut off.
size_t cay_decimal_print_milliseconds(uint64_t nanoseconds, char text[CAY_DECIMAL_TEXT]);

#endif
