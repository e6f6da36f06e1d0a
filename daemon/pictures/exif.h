// How a camera was held, as the EXIF data of a file has it.
#ifndef CAY_DAEMON_PICTURES_EXIF_H
#define CAY_DAEMON_PICTURES_EXIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How the rows of a file become the picture that is meant: first the axes are exchanged, then x and
// y of the result are reversed, each if it says so.
struct cay_orientation {
	bool transposed, mirrored, flipped;
};

// Reads the orientation in an EXIF block: "Exif", two NULs and a TIFF header with its first
// directory (EXIF 2.3, 4.5.4 and 4.6.4, tag 0x0112). A broken block, or one without it, turns
// nothing.
struct cay_orientation cay_exif_orientation(const uint8_t *data, size_t size);

#endif
