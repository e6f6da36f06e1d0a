// How a camera was held, as the EXIF data of a file has it.
#include "daemon/pictures/exif.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, HEADER = 8, FIELD = 12 };

struct tiff {
	const uint8_t *data;
	size_t size;
	bool big_endian;
};

// The caller has checked that the block has these bytes.
static uint32_t read(const struct tiff *t, size_t at, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)t->data[at + i] << 8 * (t->big_endian ? bytes - 1 - i : i);
	return value;
}

// The tag's value in the first directory; 0 if it is not there.
static uint32_t find_orientation(const struct tiff *t)
{
	const size_t directory = read(t, 4, 4);
	size_t fields;

	if (read(t, 2, 2) != 42 || directory > t->size || t->size - directory < 2)
		return 0;
	fields = read(t, directory, 2);
	for (size_t i = 0, at = directory + 2; i < fields && t->size - at >= FIELD;
	     i++, at += FIELD)
		if (read(t, at, 2) == TAG_ORIENTATION)
			return read(t, at + 2, 2) == TYPE_SHORT && read(t, at + 4, 4) == 1
				       ? read(t, at + 8, 2)
				       : 0;
	return 0;
}

struct cay_orientation cay_exif_orientation(const uint8_t *data, size_t size)
{
	static const struct cay_orientation known[] =
		{
			[1] = {false, false, false}, // the first row is at the top
			[2] = {false, true, false},  [3] = {false, true, true},
			[4] = {false, false, true},  [5] = {true, false, false},
			[6] = {true, true, false}, // at the right: a telephone upright
			[7] = {true, true, true},    [8] = {true, false, true},
		};
	struct tiff tiff;
	uint32_t value;

	if (size < 6 + HEADER || memcmp(data, "Exif\0\0", 6) != 0)
		return known[1];
	tiff = (struct tiff){data + 6, size - 6, memcmp(data + 6, "MM", 2) == 0};
	if (!tiff.big_endian && memcmp(tiff.data, "II", 2) != 0)
		return known[1];
	value = find_orientation(&tiff);
	return known[value >= 1 && value <= 8 ? value : 1];
}
